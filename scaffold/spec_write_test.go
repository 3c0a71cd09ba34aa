package scaffold_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/scaffold"
)

// TestExamplesAreWrittenAsTheyAre keeps the committed specs in the form that nexus
// writes.
func TestExamplesAreWrittenAsTheyAre(t *testing.T) {
	for _, name := range []string{"orders", "iot"} {
		text, err := os.ReadFile("../examples/" + name + "/domain.yaml")
		if err != nil {
			t.Fatal(err)
		}
		s, err := scaffold.ReadSpec("domain.yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		if os.Getenv("NEXUS_UPDATE") != "" {
			if err := os.WriteFile("../examples/"+name+"/domain.yaml", s.Write(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(text), string(s.Write())); diff != "" {
			t.Errorf("%s is written otherwise (-is +written):\n%s", name, diff)
		}
	}
}

func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		text := s.Write()
		got, err := scaffold.ReadSpec("domain.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again := got.Write()
		if diff := cmp.Diff(string(text), string(again)); diff != "" {
			t.Fatalf("the second text differs:\n%s", diff)
		}
		if diff := cmp.Diff(s, got); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}

// drawSpec draws a complete spec that is sound.
func drawSpec(t *rapid.T) scaffold.Spec {
	text := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[A-Za-z][a-z :#'"\\{}\[\],\n\t-]{0,30}`), rapid.String(),
		rapid.SampledFrom([]string{"yes", "null", "1.0", "0x1f", "- a", "a: b", "a #b", " a", "a ", "~", "&a", "*a", "!t", "%", "@", "`", "|", ">"}))
	s := scaffold.Spec{
		Name:    rapid.StringMatching(`[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?`).Draw(t, "name"),
		Module:  rapid.StringMatching(`example\.com/[a-u][a-z0-9]{0,8}`).Draw(t, "module"),
		Title:   rapid.StringMatching(`[A-Z][a-z #:-]{0,20}[a-z]`).Draw(t, "title"),
		Summary: text.Draw(t, "summary"),
		Owner:   rapid.StringMatching(`[a-z]{1,8}-team`).Draw(t, "owner"),
	}
	for range rapid.IntRange(1, 3).Draw(t, "aggregates") {
		s.Aggregates = append(s.Aggregates, drawAggregate(t, len(s.Aggregates), text))
	}
	return s
}

func drawAggregate(t *rapid.T, n int, text *rapid.Generator[string]) scaffold.Aggregate {
	mark := string(rune('A' + n))
	a := scaffold.Aggregate{
		Name: mark + "x" + rapid.StringMatching(`[a-zA-Z0-9]{1,8}`).Draw(t, "aggregate"), Summary: text.Draw(t, "summary"),
		ID: "id" + mark,
	}
	id := scaffold.Field{Name: a.ID, Schema: map[string]any{"type": "string", "format": "uuid"}}
	states := []string{"", "active", "on", "closed-off"}
	for i := range rapid.IntRange(1, 4).Draw(t, "events") {
		e := scaffold.Event{
			Name: mark + "E" + string(rune('a'+i)) + rapid.StringMatching(`[a-z]{0,6}ä?`).Draw(t, "event"), Summary: text.Draw(t, "summary"),
			State: rapid.SampledFrom(states).Draw(t, "state"), Fields: append([]scaffold.Field{id}, drawFields(t)...),
		}
		if rapid.Bool().Draw(t, "facts") {
			e.Facts = map[string]any{"criticality": text.Draw(t, "fact"), "retention-days": json.Number("30"), "regulations": []any{"gdpr", "no"}, "zz9": nil}
			delete(e.Facts, "zz9")
		}
		a.Events = append(a.Events, e)
	}
	for i, e := range a.Events {
		c := scaffold.Command{Name: mark + "C" + string(rune('a'+i)), Event: e.Name, Creates: i == 0, Summary: text.Draw(t, "summary")}
		if e.State != "" && i > 0 {
			c.In = []string{e.State}
		}
		if last := e.Fields[len(e.Fields)-1]; len(e.Fields) > 1 && rapid.Bool().Draw(t, "set") {
			c.Set = map[string]string{last.Name: rapid.StringMatching(`c\.[A-Z][a-z]{0,5}( \+ "[a-z:, ]*")?`).Draw(t, "expression")}
			if rapid.Bool().Draw(t, "fields") {
				c.Fields = e.Fields[:len(e.Fields)-1]
			}
		}
		a.Commands = append(a.Commands, c)
	}
	if rapid.Bool().Draw(t, "model") {
		a.ReadModels = []scaffold.ReadModel{{Name: mark + "Model", Summary: text.Draw(t, "summary"), Fields: []string{a.ID}, Filters: []string{a.ID}}}
	}
	return a
}

func drawFields(t *rapid.T) []scaffold.Field {
	kinds := rapid.SampledFrom([]map[string]any{
		{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"},
		{"type": "string", "format": "date-time"},
		{"type": "array", "items": map[string]any{"type": "array", "items": map[string]any{"type": "string", "format": "uri"}}},
		{"type": "string", "enum": []any{"a", "b c", "null", "1"}},
		{"type": "string", "enum": []any{"a|b", "", " x"}},
		{"type": "object", "properties": map[string]any{"a": map[string]any{"type": "integer", "minimum": json.Number("0"), "maximum": json.Number("1e3")}}, "required": []any{"a"}, "description": "what: it, [is]"},
		{"type": "string", "pattern": "^[a-z]{2,3}: #$", "default": nil},
		{"const": json.Number("-1.50")},
	})
	names := []string{"type", "func", "größe", "no", "null", "item_id", "x-y", "String"}
	var fields []scaffold.Field
	for _, name := range names[:rapid.IntRange(0, len(names)).Draw(t, "fields")] {
		fields = append(fields, scaffold.Field{Name: name, Optional: rapid.Bool().Draw(t, "optional"), Schema: kinds.Draw(t, "type")})
	}
	return fields
}
