package scaffold

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
)

// aggregate makes one of a group, unless nothing names its streams.
func (f *fromCatalog) aggregate(g *group) (Aggregate, bool) {
	id := f.idOf(g)
	if id == "" {
		f.note("%s is left out, with %s: its messages share no required text that names a stream; say x-partition-key", g.name, namesIn(g.events))
		return Aggregate{}, false
	}
	a := Aggregate{Name: g.name, ID: id}
	for _, e := range g.events {
		a.Events = append(a.Events, Event{Name: e.ID})
	}
	led := map[string]bool{}
	for _, c := range g.commands {
		command := Command{Name: c.ID, Event: g.leads[c.ID]}
		if f.give(&command) {
			a.Commands = append(a.Commands, command)
			led[command.Event] = true
		}
	}
	for _, e := range g.events {
		if !led[e.ID] {
			a.Commands = append(a.Commands, Command{
				Name: f.recordName(e.ID), Event: e.ID, Summary: "Asks to record " + codeList([]string{e.ID}) + ".",
			})
		}
	}
	f.begin(&a)
	return a, true
}

func namesIn(events []*catalog.Event) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.ID
	}
	return strings.Join(names, ", ")
}

// recordName is the name of the command that an event gets.
func (f *fromCatalog) recordName(event string) string {
	last := event[strings.LastIndexByte(event, '.')+1:]
	name := "Record" + suggestTypeName(last)
	if f.taken[folded(name)] {
		name = "Record" + suggestTypeName(event)
	}
	for n := 2; f.taken[folded(name)]; n++ {
		name = "Record" + suggestTypeName(event) + strconv.Itoa(n)
	}
	f.taken[folded(name)] = true
	return name
}

// idOf is the member that names the streams of a group, or empty.
func (f *fromCatalog) idOf(g *group) string {
	all := append(slices.Clone(g.events), g.commands...)
	var keys []string
	for _, m := range all {
		if key := m.PartitionKey.Get; key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var endings []string
	for _, name := range f.shapes[all[0].ID].names {
		if isIDName(name) {
			endings = append(endings, name)
		}
	}
	own := folded(idOf(g.name))
	slices.SortStableFunc(endings, func(a, b string) int { // the aggregate's own first
		return cmp.Compare(rankOf(a, own), rankOf(b, own))
	})
	for _, name := range append(keys, endings...) {
		if !slices.ContainsFunc(all, func(m *catalog.Event) bool { return !f.shapes[m.ID].requiresText(name) }) {
			if !slices.Contains(keys, name) && len(endings) > 1 && folded(name) != own {
				f.note("%s is taken to name the streams of %s; say x-partition-key", name, g.name)
			}
			return name
		}
	}
	return ""
}

func rankOf(name, own string) int {
	switch folded(name) {
	case own:
		return 0
	case "id":
		return 1
	}
	return 2
}

func isIDName(name string) bool {
	return name == "id" || name == "ID" || slices.ContainsFunc([]string{"Id", "ID", "_id", "-id"}, func(suffix string) bool {
		return len(name) > len(suffix) && strings.HasSuffix(name, suffix)
	})
}

func (s shape) requiresText(name string) bool {
	return slices.Contains(s.required, name) && isString(s.members[name])
}

// give sets what the event of a command requires and nobody gives to a value of its
// schema, for the user to replace. It is false when there is no such value.
func (f *fromCatalog) give(c *Command) bool {
	event, command := f.shapes[c.Event], f.shapes[c.Name]
	var sample map[string]json.RawMessage
	for _, name := range event.required {
		if slices.Contains(command.required, name) || event.members[name]["format"] == "date-time" && command.members[name] == nil {
			continue
		}
		if sample == nil {
			sample = f.sample(c.Event)
		}
		literal, ok := goLiteral(sample[name])
		if !ok {
			f.note("%s is left out: nobody gives %s of %s; add the command to domain.yaml with set: {%s: …}", c.Name, name, c.Event, name)
			return false
		}
		if c.Set == nil {
			c.Set = map[string]string{}
		}
		c.Set[name] = literal
		f.note("%s of %s is always %s so far, since %s does not give it: write how it is computed below set of %s in domain.yaml", name, c.Event, literal, c.Name, c.Name)
	}
	return true
}

// sample is a body of a message, or nil.
func (f *fromCatalog) sample(id string) map[string]json.RawMessage {
	body, err := sampleBody(id, f.catalog.Event(id, "").Schema.Get.Text)
	if err != nil {
		return nil // Resolve says why
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	return members
}

// goLiteral is a plain JSON value as an expression of Go.
func goLiteral(text json.RawMessage) (string, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] == '{' || text[0] == '[' || string(text) == "null" {
		return "", false
	}
	if text[0] != '"' {
		return string(text), true
	}
	var value string
	if json.Unmarshal(text, &value) != nil {
		return "", false
	}
	return strconv.Quote(value), true
}

// beginnings are words of commands and events that something begins with.
var beginnings = []string{"creat", "regist", "open", "start", "add", "new", "plac", "submit", "signup", "signed", "request", "book", "launch", "issu", "initiat"}

// begin makes the commands that open a stream create, and puts them first.
func (f *fromCatalog) begin(a *Aggregate) {
	creates := func(c Command) bool {
		return slices.ContainsFunc(append(wordsOf(c.Name), wordsOf(c.Event)...), func(word string) bool {
			return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(strings.ToLower(word), b) })
		})
	}
	first := slices.IndexFunc(a.Commands, creates)
	if first < 0 {
		first = 0
	}
	if len(a.Commands) > 1 {
		f.note("%s is taken to open the streams of %s; change creates in domain.yaml if it is another command", a.Commands[first].Name, a.Name)
	}
	command := a.Commands[first]
	command.Creates = true
	a.Commands = append([]Command{command}, slices.Delete(a.Commands, first, first+1)...)
	slices.SortStableFunc(a.Events, func(x, y Event) int { return cmp.Compare(a.leader(x.Name), a.leader(y.Name)) })
}

// leader is the index of the first command that leads to an event.
func (a *Aggregate) leader(event string) int {
	return slices.IndexFunc(a.Commands, func(c Command) bool { return c.Event == event })
}

// listOf is the read model of an aggregate whose schemas are the catalog's.
func (f *fromCatalog) listOf(s Spec, a *Aggregate) []ReadModel {
	withFields := *a
	withFields.Events = slices.Clone(a.Events)
	for i, e := range a.Events {
		for _, name := range f.shapes[e.Name].names {
			withFields.Events[i].Fields = append(withFields.Events[i].Fields, Field{Name: name, Schema: f.shapes[e.Name].members[name]})
		}
	}
	return listOf(s, &withFields)
}
