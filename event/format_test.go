package event

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the events wanted in testdata/formats")

// TestFormats reads the logs of testdata/formats. An archive holds the files of
// a log below log/, perhaps a file map with one attribute=path a line, and the
// events wanted.
func TestFormats(t *testing.T) {
	archives, err := filepath.Glob("testdata/formats/*.txtar")
	if err != nil || len(archives) < len(formats) {
		t.Fatalf("%d archives for %d formats: %v", len(archives), len(formats), err)
	}
	seen := map[string]bool{}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			name, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := readArchive(t, archive, seen)
			for i, file := range archive.Files {
				if file.Name != "want" {
					continue
				}
				if *update {
					archive.Files[i].Data = []byte(got)
					if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
						t.Fatal(err)
					}
				} else if diff := cmp.Diff(string(file.Data), got); diff != "" {
					t.Errorf("events differ (-want +got):\n%s", diff)
				}
			}
		})
	}
	for _, f := range formats {
		if !seen[f.name] {
			t.Errorf("no archive is read as %s", f.name)
		}
	}
}

// readArchive is the text of everything a log yields.
func readArchive(t *testing.T, archive *txtar.Archive, seen map[string]bool) string {
	t.Helper()
	t.Chdir(t.TempDir())
	var o Options
	for _, file := range archive.Files {
		switch {
		case strings.HasPrefix(file.Name, "log/"):
			if err := os.MkdirAll(filepath.Dir(file.Name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file.Name, file.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		case file.Name == "map":
			o.Map = map[string]string{}
			for line := range strings.Lines(string(file.Data)) {
				name, place, _ := strings.Cut(strings.TrimSpace(line), "=")
				o.Map[name] = place
			}
		}
	}
	log, err := Open(context.Background(), []string{"log"}, o)
	if err != nil {
		return "open: " + err.Error() + "\n"
	}
	seen[log.Mapping().Format] = true
	var b strings.Builder
	m := log.Mapping()
	fmt.Fprintf(&b, "%s, by %s\n", m, m.Framing)
	for e, err := range log.Events(context.Background()) {
		if _, ok := errors.AsType[*RecordError](err); ok {
			fmt.Fprintf(&b, "\nrecord: %v\n", err)
		} else if err != nil {
			fmt.Fprintf(&b, "\nerror: %v\n", err)
		} else {
			fmt.Fprintf(&b, "\n%s", show(e))
		}
	}
	return b.String()
}

// show writes an event so that a person can check it.
func show(e *Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", e.Type)
	if e.Stream != nil {
		fmt.Fprintf(&b, " of %s", e.Stream)
	}
	if e.HasSequence {
		fmt.Fprintf(&b, " #%d", e.Sequence)
	}
	fmt.Fprintf(&b, " at %s:%d byte %d\n", filepath.ToSlash(e.File), e.Line, e.Offset)
	line := func(name string, value any, is bool) {
		if is {
			fmt.Fprintf(&b, "  %s %s\n", name, value)
		}
	}
	line("id", e.ID, e.ID != nil)
	line("source", e.Source, e.Source != "")
	line("time", e.Time.Format(time.RFC3339Nano), !e.Time.IsZero())
	line("recorded", e.Recorded.Format(time.RFC3339Nano), !e.Recorded.IsZero())
	line("correlation", e.CorrelationID, e.CorrelationID != nil)
	line("causation", e.CausationID, e.CausationID != nil)
	line("schema", e.SchemaVersion, e.SchemaVersion != "")
	line("data", e.Data, e.Data != nil && !e.Base64)
	line("binary", e.Data, e.Base64)
	line("metadata", e.Metadata, e.Metadata != nil)
	for name, value := range e.Extensions() {
		fmt.Fprintf(&b, "  + %s %s\n", name, value)
	}
	return b.String()
}

func TestFormatNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats() {
		found, err := formatByName(f.Name)
		if err != nil || found.title != f.Title || f.Title == "" || seen[f.Name] {
			t.Errorf("format %q is found as %v: %v", f.Name, found, err)
		}
		seen[f.Name] = true
	}
	for _, name := range AttributeNames() {
		if a, err := attributeByName(name); err != nil || a.String() != name {
			t.Errorf("attribute %q is found as %q: %v", name, a, err)
		}
	}
}
