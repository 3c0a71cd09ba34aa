// Package protobuf decides whether two versions of a .proto file are compatible,
// for proto2, proto3 and the editions that protocompile knows.
//
// What must stay the same is the Category: WIRE asks only that the binary form
// can be read, WIRE_JSON (the default) that the JSON form can be read too, FILE
// that generated code still compiles. Each category holds the rules of the one
// before it. A rule of the category that is broken is a break, in either
// direction, except that string may become bytes on the wire. Where a message
// shows the harm, the change carries it as a witness: a message written with one
// version that the other really misreads or rejects, in its binary or its JSON
// form. Rules about the future, such as a number that is free to be used again,
// and about source code have no witness.
//
// Two conventions decide what a reader may be expected to do. A binary field
// that the reader does not know lands among its unknown fields: it is kept when
// the message is written again, so it is not lost. A JSON reader passes over
// names that it does not know, as every reader must that lives through the
// addition of a field; but a field that it does know, and that arrives under a
// name that it does not, is lost.
//
// protocompile parses and links; no protoc is needed. Files are read with all
// they import, and an import closure that was compiled once in the life of an
// Engine is not compiled again.
package protobuf

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Options steer how versions are compared.
type Options struct {
	Category string // one of Categories; default "WIRE_JSON"
}

// Categories lists what Options.Category takes, the laxest first.
var Categories = []string{"WIRE", "WIRE_JSON", "FILE"}

// category is the place in Categories, from 1, so that the zero value means
// "breaks in no category".
type category int

const (
	never category = iota
	wire
	wireJSON
	file
)

// Engine compares .proto files. It is safe for concurrent use, and keeps what it
// compiled for as long as it lives, but for the texts of its own fixes: use one
// for a run.
type Engine struct {
	category category
	cache    *cache
}

// New returns an engine. It fails on an unknown category.
func New(o Options) (*Engine, error) {
	if o.Category == "" {
		o.Category = "WIRE_JSON"
	}
	i := slices.Index(Categories, strings.ToUpper(o.Category))
	if i < 0 {
		return nil, fmt.Errorf("unknown category %q, want one of %s", o.Category, strings.Join(Categories, ", "))
	}
	return &Engine{category: category(i + 1), cache: newCache()}, nil
}

// Format is schema.Protobuf.
func (e *Engine) Format() schema.Format { return schema.Protobuf }

// Parse reads a file and everything it imports.
func (e *Engine) Parse(s schema.Schema) (compat.Parsed, error) {
	l := loader{cache: e.cache, schema: s, byPlace: map[string]*source{}}
	root, err := l.root()
	if err != nil {
		return nil, err
	}
	return &parsed{schema: s, root: root, files: l.files}, nil
}

// parsed is one version of a file, linked with its imports.
type parsed struct {
	schema schema.Schema
	root   *source
	files  []*source // the imports, direct and indirect, in the order of discovery

	places sync.Map // *source to *places, filled on demand
}

func (p *parsed) Schema() schema.Schema { return p.schema }

// DeclaredVersion is empty: a .proto file states no version. The v2 at the end
// of a package is part of its name.
func (p *parsed) DeclaredVersion() string { return "" }

// Locate reads pointers of the file itself, and "name#pointer" for a file that
// it imports by that name.
func (p *parsed) Locate(pointer string) report.Location {
	at := p.root
	rest := pointer
	if name, inner, ok := strings.Cut(pointer, "#"); ok {
		rest = inner
		if i := slices.IndexFunc(p.files, func(f *source) bool { return f.name == name }); i >= 0 {
			at = p.files[i]
		}
	}
	location := p.placesOf(at).locate(rest)
	location.Pointer = pointer
	if p.schema.Revision != "" {
		location.Revision = &p.schema.Revision
	}
	return location
}

func (p *parsed) placesOf(f *source) *places {
	if known, ok := p.places.Load(f); ok {
		return known.(*places)
	}
	known, _ := p.places.LoadOrStore(f, newPlaces(f))
	return known.(*places)
}

// descriptor is the linked file.
func (p *parsed) descriptor() protoreflect.FileDescriptor { return p.root.linked }

// Compare lists what changed between two versions and which of it breaks
// readers. Only in the demanded directions are witnesses looked for, for the first
// changes where there are many.
func (e *Engine) Compare(ctx context.Context, previous, next compat.Parsed, demanded []compat.Direction) (*compat.Comparison, error) {
	old, fresh, err := versions(previous, next)
	if err != nil {
		return nil, err
	}
	d := newDiffer(ctx, old, fresh)
	d.files()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result := &compat.Comparison{Changes: make([]compat.Change, 0, len(d.changes))}
	j := judgement{differ: d, category: e.category, left: map[compat.Direction]int{}}
	for _, direction := range demanded {
		j.left[direction] = maxTrials
	}
	for i := range d.changes {
		c := &d.changes[i]
		j.judge(c)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		result.Changes = append(result.Changes, c.Change)
	}
	result.Backward = truth(result.Changes, compat.BackwardDirection)
	result.Forward = truth(result.Changes, compat.ForwardDirection)
	return result, nil
}

// versions wants two versions that this engine has read.
func versions(previous, next compat.Parsed) (old, fresh *parsed, err error) {
	old, ok := previous.(*parsed)
	if !ok {
		return nil, nil, fmt.Errorf("comparing %s: not a Protobuf schema", previous.Schema().File)
	}
	fresh, ok = next.(*parsed)
	if !ok {
		return nil, nil, fmt.Errorf("comparing %s: not a Protobuf schema", next.Schema().File)
	}
	return old, fresh, nil
}

// maxTrials bounds the changes for which a witness is looked for in one
// direction. Beyond it the rule's word is taken, as in a direction that nobody
// asked for: nobody reads the two hundred and first message.
const maxTrials = 200

// judgement applies the rules of a category to the changes of one comparison.
type judgement struct {
	*differ
	category category
	left     map[compat.Direction]int // changes for which a witness may still be looked for
}

// judge decides whether a change breaks a rule of the category, and looks for
// the message that proves it.
func (j *judgement) judge(c *change) {
	for _, direction := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		from := c.backward
		if direction == compat.ForwardDirection {
			from = c.forward
		}
		if from == never || from > j.category {
			continue
		}
		effect := compat.Effect{Breaks: true, Proof: compat.ByRule}
		if len(c.probes) > 0 && j.left[direction] > 0 {
			j.left[direction]--
			if w := j.witness(c, direction, j.category); w != nil {
				effect.Proof, effect.Witness = compat.ByWitness, w
			}
		}
		*c.Effect(direction) = effect
	}
}

// truth sums up the changes in one direction. It is compatible only when no rule
// of the category is broken.
func truth(changes []compat.Change, d compat.Direction) compat.Truth {
	t := compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}
	for i := range changes {
		effect := changes[i].Effect(d)
		switch {
		case !effect.Breaks:
		case effect.Witness != nil:
			return compat.Truth{Verdict: compat.Breaking, Proof: compat.ByWitness, Witness: effect.Witness}
		default:
			t = compat.Truth{Verdict: compat.Breaking, Proof: compat.ByRule}
		}
	}
	return t
}
