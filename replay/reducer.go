// Package replay folds recorded events into states, to any point of a stream.
//
//	specs, err := replay.ParseReducers(config, "/reducers")
//	reducer, err := specs["order"].Compile(upcasters)
//	result, err := replay.FoldAll(ctx, log, reducer, replay.FoldOptions{})
//	for _, stream := range result.Streams {
//		state, err := stream.State() // of stream.ID
//	}
//
// A Reducer says what events do to a state. It is data: operations that are
// compiled once and interpreted in two ways. Reducer.Apply works on a State, a
// JSON value that may be kept, compared and looked into; FoldAll works on bytes
// and is many times faster. Property tests hold the two equal.
//
// # What is promised
//
// Sums are exact decimals and numbers keep their text. An event that is
// delivered again changes nothing. An operation that cannot be done, because
// the data has no such place or is no number, is an error that names the event
// and its byte, and the event then changes nothing at all. The same log gives the
// same states and the same hash on any number of cores and in any order of its
// files.
package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// Reducer is a compiled Spec. It is immutable and safe for concurrent use, unless
// Command.Reducer made it.
type Reducer struct {
	spec       Spec
	upcasters  *upcast.Chain
	rules      map[string][]op
	invariants []invariant
	hash       string
	session    *session // of a reducer that is a process; nil for one of rules
}

// op is an operation whose expressions are compiled.
type op struct {
	Operation
	rule              string
	when, where, expr *Expr
}

type invariant struct {
	Invariant
	expr *Expr
}

// Compile makes the reducer of a spec that runs behind upcasters, which may be nil.
func (s Spec) Compile(upcasters *upcast.Chain) (*Reducer, error) {
	r := &Reducer{spec: s, upcasters: upcasters, rules: map[string][]op{}}
	for _, rules := range s.On {
		ops := []op{}
		for i, operation := range rules.Operations {
			o := op{Operation: operation, rule: fmt.Sprintf("%s[%d] %s %s", rules.Type, i, operation.Kind, operation.Path)}
			for _, x := range []struct {
				text string
				to   **Expr
			}{{operation.When, &o.when}, {operation.Where, &o.where}, {operation.Source.Expr, &o.expr}} {
				if x.text == "" {
					continue
				}
				var err error
				if *x.to, err = ParseExpr(x.text); err != nil {
					return nil, fmt.Errorf("reducer %s, %s: %w", s.Name, o.rule, err)
				}
			}
			ops = append(ops, o)
		}
		r.rules[rules.Type] = ops
	}
	for _, v := range s.Invariants {
		x, err := ParseExpr(v.Expr)
		if err != nil {
			return nil, fmt.Errorf("reducer %s, invariant %s: %w", s.Name, v.Name, err)
		}
		r.invariants = append(r.invariants, invariant{v, x})
	}
	r.hash = fingerprint(s, upcasters)
	return r, nil
}

// fingerprint is the hash of all that decides what a reducer does.
func fingerprint(s Spec, upcasters *upcast.Chain) string {
	text, err := json.Marshal([]any{"nexus reducer 1", s, upcasters.Upcasters()})
	if err != nil {
		panic(fmt.Sprintf("a spec is plain data: %v", err)) // it was read from JSON values
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// MergeReducer merges every event's data into the state by RFC 7396, behind
// upcasters, which may be nil. It is what folds a log for which nobody wrote a
// reducer.
func MergeReducer(upcasters *upcast.Chain) *Reducer {
	r := &Reducer{spec: Spec{Name: "merge", Version: 1, Init: map[string]any{}}, upcasters: upcasters}
	r.rules = map[string][]op{anyType: {{
		Operation: Operation{Kind: OpMerge, Source: Source{FromData: true, given: true}}, rule: "merge",
	}}}
	r.hash = fingerprint(r.spec, upcasters)
	return r
}

// anyType stands for every type that has no rules of its own.
const anyType = "*"

// Name is the reducer's name in nexus.yaml.
func (r *Reducer) Name() string { return r.spec.Name }

// Version is the version that nexus.yaml gives the reducer.
func (r *Reducer) Version() int { return r.spec.Version }

// String says in a report by what a state was made.
func (r *Reducer) String() string {
	switch {
	case r.session != nil:
		return "the command " + r.Name()
	case r.spec.On == nil:
		return "merging all data"
	}
	return fmt.Sprintf("reducer %s version %d", r.Name(), r.Version())
}

// Hash names what the reducer does: it changes with its rules and its upcasters.
// That of a process is empty.
func (r *Reducer) Hash() string { return r.hash }

// Handles reports whether the reducer is for a stream.
func (r *Reducer) Handles(stream string) bool {
	if r.spec.Streams == "" {
		return true
	}
	ok, err := path.Match(r.spec.Streams, stream)
	return ok && err == nil // a bad glob is refused when the spec is read
}

// Types lists the types that the reducer has rules for.
func (r *Reducer) Types() []string {
	var names []string
	for _, rules := range r.spec.On {
		names = append(names, rules.Type)
	}
	return names
}

// Init is the state before the first event.
func (r *Reducer) Init() *State { return NewState(r.spec.Init) }

// Invariants lists what must be true of every state.
func (r *Reducer) Invariants() []Invariant { return r.spec.Invariants }

// Broken lists the invariants that a state does not keep. An invariant that
// cannot be evaluated is an error.
func (r *Reducer) Broken(s *State, e *event.Event) ([]Invariant, error) {
	var broken []Invariant
	for _, v := range r.invariants {
		ok, err := v.expr.Bool(Scope{State: s, Event: e})
		if err != nil {
			return broken, fmt.Errorf("invariant %s: %w", v.Name, err)
		}
		if !ok {
			broken = append(broken, v.Invariant)
		}
	}
	return broken, nil
}

// operations are what an event's type does: by its full name, else by its short one.
func (r *Reducer) operations(typeName string) []op {
	if ops, ok := r.rules[typeName]; ok {
		return ops
	}
	if ops, ok := r.rules[event.ShortType(typeName)]; ok {
		return ops
	}
	return r.rules[anyType]
}

// ApplyError is an event that could not be applied. It changed nothing.
type ApplyError struct {
	File         string
	Line, Offset int64
	Stream, Type string
	Rule         string
	Cause        error
}

func (e *ApplyError) Error() string {
	return fmt.Sprintf("%s:%d: applying %s to %s: %s: %v (at byte %d)", e.File, e.Line, e.Type, e.Stream, e.Rule, e.Cause, e.Offset)
}

func (e *ApplyError) Unwrap() error { return e.Cause }

func applyError(e *event.Event, rule string, cause error) *ApplyError {
	return &ApplyError{
		File: e.File, Line: e.Line, Offset: e.Offset,
		Stream: string(e.Stream), Type: e.Type, Rule: rule, Cause: cause,
	}
}
