package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a policy's text.
type Problem struct {
	File    string
	Line    int // 1-based
	Column  int // 1-based, in code points
	Message string
	Hint    string // what to write instead, may be empty
}

func (p Problem) String() string {
	text := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	if p.Hint != "" {
		text += "\n\thint: " + p.Hint
	}
	return text
}

// PolicyError says why policies do not compile. Problems are sorted by place.
type PolicyError struct {
	Problems []Problem
}

func (e *PolicyError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "compiling policies: " + strings.Join(lines, "\n")
}

func policyError(problems []Problem) *PolicyError {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint))
	})
	return &PolicyError{Problems: slices.Compact(problems)}
}

// EvalError says why policies gave no decision.
type EvalError struct {
	Rule    string // empty when it is not known
	File    string // empty when it is not known
	Line    int
	Column  int
	Message string
	Hint    string
	cause   error
}

func (e *EvalError) Error() string {
	text := "evaluating policies: "
	if e.File != "" {
		text += fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	}
	if e.Rule != "" {
		text += e.Rule + ": "
	}
	text += e.Message
	if e.Hint != "" {
		text += "\n\thint: " + e.Hint
	}
	return text
}

// Unwrap returns what made the evaluation end, such as context.DeadlineExceeded.
func (e *EvalError) Unwrap() error { return e.cause }

// didYouMean ends a hint with the nearest of names, when one is near, and with
// all of them.
func didYouMean(word string, names []string) string {
	var text string
	if near := nearest(word, names); near != "" {
		text = "did you mean " + near + "? "
	}
	return text + "valid: " + strings.Join(names, ", ")
}

// nearest returns the one of names that word is most likely a misspelling of, or
// nothing when none is alike.
func nearest(word string, names []string) string {
	best, bound := "", 1+len(word)/3
	for _, name := range slices.Sorted(slices.Values(names)) {
		if d := distance(word, name); d <= bound && name != word {
			best, bound = name, d-1
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to turn a into b.
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
