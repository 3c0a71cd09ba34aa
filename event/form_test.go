package event

import "testing"

func TestFieldsAppendCanonical(t *testing.T) {
	const before = `{"specversion":"1.0","id":"1","source":"/s","type":"T","data":{"n":1,"item":`
	tests := []struct {
		name, learnt, item string
		want               string // empty: it takes parsing
	}{
		{"keys in order", `{"b":1,"a":"x"}`, `{"b":2,"a":"y"}`, `{"a":"y","b":2}`},
		{"nested", `{"z":[1,{"d":2, "c":3}],"a":{}}`, `{"z":[4,{"d":5, "c":6}],"a":{}}`, `{"a":{},"z":[4,{"c":6,"d":5}]}`},
		{"another kind of scalar", `[1, 2]`, `[null, "x"]`, `[null,"x"]`},
		{"nothing in it", `[ ]`, `[ ]`, `[]`},
		{"an escape", `{"a":"x"}`, `{"a":"\u0041"}`, ""},
		{"a number that is not canonical", `{"a":1}`, `{"a":1.0}`, ""},
		{"a key with an escape", `{"\u0061":1}`, `{"\u0061":2}`, ""},
		{"a key that is not ASCII", `{"ä":1}`, `{"ä":2}`, ""},
		{"no object", `1`, `2`, ""},
		{"another layout", `{"a":1}`, `{"b":1}`, ""},
	}
	isCanonical := func(number []byte) bool { return string(number) != "1.0" }
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name := writeLog(t, "log.ndjson", []byte(before+test.learnt+"}}\n"+before+test.item+"}}\n"))
			log, err := Open(t.Context(), []string{name}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			fields, err := NewFields(".item")
			if err != nil {
				t.Fatal(err)
			}
			values, got := make([][]byte, 1), ""
			for e, err := range log.Events(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				fields.Read(e, values)
				text, ok := fields.AppendCanonical([]byte("before "), e, 0, isCanonical)
				if got = string(text[len("before "):]); ok != (got != "") {
					t.Errorf("%q is said to be %t", got, ok)
				}
			}
			if got != test.want {
				t.Errorf("the canonical text is %q, want %q", got, test.want)
			}
		})
	}
}
