package jsonschema

import "testing"

func TestRecognise(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"a.json", `{"$schema": "http://json-schema.org/draft-07/schema#"}`, true},
		{"a.json", `{"a": {"b": "}"}, "$schema": "https://json-schema.org/draft/2020-12/schema", broken`, true},
		{"a.json", `{"$schema": "https://json-schema.org/draft/2042-01/schema"}`, true},
		{"a.json", `{"$schema": "https://www.schemastore.org/package"}`, false},
		{"a.json", `{"schemas": [{"$schema": "http://json-schema.org/draft-07/schema#"}]}`, false},
		{"a.json", `{"note": "\"$schema\": \"http://json-schema.org/draft-07/schema#\""}`, false},
		{"a.json", `{"$schema"`, false},
		{"a.json", `"$schema`, false},
		{"a.json", "$schema: http://json-schema.org/draft-07/schema#\n", false},
		{"a.yaml", "title: x\n$schema: http://json-schema.org/draft-07/schema# # the draft\n", true},
		{"a.yaml", "\"$schema\": 'http://json-schema.org/draft-07/schema#'\n", true},
		{"a.YML", "$schema : http://json-schema.org/draft-07/schema#\n", true},
		{"a.yaml", `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}`, true},
		{"a.yaml", "nested:\n  $schema: http://json-schema.org/draft-07/schema#\n", false},
	}
	for _, test := range tests {
		if got := Recognise(test.name, []byte(test.text)); got != test.want {
			t.Errorf("Recognise(%s, %s) = %v, want %v", test.name, test.text, got, test.want)
		}
	}
}

func TestRefersElsewhere(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{`{"type": "object"}`, false},
		{`{"$ref": "#/$defs/a"}`, false},
		{`{"$ref" : "#"}`, false},
		{`{"pattern": "^\\d+\\.\"$"}`, false},
		{`{"pattern": "\\u0024"}`, false},
		{`{"$ref": "#/a", "b": {"$ref": "b.json"}}`, true},
		{`{"$dynamicRef": "other.json#x"}`, true},
		{`{"\u0024ref": "b.json"}`, true},
		{`"\x24ref": b.yaml`, true},
		{`"\U00000024ref": b.yaml`, true},
		{"\"$\\\n  ref\": b.yaml", true},
		{"a:\n  $ref: '#/x'\n", false},
		{"a:\n  $ref: b.yaml\n", true},
		{`{"title": "\`, false},
	}
	for _, test := range tests {
		if got := RefersElsewhere([]byte(test.text)); got != test.want {
			t.Errorf("RefersElsewhere(%s) = %v, want %v", test.text, got, test.want)
		}
	}
}

func TestMayBeSchema(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"order.json", `{"type": "object"}`, true},
		{"order.json", `{"$schema": "http://json-schema.org/draft-07/schema#", "title": "Anything"}`, true},
		{"order.json", `{"required": ["id"]}`, true},
		{"any.json", `{}`, true},
		{"any.json", `true`, true},
		{"any.json", `{"ty`, true},
		{"any.schema.json", `{"title": "Anything"}`, true},
		{"event.json", `{"id": "a", "total": 12.5}`, false},
		{"event.yaml", "id: a\nformat: pdf\n", false},
	}
	for _, test := range tests {
		if got := MayBeSchema(test.name, []byte(test.text)); got != test.want {
			t.Errorf("MayBeSchema(%s, %s) = %v, want %v", test.name, test.text, got, test.want)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("a.json", []byte(`{"$schema": "http://json-schema.org/draft-07/schema#"}`))
	f.Add("a.yaml", []byte("$schema: http://json-schema.org/draft-07/schema#"))
	f.Add("a.json", []byte(`{"\\": "`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		Recognise(name, text)
		RefersElsewhere(text)
		MayBeSchema(name, text)
	})
}
