package scaffold

import (
	"fmt"
	"slices"
)

// A goDomain is an aggregate as a Go package.
type goDomain struct {
	Module     string
	Package    string
	File       string // of the state, without .go
	Aggregate  Aggregate
	Category   string
	State      string // the type of the state
	Statuses   []goConstant
	Fields     []*stateField
	Events     []*goEvent
	Commands   []*goCommand
	EventKit   []*goType // types that events have
	CommandKit []*goType // types that only commands have
	ID         *stateField
	Examples   []*goExample // in the order of the commands
	names      scope        // of the package
	tests      scope        // of its tests
}

type goConstant struct{ Name, Value string }

// A goEvent is an event as a Go type.
type goEvent struct {
	Event
	Type    string
	Fields  []*goField
	Changes []goChange
	Status  string   // the constant of State
	creates bool     // a command that creates leads to it
	by      []string // the types of the commands that lead to it
}

// A goCommand is a command as a Go type.
type goCommand struct {
	Command
	Type     string
	Fields   []*goField
	Noun     string // of the aggregate
	Leads    *goEvent
	Decision goDecision
}

// A stateField is a member of the state, which events write.
type stateField struct {
	goField
	by []*goField // of the events that write it
}

// A goChange is what an event does to a member of the state.
type goChange struct {
	to   *stateField
	from *goField
}

// newDomain lays out the package of an aggregate.
func newDomain(module, name string, a Aggregate) (*goDomain, error) {
	d := &goDomain{Module: module, Package: name, File: name, Aggregate: a, Category: unexported(a.Name)}
	if slices.Contains([]string{"event", "command", "decide", "evolve", "property", "fuzz"}, d.File) {
		d.File = "aggregate"
	}
	d.nameTypes()
	set := &typeSet{of: d.Noun(), scope: d.names}
	for _, e := range d.Events {
		var err error
		if e.Fields, err = set.message(e.Name, e.Schema, "EventType"); err != nil {
			return nil, err
		}
		idFirst(e.Fields, a.ID)
	}
	ofEvents := len(set.named)
	for _, c := range d.Commands {
		var err error
		if c.Fields, err = set.message(c.Name, c.Schema, "Decide"); err != nil {
			return nil, err
		}
		idFirst(c.Fields, a.ID)
	}
	for _, t := range set.finish() {
		if slices.Index(set.named, t) < ofEvents {
			d.EventKit = append(d.EventKit, t)
		} else {
			d.CommandKit = append(d.CommandKit, t)
		}
	}
	if err := d.fold(); err != nil {
		return nil, err
	}
	for _, e := range d.Events {
		e.Status = d.status(e.State)
	}
	for _, c := range d.Commands {
		var err error
		if c.Decision, err = d.decide(c); err != nil {
			return nil, err
		}
	}
	var err error
	d.Examples, err = d.findExamples()
	return d, err
}

// idFirst moves the member that names the stream to the front.
func idFirst(fields []*goField, id string) {
	slices.SortStableFunc(fields, func(a, b *goField) int {
		switch {
		case a.json == id:
			return -1
		case b.json == id:
			return 1
		}
		return 0
	})
}

// nameTypes names what the package declares, the state first and then the messages.
func (d *goDomain) nameTypes() {
	a := d.Aggregate
	d.names = newScope("Aggregate", "Evolve")
	states := a.states()
	if len(states) > 0 {
		d.names.take("Status")
	}
	own := exported(a.Name)
	d.State = d.names.take(own, own+"State")
	for _, state := range states {
		d.Statuses = append(d.Statuses, goConstant{d.names.take("Status" + constantSuffix(state)), state})
	}
	for _, e := range a.Events {
		own := exported(e.Name)
		d.Events = append(d.Events, &goEvent{Event: e, Type: d.names.take(own, own+"Event")})
	}
	for _, c := range a.Commands {
		own := exported(c.Name)
		command := &goCommand{Command: c, Type: d.names.take(own, own+"Command"), Noun: d.Noun(), Leads: d.event(c.Event)}
		if command.Leads != nil {
			command.Leads.creates = command.Leads.creates || c.Creates
			command.Leads.by = append(command.Leads.by, command.Type)
		}
		d.Commands = append(d.Commands, command)
	}
}

// event is the event of a name, or nil.
func (d *goDomain) event(name string) *goEvent {
	for _, e := range d.Events {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// status is the constant of a state.
func (d *goDomain) status(state string) string {
	for _, s := range d.Statuses {
		if s.Value == state {
			return s.Name
		}
	}
	return ""
}

// fold makes the state: every member of the events, under its own name as far as
// they agree on its type.
func (d *goDomain) fold() error {
	for _, e := range d.Events {
		for _, f := range e.Fields {
			if f.json == d.Aggregate.ID && !e.creates {
				continue // it is the same for all events of a stream
			}
			to := d.stateField(e, f)
			to.by = append(to.by, f)
			e.Changes = append(e.Changes, goChange{to: to, from: f})
		}
	}
	names := newScope("Status")
	for _, f := range d.Fields {
		own := exported(f.json)
		f.name = names.take(own, own+"Value")
		f.optional, f.nullable = !d.always(f), false
		f.filled = !slices.ContainsFunc(f.by, func(from *goField) bool { return !from.filled })
	}
	d.ID = d.field(d.Aggregate.ID)
	if d.ID == nil {
		return fmt.Errorf("aggregate %s: no event that a creating command leads to has the member %s, which names the stream", d.Aggregate.Name, d.Aggregate.ID)
	}
	return nil
}

// stateField is the member of the state that a member of an event is kept in.
func (d *goDomain) stateField(e *goEvent, f *goField) *stateField {
	name := f.json
	taken := func(name string) bool { return name == "status" && len(d.Statuses) > 0 }
	if have := d.field(name); taken(name) || have != nil && have.typ.String() != f.typ.String() {
		name = unexported(e.Name) + exported(f.json)
	}
	if have := d.field(name); have != nil {
		return have
	}
	made := &stateField{goField: goField{json: name, typ: f.typ, doc: f.doc, format: f.format}}
	d.Fields = append(d.Fields, made)
	return made
}

// field is the member of the state of a name, or nil.
func (d *goDomain) field(name string) *stateField {
	for _, f := range d.Fields {
		if f.json == name {
			return f
		}
	}
	return nil
}

// always reports whether a member is there from the first event on, whichever it is.
func (d *goDomain) always(f *stateField) bool {
	for _, e := range d.Events {
		if !e.creates {
			continue
		}
		given := slices.ContainsFunc(e.Changes, func(c goChange) bool { return c.to == f && !c.from.mayMiss() })
		if !given {
			return false
		}
	}
	return true
}

// Go is the change as a statement of Evolve. A member that the event leaves out stays
// what it was.
func (c goChange) Go() string {
	value := "e." + c.from.name
	switch {
	case c.from.pointer() && !c.to.pointer():
		value = "*" + value
	case !c.from.pointer() && c.to.pointer():
		value = "&" + value
	}
	statement := fmt.Sprintf("s.%s = %s", c.to.name, value)
	if !c.from.mayMiss() {
		return statement
	}
	return fmt.Sprintf("if e.%s != %s {\n%s\n}", c.from.name, c.from.zero(), statement)
}
