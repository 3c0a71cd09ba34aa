package gate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// TestSplit: the rules that may look at the event that is being stored are told
// from those that cannot, also by detours, and both parts decide as the whole does.
func TestSplit(t *testing.T) {
	helper := gate.Module{File: "help.rego", Text: "package nexus.lib.help\n\nactor := input.record.actor\n\nkind := input.event.kind\n"}
	modules := []gate.Module{
		helper,
		rego("plain", `deny contains {"message": "no"} if input.event.id == "OrderPlaced"`),
		rego("bytype", "import data.nexus.lib.help\n\n"+`deny contains {"message": "no"} if help.kind == "event"`),
		rego("direct", `deny contains {"message": "no"} if input.record.actor == "ann"`),
		rego("byhelper", "import data.nexus.lib.help\n\n"+`deny contains {"message": "no"} if help.actor == "ann"`),
		rego("byname", `deny contains {"message": "no"} if {
	x := input
	x.record.actor == "ann"
}`),
		rego("bykey", `deny contains {"message": "no"} if {
	some key, value in input
	key == "record"
	value.actor == "ann"
}`),
		rego("byget", `deny contains {"message": "no"} if object.get(input, ["record", "actor"], "") == "ann"`),
		rego("byscope", "applies if input.record.actor == \"ann\"\n\n"+`deny contains {"message": "no"} if input.event.id == "OrderPlaced"`),
	}
	policies, err := gate.CompilePolicies(modules, gate.PolicyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := policies.Prepare(t.Context(), catalog(), ids(policies))
	if err != nil {
		t.Fatal(err)
	}
	types, records, err := whole.Split(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bytype", "plain"}, names(types)); diff != "" {
		t.Errorf("rules of types: %s", diff)
	}
	if diff := cmp.Diff([]string{"byget", "byhelper", "bykey", "byname", "byscope", "direct"}, names(records)); diff != "" {
		t.Errorf("rules of records: %s", diff)
	}
	for _, actor := range []any{"ann", "bob", nil} {
		input := order()
		input["record"] = map[string]any{"actor": actor}
		want := decisionsOf(t, whole, input)
		got := decisionsOf(t, records, input)
		input["record"] = nil
		got = append(got, decisionsOf(t, types, input)...)
		slices.SortFunc(got, func(a, b gate.Decision) int { return strings.Compare(a.Rule, b.Rule) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("actor %v (-whole +parts):\n%s", actor, diff)
		}
	}
	only, none, err := types.Split(t.Context())
	if err != nil || len(only.Rules()) != 2 || none != nil {
		t.Errorf("splitting again: %v, %v, %v", only, none, err)
	}
}

func names(d *gate.Decider) (list []string) {
	for _, r := range d.Rules() {
		_, name, _ := strings.Cut(r.ID, "/")
		list = append(list, name)
	}
	return list
}

func decisionsOf(t *testing.T, d *gate.Decider, input map[string]any) []gate.Decision {
	t.Helper()
	decisions, err := d.Decide(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	return decisions
}
