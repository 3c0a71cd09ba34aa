package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

var ann = app.Caller{Tenant: "north", Actor: "ann"}

// TestManyOnOneStream: commands that do not say what they expect are decided anew
// until they are in.
func TestManyOnOneStream(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		const writers = 16
		var wait sync.WaitGroup
		for range writers {
			wait.Go(func() {
				if _, err := b.Execute(t.Context(), ann, "Box", box1, "FillBox", json.RawMessage(`{"item": "a lamp"}`)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		state, version, err := b.Load(t.Context(), "north", "Box", box1, snapshot.Until{})
		if want := int64(4 + 3*writers); err != nil || version != want {
			t.Errorf("the box is %+v at version %d (%v), want %d", state, version, err, want)
		}
	})
}

func TestExecuteRefuses(t *testing.T) {
	b := filled(t, app.Options{})
	_, err := b.Execute(t.Context(), ann, "Crate", box1, "FillBox", nil)
	if err == nil || !strings.Contains(err.Error(), `no kind "Crate"`) {
		t.Errorf("a kind that is not there: %v", err)
	}
	_, err = b.Execute(t.Context(), ann, "Box", box1, "BurnBox", json.RawMessage(`{}`))
	if err == nil || !strings.Contains(err.Error(), `no command "BurnBox"`) {
		t.Errorf("a command that is not there: %v", err)
	}
	_, err = b.Execute(t.Context(), ann, "Box", box1, "OpenBox", json.RawMessage(`{"label": "x"}`))
	if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != "the box is there already" {
		t.Errorf("a refusal: %v", err)
	}
}

func TestStory(t *testing.T) {
	b := filled(t, app.Options{})
	steps, err := b.Story("Box")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, step := range steps {
		got = append(got, step.Command+" "+string(step.Body))
		if _, err := b.Execute(t.Context(), ann, "Box", box2, step.Command, step.Body); err != nil {
			t.Fatalf("%s: %v", step.Command, err)
		}
	}
	if want := `OpenBox {"label":"attic"}, FillBox {"item":"a lamp"}, FillBox {"item":"a lamp"}, CloseBox {}`; strings.Join(got, ", ") != want {
		t.Errorf("the story is %q, want %s", got, want)
	}
	if _, err := b.Story("Crate"); err == nil {
		t.Error("a kind that is not there has a story")
	}
}

// TestStatesAgree: whatever was sent, a version of a box is what it was when it was
// the last, read by the same app, and by one that was started again and has no
// snapshots.
func TestStatesAgree(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]map[int64]string{} // by box and version
	b, err := app.Open(t.Context(), boxesApp(t), app.Options{Dir: dir, NoModels: true, NoTelemetry: true})
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{"OpenBox": `{"label": "attic"}`, "FillBox": `{"item": "a lamp"}`, "CloseBox": `{}`}
	rapid.Check(t, func(t *rapid.T) {
		box := fmt.Sprintf("5b4e1c6e-6a0a-4b0f-9a3c-%012d", len(seen))
		seen[box] = map[int64]string{}
		for _, command := range rapid.SliceOfN(rapid.SampledFrom([]string{"OpenBox", "FillBox", "CloseBox"}), 1, 30).Draw(t, "commands") {
			_, err := b.Execute(context.Background(), ann, "Box", box, command, json.RawMessage(bodies[command]))
			if _, refused := errors.AsType[*domain.Refusal](err); err != nil && !refused {
				t.Fatal(err)
			}
			state, version := loadBox(t, b, box, 0)
			seen[box][version] = state
		}
		agree(t, b, box, seen[box])
	})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := app.Open(t.Context(), boxesApp(t), app.Options{Dir: dir, NoModels: true, NoTelemetry: true, NoSnapshots: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for box, versions := range seen {
		agree(t, again, box, versions)
	}
}

func loadBox(t rapid.TB, a *app.App, box string, version int64) (string, int64) {
	state, version, err := a.Load(context.Background(), ann.Tenant, "Box", box, snapshot.Until{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(state), version
}

func agree(t rapid.TB, a *app.App, box string, versions map[int64]string) {
	for version, want := range versions {
		if version == 0 {
			continue // before the first event there is nothing to ask for
		}
		if state, _ := loadBox(t, a, box, version); state != want {
			t.Fatalf("version %d of box %s is %s, and was %s", version, box, state, want)
		}
	}
}

// TestOtherUpcasters: what an app with other upcasters has kept, snapshots and rows,
// is not taken for its own. It may be the same program.
func TestOtherUpcasters(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ upcasters, want string }{
		{`[]`, "attic"},
		{`[{"type": "BoxOpened", "from": 1, "to": 2, "do": [{"map": "label", "values": {"attic": "loft"}}]}]`, "loft"},
		{`[{"type": "BoxOpened", "from": 1, "to": 2, "do": [{"map": "label", "values": {"attic": "garret"}}]}]`, "garret"},
	} {
		t.Run(test.want, func(t *testing.T) {
			d := boxesApp(t)
			d.Files.(fstest.MapFS)["upcasters.json"].Data = []byte(test.upcasters)
			d.Models = []app.Model{app.Rows(boxes, app.RowsOptions{Name: "Labels", Filters: []string{"label"}}, func(b box) box { return b })}
			b := begin(t, d, app.Options{Dir: dir, Snapshots: snapshot.Blueprint})
			if test.want == "attic" {
				b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
				fill(t, b, 200)
			} else {
				rebuild(t, b.Projections()["Labels"])
			}
			if got := b.must(b.north, "GET", "/box/"+box1, "").body; !strings.Contains(got, `"label":"`+test.want+`"`) {
				t.Errorf("the state is %s, want the label %s", got, test.want)
			}
			if stats := b.SnapshotStats()["Box"]; stats.Taken == 0 || test.want != "attic" && stats.Discarded == 0 {
				t.Errorf("no snapshot was taken, or none was discarded: %+v", stats)
			}
			if got := b.must(b.north, "GET", "/models/labels?after=1&timeout=5s&label="+test.want, "").body; !strings.Contains(got, `"label":"`+test.want+`"`) {
				t.Errorf("the rows are %s, want the label %s", got, test.want)
			}
		})
	}
}

// fill puts things into a box with one append.
func fill(t *testing.T, b *begun, things int) {
	t.Helper()
	filled := journal.Event{Type: "BoxFilled", Data: json.RawMessage(`{"boxId": "` + box1 + `", "item": "a lamp", "part": 1}`)}
	if _, err := b.Journal().Append(t.Context(), journal.Envelope{
		Stream: "north/box-" + box1, Tenant: "north", Actor: "ann", Expected: store.Exact(1), Events: slices.Repeat([]journal.Event{filled}, things),
	}); err != nil {
		t.Fatal(err)
	}
}

// rebuild makes a model anew, after the rebuild that the app has begun itself.
func rebuild(t *testing.T, p *projection.Projection) {
	t.Helper()
	for {
		err := p.Rebuild(t.Context())
		if err == nil {
			return
		}
		if !errors.Is(err, projection.ErrRebuilding) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

// TestNamesInOpenAPI: a kind, its commands, those of another kind and a model may
// be called alike.
func TestNamesInOpenAPI(t *testing.T) {
	d := boxesApp(t)
	other := boxes
	other.Name, other.Category = "OpenBox", "crate"
	d.Kinds = append(d.Kinds, app.KindOf(other))
	d.Models = append(d.Models, app.Rows(boxes, app.RowsOptions{Name: "Box"}, func(b box) box { return b }))
	b := begin(t, d, app.Options{})
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal([]byte(b.must(b.north, "GET", "/openapi.json", "").body), &document); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/box/{id}/open-box": "BoxOpenBox", "/crate/{id}/open-box": "OpenBoxOpenBox", "/box/{id}": "Box", "/crate/{id}": "OpenBox", "/models/box": "BoxQuery",
	} {
		for _, operation := range document.Paths[path] {
			if operation.OperationID != want {
				t.Errorf("%s is called %s, want %s", path, operation.OperationID, want)
			}
		}
	}
}

// TestPageIsTold: the page shows what was stored and what was refused, and by whom.
func TestPageIsTold(t *testing.T) {
	b := filled(t, app.Options{})
	page, err := b.Live().Subscribe("north")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	for _, sent := range []struct{ command, body string }{
		{"open-box", `{"label": "x"}`}, {"open-box", `{}`}, {"fill-box", `{"item": "forbidden"}`}, {"fill-box", `{"item": 1}`},
	} {
		if got := b.send(b.north, "POST", "/box/"+box1+"/"+sent.command, sent.body); got.status/100 != 4 {
			t.Fatalf("%s is answered %d: %s", sent.command, got.status, got.body)
		}
	}
	if err := b.Live().Tick(); err != nil {
		t.Fatal(err)
	}
	var seen string
	for !strings.Contains(seen, "there already") {
		message, ok := <-page.C
		if !ok {
			t.Fatalf("the page was dropped, after %s", seen)
		}
		seen += string(message.Data)
	}
	for _, want := range []string{"there already", "label", "may not be put in", `"name":"Boxes"`, `"name":"why","title":"Causes of events"`, `"name":"critical"`} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page shows no %q: %s", want, seen)
		}
	}
}
