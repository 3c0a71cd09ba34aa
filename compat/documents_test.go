package compat

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// rejects is a validator that refuses every document.
type rejects struct{}

func (rejects) Validate(any) error { return errors.New("total is negative") }

type accepts struct{}

func (accepts) Validate(any) error { return nil }

func TestValidate(t *testing.T) {
	doc, err := document.Parse("order.json", []byte("{\n  \"total\": -1\n}"))
	if err != nil {
		t.Fatal(err)
	}
	check, findings := Validate("json", doc, accepts{})
	if check.Result != report.Pass || len(findings) != 0 {
		t.Errorf("an accepted document is %s with %d findings", check.Result, len(findings))
	}
	check, findings = Validate("json", doc, rejects{})
	if check.Result != report.Fail || len(findings) != 1 {
		t.Fatalf("a rejected document is %s with %d findings", check.Result, len(findings))
	}
	f := findings[0]
	got := []string{f.Rule, string(f.Severity), f.Subject, f.Message, f.Location.File}
	want := []string{"json/invalid-document", "error", "order.json", "total is negative", "order.json"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("finding differs (-want +got):\n%s", diff)
	}
}

func TestDocumentProblem(t *testing.T) {
	_, err := document.Parse("order.json", []byte("{\n  \"total\": }"))
	p := DocumentProblem("order.json", err)
	if p.Location == nil || p.Location.Line != 2 || p.Code != document.CodeSyntax {
		t.Errorf("problem %+v, want it at line 2", p)
	}
}
