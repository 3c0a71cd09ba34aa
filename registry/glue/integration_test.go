//go:build integration

package glue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	api "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/registrytest"
	"github.com/nexus-blueprint/nexus/schema"
)

// These tests talk to moto's server of AWS Glue, which scripts/servers/glue.sh
// installs and starts. moto judges nothing and never answers PENDING: waiting for
// Glue's verdict is tested by the stories only.

// openServer starts a server and opens a registry of it, which it creates.
func openServer(t *testing.T) (*Registry, *os.Process) {
	t.Helper()
	url, process := registrytest.Start(t, "../../scripts/servers/glue.sh") // before signedIn, which hides the user's cache
	signedIn(t)
	o := Options{Registry: "orders", Region: "eu-west-1", EndpointURL: url, Concurrency: MaxConcurrency}
	_, err := Open(t.Context(), o)
	if e, ok := errors.AsType[*registry.Error](err); !ok || e.Code != registry.CodeOptions {
		t.Fatalf("a registry that is not there: %v", err)
	}
	standard := o
	standard.Registry = ""
	creator, err := Open(t.Context(), standard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := creator.client.CreateRegistry(t.Context(), &api.CreateRegistryInput{RegistryName: &o.Registry}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, process
}

func order(fields string) schema.Schema {
	return schema.Schema{Subject: "OrderPlaced", Format: schema.Avro,
		Text: []byte(`{"type": "record", "name": "OrderPlaced", "fields": [` + fields + `]}`)}
}

const (
	idField    = `{"name": "id", "type": "string"}`
	totalField = `{"name": "total", "type": "long"}`
)

// TestEvolve registers versions, reads them back, and registers one again.
func TestEvolve(t *testing.T) {
	r, _ := openServer(t)
	ctx := t.Context()
	first, second := order(idField), order(idField+`, {"name": "note", "type": "string", "default": ""}`)
	for i, s := range []schema.Schema{first, second, first} {
		version, err := r.Register(ctx, s)
		if want := []string{"1", "2", "1"}[i]; err != nil || version != want {
			t.Fatalf("registering: version %q, %v, want %s", version, err, want)
		}
	}
	history, err := registry.History(ctx, r, "OrderPlaced", true)
	if err != nil {
		t.Fatal(err)
	}
	want := []schema.Schema{
		{Subject: "OrderPlaced", Version: "1", Format: schema.Avro, File: "glue/orders/OrderPlaced/1.avsc", Revision: "1", Text: first.Text},
		{Subject: "OrderPlaced", Version: "2", Format: schema.Avro, File: "glue/orders/OrderPlaced/2.avsc", Revision: "2", Text: second.Text},
	}
	if diff := cmp.Diff(want, history); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	latest, err := r.Schema(ctx, "OrderPlaced", "")
	if diff := cmp.Diff(want[1], latest); diff != "" || err != nil {
		t.Errorf("latest: %v (-want +got):\n%s", err, diff)
	}
	for _, version := range []string{"3", "0", "latest"} {
		if _, err := r.Schema(ctx, "OrderPlaced", version); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("version %s: %v", version, err)
		}
	}
	if _, err := r.Versions(ctx, "OrderLost"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("an unknown schema: %v", err)
	}
}

// TestServerJudgesNothing pins down why nexus is the only guard here: under
// BACKWARD_ALL the server takes a version that no reader of the first can read.
func TestServerJudgesNothing(t *testing.T) {
	r, _ := openServer(t)
	ctx := t.Context()
	if _, err := r.Register(ctx, order(idField)); err != nil {
		t.Fatal(err)
	}
	if err := r.SetCompatibility(ctx, "OrderPlaced", compat.BackwardTransitive); err != nil {
		t.Fatal(err)
	}
	version, err := r.Register(ctx, order(idField+", "+totalField)) // a new field without a default
	if err != nil || version != "2" {
		t.Errorf("the server refuses what moto 5.2.5 took: version %q, %v; docs/registries.md says that it judges nothing", version, err)
	}
}

func TestLevels(t *testing.T) {
	r, _ := openServer(t)
	ctx := t.Context()
	if _, err := r.Register(ctx, order(idField)); err != nil {
		t.Fatal(err)
	}
	if level, err := r.Compatibility(ctx, "OrderPlaced"); err != nil || level != compat.Backward {
		t.Errorf("a new schema has the level %q, %v", level, err)
	}
	for _, level := range compat.Levels {
		if err := r.SetCompatibility(ctx, "OrderPlaced", level); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Compatibility(ctx, "OrderPlaced"); err != nil || got != level {
			t.Errorf("set %s, got %q, %v", level, got, err)
		}
	}
	settings, err := r.Settings(ctx, "OrderPlaced")
	want := Settings{Format: schema.Avro, Mode: "FULL_ALL", Level: compat.FullTransitive, Checkpoint: "1"}
	if diff := cmp.Diff(want, settings); diff != "" || err != nil {
		t.Errorf("settings: %v (-want +got):\n%s", err, diff)
	}
	if err := r.SetCompatibility(ctx, "OrderLost", compat.Full); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("the level of an unknown schema: %v", err)
	}
}

// TestRefusals are the refusals that moto knows.
func TestRefusals(t *testing.T) {
	r, _ := openServer(t)
	ctx := t.Context()
	if _, err := r.Register(ctx, order(idField)); err != nil {
		t.Fatal(err)
	}
	other := order(idField)
	other.Format = schema.JSON
	broken := order(idField)
	broken.Text = []byte(`{"type": `)
	long := order(idField)
	long.Text = fmt.Appendf(nil, `{"type": "string", "doc": "%0170000d"}`, 0)
	for _, test := range []struct {
		name string
		s    schema.Schema
		code string
	}{
		{"another format", other, registry.CodeConflict},
		{"malformed", broken, registry.CodeInvalid},
		{"too long", long, registry.CodeInvalid},
	} {
		_, err := r.Register(ctx, test.s)
		if e, ok := errors.AsType[*registry.Error](err); !ok || e.Code != test.code {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// fill registers subjects, in the three formats, and returns their names in order.
func fill(t *testing.T, r *Registry, count int) []string {
	t.Helper()
	texts := []schema.Schema{
		{Format: schema.Avro, Text: []byte(`"string"`)},
		{Format: schema.JSON, Text: []byte(`{"type": "object"}`)},
		{Format: schema.Protobuf, Text: []byte("syntax = \"proto3\";\nmessage Placed {}\n")},
	}
	names := make([]string, count)
	var wait sync.WaitGroup
	for i := range names {
		names[i] = fmt.Sprintf("shop.Event-%03d", i)
		wait.Go(func() {
			s := texts[i%len(texts)]
			s.Subject = names[i]
			if _, err := r.Register(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	return names
}

// TestPagination lists 200 schemas, in two pages, and one with 120 versions.
func TestPagination(t *testing.T) {
	r, _ := openServer(t)
	names := fill(t, r, 200)
	subjects, err := r.Subjects(t.Context())
	if diff := cmp.Diff(names, subjects); diff != "" || err != nil {
		t.Errorf("subjects: %v (-want +got):\n%s", err, diff)
	}
	var want []string
	for i := range 120 {
		version, err := r.Register(t.Context(), order(fmt.Sprintf(`{"name": "f%d", "type": "string"}`, i)))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, version)
	}
	versions, err := r.Versions(t.Context(), "OrderPlaced")
	if diff := cmp.Diff(want, versions); diff != "" || err != nil {
		t.Errorf("versions: %v (-want +got):\n%s", err, diff)
	}
}

// TestKilled reads 200 schemas at once and kills the server in the middle: each
// is read or reported as unreachable, none is missing.
func TestKilled(t *testing.T) {
	r, process := openServer(t)
	names := fill(t, r, 200)
	t.Setenv("AWS_MAX_ATTEMPTS", "1") // the pauses between attempts are real here
	r, err := Open(t.Context(), Options{Registry: "orders", Region: "eu-west-1", EndpointURL: *r.client.Options().BaseEndpoint})
	if err != nil {
		t.Fatal(err)
	}
	var read, lost atomic.Int64
	var wait sync.WaitGroup
	for _, name := range names {
		wait.Go(func() {
			_, err := r.Schema(context.Background(), name, "")
			e, _ := errors.AsType[*registry.Error](err)
			switch {
			case err == nil && read.Add(1) == 50:
				if err := process.Kill(); err != nil {
					t.Error(err)
				}
			case err == nil:
			case e != nil && e.Code == registry.CodeUnreachable:
				lost.Add(1)
			default:
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wait.Wait()
	if read.Load() < 50 || lost.Load() == 0 || read.Load()+lost.Load() != int64(len(names)) {
		t.Errorf("%d read and %d lost of %d", read.Load(), lost.Load(), len(names))
	}
	if _, err := r.Subjects(t.Context()); err == nil {
		t.Error("a dead server lists subjects")
	}
}
