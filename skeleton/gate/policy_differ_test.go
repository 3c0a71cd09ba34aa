package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDifferingNamesTheRules checks what Paranoid relies on: the index of this
// OPA is right, so no policy makes it find a difference.
func TestDifferingNamesTheRules(t *testing.T) {
	with := []Decision{
		{Rule: "a", Outcome: Pass},
		{Rule: "b", Outcome: Pass},
		{Rule: "c", Outcome: Fail, Denials: []Denial{{Message: "one"}}},
	}
	without := []Decision{
		{Rule: "a", Outcome: Pass},
		{Rule: "b", Outcome: Fail, Denials: []Denial{{Message: "one"}}},
		{Rule: "c", Outcome: Fail, Denials: []Denial{{Message: "one"}, {Message: "two"}}},
	}
	if diff := cmp.Diff([]string{"b", "c"}, differing(with, without)); diff != "" {
		t.Errorf("rules differ (-want +got):\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"applies", "deny", "undeclared"}
	for word, want := range map[string]string{
		"dney": "deny", "denny": "deny", "aplies": "applies", "undeclred": "undeclared",
		"helper": "", "deny": "", "": "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%q) is %q, want %q", word, got, want)
		}
	}
}
