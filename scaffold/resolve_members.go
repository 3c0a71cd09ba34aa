package scaffold

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// A shape is what a schema says of the members of a message.
type shape struct {
	members  map[string]map[string]any
	names    []string // of members, in the order of the text as far as it is the schema's own
	required []string
}

// readShape reads the top level of a schema, over references inside it.
func readShape(name string, text []byte) (shape, error) {
	d, err := document.Parse(name+".json", text)
	if err != nil {
		return shape{}, fmt.Errorf("reading the schema of %s: %w", name, err)
	}
	s := shape{members: map[string]map[string]any{}}
	s.add(d.Value(), d.Value(), 0)
	for _, name := range append(d.Keys("/properties"), sortedKeys(s.members)...) {
		if !slices.Contains(s.names, name) {
			s.names = append(s.names, name)
		}
	}
	return s, nil
}

// maxHops bounds how many references and combinations of schemas are followed.
const maxHops = 16

func (s *shape) add(root, value any, hops int) {
	schema, ok := value.(map[string]any)
	if !ok || hops > maxHops {
		return
	}
	if ref, ok := schema["$ref"].(string); ok {
		s.add(root, inside(root, ref), hops+1)
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, member := range properties {
		s.members[name] = followed(root, member)
	}
	required, _ := schema["required"].([]any)
	for _, item := range required {
		if name, ok := item.(string); ok && !slices.Contains(s.required, name) {
			s.required = append(s.required, name)
		}
	}
	all, _ := schema["allOf"].([]any)
	for _, part := range all {
		s.add(root, part, hops+1)
	}
}

// followed is a schema with what it refers to laid in.
func followed(root, value any) map[string]any {
	for range maxHops {
		schema, _ := value.(map[string]any)
		ref, ok := schema["$ref"].(string)
		if !ok {
			return schema
		}
		value = inside(root, ref)
	}
	return nil
}

// inside is what a reference inside a document leads to.
func inside(root any, ref string) any {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	for _, token := range document.Split(pointer) {
		object, _ := root.(map[string]any)
		root = object[token]
	}
	return root
}

// checkMembers holds an aggregate of a taken-over catalog against its schemas: what
// a spec with fields says by itself.
func (a *Aggregate) checkMembers(where string) error {
	shapes := map[string]shape{}
	for _, e := range a.Events {
		s, err := readShape(e.Name, e.Schema)
		if err != nil {
			return err
		}
		shapes[e.Name] = s
		if err := a.checkID("event", e.Name, s, where); err != nil {
			return err
		}
	}
	for _, c := range a.Commands {
		s, err := readShape(c.Name, c.Schema)
		if err != nil {
			return err
		}
		if err := a.checkID("command", c.Name, s, where); err != nil {
			return err
		}
		if err := c.checkGiven(shapes[c.Event], s); err != nil {
			return err
		}
	}
	return a.checkModels(shapes)
}

func (a *Aggregate) checkID(kind, name string, s shape, where string) error {
	id, has := s.members[a.ID]
	switch {
	case !has:
		return fmt.Errorf("resolving %s: the %s %s of %s has no member %s, which names the stream: %sset id in the spec to a member that all messages of %s require",
			a.Name, kind, name, where, a.ID, near(a.ID, sortedKeys(s.members)), a.Name)
	case !slices.Contains(s.required, a.ID):
		return fmt.Errorf("resolving %s: the %s %s of %s does not require %s, which names the stream: require it there", a.Name, kind, name, where, a.ID)
	case !isString(id):
		return fmt.Errorf("resolving %s: %s of the %s %s is no string: the id of a stream is part of an address and must be one", a.Name, a.ID, kind, name)
	}
	return nil
}

// isString reports whether all values that a schema allows may be taken for texts.
func isString(schema map[string]any) bool {
	if schema["type"] == "string" {
		return true
	}
	_, typed := schema["type"]
	values, _ := schema["enum"].([]any)
	return !typed && len(values) > 0 && !slices.ContainsFunc(values, func(v any) bool { _, ok := v.(string); return !ok })
}

// checkGiven makes sure that somebody gives every member that the event requires.
func (c Command) checkGiven(event, command shape) error {
	for _, name := range sortedKeys(c.Set) {
		if _, ok := event.members[name]; !ok {
			return fmt.Errorf("resolving %s: set has %s, which is no member of %s: %sits members are %s",
				c.Name, name, c.Event, near(name, sortedKeys(event.members)), strings.Join(sortedKeys(event.members), ", "))
		}
	}
	for _, name := range event.required {
		_, set := c.Set[name]
		_, given := command.members[name]
		switch {
		case set:
		case !given && event.members[name]["format"] == "date-time": // now
		case !given:
			return fmt.Errorf("resolving %s: nobody gives %s, which %s requires: write set: {%s: …} in the spec, a Go expression over c, s and now", c.Name, name, c.Event, name)
		case !slices.Contains(command.required, name):
			return fmt.Errorf("resolving %s: %s requires %s, which the command may leave out: write set: {%s: …} in the spec", c.Name, c.Event, name, name)
		}
	}
	return nil
}

// checkModels makes sure that the fields of read models are members of events.
func (a *Aggregate) checkModels(shapes map[string]shape) error {
	known := map[string]bool{}
	for _, s := range shapes {
		for name := range s.members {
			known[name] = true
		}
	}
	if states := a.states(); len(states) > 0 {
		if known["status"] {
			return fmt.Errorf("resolving %s: an event has a member status, which is what the state of %s is called too: leave the states of its events out of the spec", a.Name, a.Name)
		}
		known["status"] = true
	}
	for _, m := range a.ReadModels {
		for _, name := range m.Fields {
			if !known[name] {
				names := slices.Sorted(maps.Keys(known))
				return fmt.Errorf("resolving %s: no event of %s has a member %s: %sits members are %s", m.Name, a.Name, name, near(name, names), strings.Join(names, ", "))
			}
		}
	}
	return nil
}
