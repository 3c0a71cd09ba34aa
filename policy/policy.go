// Package policy judges an event catalog, and what a log holds of it, by rules
// written in Rego.
//
//	library, err := policy.Open(os.DirFS("."), "policies")
//	chosen := policy.Selection{Packs: []string{"gdpr"}}
//	result, err := policy.Check(ctx, policy.Options{Library: library, Selection: chosen, Catalog: events, AsOf: day})
//	findings := result.Findings()
//
// Every rule gives every event one of four answers: pass, fail, not applicable,
// or undeclared, which means that the catalog does not say enough to judge by. An
// undeclared rule is never satisfied; it is counted apart and asked for.
//
// The package fails closed: no event, no rule, a policy that does not compile, a
// rule that errs or runs too long are an *Error and never a result without findings.
// A satisfied check is a satisfied check. It is no proof of compliance, and
// nothing here says so.
package policy

import (
	"context"
	"errors"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// Error is why policies were not judged at all.
type Error struct {
	// Usage is true when the fault is in what was asked for, or in the text of a
	// policy: an unknown pack, a misspelt rule. It is false when the check was
	// right and could not be made: no event, a rule that errs while it runs.
	Usage   bool
	Code    string // for machines, such as "unknown-pack"
	Message string
	Hints   []string
	Err     error // the cause, or nil
}

// The codes of an Error.
const (
	CodeUnknownPack = "unknown-pack"
	CodeUnknownRule = "unknown-rule"
	CodeNoRule      = "no-rule"
	CodeBadPack     = "bad-pack"
	CodeBadPolicy   = "bad-policy" // it does not compile
	CodeNoEvent     = "no-event"
	CodeFailed      = "policy-failed" // it compiles, and errs while it runs
)

func (e *Error) Error() string { return e.Message }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Problem is the error as a report shows it.
func (e *Error) Problem() report.Problem {
	problem := report.Problem{Code: e.Code, Message: e.Message, Hints: append([]string{}, e.Hints...)}
	if failed, ok := errors.AsType[*gate.EvalError](e.Err); ok && failed.File != "" {
		place := at(failed.File, failed.Line, failed.Column)
		problem.Location = &place
	}
	return problem
}

// at is a place in a policy, or in its tests.
func at(file string, line, column int) report.Location {
	line, column = max(line, 1), max(column, 1)
	return report.Location{File: file, Line: line, Column: column, EndLine: line, EndColumn: column, Side: "new"}
}

// notCompiled says why policies do not compile. Of several faults each keeps its
// hint beside it.
func notCompiled(err error) error {
	failure := &Error{Usage: true, Code: CodeBadPolicy, Message: err.Error(), Err: err}
	if faults, ok := errors.AsType[*gate.PolicyError](err); ok && len(faults.Problems) == 1 && faults.Problems[0].Hint != "" {
		hint := faults.Problems[0].Hint
		failure.Message, failure.Hints = strings.TrimSuffix(failure.Message, "\n\thint: "+hint), []string{hint}
	}
	return failure
}

// notEvaluated says why an evaluation ended. The end of ctx itself stays what it
// is, so that an interrupted run is known as one.
func notEvaluated(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failure := &Error{Code: CodeFailed, Message: err.Error(), Err: err}
	if failed, ok := errors.AsType[*gate.EvalError](err); ok && failed.Hint != "" {
		failure.Message = strings.TrimSuffix(failure.Message, "\n\thint: "+failed.Hint)
		failure.Hints = []string{failed.Hint}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		failure.Hints = append(failure.Hints, "--policy-timeout allows them more time")
	}
	return failure
}
