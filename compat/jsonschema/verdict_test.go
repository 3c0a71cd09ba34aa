package jsonschema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// wide is a 2020-12 object whose seven alternatives combine in more ways than
// are told apart.
func wide(unevaluated string) string {
	var branches []string
	for _, name := range strings.Split("abcdefg", "") {
		branches = append(branches, fmt.Sprintf(`{"properties":{%[1]q:{"type":"string"}},"required":[%[1]q]}`, name))
	}
	return fmt.Sprintf(`{"$schema":%q,"anyOf":[%s],"unevaluatedProperties":%s}`, draft2020.metaURI(), strings.Join(branches, ","), unevaluated)
}

// chain nests objects, each with one required field, down to a leaf.
func chain(depth int, leaf string) string {
	return strings.Repeat(`{"type":"object","required":["a"],"properties":{"a":`, depth) + leaf + strings.Repeat("}}", depth)
}

// Pairs on which a reasonable procedure goes wrong, or gives up.
func TestVerdicts(t *testing.T) {
	for _, row := range []struct {
		name     string
		old, new string
		want     compat.Verdict
	}{
		{"what was given up on is not equal", wide(`{"type":"string"}`), wide(`{"type":"number"}`), compat.Undecided},
		{"what was given up on equals itself", wide(`{"type":"string"}`), wide(`{"type":"string"}`), compat.Compatible},
		{"one name for two failures", `{"type":"object","maxProperties":1}`,
			`{"type":"object","anyOf":[{"propertyNames":{"maxLength":2}},{"propertyNames":{"pattern":"^a"}}]}`, compat.Breaking},
		{"one undeclared name for two failures", `{"type":"object","maxProperties":1}`,
			`{"type":"object","anyOf":[{"additionalProperties":false},{"propertyNames":{"maxLength":2}}]}`, compat.Breaking},
		{"huge counts differ", `{"type":"array","minItems":4000000000}`, `{"type":"array","minItems":4000000001}`, compat.Undecided},
		{"a huge limit falls", `{"type":"array","minItems":1000001}`, `{"type":"array","minItems":1000000}`, compat.Compatible},
		{"a long list is no longer allowed", `{"type":"array","maxItems":10000}`, `{"type":"array","maxItems":9999}`, compat.Breaking},
		{"a long text is no longer allowed", `{"type":"string","maxLength":1000000}`, `{"type":"string","maxLength":999999}`, compat.Breaking},
		{"a long text of a pattern is no longer allowed", `{"type":"string","pattern":"^[a-z]*$","maxLength":20000}`, `{"type":"string","pattern":"^[a-z]*$","maxLength":10000}`, compat.Breaking},
		{"deep inside", chain(60, `{"type":"integer"}`), chain(60, `{"type":"number"}`), compat.Compatible},
		{"deep inside, broken", chain(60, `{"type":"string"}`), chain(60, `{"type":"number"}`), compat.Breaking},
		{"a type beside a requirement", `{"properties":{},"required":["ab"]}`, `{"properties":{},"required":["ab"],"type":"object"}`, compat.Breaking},
		{"a type for another", `{"type":"object"}`, `{"type":"number"}`, compat.Breaking},
	} {
		t.Run(row.name, func(t *testing.T) {
			engine, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			old, err := engine.Parse(schema.Schema{File: "old.json", Text: []byte(row.old)})
			if err != nil {
				t.Fatal(err)
			}
			next, err := engine.Parse(schema.Schema{File: "new.json", Text: []byte(row.new)})
			if err != nil {
				t.Fatal(err)
			}
			c, err := engine.Compare(t.Context(), old, next, compat.Backward.Directions())
			if err != nil {
				t.Fatal(err)
			}
			if c.Backward.Verdict != row.want {
				t.Errorf("got %s (%s), want %s", c.Backward.Verdict, c.Backward.Reason, row.want)
			}
		})
	}
}
