package scaffold

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// completed fills in what a spec may leave out.
func (s Spec) completed() Spec {
	if s.Module == "" {
		s.Module = s.Name
	}
	if s.Title == "" {
		s.Title = titleOf(s.Name)
	}
	if s.Owner == "" && s.Catalog == "" {
		s.Owner = ownerOf(s.Name)
	}
	s.Aggregates = slices.Clone(s.Aggregates)
	for i, a := range s.Aggregates {
		s.Aggregates[i] = a.completed(s.Catalog == "")
	}
	return s
}

// titleOf is the name of an app in words.
func titleOf(name string) string { return capital(strings.ReplaceAll(name, "-", " ")) }

func ownerOf(name string) string {
	if name == "" {
		return ""
	}
	return name + "-team"
}

// completed fills in the id, and with fields its member in every message.
func (a Aggregate) completed(fields bool) Aggregate {
	added := a.ID == ""
	if added {
		a.ID = idOf(a.Name)
	}
	if !fields {
		return a
	}
	id, known := a.idField()
	if !known {
		if !added {
			return a // fault says that no event has it
		}
		id = Field{Name: a.ID, Schema: shortTypes["uuid"]}
	}
	a.Events, a.Commands = slices.Clone(a.Events), slices.Clone(a.Commands)
	for i := range a.Events {
		a.Events[i].Fields = withField(a.Events[i].Fields, id)
	}
	for i, c := range a.Commands {
		if len(c.Fields) > 0 {
			a.Commands[i].Fields = withField(c.Fields, id)
		}
	}
	return a
}

// idField is the field that names the stream, of the first event that has it.
func (a Aggregate) idField() (Field, bool) {
	for _, e := range a.Events {
		if f, ok := fieldNamed(e.Fields, a.ID); ok {
			return f, true
		}
	}
	return Field{}, false
}

func withField(fields []Field, f Field) []Field {
	if _, ok := fieldNamed(fields, f.Name); ok {
		return fields
	}
	return append([]Field{f}, fields...)
}

func fieldNamed(fields []Field, name string) (Field, bool) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return fields[i], true
}

// idOf is what the id of an aggregate is called unless its spec says so: sensorId.
func idOf(aggregate string) string { return lowerFirstWord(aggregate) + "Id" }

// lowerFirstWord makes a name one that begins small: Sensor is sensor, URLCheck is
// urlCheck.
func lowerFirstWord(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && (!unicode.IsUpper(r) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// event is the event of a name, or nil.
func (a *Aggregate) event(name string) *Event {
	for i := range a.Events {
		if a.Events[i].Name == name {
			return &a.Events[i]
		}
	}
	return nil
}

// states lists the states that events lead to, each once, in their order.
func (a *Aggregate) states() []string {
	var states []string
	for _, e := range a.Events {
		if e.State != "" && !slices.Contains(states, e.State) {
			states = append(states, e.State)
		}
	}
	return states
}

// commandFields are the fields of a command: its own, or those of its event that no
// expression sets.
func (a *Aggregate) commandFields(c Command) []Field {
	if len(c.Fields) > 0 {
		return c.Fields
	}
	e := a.event(c.Event)
	if e == nil {
		return nil
	}
	var fields []Field
	for _, f := range e.Fields {
		if _, set := c.Set[f.Name]; !set {
			fields = append(fields, f)
		}
	}
	return fields
}
