package catalog

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// Each document is short, and would take hours if its parts were multiplied.
func TestReadAsyncAPIBoundsWork(t *testing.T) {
	many := func(n int, format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(parts, ", ")
	}
	tests := []struct {
		name, text string
		problem    string // the code of the first, or empty
	}{
		{"pointers that pass through references", crossing(28), ""},
		{"alternatives of alternatives", `{"asyncapi": "3.0.0", "components": {"messages": {"m-1": {"payload": true}, ` +
			many(60, `"m%[1]d": {"x-n": %[1]d, "oneOf": [{"$ref": "#/components/messages/a%[1]d"}, {"$ref": "#/components/messages/a%[1]d"}]}`) + ", " +
			many(60, `"a%[1]d": {"$ref": "#/components/messages/m-1"}`) + `}}}`, ""},
		{"all messages on all channels", `{"asyncapi": "3.0.0", "channels": {` + many(3000, `"c%d": {"messages": {"$ref": "#/components/messages"}}`) +
			`}, "components": {"messages": {` + many(1000, `"m%d": {}`) + `}}}`, codeTooLarge},
		{"all operations with all messages", `{"asyncapi": "3.0.0", "channels": {"c": {"messages": {` + many(1000, `"m%d": {}`) +
			`}}}, "operations": {` + many(3000, `"o%d": {"action": "send", "channel": {"$ref": "#/channels/c"}}`) + `}}`, codeTooLarge},
		{"references that all lead nowhere", `{"asyncapi": "3.0.0", "channels": {` + many(20_000, `"c%d": {}`) +
			`}, "operations": {` + many(20_000, `"o%[1]d": {"action": "send", "channel": {"$ref": "#/channels/none%[1]d"}}`) + `}}`, codeDanglingRef},
		{"numbers on one line", `{"asyncapi": 2.6, "components": {"messages": {` + many(20_000, `"m%[1]d": {"x-version": %[1]d}`) + `}}}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := readAsyncAPI(context.Background(), "a.json", Options{}, func(string) ([]byte, error) { return []byte(test.text), nil })
			if err != nil {
				t.Fatal(err)
			}
			problem := ""
			if len(c.Problems) > 0 {
				problem = c.Problems[0].Code
			}
			if problem != test.problem {
				t.Errorf("problem %q, want %q", problem, test.problem)
			}
		})
	}
}

// crossing is a document in which the way to depth leads twice through the
// reference before it, and so on: 2 to the power of depth ways.
func crossing(depth int) string {
	var refs strings.Builder
	refs.WriteString(`"k0": {"$ref": "#/z"}`)
	for i := 1; i <= depth; i++ {
		fmt.Fprintf(&refs, `, "k%d": {"$ref": "#/z/k%d/k%d/inner"}`, i, i-1, i-1)
	}
	nest := "{" + refs.String() + "}"
	for range depth {
		nest = "{" + refs.String() + `, "inner": ` + nest + "}"
	}
	return fmt.Sprintf(`{"asyncapi": "3.0.0", "components": {"messages": {"m": {"payload": {"$ref": "#/z/k%d"}}}}, "z": %s}`, depth, nest)
}
