package registry

import "testing"

func TestSubjectRuleCheck(t *testing.T) {
	tests := []struct {
		glob, name, want string
	}{
		{"events/**", "{dir}.{name}", ""},
		{"events/*.json", "{path}-value", ""},
		{"[", "x", `"[" is no glob: [ needs its ]`},
		{"events/[a", "x", `"events/[a" is no glob: [ needs its ]`},
		{"events/**", "{nope}", `unknown placeholder {nope} in "{nope}"; known are {path}, {dir}, {name} and {record}`},
		{"events/**", "", "a subject needs a name"},
	}
	for _, test := range tests {
		got := ""
		if err := (SubjectRule{Glob: test.glob, Name: test.name}).Check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("Check(%q, %q) = %q, want %q", test.glob, test.name, got, test.want)
		}
	}
}

func TestSubjectRuleMatches(t *testing.T) {
	rule := SubjectRule{Glob: "events/**"}
	if !rule.Matches("events/a/B.json") || rule.Matches("other/B.json") {
		t.Error("events/** must match what lies below events, and nothing else")
	}
}
