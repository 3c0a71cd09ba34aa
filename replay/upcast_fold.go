package replay

import (
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// upcasts are the roads from the versions of a type to the newest one.
type upcasts struct {
	program  *program
	typeName string
	versions map[string]*road // by the schema version as it was recorded
}

// A road is the operations of all upcasters that an event passes.
type road struct {
	steps   []upcastStep
	program *typeProgram // of the type at its end
	unknown bool         // the schema version cannot be read
}

// road is that of a schema version.
func (u *upcasts) road(version string) *road {
	if r, ok := u.versions[version]; ok {
		return r
	}
	r := u.compile(version)
	if len(u.versions) < 1<<10 {
		u.versions[version] = r
	}
	return r
}

func (u *upcasts) compile(recorded string) *road {
	version, err := upcast.Version(recorded, u.typeName)
	if err != nil {
		return &road{program: u.program.other, unknown: true}
	}
	r, name := &road{}, u.typeName
	for {
		next, ok := u.program.reducer.upcasters.For(name, version)
		if !ok {
			break
		}
		for _, o := range next.Do {
			r.steps = append(r.steps, compileStep(o))
		}
		if version = next.To; next.TypeTo != "" {
			name = next.TypeTo
		}
	}
	r.program = u.program.afterUpcasts(name)
	return r
}

// upcast takes the values from what an old event's data becomes.
func (x *extractor) upcast(n *entry, e *event.Event) {
	r := n.program.upcasts.road(e.SchemaVersion)
	n.program = r.program
	if len(r.steps) == 0 && !r.unknown {
		x.read(n, e)
		return
	}
	start, ok := len(x.text), false
	if !r.unknown {
		x.text, ok = x.tree.run(x.text, e.Data, r.steps)
	}
	if !ok { // the interpreter says what is wrong
		name, data, err := x.program.reducer.upcasted(e)
		if err != nil {
			n.program, n.err = x.program.other, err
			return
		}
		n.program = x.program.afterUpcasts(name)
		x.text = appendJSON(x.text[:start], data)
	}
	t := n.program
	if t.general || t.nothing {
		return
	}
	n.data = x.text[start:len(x.text):len(x.text)]
	n.values = x.room(len(t.paths))
	for i, path := range t.paths {
		n.values[i], _ = path.locate(n.data)
	}
}
