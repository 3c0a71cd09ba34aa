package event

// Fields are places in the data of events that are read again and again: the
// paths that the operations of a reducer use. It belongs to one goroutine.
//
// In a record whose layout is known a field is found without a scan: it stands
// at the same place relative to the scalars of the record.
type Fields struct {
	paths   []path
	layouts map[*layout][]extent
	last    *layout
	extents []extent // of last
}

// NewFields compiles paths in the form .a.b[0] or /a/b/0. They lead from the data.
func NewFields(paths ...string) (*Fields, error) {
	f := &Fields{layouts: map[*layout][]extent{}}
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

// know makes the extents of the event's layout the current ones.
func (f *Fields) know(e *Event) bool {
	extents, ok := f.layouts[e.layout]
	if !ok {
		if len(f.layouts) > maxLearnt {
			return false
		}
		values := make([][]byte, len(f.paths))
		f.scan(e.Data, values)
		extents = make([]extent, len(f.paths))
		for n, value := range values {
			if value != nil && len(f.paths[n]) > 0 {
				extents[n] = measured(within(e.record, value), len(value), e.marks)
			}
		}
		f.layouts[e.layout] = extents
	}
	f.last, f.extents = e.layout, extents
	return true
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
