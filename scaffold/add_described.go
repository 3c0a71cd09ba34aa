package scaffold

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// described is the spec of an app whose catalog was taken over, with pages for the
// messages that are new: what the catalog has is the user's, and stays as it is. Of a
// spec with fields, which makes its whole catalog, it is the spec itself.
func (s Spec) described(ctx context.Context, has Tree) (Spec, Tree, error) {
	if s.Catalog == "" {
		return s, nil, nil
	}
	fsys, err := has.FS()
	if err != nil {
		return Spec{}, nil, err
	}
	c, err := catalog.Load(ctx, []string{s.Catalog}, catalog.Options{FS: fsys})
	if err != nil {
		return Spec{}, nil, err
	}
	d := &describer{catalog: c, has: has, pages: pages{spec: s, files: Tree{}}}
	s.Aggregates = cloneAggregates(s.Aggregates)
	for i := range s.Aggregates {
		if err := d.aggregate(&s.Aggregates[i]); err != nil {
			return Spec{}, nil, err
		}
	}
	return s, d.files, nil
}

// A describer writes the pages of new messages beside those of a catalog.
type describer struct {
	pages
	catalog *catalog.Catalog
	has     Tree
}

// aggregate describes what is new of an aggregate, whose messages then are like all
// others of the spec: without fields.
func (d *describer) aggregate(a *Aggregate) error {
	id, err := d.id(a)
	if err != nil {
		return err
	}
	for i := range a.Events {
		e := &a.Events[i]
		if !e.New {
			continue
		}
		e.Fields = append([]Field{id}, slices.DeleteFunc(slices.Clone(e.Fields), func(f Field) bool { return f.Name == a.ID })...)
		e.Schema = messageSchema(e.Name, e.Summary, e.Fields)
		if e.Example, err = sampleBody(e.Name, e.Schema); err == nil {
			err = d.event(a, e)
		}
		if err != nil {
			return err
		}
	}
	for i := range a.Commands {
		if c := &a.Commands[i]; c.New {
			if err := d.command(a, c); err != nil {
				return err
			}
			c.New = false
		}
	}
	for i := range a.Events {
		if e := &a.Events[i]; e.New {
			e.New, e.Fields, e.Schema, e.Example = false, nil, nil, nil
		}
	}
	return nil
}

// id is the member that names the stream, as the events that the catalog has describe
// it.
func (d *describer) id(a *Aggregate) (Field, error) {
	for _, e := range a.Events {
		m := d.catalog.Event(e.Name, "")
		if e.New || m == nil {
			continue
		}
		shape, err := readShape(e.Name, m.Schema.Get.Text)
		if err != nil {
			return Field{}, err
		}
		if schema, ok := shape.members[a.ID]; ok && len(schema) > 0 {
			return Field{Name: a.ID, Schema: schema}, nil
		}
	}
	if f, ok := a.idField(); ok {
		return f, nil
	}
	return Field{Name: a.ID, Schema: shortTypes["uuid"]}, nil
}

func (d *describer) event(a *Aggregate, e *Event) error {
	text := sentence(titleOfMessage(e.Name))
	if by := a.leadingTo(e.Name); len(by) > 0 {
		text += "\n\nRecorded when " + codeList(by) + " " + isAccepted(len(by)) + "."
	}
	if e.State != "" {
		text += fmt.Sprintf(" From then on the %s is `%s`.", lowerWords(a.Name), e.State)
	}
	facts := eventFacts(a.ID, "", hasPersonal(e.Fields), len(e.Example))
	return d.message(a, e.Name, sentence(titleOfMessage(e.Name)), catalog.EventKind, facts, text+"\n\n"+eventReview, Tree{"schema.json": e.Schema, "examples/typical.json": e.Example})
}

// command describes a command by the members of its event: as those of a new one, or
// by the schema that the catalog has of the event.
func (d *describer) command(a *Aggregate, c *Command) error {
	summary := sentence("asks to " + asked(lowerWords(c.Name), lowerWords(a.Name)))
	files, personal, size := Tree{}, false, 0
	if e := a.event(c.Event); e != nil && e.New {
		files = Tree{"schema.json": messageSchema(c.Name, c.Summary, e.Fields), "examples/typical.json": e.Example}
		personal, size = hasPersonal(e.Fields), len(e.Example)
	} else if m := d.catalog.Event(c.Event, ""); m != nil && !jsonschema.RefersElsewhere(m.Schema.Get.Text) {
		files = Tree{"schema.json": m.Schema.Get.Text}
		size = len(m.Schema.Get.Text)
	}
	return d.message(a, c.Name, summary, catalog.CommandKind, commandFacts(a.ID, c.Event, personal, size), summary+"\n\n"+refusals(a, *c)+" Leads to `"+c.Event+"`.", files)
}

// message writes the page of a message and what lies beside it. It belongs to those
// who own the messages that are most like it, and goes their way.
func (d *describer) message(a *Aggregate, id, summary string, kind catalog.Kind, facts []member, text string, beside Tree) error {
	if m := d.catalog.Event(id, ""); m != nil {
		return &SpecError{Message: fmt.Sprintf("%s describes %s already (%s)", d.spec.Catalog, id, m.Place), Hint: "name it in domain.yaml, and run nexus add spec"}
	}
	dir := string(kind) + "s/" + id
	front := head(id, titleOfMessage(id), summary)
	if like := d.like(a, kind); like != nil {
		front = append(front, ownersOf(like)...)
		if len(like.Channels) > 0 {
			front = append(front, member{"channels", channelsOf(like)})
		}
		facts = onTheWayOf(like, facts)
	}
	schemaPath := "schema.json"
	if beside[schemaPath] == nil { // of the event, whose schema refers to files by paths from there
		e := d.catalog.Event(eventOf(a, id), "")
		schemaPath = path.Join("../..", strings.TrimPrefix(e.Schema.Get.File, lock.CatalogDir+"/"))
	}
	front = append(front, member{"schemaPath", schemaPath}, member{"x-aggregate", a.Name})
	d.add(dir+"/index.mdx", append(front, facts...), text)
	for name, content := range beside {
		d.files[path.Join(lock.CatalogDir, dir, name)] = content
	}
	for _, name := range d.files.Names() {
		if _, there := d.has[name]; there {
			return &SpecError{Message: fmt.Sprintf("describing %s: %s is there already", id, name), Hint: "move it away, or describe the message yourself, name it in domain.yaml, and run nexus add spec"}
		}
	}
	return nil
}

// eventOf is the event that a command leads to.
func eventOf(a *Aggregate, command string) string {
	i := slices.IndexFunc(a.Commands, func(c Command) bool { return c.Name == command })
	return a.Commands[i].Event
}

// like is a message of a kind that the catalog has: of the aggregate if there is one.
func (d *describer) like(a *Aggregate, kind catalog.Kind) *catalog.Event {
	var names []string
	for _, e := range a.Events {
		names = append(names, e.Name)
	}
	for _, c := range a.Commands {
		names = append(names, c.Name)
	}
	for _, name := range names {
		if m := d.catalog.Event(name, ""); m != nil && m.Kind == kind {
			return m
		}
	}
	for m := range d.catalog.Current() {
		if m.Kind == kind {
			return m
		}
	}
	return nil
}

func channelsOf(m *catalog.Event) []any {
	list := make([]any, len(m.Channels))
	for i, id := range m.Channels {
		list[i] = reference(id.Get)
	}
	return list
}

// onTheWayOf are the facts of a message with what another says of the way that both
// go.
func onTheWayOf(like *catalog.Event, facts []member) []member {
	facts = slices.DeleteFunc(facts, func(f member) bool { return f.key == "x-path" || f.key == "x-requires-ordering" })
	if like.Path.Known() {
		facts = append(facts, member{"x-path", like.Path.Get})
	}
	if like.RequiresOrdering.Known() {
		facts = append(facts, member{"x-requires-ordering", like.RequiresOrdering.Get})
	}
	return facts
}
