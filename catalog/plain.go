package catalog

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// plainNames are what a plain catalog is called when only its folder is named.
var plainNames = []string{"catalog.json", "catalog.yaml", "catalog.yml"}

// The keys of the plain form beside nexus's own attributes, which have no prefix
// here. The form is shown by the package's example.
var (
	plainKeys        = []string{"channels", "events", "owners", "services", "version"}
	plainEventForm   = form{"", []string{"channels", "consumers", "deprecated", "examples", "kind", "name", "owners", "producers", "schema", "summary", "version"}}
	plainServiceForm = form{"", []string{"name", "owners", "receives", "sends", "summary", "version"}}
	plainChannelForm = form{"", []string{"address", "name", "owners", "parameters", "protocols", "summary"}}
	plainOwnerKeys   = []string{"email", "kind", "name"}
)

// plain reads one file that holds a whole catalog: mappings from ids to events,
// services, channels and owners.
func (l *loader) plain(ctx context.Context, name string, text []byte) (*Catalog, error) {
	d, err := document.ParseLocated(name, text)
	if err != nil {
		return nil, illegible(name, err)
	}
	p := &page{file: name, text: text, document: d}
	root := p.root()
	switch {
	case !root.isMapping():
		return nil, &LoadError{Path: name, Message: "no event is loaded: the file is no mapping", Hint: catalogForms}
	case root.member("asyncapi").is():
		return l.asyncAPI(ctx, name)
	case !slices.ContainsFunc([]string{"events", "services", "channels", "owners"}, func(key string) bool { return root.member(key).is() }):
		return nil, &LoadError{Path: name, Message: "no event is loaded: the file has none of the keys events, services, channels and owners", Hint: catalogForms}
	}
	c := &Catalog{}
	for _, m := range named(root.member("events")) {
		c.Events = append(c.Events, l.plainEvent(m))
	}
	for _, m := range named(root.member("services")) {
		c.Services = append(c.Services, plainService(m))
	}
	for _, m := range named(root.member("channels")) {
		channel := readChannel(m, m.name(), plainChannelForm)
		channel.Place = m.keyPlace()
		c.Channels = append(c.Channels, channel)
	}
	for _, m := range named(root.member("owners")) {
		c.Owners = append(c.Owners, plainOwner(m))
	}
	p.subject = name
	root.onlyKeys(plainKeys...)
	c.Oddities = p.oddities
	return c, nil
}

// named yields the entries of a mapping from ids. One that says nothing but its
// id is an empty mapping.
func named(at entry) []entry {
	list := at.members()
	for i, m := range list {
		m.page.subject = m.name()
		if !m.isMapping() {
			if m.is() {
				m.invalid("a mapping")
			}
			list[i].value = map[string]any{}
		}
	}
	return list
}

func (l *loader) plainEvent(m entry) *Event {
	m.page.subject = m.name()
	e := &Event{
		ID: m.name(), Current: true, Place: m.keyPlace(),
		Name:     m.member("name").plain(),
		Summary:  m.member("summary").plain(),
		Version:  m.member("version").text(),
		Kind:     plainKind(m.member("kind")),
		Owners:   m.member("owners").ids(),
		Channels: m.member("channels").ids(),
	}
	e.Producers = plainParties(m.member("producers"))
	e.Consumers = plainParties(m.member("consumers"))
	e.Deprecated = deprecation(m.member("deprecated"))
	e.Examples = len(m.member("examples").items())
	e.Ext = attributes(m, plainEventForm, eventAttributes, e)
	if at := m.member("schema"); at.is() {
		e.Schema = l.plainSchema(at)
	}
	return e
}

func plainKind(at entry) Kind {
	kinds := []string{string(EventKind), string(CommandKind), string(QueryKind)}
	kind := at.word(kinds)
	if !slices.Contains(kinds, kind.Get) {
		return EventKind
	}
	return Kind(kind.Get)
}

// plainSchema reads the schema that an event names: a file, a mapping of file and
// format, or, as a mapping without file, a JSON Schema of its own.
func (l *loader) plainSchema(at entry) Value[Schema] {
	dir := path.Dir(at.page.file)
	if !at.isMapping() {
		name := at.text()
		if !name.Known() {
			return Value[Schema]{}
		}
		return l.schemaFile(at, dir, name, "")
	}
	if file := at.member("file"); file.is() {
		at.onlyKeys("file", "format")
		name := file.text()
		if !name.Known() {
			return Value[Schema]{}
		}
		return l.schemaFile(file, dir, name, at.member("format").plain())
	}
	inline := Schema{File: at.page.file, Format: "json", Pointer: at.pointer, Text: []byte(document.Encode(at.value))}
	return Value[Schema]{Get: inline, Source: Declared, Place: at.place()}
}

// plainParties reads who sends or receives an event, where the event says so.
func plainParties(at entry) []Party {
	var list []Party
	for _, m := range messages(at, "") {
		list = append(list, Party{Service: m.Event, Fields: m.Fields, Need: m.Need, Agreement: m.Agreement, Place: m.Place, Source: Declared})
	}
	return list
}

func plainService(m entry) *Service {
	m.page.subject = m.name()
	s := &Service{
		ID: m.name(), Place: m.keyPlace(),
		Name:     m.member("name").plain(),
		Version:  m.member("version").text(),
		Owners:   m.member("owners").ids(),
		Sends:    messages(m.member("sends"), ""),
		Receives: messages(m.member("receives"), ""),
	}
	s.Ext = attributes(m, plainServiceForm, serviceAttributes, s)
	return s
}

func plainOwner(m entry) *Owner {
	m.page.subject = m.name()
	m.onlyKeys(plainOwnerKeys...)
	kind := strings.ToLower(m.member("kind").plain())
	if kind == "" {
		kind = "team"
	}
	return &Owner{ID: m.name(), Name: m.member("name").plain(), Email: m.member("email").plain(), Kind: kind, Place: m.keyPlace()}
}
