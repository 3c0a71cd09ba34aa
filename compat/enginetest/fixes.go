package enginetest

import (
	"cmp"
	"slices"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// verifyFixes applies each fix of a judgement as an editor would and checks the
// edited text once more: the break has to be gone.
func verifyFixes(t *testing.T, j judgement) {
	t.Helper()
	for _, b := range j.result.Breaks {
		for _, fix := range b.Fixes {
			if !fix.Verified {
				t.Errorf("%s: the fix %q is shown without having been verified", b.Rule, fix.Title)
			}
			edited := j.next.Schema()
			edited.Text = []byte(edit(edited.File, string(edited.Text), fix.Edits))
			left := check(t, j.engine, j.old, parse(t, j.engine, edited))
			if slices.ContainsFunc(left.Breaks, func(x compat.Break) bool {
				return x.Rule == b.Rule && x.Direction == b.Direction && x.Change.Pointer == b.Change.Pointer
			}) {
				t.Errorf("%s %s at %s is still there after the fix %q", b.Rule, b.Direction, orRoot(b.Change.Pointer), fix.Title)
			}
		}
	}
}

// edit replaces ranges of a file, given by line and column in code points; edits
// of other files are passed over.
func edit(file, text string, edits []report.Edit) string {
	edits = slices.DeleteFunc(slices.Clone(edits), func(e report.Edit) bool { return e.File != file })
	slices.SortStableFunc(edits, func(a, b report.Edit) int {
		return cmp.Or(cmp.Compare(a.StartLine, b.StartLine), cmp.Compare(a.StartColumn, b.StartColumn))
	})
	runes := []rune(text)
	for _, e := range slices.Backward(edits) { // from the end, so that places stay where they are
		from, to := offset(runes, e.StartLine, e.StartColumn), offset(runes, e.EndLine, e.EndColumn)
		runes = slices.Concat(runes[:from], []rune(e.Text), runes[to:])
	}
	return string(runes)
}

// offset is the index of a place in a text.
func offset(text []rune, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		at += slices.Index(text[at:], '\n') + 1
	}
	return at + column - 1
}
