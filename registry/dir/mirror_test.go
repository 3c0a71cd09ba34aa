package dir

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

func openMirror(t *testing.T, folder string, change ...func(*MirrorOptions)) *Mirror {
	t.Helper()
	o := MirrorOptions{Source: "confluent:http://a", Shown: "copy", Suffix: func(schema.Format) string { return ".avsc" }}
	for _, c := range change {
		c(&o)
	}
	m, err := OpenMirror(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func avro(subject, version, text string, references ...schema.Reference) schema.Schema {
	return schema.Schema{Subject: subject, Version: version, Format: schema.Avro, Text: []byte(text), References: references}
}

func put(t *testing.T, m *Mirror, s schema.Schema) registry.LockedVersion {
	t.Helper()
	v, err := m.Put(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func finish(t *testing.T, m *Mirror, subjects ...registry.LockedSubject) int {
	t.Helper()
	removed, err := m.Finish(&registry.Lock{Source: "confluent:http://a", Pulled: time.Unix(1769817600, 0), Subjects: subjects})
	if err != nil {
		t.Fatal(err)
	}
	return removed
}

func locked(subject string, versions ...registry.LockedVersion) registry.LockedSubject {
	return registry.LockedSubject{Subject: subject, Level: compat.Full, Versions: versions}
}

// What was put before the end is kept, even when the last note was cut.
func TestMirrorGoesOnWhereItEnded(t *testing.T) {
	folder := t.TempDir()
	money := schema.Reference{Name: "Money", Subject: "money", Version: "1", Text: []byte(`"long"`)}
	first := openMirror(t, folder)
	put(t, first, avro("orders", "1", `"int"`, money))
	put(t, first, avro("orders", "2", `"long"`))
	_ = first.Close()
	journal := filepath.Join(folder, JournalName)
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, text[:len(text)-9], 0o644); err != nil { // killed in the middle of a line
		t.Fatal(err)
	}
	second := openMirror(t, folder)
	for subject, versions := range map[string]map[string]bool{"orders": {"1": true, "2": false, "3": false}, "money": {"1": false}} {
		for version, want := range versions {
			if _, kept, err := second.Kept(subject, version); kept != want || err != nil {
				t.Errorf("%s %s: kept %v, %v, want %v", subject, version, kept, err, want)
			}
		}
	}
	one, _, err := second.Kept("orders", "1")
	if err != nil {
		t.Fatal(err)
	}
	finish(t, second, locked("orders", one, put(t, second, avro("orders", "2", `"long"`))))
	r, err := Open(folder, Options{Layout: avroLayout})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Schema(t.Context(), "orders", "1")
	if err != nil {
		t.Fatal(err)
	}
	want := []schema.Reference{{Name: "Money", Subject: "money", Version: "1", File: filepath.ToSlash(folder) + "/money/1.avsc", Text: []byte(`"long"`)}}
	if diff := cmp.Diff(want, s.References); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	subjects, _ := r.Subjects(t.Context())
	level, _ := r.Compatibility(t.Context(), "orders")
	if diff := cmp.Diff([]string{"orders"}, subjects); diff != "" || level != compat.Full {
		t.Errorf("level %s, subjects (-want +got):\n%s", level, diff)
	}
}

var avroLayout = registry.Layout{Kinds: []registry.Kind{{Format: schema.Avro, Suffixes: []string{".avsc"}}}}

// Subjects that differ in case need two folders, whichever answer comes first.
func TestMirrorKeepsCaseApart(t *testing.T) {
	var files []string
	for _, order := range [][]string{{"Orders", "orders"}, {"orders", "Orders"}} {
		m := openMirror(t, t.TempDir())
		m.Reserve([]string{"Orders", "orders"})
		found := map[string]string{}
		for _, subject := range order {
			found[subject] = put(t, m, avro(subject, "1", `"int"`)).File
		}
		files = append(files, found["Orders"], found["orders"])
	}
	if files[0] != "Orders/1.avsc" || files[1] == "orders/1.avsc" || files[0] != files[2] || files[1] != files[3] {
		t.Errorf("files %v", files)
	}
}

func TestMirrorLeavesOthersAlone(t *testing.T) {
	folder := t.TempDir()
	m := openMirror(t, folder)
	one := put(t, m, avro("orders", "1", `"int"`))
	gone := put(t, m, avro("gone", "1", `"int"`))
	changed := put(t, m, avro("changed", "1", `"int"`))
	finish(t, m, locked("changed", changed), locked("gone", gone), locked("orders", one))
	edit := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("orders/1.avsc", "mine")
	edit("orders/2.avsc", "mine")
	edit("changed/1.avsc", "mine")

	m = openMirror(t, folder)
	for _, err := range []error{
		second(m.Kept("orders", "1")),
		only(m.Put(avro("orders", "2", `"long"`))),
	} {
		if _, ok := errors.AsType[*EditedError](err); !ok {
			t.Errorf("error %v, want that the file is in the way", err)
		}
	}
	_ = m.Close()
	m = openMirror(t, folder, func(o *MirrorOptions) { o.Force = true })
	one = put(t, m, avro("orders", "1", `"int"`))
	if removed := finish(t, m, locked("orders", one)); removed != 1 {
		t.Errorf("%d files removed, want the one that is as it was pulled", removed)
	}
	for name, want := range map[string]string{"orders/1.avsc": `"int"`, "changed/1.avsc": "mine", "gone/1.avsc": ""} {
		if text, _ := os.ReadFile(filepath.Join(folder, name)); string(text) != want {
			t.Errorf("%s holds %q, want %q", name, text, want)
		}
	}
	if _, err := OpenMirror(folder, MirrorOptions{Source: "confluent:http://b", Shown: "copy"}); err == nil {
		t.Error("a copy of another registry was taken over")
	}
	if _, err := os.Stat(filepath.Join(folder, JournalName)); err == nil {
		t.Error("a refused pull left its journal, which makes the copy useless")
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }
func only[A any](_ A, err error) error           { return err }
