package cmd

import (
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/avro"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/compat/protobuf"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// format is one schema language: how its files are found and which engine
// judges them.
type format struct {
	kind   registry.Kind
	family string // of its rules' ids
	engine func(engineOptions) (compat.Engine, error)
	// refers reports whether a text may refer to other documents, so that equal
	// bytes may still mean something else. nil is never.
	refers func(text []byte) bool
	// plausible reports whether a file that the user names as a schema can be
	// meant as one. nil is always.
	plausible func(name string, text []byte) bool
}

// engineOptions are the settings that engines read.
type engineOptions struct {
	draft       string
	formats     string
	category    string
	remoteHosts []string
	get         func(uri string) ([]byte, error) // fetches from those hosts
}

// formats is the one table from schema format to engine. A further format is
// one more row.
var formats = []format{
	{
		kind: registry.Kind{
			Format:   schema.JSON,
			Suffixes: []string{".schema.json", ".schema.yaml", ".schema.yml"},
			Maybe:    []string{".json", ".yaml", ".yml"},
			Sniff:    jsonschema.Recognise,
			Identify: jsonschema.Identifier,
			Record:   jsonschema.RecordName,
		},
		family: "json",
		engine: func(o engineOptions) (compat.Engine, error) {
			return jsonschema.New(jsonschema.Options{Draft: o.draft, Formats: o.formats, RemoteHosts: o.remoteHosts, Get: o.get})
		},
		refers:    jsonschema.RefersElsewhere,
		plausible: jsonschema.MayBeSchema,
	},
	{
		kind: registry.Kind{
			Format:   schema.Avro,
			Suffixes: []string{".avsc"},
			Identify: avro.Identifier,
			Record:   avro.RecordName,
		},
		family: "avro",
		engine: func(engineOptions) (compat.Engine, error) { return avro.New(avro.Options{}) },
		refers: avro.Refers,
	},
	{
		kind: registry.Kind{
			Format:   schema.Protobuf,
			Suffixes: []string{".proto"},
			Record:   protobuf.RecordName,
		},
		family: "proto",
		engine: func(o engineOptions) (compat.Engine, error) {
			return protobuf.New(protobuf.Options{Category: o.category})
		},
		refers: protobuf.Refers,
	},
}

// kinds lists how the files of every format are found.
func (a *app) kinds() []registry.Kind {
	kinds := make([]registry.Kind, len(a.formats))
	for i, f := range a.formats {
		kinds[i] = f.kind
	}
	return kinds
}

// family is the first part of the rule ids of a format.
func (a *app) family(name schema.Format) string {
	i := slices.IndexFunc(a.formats, func(f format) bool { return f.kind.Format == name })
	if i < 0 {
		return string(name)
	}
	return a.formats[i].family
}

// refers reports whether a schema may refer to other documents.
func (a *app) refers(s schema.Schema) bool {
	return slices.ContainsFunc(a.formats, func(f format) bool {
		return f.kind.Format == s.Format && f.refers != nil && f.refers(s.Text)
	})
}

// plausible reports whether a file that the user names as a schema can be meant
// as one.
func (a *app) plausible(s schema.Schema) bool {
	return !slices.ContainsFunc(a.formats, func(f format) bool {
		return f.kind.Format == s.Format && f.plausible != nil && !f.plausible(s.File, s.Text)
	})
}
