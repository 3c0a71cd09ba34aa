package protobuf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// foreign is a version that another engine has read.
type foreign struct{ compat.Parsed }

func (foreign) Schema() schema.Schema { return schema.Schema{File: "order.avsc"} }

// A version of another format is refused, on either side.
func TestForeignVersions(t *testing.T) {
	e := newEngine(t, "")
	own := parseText(t, e, `syntax = "proto3"; message OrderPlaced { string id = 1; }`)
	for _, versions := range [][2]compat.Parsed{{foreign{}, own}, {own, foreign{}}} {
		if _, err := e.Compare(t.Context(), versions[0], versions[1], nil); err == nil || !strings.Contains(err.Error(), "order.avsc") {
			t.Errorf("comparing gave %v, want an error that names the file", err)
		}
		if fixes := e.Fixes(versions[0], versions[1], compat.Change{Rule: "proto/field-added"}, compat.BackwardDirection); fixes != nil {
			t.Errorf("got the fixes %v", fixes)
		}
		if refusals, known := e.Refusals("confluent", versions[0], versions[1]); known || refusals != nil {
			t.Errorf("got the refusals %v", refusals)
		}
	}
}

// The profile blueprint judges Kinds: proto3's implicit zero is a default, and a
// removal needs number and name reserved, in every category.
func TestBlueprint(t *testing.T) {
	const old = "syntax = \"proto3\"; message OrderPlaced { string id = 1; string note = 2; int32 total = 3; }"
	tests := []struct{ name, category, next, want string }{
		{"added", "WIRE_JSON", strings.Replace(old, "}", "string shop = 4; }", 1), ""},
		{"removed", "WIRE", strings.Replace(old, "string note = 2;", "", 1), "proto/field-removed"},
		{"removed, number reserved", "WIRE", strings.Replace(old, "string note = 2;", "reserved 2;", 1), compat.RuleFieldRemoved},
		{"removed, reserved", "WIRE_JSON", strings.Replace(old, "string note = 2;", "reserved 2; reserved \"note\";", 1), ""},
		{"in one group", "WIRE_JSON", strings.Replace(old, "int32", "uint32", 1), compat.RuleTypeChanged},
		{"renamed", "WIRE", strings.Replace(old, "note", "remark", 1), compat.RuleFieldRemoved},
		{"made optional in name", "WIRE_JSON", strings.Replace(old, "int32", "optional int32", 1), ""},
	}
	profile, err := compat.ParseProfile("blueprint")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, test.category)
			r, err := compat.Check(context.Background(), e, compat.Options{Level: compat.Backward, Profile: profile},
				[]compat.Parsed{parseText(t, e, old)}, parseText(t, e, test.next))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range r.Breaks {
				got = append(got, b.Rule)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("breaks %v, want %q", got, test.want)
			}
		})
	}
}

// Reordering and reformatting move nothing that identifies a change.
func TestPointersSurviveReordering(t *testing.T) {
	e := newEngine(t, "")
	compare := func(old, next string) []string {
		var pointers []string
		for _, c := range mustCompare(t, e, parseText(t, e, old), parseText(t, e, next)).Changes {
			pointers = append(pointers, c.Pointer)
		}
		return pointers
	}
	const old = "syntax = \"proto3\"; message A { string x = 1; int32 y = 2; } message B { string z = 1; }"
	plain := compare(old, "syntax = \"proto3\"; message A { string x = 1; string y = 2; } message B { string z = 1; }")
	moved := compare(old, "syntax = \"proto3\";\n\nmessage B { string z = 1; }\nmessage A {\n  string y = 2;\n  string x = 1;\n}")
	if diff := cmp.Diff(plain, moved); diff != "" || len(plain) != 1 {
		t.Errorf("pointers differ (-plain +moved):\n%s", diff)
	}
}

func TestLocate(t *testing.T) {
	text := strings.Join([]string{
		"syntax = \"proto3\";",          // 1
		"package shop.v1;",              // 2
		"option go_package = \"shop\";", // 3
		"message A {",                   // 4
		"\toneof o {",                   // 5
		"\t\t/* é */ string e = 1;",     // 6
		"\t}",                           // 7
		"\tmessage B { enum E { X = 0; } reserved 5; }", // 8
		"}",                                   // 9
		"service S { rpc M(A) returns (A); }", // 10
	}, "\n")
	p := parseText(t, newEngine(t, ""), text)
	for pointer, want := range map[string]string{
		"":                               "order.proto:2:1-2:17",
		"/package":                       "order.proto:2:1-2:17",
		"/syntax":                        "order.proto:1:1-1:19",
		"/options/go_package":            "order.proto:3:1-3:28",
		"/options/java_package":          "order.proto:2:1-2:17",
		"/messages/A":                    "order.proto:4:1-9:2",
		"/messages/A/oneofs/o":           "order.proto:5:2-7:3",
		"/messages/A/fields/1":           "order.proto:6:11-6:24",
		"/messages/A/fields/1/name":      "order.proto:6:18-6:19",
		"/messages/A/fields/1/json_name": "order.proto:6:11-6:24",
		"/messages/A/fields/9":           "order.proto:4:1-9:2",
		"/messages/A.B/fields/9/type":    "order.proto:8:2-8:45",
		"/messages/A.B/reserved":         "order.proto:8:32-8:43",
		"/messages/A.C":                  "order.proto:4:1-9:2",
		"/enums/A.B.E/values/0":          "order.proto:8:23-8:29",
		"/services/S/methods/M/input":    "order.proto:10:19-10:20",
		"/services/S/methods/N":          "order.proto:10:1-10:36",
		"/services/T":                    "order.proto:2:1-2:17",
	} {
		if got := placeOf(p.Locate(pointer)); got != want {
			t.Errorf("%q lies at %s, want %s", pointer, got, want)
		}
	}
}

func TestLocateNamesTheRevision(t *testing.T) {
	p := mustParse(t, newEngine(t, ""), schema.Schema{File: "order.proto", Revision: "abc123", Text: []byte("syntax = \"proto3\";")})
	if at := p.Locate(""); at.Revision == nil || *at.Revision != "abc123" {
		t.Errorf("revision %v", at.Revision)
	}
}

func TestValidator(t *testing.T) {
	p := parseText(t, newEngine(t, ""), "syntax = \"proto3\"; message OrderPlaced { string order_id = 1; int64 total = 2; }")
	v, err := p.Validator()
	if err != nil {
		t.Fatal(err)
	}
	for text, valid := range map[string]bool{
		`{"orderId": "a", "total": "12345678901"}`: true,
		`{"order_id": "a", "total": 5}`:            true,
		`{"orderId": 5}`:                           false,
		`{"unknown": 5}`:                           false,
		`[]`:                                       false,
	} {
		var document any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&document); err != nil {
			t.Fatal(err)
		}
		err := v.Validate(document)
		var invalid *schema.Invalid
		if (err == nil) != valid || err != nil && !errors.As(err, &invalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var input *compat.InputError
	if _, err := parseText(t, newEngine(t, ""), "syntax = \"proto3\";").Validator(); !errors.As(err, &input) {
		t.Errorf("without a message: %v", err)
	}
}

func TestCompareEndsWithItsContext(t *testing.T) {
	e := newEngine(t, "")
	p := parseText(t, e, "syntax = \"proto3\";")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Compare(ctx, p, p, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Compare: %v", err)
	}
}

// Files of one run that declare the same names, or extend a message with the
// same number, do not disturb each other unless one imports the other.
func TestFilesOfARunAreIndependent(t *testing.T) {
	e := newEngine(t, "")
	for i := range 2 * maxUniverses {
		for _, text := range []string{
			"syntax = \"proto3\"; package p; message A { string x = 1; } // %d",
			"syntax = \"proto3\"; package p.A; message B { string x = 1; } // %d",
			"syntax = \"proto3\"; package q%d; import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FieldOptions { string owner = 50000; }",
		} {
			parseText(t, e, fmt.Sprintf(text, i))
		}
	}
}

func TestEngineIsSafeForConcurrentUse(t *testing.T) {
	e := newEngine(t, "FILE")
	const old = "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; message OrderPlaced { string id = 1; google.protobuf.Timestamp at = 2; }"
	results := make(chan string)
	for i := range 8 {
		go func() {
			next := strings.Replace(old, "string id", []string{"int32 id", "bytes id"}[i%2], 1)
			a, errA := e.Parse(schema.Schema{File: "a.proto", Text: []byte(old)})
			b, errB := e.Parse(schema.Schema{File: "a.proto", Text: []byte(next)})
			if errA != nil || errB != nil {
				results <- fmt.Sprint(errA, errB)
				return
			}
			c, err := e.Compare(context.Background(), a, b, compat.Full.Directions())
			if err != nil || len(c.Changes) != 1 {
				results <- fmt.Sprint(c, err)
				return
			}
			b.Locate(c.Changes[0].NewPointer)
			results <- ""
		}()
	}
	for range 8 {
		if problem := <-results; problem != "" {
			t.Error(problem)
		}
	}
}
