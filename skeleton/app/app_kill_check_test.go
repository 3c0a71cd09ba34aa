package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// checkAnswered: what was answered is where the answer said.
func checkAnswered(t *testing.T, events []store.Event, all []answered) {
	t.Helper()
	for _, a := range all {
		if a.Position < 1 || a.Position > int64(len(events)) {
			t.Errorf("%+v was answered, and the last position is %d", a, len(events))
			continue
		}
		e := events[a.Position-1]
		var data boxFilled
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Error(err)
		}
		if name, _ := serve.NameOf(e.Tenant, e.Stream); name != a.Stream || e.Version != a.Version || data.Item != a.item || data.Part != 3 {
			t.Errorf("%+v was answered, and there is %s, version %d: %s", a, e.Stream, e.Version, e.Data)
		}
	}
}

// checkWhole: the three events of a command are there together, or none is.
func checkWhole(t *testing.T, events []store.Event) {
	t.Helper()
	before := map[string]boxFilled{} // by stream
	seen := map[string]bool{}        // items
	for _, e := range events {
		var data boxFilled
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Error(err)
		}
		last := before[e.Stream]
		follows := data.Part == last.Part+1 && data.Item == last.Item
		if begins := data.Part <= 1 && last.Part%3 == 0; !begins && !follows {
			t.Errorf("%s, version %d: part %d of %s follows part %d of %s", e.Stream, e.Version, data.Part, data.Item, last.Part, last.Item)
		}
		before[e.Stream] = data
		if data.Part == 1 && seen[data.Item] {
			t.Errorf("%s, version %d: %s was put in twice", e.Stream, e.Version, data.Item)
		}
		seen[data.Item] = true
	}
	for stream, last := range before {
		if last.Part%3 != 0 {
			t.Errorf("%s ends with part %d of %s", stream, last.Part, last.Item)
		}
	}
}

// catchUp runs the app until all that follows the events has seen them.
func catchUp(t *testing.T, a *app.App) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, nil) }()
	last, err := a.Store().WaitPosition(ctx, 0)
	if err != nil {
		t.Error(err)
	}
	for name, p := range a.Projections() {
		if _, err := p.WaitForVersion(ctx, last, projection.Wait{Timeout: time.Minute}); err != nil {
			t.Errorf("the projection %s: %v", name, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// checkStates: the states that begin with snapshots, and the rows of the read model,
// are what all events lead to.
func checkStates(t *testing.T, dir string, a *app.App, events []store.Event) {
	t.Helper()
	folding, err := boxes.Folding(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]box{}
	for _, e := range events {
		if want[e.Stream], err = folding.Apply(want[e.Stream], e); err != nil {
			t.Fatal(err)
		}
	}
	got, rows := map[string]box{}, map[string]int{}
	for w := range killWriters {
		stream := serve.StreamOf("dev", boxes.Stream(boxID(w)))
		state, _, err := a.Load(t.Context(), "dev", boxes.Name, boxID(w), snapshot.Until{})
		if err != nil {
			t.Fatal(err)
		}
		if known, ok := state.(box); ok && known.State != "" {
			got[stream], rows[boxID(w)] = known, want[stream].Items
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loaded states (-folded +loaded):\n%s", diff)
	}
	if diff := cmp.Diff(rows, boxRows(t, dir, a)); diff != "" {
		t.Errorf("the read model (-folded +model):\n%s", diff)
	}
}

// boxRows asks the read model how many items each box has.
func boxRows(t *testing.T, dir string, a *app.App) map[string]int {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(dir, "dev.key"))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/models/boxes", nil)
	r.Header.Set("X-API-Key", strings.TrimSpace(string(token)))
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	var page struct {
		Rows []struct {
			ID   string `json:"id"`
			Data box    `json:"data"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
		t.Fatalf("the read model answers %d, %v: %s", w.Code, err, w.Body)
	}
	rows := map[string]int{}
	for _, row := range page.Rows {
		rows[row.ID] = row.Data.Items
	}
	return rows
}

// checkDelivered: every event is in one of the files that stand for channels, and
// nothing else is.
func checkDelivered(t *testing.T, dir string, events []store.Event) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "out", "*.ndjson"))
	if err != nil || len(files) != 2 {
		t.Fatalf("channels %q, %v; want two", files, err)
	}
	got, want := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var event struct{ ID string }
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Errorf("%s has the line %q: %v", file, line, err)
			}
			got[event.ID] = true
		}
	}
	for _, e := range events {
		want[e.ID] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("delivered events (-stored +delivered):\n%s", diff)
	}
}
