package catalog

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/schema"
)

func TestFieldsInherit(t *testing.T) {
	personal := map[string]any{"x-pii": true, "x-purpose": "delivery"}
	tests := []struct {
		name   string
		fields []schema.Field
		beside []Field
		want   []string
	}{
		{
			name: "an object covers its members at any depth",
			fields: []schema.Field{
				{Path: "customer", Type: "object", Annotations: personal},
				{Path: "customer.address", Type: "object"},
				{Path: "customer.address.street", Type: "string"},
				{Path: "customer.tier", Type: "string", Annotations: map[string]any{"x-pii": false}},
			},
			want: []string{"customer declared true delivery", "customer.address inferred true delivery", "customer.address.street inferred true delivery", "customer.tier declared false delivery"},
		},
		{
			name: "a list covers its elements and their members",
			fields: []schema.Field{
				{Path: "tags", Type: "array", Annotations: personal},
				{Path: "tags[]", Type: "string"},
				{Path: "people", Type: "array", Annotations: personal},
				{Path: "people[]", Type: "object"},
				{Path: "people[].name", Type: "string"},
				{Path: "attributes", Type: "object", Annotations: personal},
				{Path: "attributes[*]", Type: "string"},
			},
			want: []string{
				"tags declared true delivery", "tags[] inferred true delivery", "people declared true delivery", "people[] inferred true delivery",
				"people[].name inferred true delivery", "attributes declared true delivery", "attributes[*] inferred true delivery",
			},
		},
		{
			name: "a container needs no declaration, its members do",
			fields: []schema.Field{
				{Path: "customer", Type: "object|null"},
				{Path: "customer.email", Type: "string", Annotations: personal},
				{Path: "customer.note", Type: "string"},
				{Path: "free", Type: "object"},
			},
			want: []string{"customer inferred false ", "customer.email declared true delivery", "customer.note  false ", "free  false "},
		},
		{
			name: "what may be a text instead holds something itself",
			fields: []schema.Field{
				{Path: "customer", Type: "object|string"},
				{Path: "customer.email", Type: "string"},
			},
			want: []string{"customer  false ", "customer.email  false "},
		},
		{
			name:   "what is declared beside the event covers members too",
			fields: []schema.Field{{Path: "customer", Type: "object"}, {Path: "customer.email", Type: "string"}},
			beside: []Field{Field{Path: "customer"}.With(FieldFacts{PII: Value[bool]{Get: true, Source: Declared}})},
			want:   []string{"customer declared true ", "customer.email inferred true "},
		},
		{
			name:   "a field that the schema lacks makes nothing a container",
			fields: []schema.Field{{Path: "customer", Type: "object"}},
			beside: []Field{Field{Path: "customer.gone"}.With(FieldFacts{PII: Value[bool]{Get: true, Source: Declared}})},
			want:   []string{"customer  false ", "customer.gone declared true "},
		},
		{
			name: "what is declared reaches a member whose name is quoted",
			fields: []schema.Field{
				{Path: "customer", Type: "object", Annotations: map[string]any{"x-pii": true}},
				{Path: schema.MemberPath("customer", "e.mail"), Type: "string"},
			},
			want: []string{"customer declared true ", `customer["e.mail"] inferred true `},
		},
		{
			name:   "names of Avro and Protobuf have no hyphen",
			fields: []schema.Field{{Path: "email", Type: "string", Annotations: map[string]any{"x_pii": true, "purpose": "delivery"}}},
			want:   []string{"email declared true delivery"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := &Event{ID: "A", Fields: test.beside}
			for range 2 { // twice is as good as once
				e.AddFields(test.fields)
			}
			var got []string
			for _, f := range e.Fields {
				got = append(got, fmt.Sprintf("%s %s %t %s", f.Path, f.Facts().PII.Source, f.Facts().PII.Get, f.Facts().Purpose.Get))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The fields of an inline schema are found where their author wrote them: in the
// message, among the components, and in another file.
func TestFieldPlaceOfInlineSchemas(t *testing.T) {
	root := fstest.MapFS{
		"api/asyncapi.yaml": {Mode: 0o644, Data: []byte(`asyncapi: 3.0.0
info: {title: Orders, version: 1.0.0}
components:
  messages:
    OrderPlaced:
      payload:
        type: object
        properties:
          id: {type: string}
          customer:
            $ref: '#/components/schemas/Customer'
          total:
            $ref: 'shared/money.yaml#/amount'
  schemas:
    Customer:
      type: object
      properties:
        email:
          type: string
`)},
		"api/shared/money.yaml": {Mode: 0o644, Data: []byte("amount:\n  type: object\n  properties:\n    cents: {type: integer}\n")},
	}
	c, err := Load(t.Context(), []string{"api/asyncapi.yaml"}, Options{FS: root})
	if err != nil {
		t.Fatal(err)
	}
	e := c.Event("OrderPlaced", "")
	addJSONFields(t, e)
	var got []string
	for _, f := range e.Fields {
		got = append(got, f.Path+" "+strings.TrimPrefix(e.FieldPlace(f.Place).String(), "api/"))
	}
	want := []string{"customer asyncapi.yaml:10:11", "customer.email asyncapi.yaml:18:9", "id asyncapi.yaml:9:11", "total asyncapi.yaml:12:11", "total.cents shared/money.yaml:4:5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func addJSONFields(t *testing.T, e *Event) {
	t.Helper()
	engine, err := jsonschema.New(jsonschema.Options{Formats: "ignore"})
	if err != nil {
		t.Fatal(err)
	}
	s := e.Schema.Get
	parsed, err := engine.Parse(schema.Schema{Subject: e.ID, Format: schema.JSON, File: s.File, Text: s.Text})
	if err != nil {
		t.Fatal(err)
	}
	e.AddFields(compat.FieldLister(engine).Fields(parsed))
}
