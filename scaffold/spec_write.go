package scaffold

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Write is domain.yaml: the same spec, whenever it is read. What follows from the
// name is left out. Schemas, versions and examples are not part of it.
func (s Spec) Write() []byte {
	s = s.completed()
	root := []member{{"version", plainText(specVersion)}, {"name", s.Name}}
	root = append(root, unless("module", s.Module, s.Name)...)
	root = append(root, unless("title", s.Title, titleOf(s.Name))...)
	root = append(root, unless("summary", s.Summary, "")...)
	if s.Catalog != "" || s.Owner != ownerOf(s.Name) {
		root = append(root, unless("owner", s.Owner, "")...)
	}
	root = append(root, unless("catalog", s.Catalog, "")...)
	var aggregates []any
	for _, a := range s.Aggregates {
		aggregates = append(aggregates, a.members(s.Catalog == ""))
	}
	var b strings.Builder
	w := yamlWriter{&b}
	w.block(append(root, member{"aggregates", aggregates}), 0)
	return []byte(b.String())
}

func unless(key, value, implied string) []member {
	if value == implied {
		return nil
	}
	return []member{{key, value}}
}

func (a Aggregate) members(withFields bool) []member {
	list := []member{{"name", a.Name}}
	list = append(list, unless("summary", a.Summary, "")...)
	list = append(list, member{"id", a.ID})
	implied, first := a.idField()
	if !withFields {
		first = false
	}
	var events, commands, models []member
	for _, e := range a.Events {
		leave := implied
		if _, has := fieldNamed(e.Fields, a.ID); has && first {
			leave, first = Field{}, false // where the type of the id is said
		}
		events = append(events, member{e.Name, e.members(leave)})
	}
	for _, c := range a.Commands {
		commands = append(commands, member{c.Name, c.members(implied)})
	}
	for _, m := range a.ReadModels {
		models = append(models, member{m.Name, m.members()})
	}
	for _, part := range []member{{"events", events}, {"commands", commands}, {"readModels", models}} {
		if len(part.value.([]member)) > 0 {
			list = append(list, part)
		}
	}
	return list
}

func (e Event) members(implied Field) []member {
	list := []member{}
	list = append(list, unless("summary", e.Summary, "")...)
	list = append(list, unless("state", e.State, "")...)
	fields := e.Fields
	if e.New {
		fields = nil // the catalog's
	}
	if len(fields) > 0 && reflect.DeepEqual(fields[0], implied) {
		fields = fields[1:]
	}
	list = append(list, fieldMembers(fields)...)
	if len(e.Facts) > 0 {
		var facts []member
		for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
			facts = append(facts, member{name, valueNode(e.Facts[name])})
		}
		list = append(list, member{"facts", facts})
	}
	return list
}

func (c Command) members(implied Field) []member {
	list := []member{}
	list = append(list, unless("summary", c.Summary, "")...)
	list = append(list, unless("event", c.Event, "")...)
	if c.Creates {
		list = append(list, member{"creates", true})
	}
	list = append(list, wordList("in", c.In)...)
	if len(c.Set) > 0 {
		var set []member
		for _, name := range slices.Sorted(maps.Keys(c.Set)) {
			set = append(set, member{name, c.Set[name]})
		}
		list = append(list, member{"set", set})
	}
	fields := c.Fields
	if len(fields) > 1 && reflect.DeepEqual(fields[0], implied) {
		fields = fields[1:]
	}
	return append(list, fieldMembers(fields)...)
}

func (m ReadModel) members() []member {
	list := unless("summary", m.Summary, "")
	return append(append(list, wordList("fields", m.Fields)...), wordList("filters", m.Filters)...)
}

func wordList(key string, words []string) []member {
	if len(words) == 0 {
		return nil
	}
	list := make([]any, len(words))
	for i, word := range words {
		list[i] = word
	}
	return []member{{key, list}}
}

func fieldMembers(fields []Field) []member {
	if len(fields) == 0 {
		return nil
	}
	list := make([]member, len(fields))
	for i, f := range fields {
		list[i] = member{f.Name, f.node()}
	}
	return []member{{"fields", list}}
}

// node is the type of a field: its short form, or the schema.
func (f Field) node() any {
	if word, ok := shortFieldType(f); ok {
		return word
	}
	schema := valueNode(f.Schema).([]member)
	if f.Optional {
		schema = append(schema, member{"optional", true})
	}
	return schema
}
