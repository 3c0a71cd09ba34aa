package replay

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nexus-blueprint/nexus/event"
)

// A value that an operation takes from a slot is the one before the event's
// other operations write it.
func TestFoldTakesValuesBeforeTheyAreReplaced(t *testing.T) {
	for _, length := range []string{"", "long enough to stand in the arena"} {
		log := filepath.Join(t.TempDir(), "log.ndjson")
		text := ""
		for _, x := range []string{"one", "two", "six"} {
			text += `{"specversion":"1.0","id":"` + x + `","source":"/s","type":"T","subject":"a","data":{"x":"` + x + length + `"}}` + "\n"
		}
		if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := compileReducer(t, "reducers: {order: {init: {b: none}, on: {T: [{set: a, expr: state.b}, {set: b, to: .x}, {set: c, expr: state.a}]}}}")
		l, err := event.Open(t.Context(), []string{log}, event.Options{})
		if err != nil {
			t.Fatal(err)
		}
		result, err := FoldAll(t.Context(), l, r, FoldOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := result.Streams[0].AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"a":"two` + length + `","b":"six` + length + `","c":"two` + length + `"}`
		if string(got) != want {
			t.Errorf("the state is %s, want %s", got, want)
		}
	}
}
