package scaffold

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// declare completes pages that nexus wrote by what it knows of any app that it makes,
// as the catalog of an app that begins with flags has it: the facts of each message,
// an example, a team, and the services that send the commands and follow the events.
// What the source declares stays as it is.
func (t *Taken) declare(ctx context.Context) error {
	d, err := t.declaring(ctx)
	if err != nil {
		return err
	}
	for i := range d.spec.Aggregates {
		a := &d.spec.Aggregates[i]
		for _, e := range a.Events {
			d.event(a, e)
		}
		for _, command := range a.Commands {
			d.command(a, command)
		}
	}
	d.services()
	d.domain()
	t.Notes = append(t.Notes, fmt.Sprintf("the source says little of %s: their classification, criticality and retention are first guesses; review the pages in catalog/", report.Count(len(d.described), "message")))
	return nil
}

// declareCommands completes the pages of the commands that a folder lacked: all others
// are the user's, and stay as they are. What keeps the app from storing their events is
// noted.
func (t *Taken) declareCommands(ctx context.Context) error {
	d, err := t.declaring(ctx)
	if err != nil {
		return err
	}
	d.spec.Owner = "" // the folder's to name
	for i := range d.spec.Aggregates {
		a := &d.spec.Aggregates[i]
		for _, command := range a.Commands {
			if slices.Contains(t.commands, command.Name) {
				d.command(a, command)
			}
		}
		for _, e := range a.Events {
			for _, field := range undeclaredEmails(d.fsys, d.catalog.Event(e.Name, "")) {
				t.Notes = append(t.Notes, fmt.Sprintf("%s of %s is an e-mail address, and the catalog does not say that it is personal: the app refuses the event until it does; write x-fields: {%s: {pii: true}} on its page and run nexus catalog compile, or change policy/undeclared_personal_data.rego", field, e.Name, field))
			}
		}
	}
	return nil
}

// declaring reads what was taken over as the app will.
func (t *Taken) declaring(ctx context.Context) (*declaring, error) {
	fsys, err := t.below()
	if err != nil {
		return nil, err
	}
	c, err := readCatalog(ctx, fsys)
	if err != nil {
		return nil, err
	}
	spec, err := t.Spec.Resolve(fsys)
	if err != nil {
		return nil, err
	}
	spec.Title, spec.Owner = cmp.Or(spec.Title, titleOf(spec.Name)), cmp.Or(spec.Owner, ownerOf(spec.Name))
	return &declaring{Taken: t, catalog: c, spec: spec, fsys: fsys}, nil
}

// below are the files as they lie in the app.
func (t *Taken) below() (fs.FS, error) {
	files := Tree{}
	for file, text := range t.Files {
		files[path.Join(lock.CatalogDir, file)] = text
	}
	return files.FS()
}

// declaring completes the pages of one catalog.
type declaring struct {
	*Taken
	catalog   *catalog.Catalog
	spec      Spec // resolved
	fsys      fs.FS
	described []string // the messages
	own       []string // the services that the app consists of
	owned     bool     // the team of the spec owns something
	// ownChannel is set if events travel the app's own channel.
	ownChannel bool
}

func (d *declaring) event(a *Aggregate, e Event) {
	m := d.catalog.Event(e.Name, "")
	fields := d.emailFields(m)
	facts := eventFacts(a.ID, m.Criticality.Get, len(fields) > 0 || hasPersonalField(m), len(e.Example))
	facts = d.onItsRoad(m, facts)
	d.message(m, append([]member{{"x-aggregate", a.Name}}, facts...), fields, e.Example, eventReview)
}

func (d *declaring) command(a *Aggregate, c Command) {
	m := d.catalog.Event(c.Name, "")
	fields := d.emailFields(m)
	facts := commandFacts(a.ID, c.Event, len(fields) > 0 || hasPersonalField(m), len(c.Example))
	d.message(m, append([]member{{"x-aggregate", a.Name}}, facts...), fields, c.Example, "")
}

// onItsRoad fits the facts of an event to its channels. Where the source says by which
// protocol they go, or that they keep no order, the road is the source's to describe.
// Other channels keep the order of a stream, since the app's outbox does; an event
// without one gets the app's own.
func (d *declaring) onItsRoad(m *catalog.Event, facts []member) []member {
	if len(m.Channels) == 0 {
		d.ownChannel = true
		return append([]member{{"channels", []any{reference(d.spec.Name + ".events")}}}, facts...)
	}
	var silent []*catalog.Channel
	for _, id := range m.Channels {
		i := slices.IndexFunc(d.catalog.Channels, func(c *catalog.Channel) bool { return c.ID == id.Get })
		if i < 0 {
			continue
		}
		c := d.catalog.Channels[i]
		if len(c.Protocols) > 0 || c.Ordering.Known() {
			return slices.DeleteFunc(facts, func(f member) bool { return f.key == "x-path" || f.key == "x-requires-ordering" })
		}
		silent = append(silent, c)
	}
	for _, c := range silent {
		d.complete(c.Place, []member{{"x-ordering", true}}, "")
	}
	return facts
}

// message completes the page of one message.
func (d *declaring) message(m *catalog.Event, facts, fields []member, example []byte, review string) {
	if m.Summary == "" {
		facts = append([]member{{"summary", sentence(titleOfMessage(m.ID))}}, facts...)
	}
	if len(m.OwnerIDs()) == 0 && d.spec.Owner != "" {
		facts = append([]member{{"owners", []any{d.spec.Owner}}}, facts...)
		d.owned = true
	}
	if len(fields) > 0 {
		facts = append(facts, member{"x-fields", fields})
	}
	d.complete(m.Place, facts, review)
	if m.Examples == 0 {
		d.Files[path.Join(path.Dir(belowCatalog(m.Place.File)), "examples/typical.json")] = example
	}
	d.described = append(d.described, m.ID)
}

// complete adds to a page the members that it lacks, and a text below it.
func (d *declaring) complete(at catalog.Place, members []member, text string) {
	name := belowCatalog(at.File)
	page := d.Files[name]
	for _, m := range members {
		page = withMember(page, m)
	}
	if text != "" {
		page = append(page, "\n"+text+"\n"...)
	}
	d.Files[name] = page
}

func belowCatalog(file string) string { return strings.TrimPrefix(file, lock.CatalogDir+"/") }

// withMember is a page whose frontmatter has a member, at its end unless there is one
// of the name. Of lists and mappings with a line for each element, it gets those more.
func withMember(page []byte, m member) []byte {
	const end = "\n---\n"
	at := bytes.Index(page, []byte(end)) + 1
	key := "\n" + yamlText(m.key, false) + ":"
	var b strings.Builder
	switch there := bytes.Index(page[:at], []byte(key)); {
	case there < 0:
		yamlWriter{&b}.member(m, 0)
	case isNested(m.value) && bytes.HasPrefix(page[there+len(key):], []byte("\n")):
		at = there + len(key) + 1
		yamlWriter{&b}.lines(m.value, 1)
	}
	return slices.Insert(slices.Clone(page), at, []byte(b.String())...)
}

// emailFields are the members of x-fields for the e-mail addresses of which the source
// does not say whether they are personal.
func (d *declaring) emailFields(m *catalog.Event) []member {
	var members []member
	for _, f := range undeclaredEmails(d.fsys, m) {
		members = append(members, member{f, []member{{"pii", true}, {"category", "contact"}}})
	}
	return members
}

// undeclaredEmails are the fields of a message that hold e-mail addresses by its schema,
// and of which nobody says whether they are personal.
func undeclaredEmails(fsys fs.FS, m *catalog.Event) []string {
	var paths []string
	for _, f := range m.Fields {
		if f.Facts().PII.Known() {
			continue
		}
		if text, err := fs.ReadFile(fsys, f.Place.File); err == nil && formatAt(text, f.Place) == "email" {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// formatAt is the format of the schema at a place of a file, or empty.
func formatAt(text []byte, at catalog.Place) string {
	d, err := document.Parse(at.File, text)
	if err != nil {
		return ""
	}
	schema, _ := inside(d.Value(), "#"+at.Pointer).(map[string]any)
	format, _ := schema["format"].(string)
	return format
}

func hasPersonalField(m *catalog.Event) bool {
	return slices.ContainsFunc(m.Fields, func(f catalog.Field) bool { return f.Facts().PII.Get })
}

// services adds who sends the commands, who takes them and who follows the events,
// where the source names nobody.
func (d *declaring) services() {
	var sends, receives, commands, reads []any
	for _, a := range d.spec.Aggregates {
		for _, e := range a.Events {
			if len(d.catalog.Event(e.Name, "").Producers) == 0 {
				sends = append(sends, reference(e.Name))
			}
			reads = append(reads, append(reference(e.Name), member{"x-need", needOfModels}))
		}
		for _, c := range a.Commands {
			m := d.catalog.Event(c.Name, "")
			if len(m.Consumers) == 0 {
				receives = append(receives, append(reference(c.Name), member{"x-need", needOfApp(a.Name)}))
			}
			if len(m.Producers) == 0 {
				commands = append(commands, reference(c.Name))
			}
		}
	}
	d.service("", "", "Takes commands and keeps the events.", sends, receives)
	d.service("-readmodels", ": read models", "Follows the events and keeps what is asked for.", nil, reads)
	d.service("-clients", ": clients", "Whoever calls the app over HTTP.", commands, nil)
}

func reference(id string) []member { return []member{{"id", id}} }

// service adds what a service of the app sends and receives to its page, which is
// written if the source has none.
func (d *declaring) service(suffix, title, summary string, sends, receives []any) {
	var members []member
	if len(sends) > 0 {
		members = append(members, member{"sends", sends})
	}
	if len(receives) > 0 {
		members = append(members, member{"receives", receives})
	}
	if len(members) == 0 {
		return
	}
	id := d.spec.Name + suffix
	d.own = append(d.own, id)
	if i := slices.IndexFunc(d.catalog.Services, func(s *catalog.Service) bool { return s.ID == id }); i >= 0 {
		d.complete(d.catalog.Services[i].Place, members, "")
		return
	}
	d.owned = true
	front := append(head(id, d.spec.Title+title, summary), member{"owners", []any{d.spec.Owner}})
	d.add("services/"+id+"/index.mdx", append(front, members...), "")
}

// add writes a page of the app's own, unless there is one of the name.
func (d *declaring) add(name string, front []member, text string) {
	if _, there := d.Files[name]; there {
		return
	}
	p := pages{files: Tree{}}
	p.add(name, front, text)
	d.Files[name] = p.files[path.Join(lock.CatalogDir, name)]
}

// serviceIDs are the services of the source, and then those of the app.
func (d *declaring) serviceIDs() []string {
	var ids []string
	for _, s := range d.catalog.Services {
		ids = append(ids, s.ID)
	}
	for _, id := range d.own {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// domain adds the domain that holds the services, if the source names none, the app's
// channel, if an event travels it, and the team, if it owns anything.
func (d *declaring) domain() {
	p := pages{spec: d.spec, files: Tree{}}
	named := slices.ContainsFunc(d.catalog.Events, func(e *catalog.Event) bool { return e.Domain.Known() })
	if !named {
		p.domain(d.serviceIDs()...)
		d.owned = true
	}
	if d.ownChannel {
		p.eventChannel()
		d.owned = true
	}
	if d.owned {
		p.team()
	}
	for name, text := range p.files {
		if _, there := d.Files[belowCatalog(name)]; !there {
			d.Files[belowCatalog(name)] = text
		}
	}
}
