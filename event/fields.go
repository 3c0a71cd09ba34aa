package event

// Fields are places in the data of events that are read again and again: the
// paths that the operations of a reducer use. It belongs to one goroutine.
//
// In a record whose layout is known a field is found without a scan: it stands
// at the same place relative to the scalars of the record.
type Fields struct {
	paths       []path
	layouts     map[*layout]fieldPlaces
	last        *layout
	fieldPlaces // in last
}

// fieldPlaces are where the fields stand in the records of one layout.
type fieldPlaces struct {
	extents []extent
	forms   []*form // nil for those that are no objects or arrays
}

// NewFields compiles paths in the form .a.b[0] or /a/b/0. They lead from the data.
func NewFields(paths ...string) (*Fields, error) {
	f := &Fields{layouts: map[*layout]fieldPlaces{}}
	for _, text := range paths {
		p, err := parsePath(text)
		if err != nil {
			return nil, err
		}
		f.paths = append(f.paths, p)
	}
	return f, nil
}

// Read puts the JSON text of each field into values, which has the length of
// the paths, and nil for what the data does not have. The texts are valid as
// long as the event's data.
func (f *Fields) Read(e *Event, values [][]byte) {
	if e.layout == nil {
		f.scan(e.Data, values)
		return
	}
	if e.layout != f.last && !f.know(e) {
		f.scan(e.Data, values)
		return
	}
	for n := range f.extents {
		x := &f.extents[n]
		switch {
		case len(f.paths[n]) == 0:
			values[n] = e.Data
		case !x.known:
			values[n] = nil
		case x.from == x.to && x.fromDelta|x.toDelta == 0:
			m := e.marks[x.from]
			values[n] = e.record[m.start:m.end]
		default:
			values[n] = x.of(e.record, e.marks)
		}
	}
}

// AppendCanonical appends the canonical text, as RFC 8785 has it but for numbers,
// of a field of the event that was read last. It is false, with nothing appended,
// when that takes parsing: the layout of the record is not known, the field is no
// object or array, a string has an escape, or a number is not canonical already.
func (f *Fields) AppendCanonical(dst []byte, e *Event, field int, isCanonical func(number []byte) bool) ([]byte, bool) {
	if e.layout == nil || e.layout != f.last || e.escaped || f.forms[field] == nil {
		return dst, false
	}
	return f.forms[field].append(dst, e.record, e.marks, isCanonical)
}

// know makes the places in the event's layout the current ones.
func (f *Fields) know(e *Event) bool {
	places, ok := f.layouts[e.layout]
	if !ok {
		if len(f.layouts) > maxLearnt {
			return false
		}
		places = f.find(e)
		f.layouts[e.layout] = places
	}
	f.last, f.fieldPlaces = e.layout, places
	return true
}

// find finds the places of the fields in the event's layout.
func (f *Fields) find(e *Event) fieldPlaces {
	values := make([][]byte, len(f.paths))
	f.scan(e.Data, values)
	places := fieldPlaces{make([]extent, len(f.paths)), make([]*form, len(f.paths))}
	for n, value := range values {
		if value == nil || len(f.paths[n]) == 0 {
			continue
		}
		places.extents[n] = measured(within(e.record, value), len(value), e.marks)
		if value[0] == '{' || value[0] == '[' {
			places.forms[n] = formOf(value, e.record, e.marks)
		}
	}
	return places
}

// scan finds the fields by walking the data.
func (f *Fields) scan(data []byte, values [][]byte) {
	for n, p := range f.paths {
		values[n] = p.inside(data)
	}
}

// inside finds the value in data; nil when there is none. Other than a mapping
// it takes a string for a string, whatever it says.
func (p path) inside(value []byte) []byte {
	for _, s := range p {
		switch {
		case len(value) == 0:
			return nil
		case value[0] == '{' && s.key != "":
			value = lookup(value, s.key)
		case value[0] == '[' && s.index >= 0:
			value = elementAt(value, s.index)
		default:
			return nil
		}
	}
	return value
}
