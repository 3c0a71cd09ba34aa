package scaffold

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// parcels is the spec of an app, made of flags.
func parcels(t testing.TB) Spec {
	t.Helper()
	s, err := Flags("parcels", FlagOptions{Module: "example.com/parcels", Aggregates: []AggregateFlags{{
		Name: "Parcel", Commands: []string{"HandIn:ParcelHandedIn{weight:number,to:string}", "Deliver:ParcelDelivered{at:date-time}"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newApp(t testing.TB, s Spec, o NewOptions) Tree {
	t.Helper()
	app, err := New(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func TestNewHasAllPartsOfAnApp(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{Version: "v1.2.3"})
	for _, name := range []string{
		"go.mod", "go.sum", "domain.yaml", "catalog.lock.json", ".nexus/manifest.json",
		"internal/nexus/store/store.go", "internal/parcel/decide.go", "catalog/events/ParcelHandedIn/schema.json",
	} {
		if app[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if !strings.HasPrefix(string(app["go.mod"]), "module example.com/parcels\n") {
		t.Errorf("go.mod begins with %.40q", app["go.mod"])
	}
	fsys, err := app.FS()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if m.Nexus != "v1.2.3" || m.Core != (CoreVersion{"v1.2.3", present().Digest()}) {
		t.Errorf("the manifest says it was written by %s, with the core %v", m.Nexus, m.Core)
	}
	listed := map[string]bool{manifestFile: true, renderedFile: true}
	for name, file := range m.Files {
		listed[name] = true
		if file.SHA256 != hash(app[name]) {
			t.Errorf("the manifest has another hash for %s", name)
		}
	}
	for _, name := range app.Names() {
		if !listed[name] {
			t.Errorf("the manifest does not list %s", name)
		}
	}
	for name, want := range map[string]Owner{"go.mod": CoreOwner, "internal/nexus/gate/schemas.go": CoreOwner, "catalog.lock.json": GeneratedOwner, "internal/parcel/event.go": YourOwner} {
		if got := m.Files[name].Owner; got != want {
			t.Errorf("%s is of %q, want %q", name, got, want)
		}
	}
}

// What nexus keeps of the user's files is what it wrote, to the byte.
func TestNewKeepsTheBaseOfLaterMerges(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{})
	fsys, err := app.FS()
	if err != nil {
		t.Fatal(err)
	}
	base, err := readRendered(fsys)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, name := range app.Names() {
		if OwnerOf(name) != YourOwner || name == specFile || strings.HasPrefix(name, ".nexus/") {
			continue
		}
		kept++
		if diff := cmp.Diff(string(app[name]), string(base[name])); diff != "" {
			t.Errorf("the base of %s is another (-app +base):\n%s", name, diff)
		}
	}
	if kept < 10 || kept != len(base) {
		t.Errorf("%d files have a base, and %d are the user's", len(base), kept)
	}
}

func TestNewIsTheSameEveryTime(t *testing.T) {
	first := newApp(t, parcels(t), NewOptions{Version: "v1"})
	for range 2 {
		if diff := cmp.Diff(first, newApp(t, parcels(t), NewOptions{Version: "v1"})); diff != "" {
			t.Fatalf("another time another app (-first +now):\n%s", diff)
		}
	}
}

// The words of the user stay in domain.yaml, as long as they say the same.
func TestNewKeepsTheSpecAsItIsWritten(t *testing.T) {
	s := parcels(t)
	written := append([]byte("# what we ship\n"), s.Write()...)
	if got := string(newApp(t, s, NewOptions{Text: written})[specFile]); got != string(written) {
		t.Errorf("domain.yaml is\n%s", got)
	}
	s.Module = "example.com/other"
	if got := string(newApp(t, s, NewOptions{Text: written})[specFile]); strings.Contains(got, "what we ship") || !strings.Contains(got, "example.com/other") {
		t.Errorf("domain.yaml is not that of the other module:\n%s", got)
	}
}

// Lock is what the app reads: its own reader finds every message with its schema.
func TestLockIsWhatTheAppReads(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{})
	fsys, err := app.FS()
	if err != nil {
		t.Fatal(err)
	}
	l, err := lock.Read(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range l.Messages {
		ids = append(ids, m.Kind+" "+m.ID)
		if app[m.Current()] == nil || m.Facts["id"] != m.ID {
			t.Errorf("%s has the schema %q and the facts of %v", m.ID, m.Current(), m.Facts["id"])
		}
		if m.Example == nil || app[*m.Example] == nil {
			t.Errorf("%s has no example", m.ID)
		}
	}
	want := []string{"command Deliver", "command HandIn", "event ParcelDelivered", "event ParcelHandedIn"}
	slices.Sort(ids)
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("the messages differ (-want +got):\n%s", diff)
	}
	for _, kind := range []string{lock.EventKind, lock.CommandKind} {
		if _, err := l.Schemas(fsys, kind); err != nil {
			t.Error(err)
		}
	}
}

func TestLockRefusesWhatAnAppCannotRunWith(t *testing.T) {
	page := func(more string) []byte { return []byte("---\nid: Opened\nname: Opened\n" + more + "---\n") }
	object := []byte(`{"type": "object", "properties": {"id": {"type": "string"}}}`)
	tests := []struct {
		name  string
		files Tree
		want  string
	}{
		{"no version", Tree{"catalog/events/Opened/index.mdx": page("schemaPath: schema.json\n"), "catalog/events/Opened/schema.json": object}, "has no version"},
		{"no schema", Tree{"catalog/events/Opened/index.mdx": page("version: 1.0.0\n")}, "has no schema"},
		{"another language", Tree{"catalog/events/Opened/index.mdx": page("version: 1.0.0\nschemaPath: schema.avsc\n"), "catalog/events/Opened/schema.avsc": []byte(`{"type":"record","name":"Opened","fields":[]}`)}, "judges messages by JSON Schemas"},
		{"a schema that is none", Tree{"catalog/events/Opened/index.mdx": page("version: 1.0.0\nschemaPath: schema.json\n"), "catalog/events/Opened/schema.json": []byte(`{"type": "obj"}`)}, "schema.json"},
		{"no catalog", Tree{"README.md": nil}, "catalog"},
		{"a name that cannot be embedded", Tree{"catalog/events/O'Pened/index.mdx": page("version: 1.0.0\nschemaPath: schema.json\n"), "catalog/events/O'Pened/schema.json": object}, "no file that is called catalog/events/O'Pened/index.mdx"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Lock(t.Context(), test.files)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

// Earlier versions come before the current one, in the order of their numbers.
func TestLockOrdersVersions(t *testing.T) {
	files := Tree{}
	page := func(dir, version string) {
		files[dir+"/index.mdx"] = []byte("---\nid: Opened\nname: Opened\nversion: " + version + "\nschemaPath: schema.json\n---\n")
		files[dir+"/schema.json"] = []byte(`{"type": "object"}`)
	}
	page("catalog/events/Opened", "10.0.0")
	page("catalog/events/Opened/versioned/9.0.0", "9.0.0")
	page("catalog/events/Opened/versioned/2.0.0", "2.0.0")
	files["catalog/events/Opened/examples/a.json"] = []byte(`[]`)
	files["catalog/events/Opened/examples/b.json"] = []byte(`{}`)
	text, err := Lock(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	var l lock.Lock
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	want := []lock.MessageVersion{
		{Version: "2.0.0", Schema: "catalog/events/Opened/versioned/2.0.0/schema.json"},
		{Version: "9.0.0", Schema: "catalog/events/Opened/versioned/9.0.0/schema.json"},
		{Version: "10.0.0", Schema: "catalog/events/Opened/schema.json"},
	}
	if diff := cmp.Diff(want, l.Messages[0].Versions); diff != "" {
		t.Errorf("the versions differ (-want +got):\n%s", diff)
	}
	if got := l.Messages[0].Example; got == nil || *got != "catalog/events/Opened/examples/b.json" {
		t.Errorf("the example is %v, want the one that the schema accepts", got)
	}
}

// The workflow installs the nexus that made the app, so that its runs are repeatable.
func TestWorkflowInstallsTheReleaseThatMadeTheApp(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3": "v1.2.3", "v1.2.3": "v1.2.3", "devel": "latest", "": "latest", "v1.3.0-rc.1": "latest",
		"v0.0.0-20260131120000-0123456789ab": "latest", "v1.2.3+dirty": "latest",
	} {
		app := newApp(t, parcels(t), NewOptions{Version: version})
		if text := string(app[".github/workflows/ci.yml"]); !strings.Contains(text, "/nexus@"+want+" ") && !strings.Contains(text, "/nexus@"+want+"\n") {
			t.Errorf("made by %q, it does not install %s", version, want)
		}
		if releaseTag(version) == "" {
			continue
		}
		after, _ := added(t, app, loseParcel) // by v1.0.0
		if text := string(after[".github/workflows/ci.yml"]); !strings.Contains(text, "/nexus@v1.0.0\n") {
			t.Error("what is added to by v1.0.0 is not checked by v1.0.0")
		}
	}
}

// Without a summary, code says no less than the names do.
func TestCodeWithoutSummaries(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{Version: "v1.0.0"})
	for name, want := range map[string]string{
		"internal/parcel/event.go":   "// ParcelDelivered is recorded when Deliver is accepted.\n",
		"internal/parcel/parcel.go":  `domain.On("HandIn", "Asks to hand in.", HandIn.Decide)`,
		"internal/parcel/command.go": "// Deliver asks to deliver.\n",
	} {
		if !strings.Contains(string(app[name]), want) {
			t.Errorf("%s has no %q:\n%s", name, want, app[name])
		}
	}
	if strings.Contains(string(app["internal/parcel/parcel.go"]), "embed") {
		t.Error("parcel.go embeds its source")
	}
}

// What an aggregate of a catalog is given gets pages that the catalog's own rules take,
// beside pages that do not change.
func TestAddDescribesMessagesInATakenCatalog(t *testing.T) {
	text, err := os.ReadFile("../examples/orders/domain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ReadSpec(specFile, text)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := ReadTree(os.DirFS("../examples/orders/catalog"))
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t, spec, NewOptions{Version: "v1.0.0", Catalog: taken, Text: text})
	after, a := added(t, app, func(s Spec) (Spec, error) {
		return s.WithCommand("Order", "ReturnOrder:OrderReturned{reason:string}")
	})
	if diff := cmp.Diff([]string{"ReturnOrder", "OrderReturned"}, a.Described); diff != "" {
		t.Errorf("described are (-want +got):\n%s", diff)
	}
	for name := range taken {
		if file := "catalog/" + name; string(after[file]) != string(app[file]) {
			t.Errorf("%s is changed", file)
		}
	}
	page := string(after["catalog/events/OrderReturned/index.mdx"])
	for _, want := range []string{"\nowners: [orders-team]\n", "\nchannels: [{id: orders.events}]\n", "\nx-path: kinesis\n", "\nx-aggregate: Order\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	if !strings.Contains(string(after[lock.File]), `"id": "OrderReturned"`) {
		t.Error("the lock lacks OrderReturned")
	}
	if again, b := added(t, after, func(s Spec) (Spec, error) { return s, nil }); len(b.Changes) > 0 || len(again) != len(after) {
		t.Errorf("added again, it changes %v", b.Changes)
	}
	checkGo(t, after.without(Core("example.com/orders")), "example.com/orders")
}
