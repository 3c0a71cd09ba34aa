package scaffold

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/nexus-blueprint/nexus/document"
)

func (r *specReader) spec() Spec {
	r.object("", "the spec", "version", "name", "module", "title", "summary", "owner", "catalog", "aggregates")
	r.version()
	s := Spec{
		Name: r.text("", "name"), Module: r.text("", "module"), Title: r.text("", "title"),
		Summary: r.text("", "summary"), Owner: r.text("", "owner"), Catalog: r.text("", "catalog"),
	}
	list, ok := r.at("/aggregates").([]any)
	if !ok && r.has("", "aggregates") {
		r.fail("/aggregates", fmt.Sprintf("aggregates is %s, not a list", kindOf(r.at("/aggregates"))), "write - name: Sensor below it")
	}
	for i := range list {
		s.Aggregates = append(s.Aggregates, r.aggregate(document.Join("/aggregates", strconv.Itoa(i))))
	}
	return s
}

func (r *specReader) version() {
	if r.err != nil {
		return
	}
	if !r.has("", "version") {
		r.fail("", "the spec has no version", "write version: "+specVersion+" first")
		return
	}
	if got := fmt.Sprint(r.at("/version")); got != specVersion {
		r.fail("/version", fmt.Sprintf("this nexus does not read version %s of the spec", got), "it reads version "+specVersion+"; a newer nexus may read this one")
	}
}

func (r *specReader) aggregate(at string) Aggregate {
	r.object(at, "an aggregate", "name", "summary", "id", "events", "commands", "readModels")
	a := Aggregate{Name: r.text(at, "name"), Summary: r.text(at, "summary"), ID: r.text(at, "id")}
	for name, below := range r.members(at, "events") {
		a.Events = append(a.Events, r.event(name, below))
	}
	for name, below := range r.members(at, "commands") {
		a.Commands = append(a.Commands, r.command(name, below))
	}
	for name, below := range r.members(at, "readModels") {
		a.ReadModels = append(a.ReadModels, r.readModel(name, below))
	}
	return a
}

// members yields the keys of the object below a key in the order of the text, with
// the pointer of each.
func (r *specReader) members(at, key string) func(yield func(name, pointer string) bool) {
	return func(yield func(name, pointer string) bool) {
		if !r.has(at, key) {
			return
		}
		below := document.Join(at, key)
		for _, name := range r.object(below, key) {
			if !yield(name, document.Join(below, name)) {
				return
			}
		}
	}
}

func (r *specReader) event(name, at string) Event {
	e := Event{Name: name}
	if r.at(at) == nil { // an event of which there is nothing to say
		return e
	}
	r.object(at, "an event", "summary", "state", "fields", "facts")
	e.Summary, e.State, e.Fields = r.text(at, "summary"), r.text(at, "state"), r.fields(at)
	if r.has(at, "facts") {
		below := document.Join(at, "facts")
		r.object(below, "facts")
		if facts, ok := r.at(below).(map[string]any); ok && len(facts) > 0 {
			e.Facts = maps.Clone(facts)
		}
	}
	return e
}

func (r *specReader) command(name, at string) Command {
	r.object(at, "a command", "summary", "event", "creates", "in", "set", "fields")
	c := Command{
		Name: name, Summary: r.text(at, "summary"), Event: r.text(at, "event"), Creates: r.flag(at, "creates"),
		In: r.words(at, "in"), Fields: r.fields(at),
	}
	for member, below := range r.members(at, "set") {
		expression, ok := r.at(below).(string)
		if !ok {
			r.fail(below, fmt.Sprintf("the expression for %s is %s, not a text", member, kindOf(r.at(below))), "put it into quotes")
		}
		if c.Set == nil {
			c.Set = map[string]string{}
		}
		c.Set[member] = expression
	}
	return c
}

func (r *specReader) readModel(name, at string) ReadModel {
	r.object(at, "a read model", "summary", "fields", "filters")
	return ReadModel{Name: name, Summary: r.text(at, "summary"), Fields: r.words(at, "fields"), Filters: r.words(at, "filters")}
}

func (r *specReader) fields(at string) []Field {
	var fields []Field
	for name, below := range r.members(at, "fields") {
		fields = append(fields, r.field(name, below))
	}
	return fields
}

func (r *specReader) field(name, at string) Field {
	f := Field{Name: name}
	switch value := r.at(at).(type) {
	case string:
		var err error
		if f.Schema, f.Optional, err = parseFieldType(value); err != nil {
			r.failType(at, err)
		}
	case map[string]any:
		f.Schema = maps.Clone(value)
		f.Optional = r.flag(at, "optional") // no keyword of JSON Schema
		delete(f.Schema, "optional")
	default:
		r.fail(at, fmt.Sprintf("the type of %s is %s", name, kindOf(value)), "the types are "+shortTypeNames+", or a JSON Schema")
	}
	return f
}

func (r *specReader) failType(at string, err error) {
	if e, ok := err.(*typeError); ok {
		r.fail(at, e.message, e.hint)
	}
}
