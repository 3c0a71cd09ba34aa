package upcast

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func decode(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestOperations(t *testing.T) {
	tests := []struct{ name, do, data, want string }{
		{"rename", `{"rename":"sum","to":"total"}`, `{"sum":1.10,"a":1}`, `{"total":1.10,"a":1}`},
		{"rename below", `{"rename":"a.b","to":"c"}`, `{"a":{"b":1,"d":2}}`, `{"a":{"c":1,"d":2}}`},
		{"rename what is missing", `{"rename":"x","to":"y"}`, `{"a":1}`, `{"a":1}`},
		{"move", `{"move":"a.b","to":"c.d"}`, `{"a":{"b":1}}`, `{"a":{},"c":{"d":1}}`},
		{"move into itself", `{"move":"a","to":"a.b"}`, `{"a":1}`, `{"a":{"b":1}}`},
		{"copy", `{"copy":"a","to":"b"}`, `{"a":[1]}`, `{"a":[1],"b":[1]}`},
		{"set", `{"set":"a","value":null}`, `{}`, `{"a":null}`},
		{"set makes objects", `{"set":"a.b.c","value":1}`, `{"a":{"x":0}}`, `{"a":{"x":0,"b":{"c":1}}}`},
		{"default missing", `{"default":"a","value":"web"}`, `{}`, `{"a":"web"}`},
		{"default null is there", `{"default":"a","value":"web"}`, `{"a":null}`, `{"a":null}`},
		{"remove", `{"remove":"a.b"}`, `{"a":{"b":1}}`, `{"a":{}}`},
		{"remove below a scalar", `{"remove":"a.b"}`, `{"a":1}`, `{"a":1}`},
		{"wrap", `{"wrap":"a","as":"v"}`, `{"a":5}`, `{"a":{"v":5}}`},
		{"unwrap", `{"unwrap":"a","from":"v"}`, `{"a":{"v":5,"w":6}}`, `{"a":5}`},
		{"split", `{"split":"name","by":" ","to":["first","last"]}`, `{"name":"Ada King Lovelace"}`, `{"first":"Ada","last":"King Lovelace"}`},
		{"split too short", `{"split":"name","by":" ","to":["first","last"]}`, `{"name":"Ada"}`, `{"first":"Ada"}`},
		{"join", `{"join":["a","b","c"],"by":"-","to":"d"}`, `{"a":"x","b":10}`, `{"d":"x-10"}`},
		{"join nothing", `{"join":["a"],"by":"-","to":"d"}`, `{}`, `{}`},
		{"map", `{"map":"s","values":{"O":"open","C":7}}`, `{"s":"O"}`, `{"s":"open"}`},
		{"map another text", `{"map":"s","values":{"O":"open"}}`, `{"s":"X"}`, `{"s":"X"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Parse(decode(t, `[{"type":"T","from":1,"to":2,"do":[`+test.do+`]}]`))
			if err != nil {
				t.Fatal(err)
			}
			data := decode(t, test.data)
			_, version, got, changed, err := c.Apply("com.shop.T.v1", 1, data)
			if err != nil || version != 2 || !changed {
				t.Fatalf("version %d, changed %t, error %v", version, changed, err)
			}
			if diff := cmp.Diff(decode(t, test.want), got); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(decode(t, test.data), data); diff != "" {
				t.Errorf("the given data was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOperationErrors(t *testing.T) {
	tests := []struct{ name, do, data, want string }{
		{"through a scalar", `{"set":"a.b","value":1}`, `{"a":1}`, "upcasting T from version 1 to 2: operation 1, set: a is no object, so it cannot hold b"},
		{"no object", `{"set":"a","value":1}`, `[1]`, "upcasting T from version 1 to 2: the data is no object"},
		{"split a number", `{"split":"a","by":" ","to":["b"]}`, `{"a":1}`, "upcasting T from version 1 to 2: operation 1, split: a is no string"},
		{"unwrap a number", `{"unwrap":"a","from":"b"}`, `{"a":1}`, "upcasting T from version 1 to 2: operation 1, unwrap: a is no object"},
		{"join an object", `{"join":["a"],"by":" ","to":"b"}`, `{"a":{}}`, "upcasting T from version 1 to 2: operation 1, join: a is neither a string nor a number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Parse(decode(t, `[{"type":"T","from":1,"to":2,"do":[`+test.do+`]}]`))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, _, _, err = c.Apply("T", 1, decode(t, test.data)); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestChain(t *testing.T) {
	c, err := Parse(decode(t, `[
		{"type":"Placed","from":2,"to":3,"type_to":"Confirmed"},
		{"type":"Placed","from":1,"to":2,"do":[{"rename":"a","to":"b"}]},
		{"type":"Confirmed","from":3,"to":4,"do":[{"rename":"b","to":"c"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	name, version, data, changed, err := c.Apply("shop.Placed.v1", 1, decode(t, `{"a":1}`))
	if err != nil || name != "Confirmed" || version != 4 || !changed {
		t.Fatalf("%s version %d, changed %t, error %v", name, version, changed, err)
	}
	if diff := cmp.Diff(decode(t, `{"c":1}`), data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if _, version, _, changed, _ := c.Apply("Placed", 9, decode(t, `{}`)); changed || version != 9 {
		t.Errorf("a newer version was changed to %d", version)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, list, want string }{
		{"no list", `{}`, "upcast: a list of upcasters was expected"},
		{"unknown key", `[{"type":"T","from":1,"to":2,"doo":[]}]`, `upcast/0/doo: unknown key "doo": expected type, from, to, do, type_to`},
		{"no version", `[{"type":"T","from":"1","to":2}]`, "upcast/0/from: from must be a version: 1, 2, 3, …"},
		{"backwards", `[{"type":"T","from":2,"to":1}]`, "upcast/0/to: version 1 is not later than 2"},
		{"two from one", `[{"type":"T","from":1,"to":2},{"type":"T","from":1,"to":3}]`, "upcast/1/from: T has two upcasters from version 1, to 2 and to 3"},
		{"gap", `[{"type":"T","from":1,"to":2},{"type":"T","from":3,"to":4}]`, "upcast/0/to: T goes up to version 2, and the next upcaster starts from 3: the step between them is missing"},
		{"loop", `[{"type":"A","from":1,"to":1,"type_to":"B"},{"type":"B","from":1,"to":1,"type_to":"A"}]`, "upcast/0/to: the upcasters of A lead in a circle"},
		{"no operation", `[{"type":"T","from":1,"to":2,"do":[{"renam":"a"}]}]`, "upcast/0/do/0: no operation is named: choose from copy, default, join, map, move, remove, rename, set, split, unwrap, wrap"},
		{"two operations", `[{"type":"T","from":1,"to":2,"do":[{"set":"a","remove":"b"}]}]`, "upcast/0/do/0: one operation was expected, found remove and set"},
		{"incomplete", `[{"type":"T","from":1,"to":2,"do":[{"set":"a"}]}]`, `upcast/0/do/0: set needs "value"`},
		{"rename to a path", `[{"type":"T","from":1,"to":2,"do":[{"rename":"a","to":"b.c"}]}]`, `upcast/0/do/0/to: rename changes a name and "b.c" is a path: use move`},
		{"bad path", `[{"type":"T","from":1,"to":2,"do":[{"remove":"a..b"}]}]`, `upcast/0/do/0/remove: "a..b" is no path: members joined by dots were expected, a.b.c`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Parse(decode(t, test.list)); err == nil || err.Error() != test.want {
				t.Errorf("error %v\nwant  %s", err, test.want)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	for _, test := range []struct {
		text, typeName string
		want           int
	}{{"2", "T", 2}, {"v3", "T", 3}, {"2.1.0", "T", 2}, {"", "com.T.v4", 4}, {"", "T", 1}, {"", "v2", 2}} {
		if got, err := Version(test.text, test.typeName); err != nil || got != test.want {
			t.Errorf("Version(%q, %q) = %d, %v, want %d", test.text, test.typeName, got, err, test.want)
		}
	}
	if _, err := Version("latest", "T"); err == nil {
		t.Error("latest was taken for a version")
	}
}

func TestShortType(t *testing.T) {
	for name, want := range map[string]string{
		"OrderPlaced": "OrderPlaced", "com.shop.OrderPlaced": "OrderPlaced", "com.shop.OrderPlaced.v2": "OrderPlaced",
		"urn:shop:OrderPlaced": "OrderPlaced", "v2": "v2", "a.v": "v", "a/b/v10": "b", "": "", "a.T.2": "T", "2": "2",
	} {
		if got := ShortType(name); got != want {
			t.Errorf("ShortType(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestUpcastOnceIsEnough holds that what was upcast is left alone.
func TestUpcastOnceIsEnough(t *testing.T) {
	c, err := Parse(decode(t, `[{"type":"T","from":1,"to":2,"do":[{"wrap":"a","as":"v"},{"default":"b","value":1}]},{"type":"T","from":2,"to":3,"do":[{"rename":"b","to":"c"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		data := map[string]any{}
		for _, key := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "d"}), rapid.ID[string]).Draw(t, "keys") {
			data[key] = json.Number("1")
		}
		version := rapid.IntRange(1, 4).Draw(t, "version")
		name, version, once, _, err := c.Apply("T", version, data)
		if err != nil {
			t.Fatal(err)
		}
		_, _, twice, changed, err := c.Apply(name, version, once)
		if err != nil || changed {
			t.Fatalf("changed %t, error %v", changed, err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"type":"T","from":1,"to":2,"do":[{"split":"a","by":" ","to":["b"]}]}]`), []byte(`{"a":"x y"}`))
	f.Fuzz(func(t *testing.T, list, data []byte) {
		var spec, value any
		d := json.NewDecoder(strings.NewReader(string(list)))
		d.UseNumber()
		if d.Decode(&spec) != nil || json.Unmarshal(data, &value) != nil {
			t.Skip("the text is not JSON")
		}
		if c, err := Parse(spec); err == nil {
			for _, u := range c.Upcasters() {
				_, _, _, _, _ = c.Apply(u.Type, u.From, value) // must end
			}
		}
	})
}
