package replay

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
)

// A program is a reducer compiled for folding many streams. The state of a
// stream is a row of slots, one for each path that operations write; all else in
// it is what init says.
type program struct {
	reducer *Reducer
	paths   []Path
	shape   shape
	first   []slot // the row before the first event
	fixed   []byte // the texts of first
	rules   map[string]*typeProgram
	types   map[string]*typeProgram // by the full type
	other   *typeProgram            // of types without rules
	general bool                    // some operations need a State
}

// A typeProgram is what events of one type do. It belongs to one goroutine.
type typeProgram struct {
	ops     []compactOp
	fields  *event.Fields
	paths   []Path // of fields
	general bool   // the operations need a State
	looks   bool   // there are conditions
	nothing bool   // no operation at all
	upcasts *upcasts
	plain   bool  // every operation sets, adds or appends a value of the data to a slot of its own
	lists   []int // the fields that operations append, when plain
}

type compactOp struct {
	kind  OperationKind
	write writeKind // what a plain operation does
	slot  int
	again bool   // an operation before it writes the slot too
	field int    // of the data; -1: text is the value
	text  []byte // a literal, or the fallback of a field; nil: none
	rule  string
	data  Path

	when, where, expr condition
}

// compile makes the program of a reducer for one goroutine.
func (r *Reducer) compile() (*program, error) {
	p := &program{reducer: r, rules: map[string]*typeProgram{}, types: map[string]*typeProgram{}}
	p.choosePaths()
	for i := range p.paths {
		p.first = append(p.first, p.initial(i))
	}
	var err error
	if p.shape, err = p.shapeOf(r.spec.Init, nil, true); err != nil {
		return nil, err
	}
	for name, ops := range r.rules {
		t, err := p.typeProgram(ops)
		if err != nil {
			return nil, err
		}
		p.rules[name] = t
		p.general = p.general || t.general
	}
	if p.other = p.rules[anyType]; p.other == nil {
		p.other = &typeProgram{nothing: true}
	}
	return p, nil
}

// choosePaths gives every written path a slot when no path leads into another
// one. Reducers of which some do are folded by their States.
func (p *program) choosePaths() {
	for _, ops := range p.reducer.rules {
		if !haveSlots(ops) {
			continue
		}
		for _, o := range ops {
			p.paths = append(p.paths, o.Path)
		}
	}
	slices.SortFunc(p.paths, func(a, b Path) int { return compareKeys(a.Pointer(), b.Pointer()) })
	p.paths = slices.CompactFunc(p.paths, func(a, b Path) bool { return slices.Equal(a, b) })
	for i, a := range p.paths {
		overlap := slices.ContainsFunc(p.paths[:i], func(b Path) bool { return a.below(b) || b.below(a) })
		if overlap || !p.hasRoom(a) {
			p.paths, p.general = nil, true
			return
		}
	}
}

// hasRoom reports whether all that a path leads through is an object in init, or
// is not there.
func (p *program) hasRoom(path Path) bool {
	for n := range path {
		value, found := path[:n].in(p.reducer.spec.Init)
		if _, isObject := value.(map[string]any); found && !isObject {
			return false
		}
	}
	return true
}

// haveSlots reports whether operations work on slots: they write members, and
// what several do to one of them can be done in turn.
func haveSlots(ops []op) bool {
	for i, o := range ops {
		if o.Kind == OpMerge || len(o.Path) == 0 || !o.Path.plain() {
			return false
		}
		for _, before := range ops[:i] {
			if slices.Equal(o.Path, before.Path) && !inTurn(before.Kind, o.Kind) {
				return false
			}
		}
	}
	return true
}

// inTurn reports whether an event may do both to one slot.
func inTurn(first, second OperationKind) bool {
	replaces := func(k OperationKind) bool { return k == OpSet || k == OpAdd || k == OpDelete }
	return replaces(first) && replaces(second) || first == OpAppend && second == OpAppend
}

// initial is the slot of a path before the first event.
func (p *program) initial(i int) slot {
	value, found := p.paths[i].in(p.reducer.spec.Init)
	if !found {
		return slot{kind: slotNever}
	}
	at := len(p.fixed)
	p.fixed = appendJSON(p.fixed, value)
	return slot{kind: slotRaw, place: place{0, uint32(at)}, size: uint32(len(p.fixed) - at)}
}

// appendJSON appends a tree as JSON text; a number keeps its text.
func appendJSON(dst []byte, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a JSON value has a text: %v", err))
	}
	return append(dst, text...)
}

// forType is the program of a type.
func (p *program) forType(name string) *typeProgram {
	if t, ok := p.types[name]; ok {
		return t
	}
	t := p.afterUpcasts(name)
	if p.reducer.upcasts(name) {
		t = &typeProgram{upcasts: &upcasts{program: p, typeName: name, versions: map[string]*road{}}}
	}
	if len(p.types) < 1<<14 {
		p.types[name] = t
	}
	return t
}

// afterUpcasts is the program of the type that an event has behind its upcasters.
func (p *program) afterUpcasts(name string) *typeProgram {
	for _, name := range []string{name, event.ShortType(name)} {
		if t, ok := p.rules[name]; ok {
			return t
		}
	}
	return p.other
}

// typeProgram compiles operations.
func (p *program) typeProgram(ops []op) (*typeProgram, error) {
	if len(ops) == 0 {
		return &typeProgram{nothing: true}, nil
	}
	if p.paths == nil || !haveSlots(ops) {
		return &typeProgram{general: true}, nil
	}
	t := &typeProgram{}
	c := conditionCompiler{program: p, field: t.field}
	for i, o := range ops {
		compiled := compactOp{kind: o.Kind, rule: o.rule, field: -1, data: o.Source.Data}
		samePath := func(path Path) bool { return slices.Equal(path, o.Path) }
		compiled.slot = slices.IndexFunc(p.paths, samePath)
		compiled.again = slices.ContainsFunc(ops[:i], func(before op) bool { return samePath(before.Path) })
		switch {
		case o.Source.FromData:
			compiled.field = t.field(o.Source.Data)
			if o.Source.HasDefault {
				compiled.text = appendJSON(nil, o.Source.Fallback)
			}
		case o.Source.given && o.expr == nil:
			compiled.text = appendJSON(nil, o.Source.Literal)
		}
		if !c.conditions(&compiled, &o) {
			return &typeProgram{general: true}, nil
		}
		t.looks = t.looks || o.when != nil || o.where != nil || o.expr != nil
		t.ops = append(t.ops, compiled)
	}
	var texts []string
	for _, path := range t.paths {
		texts = append(texts, path.String())
	}
	var err error
	t.fields, err = event.NewFields(texts...)
	t.makePlain()
	return t, err
}

// maxPlain bounds the operations of a plain program.
const maxPlain = 8

// makePlain tells whether the operations are such that most events can be folded
// without a plan.
func (t *typeProgram) makePlain() {
	if len(t.ops) > maxPlain || t.looks {
		return
	}
	writes := map[OperationKind]writeKind{OpSet: writeText, OpAdd: writeNumber, OpAppend: writeElement}
	for i := range t.ops {
		o := &t.ops[i]
		known := false
		if o.write, known = writes[o.kind]; !known || o.again {
			return
		}
		if o.kind == OpAppend && o.field >= 0 && !slices.Contains(t.lists, o.field) {
			t.lists = append(t.lists, o.field)
		}
	}
	t.plain = true
}

// field is the number of a place in the data.
func (t *typeProgram) field(path Path) int {
	i := slices.IndexFunc(t.paths, func(p Path) bool { return slices.Equal(p, path) })
	if i < 0 {
		i = len(t.paths)
		t.paths = append(t.paths, path)
	}
	return i
}

// A shape writes the text of a state from its slots.
type shape struct {
	slot    int    // -1: none
	fixed   []byte // canonical text, when no slot is in it
	keys    [][]byte
	members []shape
	initial bool // init has the object
}

func (p *program) shapeOf(value any, at Path, found bool) (shape, error) {
	if i := slices.IndexFunc(p.paths, func(path Path) bool { return slices.Equal(path, at) }); i >= 0 {
		return shape{slot: i}, nil
	}
	s := shape{slot: -1, initial: found}
	object, _ := value.(map[string]any)
	var keys []string
	inside := false
	for key := range object {
		keys = append(keys, key)
	}
	for _, path := range p.paths {
		if path.below(at) {
			inside = true
			keys = append(keys, path[len(at)].Key)
		}
	}
	if !inside {
		var err error
		s.fixed, err = appendCanonicalValue(nil, value)
		return s, err
	}
	slices.SortFunc(keys, compareKeys[string])
	for _, key := range slices.Compact(keys) {
		below, has := object[key]
		member, err := p.shapeOf(below, at.and(Segment{Key: key, Index: -1}), has)
		if err != nil {
			return s, err
		}
		s.keys = append(s.keys, append(appendString(nil, []byte(key)), ':'))
		s.members = append(s.members, member)
	}
	return s, nil
}

// exists reports whether the state has the value: an object is there from the
// first write below it on.
func (s *shape) exists(row []slot) bool {
	if s.slot >= 0 {
		return row[s.slot].kind > slotGone
	}
	return s.initial || s.touched(row)
}

func (s *shape) touched(row []slot) bool {
	if s.slot >= 0 {
		return row[s.slot].kind != slotNever
	}
	return slices.ContainsFunc(s.members, func(m shape) bool { return m.touched(row) })
}

func (s *shape) append(dst []byte, row []slot, sh *shard) ([]byte, error) {
	switch {
	case s.slot >= 0:
		return sh.appendSlot(dst, &row[s.slot])
	case s.fixed != nil:
		return append(dst, s.fixed...), nil
	}
	dst = append(dst, '{')
	first := true
	for i := range s.members {
		if !s.members[i].exists(row) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var err error
		if dst, err = s.members[i].append(append(dst, s.keys[i]...), row, sh); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}
