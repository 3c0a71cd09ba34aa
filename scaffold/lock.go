package scaffold

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// A LockError says why a catalog cannot be compiled for an app.
type LockError struct {
	Place   catalog.Place // in the catalog; zero when it is about the whole
	Message string
	Hint    string
}

func (e *LockError) Error() string {
	if e.Place.File == "" {
		return "compiling the catalog: " + e.Message
	}
	return fmt.Sprintf("compiling the catalog: %s: %s", e.Place, e.Message)
}

// Lock compiles the catalog of an app, the files below catalog/ of a tree, to what
// the running app reads of it: catalog.lock.json.
//
// What an app could not run with is refused here rather than when it starts: a schema
// that does not compile, that is written inside of another document, or in another
// language than JSON Schema.
func Lock(ctx context.Context, files Tree) ([]byte, error) {
	fsys, err := files.FS()
	if err != nil {
		return nil, err
	}
	c, err := readCatalog(ctx, fsys)
	if err != nil {
		return nil, err
	}
	if err := embeddable(files); err != nil {
		return nil, err
	}
	l := &locker{fsys: fsys, files: files, catalog: c}
	return l.run()
}

// embeddable says which file of the catalog the go command would silently leave out
// of the program, which then took the lock for a stale one.
func embeddable(files Tree) error {
	for _, name := range files.Names() {
		if !strings.HasPrefix(name, lock.CatalogDir+"/") || module.CheckFilePath(name) == nil {
			continue
		}
		return &LockError{
			Message: "the go command embeds no file that is called " + name,
			Hint:    "use letters of any script, an accent being part of its letter, the digits 0 to 9, spaces, and none of \" ' * < > ? ` | : in the names of files and folders",
		}
	}
	return nil
}

// readCatalog reads the catalog of an app, with the fields of its schemas.
func readCatalog(ctx context.Context, fsys fs.FS) (*catalog.Catalog, error) {
	c, err := catalog.Load(ctx, []string{lock.CatalogDir}, catalog.Options{FS: fsys})
	if err != nil {
		return nil, err
	}
	if len(c.Problems) > 0 {
		failure := &LockError{Message: c.Problems[0].Message}
		if at := c.Problems[0].Location; at != nil {
			failure.Place = catalog.Place{File: at.File, Line: at.Line, Column: at.Column}
		}
		return nil, failure
	}
	engine, err := jsonschema.New(jsonschema.Options{})
	if err != nil {
		return nil, err
	}
	read := func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
	for _, e := range c.Events {
		s := e.Schema.Get
		if len(s.Text) == 0 || !isJSONSchema(e) {
			continue // the locker says what is wrong with it
		}
		parsed, err := engine.Parse(schema.Schema{
			Subject: e.ID, Version: e.Version.Get, Format: schema.JSON, File: s.File, Text: s.Text,
			Resolve: registry.Resolver(s.File, read),
		})
		if err != nil {
			return nil, &LockError{Place: e.Schema.Place, Message: err.Error()}
		}
		e.AddFields(engine.Fields(parsed))
	}
	return c, nil
}

// A locker writes a lock.
type locker struct {
	fsys    fs.FS
	files   Tree
	catalog *catalog.Catalog
}

func (l *locker) run() ([]byte, error) {
	below, err := fs.Sub(l.fsys, lock.CatalogDir)
	if err != nil {
		return nil, err
	}
	digest, err := lock.Digest(below)
	if err != nil {
		return nil, err
	}
	facts, data := policy.Declared(l.catalog)
	out := lock.Lock{Version: lock.Version, Digest: digest, Messages: []lock.Message{}, Catalog: data}
	for e := range l.catalog.Current() {
		if e.Kind == catalog.QueryKind {
			continue // a read, which nothing stores
		}
		m := lock.Message{ID: e.ID, Kind: string(cmp.Or(e.Kind, catalog.EventKind)), Facts: facts[e.ID]}
		if m.Versions, err = l.versions(e); err != nil {
			return nil, err
		}
		out.Messages = append(out.Messages, m)
	}
	if err := l.examples(out); err != nil {
		return nil, err
	}
	return writeLock(out)
}

// versions are those of a message, the current one last.
func (l *locker) versions(current *catalog.Event) ([]lock.MessageVersion, error) {
	var versions []lock.MessageVersion
	for _, e := range l.catalog.Events {
		if e.ID != current.ID || e == current {
			continue
		}
		v, err := messageVersion(e)
		if err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	v, err := messageVersion(current)
	return append(versions, v), err
}

func messageVersion(e *catalog.Event) (lock.MessageVersion, error) {
	s := e.Schema.Get
	refuse := func(hint, format string, args ...any) (lock.MessageVersion, error) {
		return lock.MessageVersion{}, &LockError{Place: e.Place, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	switch {
	case !e.Version.Known():
		return refuse("write version: 1.0.0", "%s has no version, and the app stores it with every event", e.ID)
	case len(s.Text) == 0:
		return refuse("name its file with schemaPath", "%s has no schema, and the app judges every message by one", e.ID)
	case !isJSONSchema(e):
		return refuse("", "the schema of %s is written in %s, and the app judges messages by JSON Schemas", e.ID, cmp.Or(s.Format, "a language that is not named"))
	case s.Pointer != "":
		return refuse("nexus catalog import "+s.File+" DIR writes a catalog with a file for each", "the schema of %s is written inside of %s, and the app reads schemas from files of their own", e.ID, s.File)
	}
	return lock.MessageVersion{Version: e.Version.Get, Schema: s.File}, nil
}

// examples compiles the schemas of all messages, and names for each a body that the
// current one accepts.
func (l *locker) examples(out lock.Lock) error {
	for _, kind := range []string{lock.EventKind, lock.CommandKind} {
		if !slices.ContainsFunc(out.Messages, func(m lock.Message) bool { return m.Kind == kind }) {
			continue
		}
		schemas, err := out.Schemas(l.fsys, kind)
		if err != nil {
			return &LockError{Message: err.Error()}
		}
		for i := range out.Messages {
			if m := &out.Messages[i]; m.Kind == kind {
				m.Example = l.example(schemas, l.catalog.Event(m.ID, ""))
			}
		}
	}
	return nil
}

// example is the first valid document of those beside an event's page, typical.json
// before the others.
func (l *locker) example(schemas *gate.Schemas, e *catalog.Event) *string {
	folder := path.Join(path.Dir(e.Place.File), "examples")
	names := l.files.Sub(folder).Names()
	if i := slices.Index(names, "typical.json"); i > 0 {
		names[0], names[i] = names[i], names[0]
	}
	for _, name := range names {
		document, err := gate.Decode(l.files[path.Join(folder, name)])
		if err == nil && schemas.Validate(e.ID, e.Version.Get, document) == nil {
			file := path.Join(folder, name)
			return &file
		}
	}
	return nil
}

func writeLock(l lock.Lock) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(l); err != nil {
		return nil, fmt.Errorf("writing %s: %w", lock.File, err)
	}
	return out.Bytes(), nil
}
