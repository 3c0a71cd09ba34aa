package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// sampleSeeds is how many bodies are drawn before the solver is asked for one.
const sampleSeeds = 8

// A judge says whether a body is valid by the schema of one message, as the app's
// store will.
type judge struct {
	schemas *gate.Schemas
	name    string
}

// newJudge compiles the schema in a file of fsys.
func newJudge(fsys fs.FS, name, file string) (*judge, error) {
	schemas, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: name, Version: firstVersion, File: file}})
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", name, err)
	}
	return &judge{schemas, name}, nil
}

func (j *judge) accepts(body []byte) bool {
	value, err := document.Parse("body.json", body)
	return err == nil && j.schemas.Validate(j.name, firstVersion, value.Value()) == nil
}

// sampleBody is a body that a schema which stands on its own accepts.
func sampleBody(name string, text []byte) ([]byte, error) {
	fsys, err := Tree{"schema.json": text}.FS()
	if err != nil {
		return nil, err
	}
	j, err := newJudge(fsys, name, "schema.json")
	if err != nil {
		return nil, err
	}
	m := &catalog.Event{ID: name}
	m.Schema = catalog.Value[catalog.Schema]{Get: catalog.Schema{File: "schema.json", Format: "json", Text: text}, Source: catalog.Declared}
	return sample(m, fsys, j)
}

// sample is a body that the schema of a message accepts, always the same one, with
// every member if one can be drawn.
func sample(m *catalog.Event, fsys fs.FS, j *judge) ([]byte, error) {
	for _, drawn := range []*catalog.Event{withAllMembers(m), m} {
		for seed := range uint64(sampleSeeds) {
			body, err := draw(drawn, fsys, seed)
			if err != nil {
				return nil, fmt.Errorf("making an example of %s: %w", m.ID, err)
			}
			if j.accepts(body) {
				return pretty(body), nil
			}
		}
	}
	body := found(m, fsys)
	if !j.accepts(body) {
		return nil, fmt.Errorf("making an example of %s: nexus found no body that its schema accepts: put one into the folder examples beside the message", m.ID)
	}
	return pretty(body), nil
}

// withAllMembers is a message whose schema requires every member that it describes.
func withAllMembers(m *catalog.Event) *catalog.Event {
	d, err := document.Parse("schema.json", m.Schema.Get.Text)
	if err != nil {
		return m
	}
	root, _ := d.Value().(map[string]any)
	if _, ok := root["properties"].(map[string]any); !ok {
		return m
	}
	var names []any
	for _, name := range d.Keys("/properties") {
		names = append(names, name)
	}
	edit, ok := d.Replace("/required", names)
	if !ok {
		if edit, ok = d.Insert("", "required", names); !ok {
			return m
		}
	}
	all := *m
	all.Schema.Get.Text = d.Apply(edit)
	return &all
}

// found is a body that the solver of schemas finds, small and plain, or nil. It follows
// keywords that drawing does not.
func found(m *catalog.Event, fsys fs.FS) []byte {
	engine, err := jsonschema.New(jsonschema.Options{})
	if err != nil {
		return nil
	}
	s := m.Schema.Get
	accepts, err := engine.Parse(schema.Schema{
		Subject: m.ID, Format: schema.JSON, File: s.File, Text: s.Text,
		Resolve: registry.Resolver(s.File, func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }),
	})
	if err != nil {
		return nil
	}
	nothing, err := engine.Parse(schema.Schema{Subject: m.ID, Format: schema.JSON, File: s.File, Text: []byte(`{"not": {}}`)})
	if err != nil {
		return nil
	}
	answer, err := engine.Compare(context.Background(), accepts, nothing, []compat.Direction{compat.BackwardDirection})
	if err != nil || answer.Backward.Witness == nil {
		return nil
	}
	return []byte(answer.Backward.Witness.Text)
}

// draw makes one body, as `nexus replay generate` would.
func draw(m *catalog.Event, fsys fs.FS, seed uint64) ([]byte, error) {
	alone := &catalog.Event{ID: m.ID, Kind: catalog.EventKind, Current: true, Schema: m.Schema}
	var line bytes.Buffer
	_, err := replay.Generate(context.Background(), &line, &catalog.Catalog{Events: []*catalog.Event{alone}}, replay.GenerateOptions{
		Events: 1, Seed: seed, Read: func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) },
	})
	if err != nil {
		return nil, err
	}
	var recorded struct{ Data json.RawMessage }
	err = json.Unmarshal(line.Bytes(), &recorded)
	return recorded.Data, err
}

// pretty is a JSON text as a person would write it.
func pretty(text []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return text
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// example is the first example beside a message that its schema accepts, or one
// that is made.
func (r *resolver) example(m *catalog.Event) (body []byte, made bool, err error) {
	j, err := r.judge(m)
	if err != nil {
		return nil, false, err
	}
	dir := path.Join(path.Dir(m.Place.File), "examples")
	entries, _ := fs.ReadDir(r.fsys, dir) // most catalogs have none
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		body, err := fs.ReadFile(r.fsys, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, false, fmt.Errorf("reading an example of %s: %w", m.ID, err)
		}
		if j.accepts(body) {
			return body, false, nil
		}
	}
	body, err = sample(m, r.fsys, j)
	return body, true, err
}

// judge compiles the schema of a message of the catalog: in its place, where it may
// refer to other files, unless it is written inside another document.
func (r *resolver) judge(m *catalog.Event) (*judge, error) {
	s := m.Schema.Get
	if s.Pointer == "" && strings.HasSuffix(s.File, ".json") {
		return newJudge(r.fsys, m.ID, s.File)
	}
	fsys, err := Tree{"schema.json": s.Text}.FS()
	if err != nil {
		return nil, err
	}
	return newJudge(fsys, m.ID, "schema.json")
}
