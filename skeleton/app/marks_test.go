package app_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// The app of these tests has marks whose ids are numbers, a command that the
// catalog does not know, and events that an older version of the app recorded.
type (
	marks struct {
		Total int `json:"total"`
	}
	marked struct {
		MarkID int `json:"markId"`
		Count  int `json:"count"`
	}
	addMark struct {
		MarkID int     `json:"markId"`
		Count  int     `json:"count"`
		Weight float64 `json:"weight"`
	}
)

func (marked) EventType() string { return "Marked" }

func decideMark(c addMark, _ marks, _ time.Time) ([]domain.Event, error) {
	switch {
	case c.Count == 0:
		return nil, nil
	case c.Count < 0:
		return nil, errors.New("the abacus is broken")
	}
	return []domain.Event{marked{MarkID: c.MarkID, Count: c.Count}}, nil
}

func marksApp(t testing.TB, upcasters string) app.Definition {
	t.Helper()
	aggregate := domain.Aggregate[marks]{
		Name: "Mark", Category: "markSheet", ID: "markId",
		Evolve: func(m marks, e domain.Event) marks { m.Total += e.(marked).Count; return m },
		Events: []domain.EventType{domain.Recorded[marked]()},
		Commands: []domain.Command[marks]{
			domain.On("AddMark", "Adds marks.", decideMark), domain.On("AddUnlisted", "Adds marks, and the catalog does not know it.", decideMark).WithExample(`{"markId": 5, "count": 2}`),
		},
		Story: []string{"AddUnlisted"},
	}
	const schema = `{"type": "object", "required": ["markId", "count"], "properties": {"markId": {"type": "integer"}, "count": {"type": "integer"}}}`
	const older = `{"type": "object", "required": ["markId", "n"]}`
	files := fstest.MapFS{
		"catalog/marked1.json": {Data: []byte(older)}, "catalog/marked2.json": {Data: []byte(schema)}, "catalog/add.json": {Data: []byte(schema)},
		"upcasters.json": {Data: []byte(upcasters)},
	}
	facts := map[string]any{"id": "Marked"}
	l := lock.Lock{Version: lock.Version, Catalog: map[string]any{}, Messages: []lock.Message{
		{ID: "AddMark", Kind: lock.CommandKind, Facts: facts, Versions: []lock.MessageVersion{{Version: "1.0.0", Schema: "catalog/add.json"}}},
		{ID: "Marked", Kind: lock.EventKind, Facts: facts, Versions: []lock.MessageVersion{{Version: "1.0.0", Schema: "catalog/marked1.json"}, {Version: "2.0.0", Schema: "catalog/marked2.json"}}},
	}}
	catalog, err := fs.Sub(files, lock.CatalogDir)
	if err != nil {
		t.Fatal(err)
	}
	if l.Digest, err = lock.Digest(catalog); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	files[lock.File] = &fstest.MapFile{Data: text}
	return app.Definition{Name: "marks", Files: files, Ungoverned: true, Kinds: []app.Kind{app.KindOf(aggregate)},
		Models: []app.Model{app.Rows(aggregate, app.RowsOptions{Name: "MarkSheets", Filters: []string{"total"}}, func(m marks) marks { return m })}}
}

func TestNumericID(t *testing.T) {
	b := begin(t, marksApp(t, `[]`), app.Options{})
	for _, test := range []struct {
		target, body string
		status       int
	}{
		{"/mark-sheet/7/add-mark", `{"count": 2}`, 200},
		{"/mark-sheet/7/add-mark", `{"markId": 7, "count": 2}`, 200},
		{"/mark-sheet/7/add-mark", `{"markId": 8, "count": 2}`, 422},
		{"/mark-sheet/seven/add-mark", `{"count": 2}`, 422},
		{"/mark-sheet/1e999/add-mark", `{"count": 2}`, 422},
		{"/mark-sheet/7/add-unlisted", `{"markId": 7, "count": 2}`, 200},
		{"/mark-sheet/7/add-unlisted", `{"markId": 7, "count": "two"}`, 422},
		{"/mark-sheet/7/add-mark", `{"count": 0}`, 200}, // nothing happens
		{"/mark-sheet/7/add-mark", `{"count": -1}`, 500},
	} {
		if got := b.send(b.north, "POST", test.target, test.body); got.status != test.status {
			t.Errorf("POST %s %s is answered %d, want %d: %s", test.target, test.body, got.status, test.status, got.body)
		}
	}
	got := b.must(b.north, "GET", "/models/mark-sheets?total=6&after=3&timeout=5s", "")
	if want := `{"rows":[{"id":"7","version":3,"data":{"total":6}}]}`; got.body != want {
		t.Errorf("the rows are %s, want %s", got.body, want)
	}
}

// TestNumbersOverHTTP: what a schema takes for an integer is one, and no number is
// rounded on its way.
func TestNumbersOverHTTP(t *testing.T) {
	b := begin(t, marksApp(t, `[]`), app.Options{})
	b.must(b.north, "POST", "/mark-sheet/7/add-mark", `{"markId": 7.0, "count": 1e2}`)
	b.must(b.north, "POST", "/mark-sheet/7/add-mark", `{"count": 1.0}`)
	if got := b.must(b.north, "GET", "/mark-sheet/7", "").body; got != `{"total":101}` {
		t.Errorf("the state is %s, want 100 + 1 marks", got)
	}
	got := b.send(b.north, "POST", "/mark-sheet/7/add-mark", `{"count": 1, "weight": 12345678901234567}`)
	p := got.problem(t)
	if got.status != 422 || len(p.Reasons) != 1 || p.Reasons[0].Pointer != "/weight" || strings.Contains(got.body, "123456") {
		t.Errorf("a number that would be rounded is answered %d %s", got.status, got.body)
	}
}

// TestOldEvents: what an older app recorded is upcast for states and models.
func TestOldEvents(t *testing.T) {
	dir := t.TempDir()
	const upcasters = `[{"type": "Marked", "from": 1, "to": 2, "do": [{"rename": "n", "to": "count"}]}]`
	b := begin(t, marksApp(t, upcasters), app.Options{Dir: dir})
	if err := appendOld(t, b, `{"markId": 7, "n": 5}`); err != nil {
		t.Fatal(err)
	}
	b.must(b.north, "POST", "/mark-sheet/7/add-mark", `{"count": 2}`)
	if got := b.must(b.north, "GET", "/mark-sheet/7", "").body; got != `{"total":7}` {
		t.Errorf("the state is %s, want 5 + 2 marks", got)
	}
	if got := b.must(b.north, "GET", "/models/mark-sheets?after=2&timeout=5s", "").body; !strings.Contains(got, `"total":7`) {
		t.Errorf("the rows are %s, want 5 + 2 marks", got)
	}
}

// TestUnknownVersion: without an upcaster for what is recorded, a state says what is
// wrong in the log, and a read model stops and says so instead of being wrong.
func TestUnknownVersion(t *testing.T) {
	d := marksApp(t, `[]`)
	d.Files.(fstest.MapFS)["upcasters.json"].Data = []byte(`[{"type": "Marked", "from": 1, "to": 2, "type_to": "Erased", "do": []}]`)
	b := begin(t, d, app.Options{})
	if err := appendOld(t, b, `{"markId": 7, "n": 5}`); err != nil {
		t.Fatal(err)
	}
	if got := b.send(b.north, "GET", "/mark-sheet/7", ""); got.status != 500 {
		t.Errorf("the state is answered %d: %s", got.status, got.body)
	}
	if got := b.send(b.north, "GET", "/models/mark-sheets?after=1&timeout=5s", ""); got.status != 503 || !strings.Contains(got.body, "stopped") {
		t.Errorf("the read model is answered %d: %s", got.status, got.body)
	}
}

// appendOld appends an event as an older version of the app did.
func appendOld(t *testing.T, b *begun, data string) error {
	t.Helper()
	_, err := b.Journal().Append(t.Context(), journal.Envelope{
		Stream: "north/markSheet-7", Tenant: "north", Actor: "ann", Expected: store.NoStream,
		Events: []journal.Event{{Type: "Marked", SchemaVersion: "1.0.0", Data: json.RawMessage(data)}},
	})
	return err
}
