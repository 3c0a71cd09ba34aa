// Package compat decides whether a new version of a schema breaks anybody who
// uses an earlier one.
//
// Compatibility is containment: a change is BACKWARD compatible when every
// document that is valid under the old version is valid under the new one,
// FORWARD the other way round, FULL both. An Engine answers that for one schema
// format, with proof: a breaking verdict carries a witness, a document that one
// version accepts and the other rejects. Nothing in this package knows a format.
//
// Three things are kept apart, because they answer different questions:
//
//   - the Truth is what containment says;
//   - the Profile is what the team's rules make of it, and decides the exit code;
//   - a waiver (package waiver) is an exception that somebody signed.
package compat

import (
	"context"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// Verdict is the answer to one containment question.
type Verdict string

// The verdicts. Undecided is never compatible.
const (
	Compatible Verdict = "compatible"
	Breaking   Verdict = "breaking"
	Undecided  Verdict = "undecided"
)

// Proof says how a verdict is known.
type Proof string

const (
	// ByContainment: a proof that covers every document.
	ByContainment Proof = "containment"
	// ByWitness: a document that both validators judged.
	ByWitness Proof = "witness"
	// ByRule: a rule narrows, but no witness was found.
	ByRule Proof = "rule"
	// ByPolicy: the profile says so, whatever containment says.
	ByPolicy Proof = "policy"
)

// MarshalJSON writes a proof as its name, and no proof as null.
func (p Proof) MarshalJSON() ([]byte, error) {
	if p == "" {
		return []byte("null"), nil
	}
	return []byte(`"` + string(p) + `"`), nil
}

// Kind classes a change the same way in every format, so that a profile can
// judge changes without knowing the format.
type Kind string

// The kinds of change.
const (
	FieldAdded     Kind = "field-added"
	FieldRemoved   Kind = "field-removed"
	MadeRequired   Kind = "made-required"
	MadeOptional   Kind = "made-optional"
	TypeChanged    Kind = "type-changed"
	ValuesNarrowed Kind = "values-narrowed"
	DefaultRemoved Kind = "default-removed"
	Renamed        Kind = "renamed"
	Other          Kind = "other"
)

// Truth is a verdict and how it is known.
type Truth struct {
	Verdict Verdict
	Proof   Proof           // empty when undecided
	Witness *report.Witness // set when Proof is ByWitness
	Reason  string          // why it is undecided
	At      string          // pointer into the new version to what is undecided; see Reason
}

// gravity orders verdicts: a break outranks a doubt, a doubt a pass.
func (v Verdict) gravity() int {
	switch v {
	case Breaking:
		return 2
	case Undecided:
		return 1
	}
	return 0
}

// graver is the graver of two truths; of two breaks, the one with a witness.
func (t Truth) graver(other Truth) Truth {
	better := t.Verdict == Breaking && other.Verdict == Breaking && t.Witness == nil && other.Witness != nil
	if other.Verdict.gravity() > t.Verdict.gravity() || better {
		return other
	}
	return t
}

// Effect is what one change does in one direction.
type Effect struct {
	Breaks  bool
	Proof   Proof           // ByWitness or ByRule when it breaks
	Witness *report.Witness // set when Proof is ByWitness
}

// Field describes the field of a FieldAdded or FieldRemoved change.
type Field struct {
	Name     string
	Required bool // required in the version that has it
	Default  bool // it has a default (proto3's implicit zero counts)
	Open     bool // the version without it admits unknown fields
	Reserved bool // the version without it reserves its name and number (Protobuf), or keeps its name as an alias (Avro)
}

// Change is one difference between two versions.
type Change struct {
	Rule string
	Kind Kind
	// Pointer identifies the change, the same whatever else the file holds. It
	// points into the new version where the place survives, else into the old one.
	Pointer string
	// OldPointer and NewPointer are the places to show; for something added or
	// deleted, the nearest ancestor that is there.
	OldPointer, NewPointer string
	Before, After          any // the values that differ, nil where absent
	Message                string
	Backward, Forward      Effect
	Field                  *Field // for FieldAdded and FieldRemoved
}

// Effect returns what the change does in direction d.
func (c *Change) Effect(d Direction) *Effect {
	if d == ForwardDirection {
		return &c.Forward
	}
	return &c.Backward
}

// Comparison is what an engine found between two versions.
type Comparison struct {
	Backward, Forward Truth
	Changes           []Change
}

// Truth returns the verdict in direction d.
func (c *Comparison) Truth(d Direction) Truth {
	if d == ForwardDirection {
		return c.Forward
	}
	return c.Backward
}

// Fix is a suggested edit of the new version.
type Fix struct {
	Title string
	Edits []report.Edit
	Text  []byte // the new version's text after the edits that touch it
}

// Refusal is a change that a schema registry would refuse.
type Refusal struct {
	Rule       string // such as "confluent/TYPE_NARROWED" in kebab case
	Pointer    string // into the newer version where it survives
	Message    string
	OldPointer string
}

// Parsed is one version, read by its engine.
type Parsed interface {
	// Schema is what was read.
	Schema() schema.Schema
	// Locate turns a pointer into a place. A pointer to something that is not
	// there gives its nearest surviving ancestor.
	Locate(pointer string) report.Location
	// Validator compiles the version to judge documents with.
	Validator() (schema.Validator, error)
	// DeclaredVersion is the version that the text itself states, or "".
	DeclaredVersion() string
}

// Engine knows one schema format.
type Engine interface {
	Format() schema.Format
	// Rules documents every rule that the engine's changes may name.
	Rules() []report.Rule
	// Parse reads one version. A malformed one is an *InputError.
	Parse(s schema.Schema) (Parsed, error)
	// Compare judges a change in both directions. In those that are demanded, a
	// break carries its witness; in the others a verdict without one will do. It
	// returns an error only when ctx ends or a version cannot be resolved
	// (*InputError); doubt is Undecided.
	Compare(ctx context.Context, previous, next Parsed, demanded []Direction) (*Comparison, error)
	// Fixes suggests edits of next that undo what the change breaks in direction d.
	Fixes(previous, next Parsed, c Change, d Direction) []Fix
}

// Emulator is an Engine that can predict a schema registry's own verdict.
type Emulator interface {
	// Refusals lists why the registry would say that next is not BACKWARD
	// compatible with previous; none means it would accept. emulates is false
	// for a registry the engine does not know.
	Refusals(registry string, previous, next Parsed) (refusals []Refusal, emulates bool)
}

// Linter is an Engine that knows what is legal in one version, breaks nobody and
// is most likely wrong all the same.
type Linter interface {
	// Lint looks at next, and at what changed since previous, which is nil for a
	// new subject.
	Lint(previous, next Parsed) []report.Finding
}

// FieldLister is an Engine that can list what a schema describes, for those who
// reason about the data and not about the schema.
type FieldLister interface {
	// Fields lists the places in p's documents, in the order of the text. A
	// recursive type is listed once.
	Fields(p Parsed) []schema.Field
}

// InputError is a schema that cannot be read: malformed, unresolvable, too deep.
type InputError struct {
	Code     string // such as "malformed-schema" or "unresolved-reference"
	Message  string
	Hints    []string
	Location report.Location
}

func (e *InputError) Error() string {
	place := e.Location.File
	if e.Location.Line > 0 {
		place += ":" + itoa(e.Location.Line)
		if e.Location.Column > 0 {
			place += ":" + itoa(e.Location.Column)
		}
	}
	return place + ": " + e.Message
}
