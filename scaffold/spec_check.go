package scaffold

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// A fault is what is wrong with a spec. Its place is a pointer into domain.yaml as
// Write writes it, whatever the spec was made of.
type fault struct {
	pointer       string
	key           bool // it is about the key and not the value
	inside        int  // bytes from the begin of the value
	message, hint string
}

func (f *fault) Error() string { return f.message }

// fault is the first fault of a completed spec, or nil.
func (s Spec) fault() *fault {
	c := &specCheck{spec: s, messages: map[string]string{}, models: map[string]string{}, aggregates: map[string]string{}}
	c.app()
	for i := range s.Aggregates {
		c.aggregate(&s.Aggregates[i], document.Join("/aggregates", strconv.Itoa(i)))
	}
	return c.first
}

// A specCheck keeps the first fault, and the names that are taken.
type specCheck struct {
	spec  Spec
	first *fault
	// By the folded name, the name as it is written.
	messages, models, aggregates map[string]string
}

func (c *specCheck) fail(pointer, message, hint string) {
	if c.first == nil && message != "" {
		c.first = &fault{pointer: pointer, message: message, hint: strings.TrimSpace(hint)}
	}
}

func (c *specCheck) failKey(pointer, message, hint string) {
	if c.first == nil && message != "" {
		c.first = &fault{pointer: pointer, key: true, message: message, hint: strings.TrimSpace(hint)}
	}
}

func (c *specCheck) app() {
	message, hint := checkAppName(c.spec.Name)
	c.fail("/name", message, hint)
	message, hint = checkModule(c.spec.Module)
	c.fail("/module", message, hint)
	if strings.ContainsAny(c.spec.Title, "\n\r\t") {
		c.fail("/title", "the title has more than one line", "say the rest in summary")
	}
	if c.spec.Catalog == "" {
		message, hint = checkOwner(c.spec.Owner)
		c.fail("/owner", message, hint)
	}
	if c.spec.Catalog != "" && !validFolder(c.spec.Catalog) {
		c.fail("/catalog", fmt.Sprintf("catalog is %q, which is no folder beside or below the spec", c.spec.Catalog), "write its path from the folder of the spec, such as catalog")
	}
	if len(c.spec.Aggregates) == 0 {
		c.fail("/aggregates", "the spec has no aggregate", "write - name: Sensor below aggregates, with its events and commands")
	}
}

func validFolder(name string) bool {
	return name != "." && !strings.HasPrefix(name, "/") && !strings.ContainsAny(name, `\:`) &&
		!slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return part == "" || part == "." || part == ".." })
}

func checkOwner(owner string) (message, hint string) {
	bad := strings.ContainsFunc(owner, func(r rune) bool { return r != '-' && r != '_' && r != '.' && !isLetterOrDigit(r) })
	if owner == "" || bad || strings.HasPrefix(owner, ".") || len(owner) > maxName {
		return fmt.Sprintf("%q is no name of a team", owner), "write letters, digits, - _ and ., such as platform"
	}
	return "", ""
}

func (c *specCheck) aggregate(a *Aggregate, at string) {
	name := document.Join(at, "name")
	message, hint := checkTypeName(a.Name)
	c.fail(name, message, hint)
	c.taken(c.aggregates, name, false, "aggregate", a.Name)
	if word := pathName(unexported(a.Name)); slices.Contains(appPaths, word) {
		c.fail(name, fmt.Sprintf("the aggregate %s would have the address /%s, which the app uses itself", a.Name, word), "choose another name")
	}
	message, hint = checkFieldName(a.ID)
	c.fail(document.Join(at, "id"), message, hint)
	if len(a.Events) == 0 {
		c.fail(at, fmt.Sprintf("%s has no event", a.Name), "add one below events, such as "+a.Name+"Created: {}")
	}
	for _, e := range a.Events {
		c.event(a, e, document.Join(at, "events", e.Name))
	}
	if _, ok := a.idField(); !ok && c.spec.Catalog == "" && len(a.Events) > 0 {
		c.fail(document.Join(at, "id"), fmt.Sprintf("%s is no field of any event of %s", a.ID, a.Name), near(a.ID, a.fieldNames())+"list it among the fields of the first event, such as "+a.ID+": uuid")
	}
	for _, command := range a.Commands {
		c.command(a, command, document.Join(at, "commands", command.Name))
	}
	c.beginning(a, at)
	for _, m := range a.ReadModels {
		c.readModel(a, m, document.Join(at, "readModels", m.Name))
	}
}

// appPaths are the addresses that an app keeps for itself.
var appPaths = []string{"models", "streams", "events", "audit", "ui", "healthz", "readyz", "openapi.json"}

// beginning makes sure that a stream can begin.
func (c *specCheck) beginning(a *Aggregate, at string) {
	switch {
	case c.first != nil: // without an event, among others
	case len(a.Commands) == 0:
		c.fail(at, fmt.Sprintf("%s has no command", a.Name), "add one below commands, such as Create"+a.Name+": {event: "+a.Events[0].Name+", creates: true}")
	case !slices.ContainsFunc(a.Commands, func(c Command) bool { return c.Creates }):
		first := document.Join(at, "commands", a.Commands[0].Name)
		c.failKey(first, fmt.Sprintf("no command of %s creates: a stream could never begin", a.Name), "add creates: true to the command that opens a stream")
	}
}

// taken refuses a name that another one folds to.
func (c *specCheck) taken(names map[string]string, at string, key bool, what, name string) {
	other, taken := names[folded(name)]
	names[folded(name)] = name
	if !taken {
		return
	}
	message, hint := fmt.Sprintf("the name %s is taken", name), "each message has a name of its own, and so has each aggregate and each read model"
	if other != name {
		message = fmt.Sprintf("the %s %s differs too little from %s: both would become one name in Go, or one file", what, name, other)
		hint = "choose another name"
	}
	if key {
		c.failKey(at, message, hint)
		return
	}
	c.fail(at, message, hint)
}

// message checks what events and commands share.
func (c *specCheck) message(a *Aggregate, what, name string, fields []Field, isNew bool, at string) {
	if c.spec.Catalog == "" || isNew {
		message, hint := checkTypeName(name)
		c.failKey(at, message, hint)
	} else if !strings.ContainsFunc(name, isLetterOrDigit) || strings.ContainsAny(name, "/\\\n\r\t") || len(name) > maxName {
		c.failKey(at, fmt.Sprintf("%q is no name of a message", name), "write the id that it has in the catalog")
	}
	c.taken(c.messages, at, true, what, name)
	if c.spec.Catalog != "" && len(fields) > 0 && !isNew {
		c.failKey(document.Join(at, "fields"), fmt.Sprintf("%s has fields, but its schema is in %s", name, c.spec.Catalog), "leave fields out; the catalog has them")
	}
	c.fields(a, fields, document.Join(at, "fields"))
}

func (c *specCheck) fields(a *Aggregate, fields []Field, at string) {
	names := map[string]string{}
	for _, f := range fields {
		place := document.Join(at, f.Name)
		message, hint := checkFieldName(f.Name)
		c.failKey(place, message, hint)
		c.taken(names, place, true, "field", f.Name)
		if len(f.Schema) == 0 {
			c.fail(place, fmt.Sprintf("%s has an empty schema, which any value satisfies", f.Name), "the types are "+shortTypeNames)
		}
		switch {
		case f.Name != a.ID:
		case f.Optional:
			c.fail(place, fmt.Sprintf("%s names the stream and cannot be optional", f.Name), "leave the ? out")
		case f.Schema["type"] != "string":
			c.fail(place, fmt.Sprintf("%s names the stream and is no string", f.Name), "write "+f.Name+": uuid, or string")
		}
		if folded(f.Name) == "status" && len(a.states()) > 0 {
			c.failKey(place, fmt.Sprintf("%s is a field, and what the status of %s is called too", f.Name, a.Name), "call the field something else, or leave the states of the events out")
		}
	}
}

func (c *specCheck) event(a *Aggregate, e Event, at string) {
	c.message(a, "event", e.Name, e.Fields, e.New, at)
	if e.State != "" {
		message, hint := checkState(e.State)
		c.fail(document.Join(at, "state"), message, hint)
		for _, other := range a.states() {
			if other != e.State && folded(other) == folded(e.State) {
				c.fail(document.Join(at, "state"), fmt.Sprintf("the states %s and %s would become one name in Go", other, e.State), "write both in one way")
			}
		}
	}
	if c.spec.Catalog != "" && len(e.Facts) > 0 {
		c.failKey(document.Join(at, "facts"), fmt.Sprintf("%s has facts, but its page is in %s", e.Name, c.spec.Catalog), "write them there, with x- in front")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		c.fact(name, e.Facts[name], document.Join(at, "facts", name))
	}
}

func (c *specCheck) command(a *Aggregate, command Command, at string) {
	c.message(a, "command", command.Name, command.Fields, command.New, at)
	e := a.event(command.Event)
	switch {
	case command.Event == "":
		c.failKey(at, fmt.Sprintf("%s leads to no event", command.Name), "write event: and one of "+strings.Join(a.eventNames(), ", "))
	case e == nil:
		c.fail(document.Join(at, "event"), fmt.Sprintf("%s has no event %s", a.Name, command.Event), near(command.Event, a.eventNames())+"its events are "+strings.Join(a.eventNames(), ", "))
	}
	if command.Creates && len(command.In) > 0 {
		c.failKey(document.Join(at, "in"), fmt.Sprintf("%s creates: there is no state before it", command.Name), "leave in out, or creates")
	}
	for i, state := range command.In {
		place := document.Join(at, "in", strconv.Itoa(i))
		if !slices.Contains(a.states(), state) {
			c.fail(place, fmt.Sprintf("no event of %s leads to the state %q", a.Name, state), near(state, a.states())+statesHint(a.states()))
		}
		if slices.Contains(command.In[:i], state) {
			c.fail(place, "in lists "+state+" twice", "leave one out")
		}
	}
	if e != nil && c.spec.Catalog == "" {
		c.agreement(a, command, e, at)
	}
}

func statesHint(states []string) string {
	if len(states) == 0 {
		return "give the event that leads to it a state"
	}
	return "the states are " + strings.Join(states, ", ")
}

// agreement makes sure that somebody gives every member that the event requires.
func (c *specCheck) agreement(a *Aggregate, command Command, e *Event, at string) {
	for _, name := range slices.Sorted(maps.Keys(command.Set)) {
		place := document.Join(at, "set", name)
		if _, ok := fieldNamed(e.Fields, name); !ok {
			names := namesOf(e.Fields)
			c.failKey(place, fmt.Sprintf("%s has no field %s to set", e.Name, name), near(name, names)+"its fields are "+strings.Join(names, ", "))
		}
		if name == a.ID {
			c.failKey(place, fmt.Sprintf("%s names the stream and cannot be set", name), "leave it out")
		}
	}
	given := a.commandFields(command)
	for _, f := range e.Fields {
		_, set := command.Set[f.Name]
		g, has := fieldNamed(given, f.Name)
		switch {
		case set || f.Optional && !has:
		case !has && f.Schema["format"] == "date-time": // now
		case !has:
			c.fail(document.Join(at, "fields"), fmt.Sprintf("nobody gives %s, which %s requires", f.Name, e.Name), "add it to the fields of "+command.Name+", or set it")
		case g.Optional && !f.Optional:
			c.fail(document.Join(at, "fields", f.Name), fmt.Sprintf("%s requires %s, which is optional here", e.Name, f.Name), "make both required, or both optional")
		case !sameType(f.Schema, g.Schema):
			c.fail(document.Join(at, "fields", f.Name), fmt.Sprintf("%s has another type in %s", f.Name, e.Name), "give both the same type, or set the event's")
		}
	}
}

// sameType compares what two schemas say of values, whatever they say to people.
func sameType(a, b map[string]any) bool {
	return document.Encode(withoutNotes(a)) == document.Encode(withoutNotes(b))
}

func withoutNotes(schema map[string]any) map[string]any {
	plain := maps.Clone(schema)
	maps.DeleteFunc(plain, func(key string, _ any) bool {
		return key == "description" || key == "title" || key == "examples" || strings.HasPrefix(key, "x-")
	})
	return plain
}

func (c *specCheck) readModel(a *Aggregate, m ReadModel, at string) {
	message, hint := checkTypeName(m.Name)
	c.failKey(at, message, hint)
	c.taken(c.models, at, true, "read model", m.Name)
	if len(m.Fields) == 0 {
		c.fail(at, fmt.Sprintf("%s has no fields", m.Name), "write fields: [status] or members of the events")
	}
	known := a.fieldNames()
	if len(a.states()) > 0 {
		known = append([]string{"status"}, known...)
	}
	for i, name := range m.Fields {
		place := document.Join(at, "fields", strconv.Itoa(i))
		if c.spec.Catalog == "" && !slices.Contains(known, name) {
			c.fail(place, fmt.Sprintf("%s has no field %s", a.Name, name), near(name, known)+"its fields are "+strings.Join(known, ", "))
		}
		if slices.Contains(m.Fields[:i], name) {
			c.fail(place, "fields lists "+name+" twice", "leave one out")
		}
	}
	for i, name := range m.Filters {
		place := document.Join(at, "filters", strconv.Itoa(i))
		if !slices.Contains(m.Fields, name) {
			c.fail(place, fmt.Sprintf("%s is no field of %s", name, m.Name), near(name, m.Fields)+"its fields are "+strings.Join(m.Fields, ", "))
		}
		if slices.Contains(m.Filters[:i], name) {
			c.fail(place, "filters lists "+name+" twice", "leave one out")
		}
	}
}

func near(word string, words []string) string {
	if found := report.Nearest(word, words); found != "" {
		return "did you mean " + found + "? "
	}
	return ""
}

func (a *Aggregate) eventNames() []string {
	names := make([]string, len(a.Events))
	for i, e := range a.Events {
		names[i] = e.Name
	}
	return names
}

// fieldNames lists the members of all events, each once.
func (a *Aggregate) fieldNames() []string {
	var names []string
	for _, e := range a.Events {
		for _, name := range namesOf(e.Fields) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func namesOf(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}
