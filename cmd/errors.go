package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// unknown says that a word is none of the valid ones, with the nearest of them.
func unknown(what, word string, valid []string) *exitError {
	err := usagef("unknown %s %q", what, word)
	if near := nearest(word, valid); near != "" {
		return err.hint("did you mean %q?", near)
	}
	return err.hint("one of: %s", strings.Join(valid, ", "))
}

// oneOf checks that word is valid, in the given spelling.
func oneOf(what, word string, valid []string) error {
	if slices.Contains(valid, word) {
		return nil
	}
	return unknown(what, word, valid)
}

// nearest returns the candidate that is the fewest edits away from word, or ""
// when none is near enough to be meant.
func nearest(word string, candidates []string) string {
	best, bound := "", max(2, len(word)/3)+1
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < bound {
			best, bound = candidate, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// asExit finds the exit code that an error carries.
func asExit(err error, target **exitError) bool { return errors.As(err, target) }
