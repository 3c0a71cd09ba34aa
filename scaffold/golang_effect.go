package scaffold

import (
	"maps"
	"slices"
	"strings"
)

// A goEffect is a test of what an event makes of the state.
type goEffect struct {
	Event string
	Given string // the events up to it, as arguments
	Want  string // the members of the state after it
}

// Effects are tests of Evolve: each event behind the example that leads to it, and one
// that no command leads to behind the first that begins a stream.
func (d *goDomain) Effects() []goEffect {
	var list []goEffect
	for _, e := range d.Events {
		i := slices.IndexFunc(d.Examples, func(made *goExample) bool { return made.Command.Leads == e })
		if i >= 0 {
			made := d.Examples[i]
			list = append(list, goEffect{e.Name, givenEvents(append(slices.Clone(made.Path), made)), d.stateAfter(made)})
			continue
		}
		if alone, ok := d.effectAlone(e); ok {
			list = append(list, alone)
		}
	}
	return list
}

// effectAlone is the effect of an event that no example leads to: of its own example.
func (d *goDomain) effectAlone(e *goEvent) (goEffect, bool) {
	begin := slices.IndexFunc(d.Examples, func(made *goExample) bool { return len(made.Path) == 0 })
	body, err := readNode(e.Example)
	if begin < 0 || err != nil {
		return goEffect{}, false
	}
	before := d.Examples[begin]
	after := &goExample{standing: before.standing, known: maps.Clone(before.known), left: maps.Clone(before.left)}
	if e.State != "" {
		after.status = e.State
	}
	for _, change := range e.Changes {
		value := body.at(change.from.json)
		if value == nil || value.isNull() && change.from.mayMiss() {
			continue
		}
		after.left[change.to.json] = change.to.held(literal(value, change.from.typ))
	}
	event := e.Type + "{" + fieldLiterals(body, e.Fields) + "}"
	return goEffect{e.Name, before.Event + ", " + event, d.stateAfter(after)}, true
}

// remember notes what an example leaves in the state: as expressions for what decides
// later, and as the test of the state says it. What the spec computes is taken from the
// event there, so that it is not computed twice.
func (d *goDomain) remember(made *goExample, values map[string]string) {
	computed := func(name string) bool {
		return slices.ContainsFunc(made.Command.Decision.Members, func(m goMember) bool {
			return m.field.json == name && m.from != fromCommand && m.from != fromClock && m.from != fromConstant
		})
	}
	for _, change := range made.Command.Leads.Changes {
		value, ok := values[change.from.json]
		if !ok {
			continue
		}
		made.known[change.to.json] = value
		switch own := made.Event + "." + change.from.name; {
		case !computed(change.from.json) || isNumber(value):
			made.left[change.to.json] = change.to.held(value)
		case change.from.pointer() == change.to.pointer():
			made.left[change.to.json] = own
		case change.to.pointer():
			made.left[change.to.json] = "&" + own
		default:
			made.left[change.to.json] = "*" + own
		}
	}
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(strings.TrimPrefix(text, "-"), "0123456789") == ""
}

// stateAfter are the members of the state after an example.
func (d *goDomain) stateAfter(made *goExample) string {
	var parts []string
	if status := d.status(made.status); status != "" {
		parts = append(parts, "Status: "+status)
	}
	for _, f := range d.Fields {
		if value, ok := made.left[f.json]; ok {
			parts = append(parts, f.name+": "+value)
		}
	}
	return composite(parts)
}
