package gate_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// A part of an input that is shared by many is judged as it would be alone, by many
// at once too.
func TestSharedPartsAreJudgedAlike(t *testing.T) {
	d := prepare(t, rego("r", `deny contains {"message": sprintf("%s %d", [owner, count(input.event.fields)])} if some owner in input.event.owners`))
	facts := map[string]any{
		"id": "Placed", "owners": []any{"team-a", "team-b"}, "retention_days": nil, "fields": []any{map[string]any{"path": "a"}, map[string]any{"path": "b"}},
	}
	want, err := d.Decide(t.Context(), map[string]any{"as_of": "2026-01-31", "event": facts})
	if err != nil || len(want) != 1 || len(want[0].Denials) != 2 {
		t.Fatalf("decisions %+v, %v; want two denials", want, err)
	}
	shared, err := gate.Share(facts)
	if err != nil {
		t.Fatal(err)
	}
	var judges sync.WaitGroup
	for judge := range 8 {
		judges.Go(func() {
			got, err := d.Decide(t.Context(), map[string]any{"as_of": fmt.Sprintf("2026-01-%02d", judge+1), "event": shared})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("shared: %v (-alone +shared):\n%s", err, diff)
			}
		})
	}
	judges.Wait()
}

func TestShareRefusesWhatIsNoJSON(t *testing.T) {
	if _, err := gate.Share(map[string]any{"f": func() {}}); err == nil {
		t.Error("a function was made a value of Rego")
	}
}
