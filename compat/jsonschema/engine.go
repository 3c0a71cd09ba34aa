// Package jsonschema decides containment between two JSON Schemas, of drafts 4,
// 6, 7, 2019-09 and 2020-12, also when the two differ in draft.
//
// Both schemas are normalised into one graph of nodes (load, build). Whether
// every document of one is a document of the other is then one question: is
// there a document that satisfies the one and not the other? The solver answers
// it with a witness or a proof (solve, branch, and a file for each kind of
// value). An independent walk lists what changed, rule by rule (diff); for each
// change the solver is asked again about that change alone, so that every
// finding has a witness of its own or is shown to harm nobody. A witness counts
// only when the validator, santhosh-tekuri/jsonschema, agrees with it.
//
// Every budget counts steps, never time: two runs agree on any machine.
//
// # Where things are
//
//	read     draft, shape, load, build, unevaluated: text to node
//	decide   classes, solve, branch, ways, numbers, text, wish, array, object
//	strings  ecma, pattern, automaton, format
//	explain  diff, facets, fields, relax, compare, witness, fixes, rules
//	judge    eval, the normalised schema's verdict on a document; validator, the library's
//	predict  confluent*: what Confluent's Schema Registry would answer
package jsonschema

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// Options steer how schemas are read.
type Options struct {
	Draft   string // for a schema without $schema, one of DraftNames; default "7"
	Formats string // "assert" (default): in every draft; "draft": up to draft 7; "ignore"
	// RemoteHosts are the hosts that a $ref may be fetched from, with Get.
	RemoteHosts []string
	Get         func(uri string) ([]byte, error)
}

// FormatModes lists what Options.Formats takes.
var FormatModes = []string{"assert", "draft", "ignore"}

// Engine compares JSON Schemas. It is safe for concurrent use.
type Engine struct{ options Options }

// New returns an engine. It fails on an unknown draft or format mode.
func New(o Options) (*Engine, error) {
	if o.Draft == "" {
		o.Draft = "7"
	}
	if o.Formats == "" {
		o.Formats = "assert"
	}
	if _, err := parseDraft(o.Draft); err != nil {
		return nil, err
	}
	switch o.Formats {
	case "assert", "draft", "ignore":
	default:
		return nil, fmt.Errorf("unknown format mode %q, want assert, draft or ignore", o.Formats)
	}
	return &Engine{o}, nil
}

// Format is schema.JSON.
func (e *Engine) Format() schema.Format { return schema.JSON }

// parsed is one version of a schema.
type parsed struct {
	engine *Engine
	source schema.Schema
	loader *loader
	graph  *node
	taken  atomic.Bool // the graph is in use by a comparison

	compileOnce sync.Once
	compiled    *validator
	compileErr  error
}

// Parse reads a schema and everything it refers to.
func (e *Engine) Parse(s schema.Schema) (compat.Parsed, error) { return e.parse(s) }

func (e *Engine) parse(s schema.Schema) (*parsed, error) {
	p := &parsed{engine: e, source: s}
	var err error
	p.loader, p.graph, err = p.load()
	return p, err
}

func (p *parsed) load() (*loader, *node, error) {
	l, err := newLoader(p.engine.options, p.source)
	if err != nil {
		return nil, nil, err
	}
	root, err := l.root()
	return l, root, err
}

// fresh returns a graph that no other comparison numbers: the one that Parse
// built, once, and then new ones.
func (p *parsed) fresh() (*loader, *node, error) {
	if p.taken.CompareAndSwap(false, true) {
		return p.loader, p.graph, nil
	}
	return p.load()
}

func (p *parsed) Schema() schema.Schema { return p.source }

// References lists the documents that the schema's own file refers to.
func (p *parsed) References() []schema.Reference { return p.loader.taken }

// Locate reads pointers of the schema's own file, and "file#pointer" for a file
// that it refers to.
func (p *parsed) Locate(pointer string) report.Location {
	f, rest := p.loader.split(pointer)
	at := f.locate(rest)
	at.Pointer = pointer
	if p.source.Revision != "" {
		at.Revision = &p.source.Revision
	}
	return at
}

// DeclaredVersion is the version that the schema states: "version", or Iglu's
// "self.version".
func (p *parsed) DeclaredVersion() string {
	object, _ := p.loader.main.doc.Value().(map[string]any)
	if self, ok := object["self"].(map[string]any); ok {
		object = self
	}
	version, _ := object["version"].(string)
	return version
}

// Validator compiles the schema to judge documents with.
func (p *parsed) Validator() (schema.Validator, error) {
	v, err := p.validator()
	if err != nil {
		return nil, err
	}
	return documentValidator{v}, nil
}

func (p *parsed) validator() (*validator, error) {
	p.compileOnce.Do(func() { p.compiled, p.compileErr = newValidator(p.engine.options, p.loader) })
	return p.compiled, p.compileErr
}

func quoted(text string) string { return strconv.Quote(text) }
