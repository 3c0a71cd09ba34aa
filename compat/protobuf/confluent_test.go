package protobuf

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// A fixture in testdata/confluent holds two versions; want is what the registry
// refuses of them in the direction BACKWARD: rule, place in the new and in the
// old version, and message.
func TestRefusals(t *testing.T) {
	files, err := filepath.Glob("testdata/confluent/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	e := newEngine(t, "")
	for _, file := range files {
		t.Run(fixtureName(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
			refusals, known := e.Refusals("confluent", old, next)
			if !known {
				t.Fatal("the registry is not known")
			}
			var b strings.Builder
			for _, r := range refusals {
				fmt.Fprintf(&b, "%s  %s\n  %s\n", r.Rule, placeOf(next.Locate(r.Pointer)), r.Message)
			}
			if len(refusals) == 0 {
				b.WriteString("accepted\n")
			}
			compareWant(t, file, archive, b.String())
		})
	}
}

func TestRefusalExcerptsFireTheirRule(t *testing.T) {
	e := newEngine(t, "")
	for _, r := range e.Rules() {
		family, _, _ := strings.Cut(r.ID, "/")
		if family == "proto" {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			refusals, _ := e.Refusals(family, parseText(t, e, r.Before), parseText(t, e, r.After))
			var fired []string
			for _, x := range refusals {
				fired = append(fired, x.Rule)
			}
			if !slices.Equal(fired, []string{r.ID}) {
				t.Errorf("the excerpts fire %v, want %s alone", fired, r.ID)
			}
		})
	}
}

func TestUnknownRegistryIsNotEmulated(t *testing.T) {
	e := newEngine(t, "")
	p := parseText(t, e, "syntax = \"proto3\";")
	if _, known := e.Refusals("apicurio", p, p); known {
		t.Error("a registry that nobody described is emulated")
	}
}
