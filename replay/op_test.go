package replay

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEventsWithoutData: no data, null and binary data are no patch; an operation
// that wants a place in them fails, or takes its default, whichever way it is
// folded.
func TestEventsWithoutData(t *testing.T) {
	const placed = `{"specversion":"1.0","id":"e1","source":"/s","type":"Placed","subject":"s","sequence":"1","data":{"v":1}}` + "\n"
	shipped := func(data string) string {
		return `{"specversion":"1.0","id":"e2","source":"/s","type":"Shipped","subject":"s","sequence":"2"` + data + "}\n"
	}
	const rules = `{reducers: {r: {init: {k: 1}, on: {Shipped: [OPERATION]}}}}`
	none, null, binary := "", `,"data":null`, `,"data_base64":"eA=="`
	for _, test := range []struct{ operation, data, want string }{
		{"", none, `s 2 0 {"v":1}`},
		{"", null, `s 2 0 {"v":1}`},
		{"", binary, `s 2 0 {"v":1}`},
		{`{merge: ., value: .}`, none, `s 2 0 {"k":1}`},
		{`{merge: m, value: .}`, none, `s 2 0 {"k":1}`},
		{`{merge: m, value: .m}`, none, `s 2 0 {"k":1}`},
		{`{set: a.b, to: .}`, none, `s 2 1 {"k":1}; Shipped[0] set .a.b at 2`},
		{`{set: a.b, to: .}`, null, `s 2 1 {"k":1}; Shipped[0] set .a.b at 2`},
		{`{set: a.b, to: ., default: 7}`, none, `s 2 0 {"a":{"b":7},"k":1}`},
		{`{set: a, to: .x}`, none, `s 2 1 {"k":1}; Shipped[0] set .a at 2`},
		{`{append: a, value: .}`, none, `s 2 1 {"k":1}; Shipped[0] append .a at 2`},
		{`{remove: a, value: .}`, none, `s 2 0 {"k":1}`},
		{`{set: ., to: .}`, none, `s 2 1 {"k":1}; Shipped[0] set . at 2`},
		{`{set: a, expr: event.data}`, none, `s 2 0 {"a":null,"k":1}`},
	} {
		r := MergeReducer(nil)
		if test.operation != "" {
			r = compileReducer(t, strings.Replace(rules, "OPERATION", test.operation, 1))
		}
		log := openLog(t, t.TempDir(), placed+shipped(test.data))
		want := strings.Split(test.want, "; ")
		for _, got := range [][]string{byState(t, log, r), byBytes(t, log, r, FoldOptions{Workers: 1})} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s of %q (-want +got):\n%s", test.operation, test.data, diff)
			}
		}
	}
}

// TestMergeOfNothingWritesNothing: a timeline and a blame do not name the event.
func TestMergeOfNothingWritesNothing(t *testing.T) {
	s := loadOne(t, `{"specversion":"1.0","id":"e1","source":"/s","type":"A","subject":"s","sequence":"1"}`)
	changed, err := MergeReducer(nil).Apply(NewState([]any{"x"}), s.Events[0])
	if err != nil || len(changed) > 0 {
		t.Errorf("%v, %v", changed, err)
	}
}
