// Package avro decides whether data written with one Avro schema can be read
// with another.
//
// Compatibility is the specification's schema resolution: a change is BACKWARD
// compatible when the new schema, as the reader's, resolves everything that the
// old one, as the writer's, can write; FORWARD the other way round. Parse reads
// an .avsc into a graph of schemas that know where they are written (load). The
// resolver answers the one question for a writer and a reader and lists
// every mismatch (resolve); an independent walk lists what changed, rule by rule,
// and names the mismatches that each change would cause (diff); so a change
// breaks a direction when the resolver came to one of them (compare).
//
// A break that is asked for carries a witness: the smallest datum that reaches
// the place, encoded by twmb/avro with the writer's schema. It counts only when
// the bytes, read back field by field against the reader's schema, fail at that
// very place (read), and twmb's own resolver refuses them too (witness).
//
// # Deliberate exceptions
//
// Logical types take no part in resolution, but for the precision and scale of
// a decimal: the specification demands that these match, most engines do not
// look. A change from timestamp-millis to timestamp-micros therefore breaks no
// reader and misleads all of them: it is a change without an effect, and a
// finding of Lint.
//
// A reader's field that two of the writer's fields claim, one by its name and
// one by an alias, does not resolve. The specification is silent; its Java
// implementation fails.
package avro

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	library "github.com/twmb/avro"
)

// Options steer how schemas are read. Avro leaves nothing to choose, so the zero
// value is the only one.
type Options struct{}

// Engine compares Avro schemas. It is safe for concurrent use, and keeps nothing
// between two schemas: a name that one of them defines is unknown to the next.
type Engine struct{ options Options }

// New returns an engine.
func New(o Options) (*Engine, error) { return &Engine{o}, nil }

// Format is schema.Avro.
func (e *Engine) Format() schema.Format { return schema.Avro }

// parsed is one version of a schema.
type parsed struct {
	source schema.Schema
	main   *file
	files  map[string]*file // the other files, by name
	root   use
	lints  []lint
	coder  *library.Schema

	weighing sync.Once
	weighed  map[*node]int
	taken    []schema.Reference
}

// Parse reads a schema and every definition that it takes from elsewhere:
//
//   - References give the other schemas by the names that they define;
//   - Resolve is asked for "avro:com.shop.Address" (see Identifier), and then for
//     files that are named after the type: Address.avsc and com.shop.Address.avsc
//     beside the schema's file, and com/shop/Address.avsc below its folder or
//     below the folder in which its own namespace begins.
func (e *Engine) Parse(s schema.Schema) (compat.Parsed, error) { return parse(s) }

func parse(s schema.Schema) (*parsed, error) {
	l := newLoader(s)
	root, err := l.load()
	if err != nil {
		return nil, err
	}
	p := &parsed{source: s, main: l.main, files: l.files, root: root, lints: l.lints, taken: l.taken}
	if p.coder, err = library.Parse(render(root.node)); err != nil {
		// Everything that the specification forbids was reported with its place
		// before; what is left is a bound of the library.
		return nil, p.root.site.fail("malformed-schema", "the schema cannot be used: "+libraryReason(err))
	}
	return p, nil
}

// libraryReason is an error of twmb/avro without the package's name.
func libraryReason(err error) string { return strings.TrimPrefix(err.Error(), "avro: ") }

// References lists the files that definitions were taken from, by the names that
// were looked for.
func (p *parsed) References() []schema.Reference { return p.taken }

// Schema is what was read.
func (p *parsed) Schema() schema.Schema { return p.source }

// Locate reads pointers of the schema's own file, and "file#pointer" for a file
// that it takes a definition from. A token may name an element that RFC 6901
// would count: /fields/total for /fields/3.
func (p *parsed) Locate(pointer string) report.Location {
	f := p.main
	if name, rest, ok := strings.Cut(pointer, "#"); ok && p.files[name] != nil {
		f, pointer = p.files[name], rest
	}
	at := f.locate(counted(f.doc.Value(), pointer))
	if p.source.Revision != "" {
		at.Revision = &p.source.Revision
	}
	return at
}

// counted turns names of elements into their indices.
func counted(value any, pointer string) string {
	counted := ""
	for _, token := range document.Split(pointer) {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i := elementNamed(v, token)
			if i < 0 {
				return document.Join(counted, token)
			}
			token, value = strconv.Itoa(i), v[i]
		}
		counted = document.Join(counted, token)
	}
	return counted
}

// elementNamed finds the field, symbol or branch of a name, or the element of an
// index; -1 when there is none.
func elementNamed(elements []any, token string) int {
	if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(elements) {
		return i
	}
	for i, e := range elements {
		name, _ := e.(string)
		if object, ok := e.(map[string]any); ok {
			if name, ok = object["name"].(string); !ok {
				name, _ = object["type"].(string)
			}
		}
		if name != "" && (name == token || strings.HasSuffix(token, "."+name)) {
			return i
		}
	}
	return -1
}

// DeclaredVersion is the property "version" of the schema, if it is a string.
func (p *parsed) DeclaredVersion() string {
	object, _ := p.main.doc.Value().(map[string]any)
	version, _ := object["version"].(string)
	return version
}

// Validator judges JSON documents: see validator.
func (p *parsed) Validator() (schema.Validator, error) { return validator{p.root.node}, nil }

// Identifier returns the identifier by which other schemas may refer to the one
// in text, "avro:" and its full name, or "" for a schema without a name.
func Identifier(name string, text []byte) string {
	doc, err := document.Parse(name, text)
	if err != nil {
		return ""
	}
	object, _ := doc.Value().(map[string]any)
	if full := declaredName(object); full != "" {
		return identifierPrefix + full
	}
	return ""
}

const identifierPrefix = "avro:"

// Refers reports whether a schema uses a type that its text does not define, so
// that it may change its meaning while its own bytes stay the same.
func Refers(text []byte) bool {
	_, err := newLoader(schema.Schema{Text: text}).load()
	return err != nil
}

// RecordName is the full name of the record, enum or fixed that a text defines,
// or "": what the record naming strategies of registries make a subject of.
func RecordName(name string, text []byte) string {
	return strings.TrimPrefix(Identifier(name, text), identifierPrefix)
}

// declaredName is the full name that a schema's text states, or "".
func declaredName(object map[string]any) string {
	name, _ := object["name"].(string)
	namespace, _ := object["namespace"].(string)
	if name == "" {
		return ""
	}
	return qualify(name, namespace)
}

// fail reports a malformed schema at a place.
func (p place) fail(code, message string, hints ...string) error {
	return &compat.InputError{Code: code, Message: message, Hints: hints, Location: p.file.locate(p.pointer)}
}

// inputError carries a document's error to the report.
func inputError(err error) error {
	var e *document.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("reading a schema: %w", err)
	}
	input := &compat.InputError{Code: e.Code, Message: e.Message, Location: report.Location{File: e.File, Line: e.Line, Column: e.Column, EndLine: e.Line, EndColumn: e.Column}}
	if hint := hintOf(e); hint != "" {
		input.Hints = []string{hint}
	}
	return input
}

// hintOf is what to try about a document's error. Some of its own hints are
// meant for JSON Schema.
func hintOf(e *document.Error) string {
	switch e.Code {
	case document.CodeEmpty:
		return `the shortest schemas are names of types in quotes, such as "string"`
	case document.CodeTooDeep:
		return "define inner types on their own, in a file each or before they are used, and refer to them by name"
	}
	return e.Hint
}
