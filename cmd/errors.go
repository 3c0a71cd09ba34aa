package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// exitError is the one error that carries an exit code. It is a concrete type
// on purpose: anything with an ExitCode method would also match a child
// process's error, and git's exit code would become ours.
type exitError struct {
	code    int
	err     error // nil when the report has already said everything
	hints   []string
	problem string // the code under which a report names it
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage is an error in what the user asked for: flags, arguments, configuration.
func usage(err error, hints ...string) *exitError {
	return &exitError{code: exitUsage, err: err, hints: hints}
}

// usagef is usage with a message of its own.
func usagef(format string, args ...any) *exitError {
	return usage(fmt.Errorf(format, args...))
}

// hint adds a line that says what to try.
func (e *exitError) hint(format string, args ...any) *exitError {
	e.hints = append(e.hints, fmt.Sprintf(format, args...))
	return e
}

// unchecked is an error that kept nexus from looking.
func unchecked(err error, hints ...string) *exitError {
	return &exitError{code: exitUnchecked, err: err, hints: hints}
}

// shortList is how many valid words a message lists before it only guesses
// which one was meant.
const shortList = 10

// unknown says that a word is none of the valid ones: all of them when they are
// few, else the nearest.
func unknown(what, word string, valid []string) *exitError {
	err := usagef("unknown %s %q", what, word)
	if len(valid) <= shortList {
		return err.hint("one of: %s", strings.Join(valid, ", "))
	}
	return err.guess(word, valid)
}

// guess adds the word that was probably meant, else all that are valid.
func (e *exitError) guess(word string, valid []string) *exitError {
	if near := report.Nearest(word, valid); near != "" {
		return e.hint("did you mean %q?", near)
	}
	return e.hint("one of: %s", strings.Join(valid, ", "))
}

// inDocument is usage for a file that could not be read as what it should be,
// with the hint that comes with the place.
func inDocument(doing string, err error) *exitError {
	failure := usage(fmt.Errorf("%s: %w", doing, err))
	if at, ok := errors.AsType[*document.Error](err); ok && at.Hint != "" {
		failure.hints = append(failure.hints, at.Hint)
	}
	return failure
}

// oneOf checks that word is valid, in the given spelling.
func oneOf(what, word string, valid []string) error {
	if slices.Contains(valid, word) {
		return nil
	}
	return unknown(what, word, valid)
}
