package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

var drawnTexts = []string{`"x"`, `"a b c"`, `"k: v"`, `"é\n\"q\""`, `""`}

// drawData draws an object with a few keys, some levels deep.
func drawData(t *rapid.T, depth int) string {
	var members []string
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", `\u0064`}), 0, 4, rapid.ID[string]).Draw(t, "keys") {
		value := rapid.SampledFrom(slices.Concat(drawnNumbers, drawnValues, drawnTexts)).Draw(t, "value")
		if depth > 0 && rapid.Bool().Draw(t, "object") {
			value = drawData(t, depth-1)
		}
		members = append(members, fmt.Sprintf(`"%s" : %s`, key, value))
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// drawUpcast draws an operation of an upcaster.
func drawUpcast(t *rapid.T) string {
	path := rapid.SampledFrom([]string{"a", "b", "c", "d", "a.b", "a.d", "b.c", "a.b.c", "new.x"})
	at, to, third := path.Draw(t, "at"), path.Draw(t, "to"), path.Draw(t, "third")
	name := rapid.SampledFrom([]string{"a", "b", "w"}).Draw(t, "name")
	value := rapid.SampledFrom(slices.Concat(drawnNumbers, drawnValues, drawnTexts)).Draw(t, "literal")
	return rapid.SampledFrom([]string{
		fmt.Sprintf(`{"rename":%q,"to":%q}`, at, name),
		fmt.Sprintf(`{"move":%q,"to":%q}`, at, to),
		fmt.Sprintf(`{"copy":%q,"to":%q}`, at, to),
		fmt.Sprintf(`{"set":%q,"value":%s}`, at, value),
		fmt.Sprintf(`{"default":%q,"value":%s}`, at, value),
		fmt.Sprintf(`{"remove":%q}`, at),
		fmt.Sprintf(`{"wrap":%q,"as":%q}`, at, name),
		fmt.Sprintf(`{"unwrap":%q,"from":%q}`, at, name),
		fmt.Sprintf(`{"split":%q,"by":" ","to":[%q,%q]}`, at, to, third),
		fmt.Sprintf(`{"join":[%q,%q],"by":"-","to":%q}`, at, to, third),
		fmt.Sprintf(`{"map":%q,"values":{"x":%s,"a b c":"abc"}}`, at, value),
	}).Draw(t, "operation")
}

// TestUpcastTreeIsInterpreter holds the operations on bytes equal to those of
// package upcast: the same data, or both fail.
func TestUpcastTreeIsInterpreter(t *testing.T) {
	var tree upcastTree
	rapid.Check(t, func(t *rapid.T) {
		var list []string
		for range rapid.IntRange(1, 5).Draw(t, "operations") {
			list = append(list, drawUpcast(t))
		}
		d := json.NewDecoder(strings.NewReader(`[{"type":"A","from":1,"to":2,"do":[` + strings.Join(list, ",") + `]}]`))
		d.UseNumber()
		var spec any
		if err := d.Decode(&spec); err != nil {
			t.Fatal(err)
		}
		chain, err := upcast.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		data := rapid.OneOf(rapid.Just(`[1]`), rapid.Custom(func(t *rapid.T) string { return drawData(t, 2) })).Draw(t, "data")
		value, err := decode([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		_, _, want, _, err := chain.Apply("A", 1, value)
		var steps []upcastStep
		for _, o := range chain.Upcasters()[0].Do {
			steps = append(steps, compileStep(o))
		}
		got, ok := tree.run(nil, []byte(data), steps)
		if ok != (err == nil) {
			t.Fatalf("%s on %s: bytes %s %v, interpreter %v", list, data, got, ok, err)
		}
		if !ok {
			return
		}
		made, err := decode(got)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(made, want) {
			t.Fatalf("%s on %s: bytes %s, interpreter %v", list, data, got, want)
		}
	})
}
