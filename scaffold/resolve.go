package scaffold

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
)

// firstVersion is the version of every schema that nexus makes of fields.
const firstVersion = "1.0.0"

// Resolve fills in the schema, its version and an example of every message: of the
// fields, or of the catalog that the spec names. fsys is the folder that the spec
// lies in; without Catalog it is not read and may be nil.
func (s Spec) Resolve(fsys fs.FS) (Spec, error) {
	s = s.completed()
	if f := s.fault(); f != nil {
		return Spec{}, specFailure(f)
	}
	s.Aggregates = cloneAggregates(s.Aggregates)
	if s.Catalog == "" {
		return s, s.resolveFields()
	}
	c, err := catalog.Load(context.Background(), []string{s.Catalog}, catalog.Options{FS: fsys})
	if err != nil {
		return Spec{}, err
	}
	if len(c.Problems) > 0 {
		return Spec{}, fmt.Errorf("reading %s: %s", s.Catalog, c.Problems[0].Message)
	}
	r := &resolver{spec: &s, catalog: c, fsys: fsys}
	if err := r.run(); err != nil {
		return Spec{}, err
	}
	return s, nil
}

// A SpecError says what is wrong with a spec that no file holds yet.
type SpecError struct{ Message, Hint string }

func (e *SpecError) Error() string { return e.Message }

// specFailure is a fault of a spec that was read from no file.
func specFailure(f *fault) error {
	message := f.message
	if strings.Count(f.pointer, "/") > 1 {
		message = strings.TrimPrefix(f.pointer, "/") + ": " + message
	}
	return &SpecError{Message: message, Hint: f.hint}
}

func cloneAggregates(list []Aggregate) []Aggregate {
	list = slices.Clone(list)
	for i := range list {
		list[i].Events, list[i].Commands = slices.Clone(list[i].Events), slices.Clone(list[i].Commands)
	}
	return list
}

// resolveFields makes the schemas of the fields.
func (s *Spec) resolveFields() error {
	for i := range s.Aggregates {
		a := &s.Aggregates[i]
		for j := range a.Events {
			e := &a.Events[j]
			e.Schema, e.Version = messageSchema(e.Name, e.Summary, e.Fields), firstVersion
			var err error
			if e.Example, err = sampleBody(e.Name, e.Schema); err != nil {
				return err
			}
		}
		for j := range a.Commands {
			c := &a.Commands[j]
			c.Schema, c.Version = messageSchema(c.Name, c.Summary, a.commandFields(*c)), firstVersion
			var err error
			if c.Example, err = sampleBody(c.Name, c.Schema); err != nil {
				return err
			}
		}
	}
	return nil
}

// A resolver fills a spec from a catalog.
type resolver struct {
	spec    *Spec
	catalog *catalog.Catalog
	fsys    fs.FS
}

func (r *resolver) run() error {
	for i := range r.spec.Aggregates {
		a := &r.spec.Aggregates[i]
		for j := range a.Events {
			if err := r.event(&a.Events[j]); err != nil {
				return err
			}
		}
		for j := range a.Commands {
			if err := r.command(&a.Commands[j]); err != nil {
				return err
			}
		}
		if err := a.checkMembers(r.spec.Catalog); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) event(e *Event) error {
	m, err := r.message(e.Name, catalog.EventKind)
	if err != nil {
		return err
	}
	e.Schema, e.Version, e.Summary = m.Schema.Get.Text, m.Version.Get, cmp.Or(e.Summary, m.Summary)
	e.Example, _, err = r.example(m)
	return err
}

func (r *resolver) command(c *Command) error {
	m, err := r.message(c.Name, catalog.CommandKind)
	if err != nil {
		return err
	}
	c.Schema, c.Version, c.Summary = m.Schema.Get.Text, m.Version.Get, cmp.Or(c.Summary, m.Summary)
	c.Example, c.Sampled, err = r.example(m)
	return err
}

// message is the current version of a message of the catalog, which must have a
// JSON Schema.
func (r *resolver) message(id string, kind catalog.Kind) (*catalog.Event, error) {
	m := r.catalog.Event(id, "")
	switch {
	case m == nil:
		var ids []string
		for e := range r.catalog.Current() {
			ids = append(ids, e.ID)
		}
		return nil, r.failure("%s describes no %s %s: %sadd it there, or leave it out of the spec", r.spec.Catalog, kind, id, near(id, ids))
	case m.Kind != kind:
		return nil, r.failure("%s is %s in %s (%s), and %s here", id, article(string(m.Kind)), r.spec.Catalog, m.Place, article(string(kind)))
	case len(m.Schema.Get.Text) == 0:
		return nil, r.failure("%s has no schema in %s (%s): the app judges every message by its schema; name one with schemaPath", id, r.spec.Catalog, m.Place)
	case !isJSONSchema(m):
		return nil, r.failure("the schema of %s is %s (%s): the app judges messages by JSON Schemas", id, cmp.Or(m.Schema.Get.Format, "of an unknown language"), m.Schema.Get.File)
	case !m.Version.Known():
		return nil, r.failure("%s has no version in %s (%s): the app stores it with every event; write version: 1.0.0", id, r.spec.Catalog, m.Place)
	}
	return m, nil
}

func (r *resolver) failure(format string, args ...any) error {
	return fmt.Errorf("resolving the spec of %s: "+format, append([]any{r.spec.Name}, args...)...)
}

func isJSONSchema(m *catalog.Event) bool {
	s := m.Schema.Get
	return strings.Contains(strings.ToLower(s.Format), "json") || s.Format == "" && strings.HasPrefix(strings.TrimSpace(string(s.Text)), "{")
}
