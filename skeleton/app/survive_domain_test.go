package app_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// The app of these tests keeps boxes. One command leads to three events, so that
// an append could be stored in part.
type (
	boxOpened struct {
		BoxID string `json:"boxId"`
		Label string `json:"label"`
	}
	boxFilled struct {
		BoxID string `json:"boxId"`
		Item  string `json:"item"`
		Part  int    `json:"part"` // of the three events of a command
	}
	boxClosed struct {
		BoxID string    `json:"boxId"`
		When  time.Time `json:"when"`
	}

	openBox struct {
		BoxID string `json:"boxId"`
		Label string `json:"label"`
	}
	fillBox struct {
		BoxID string `json:"boxId"`
		Item  string `json:"item"`
	}
	closeBox struct {
		BoxID string `json:"boxId"`
	}

	box struct {
		State string `json:"state"`
		Label string `json:"label"`
		Items int    `json:"items"`
	}
)

func (boxOpened) EventType() string { return "BoxOpened" }
func (boxFilled) EventType() string { return "BoxFilled" }
func (boxClosed) EventType() string { return "BoxClosed" }

var boxes = domain.Aggregate[box]{
	Name: "Box", Category: "box", ID: "boxId", Summary: "What things are put in.", Schema: 1,
	Evolve: func(b box, event domain.Event) box {
		switch e := event.(type) {
		case boxOpened:
			b.State, b.Label = "open", e.Label
		case boxFilled:
			b.Items++
		case boxClosed:
			b.State = "closed"
		}
		return b
	},
	Events: []domain.EventType{domain.Recorded[boxOpened](), domain.Recorded[boxFilled](), domain.Recorded[boxClosed]()},
	Commands: []domain.Command[box]{
		domain.On("OpenBox", "Opens a new box.", func(c openBox, b box, _ time.Time) ([]domain.Event, error) {
			if b.State != "" {
				return nil, domain.Refuse("the box is there already")
			}
			return []domain.Event{boxOpened(c)}, nil
		}),
		domain.On("FillBox", "Puts a thing of three parts in.", func(c fillBox, b box, _ time.Time) ([]domain.Event, error) {
			if b.State != "open" {
				return nil, domain.Refuse("the box is not open")
			}
			var events []domain.Event
			for part := range 3 {
				events = append(events, boxFilled{BoxID: c.BoxID, Item: c.Item, Part: part + 1})
			}
			return events, nil
		}),
		domain.On("CloseBox", "Closes the box.", func(c closeBox, b box, now time.Time) ([]domain.Event, error) {
			if b.State != "open" {
				return nil, domain.Refuse("the box is not open")
			}
			return []domain.Event{boxClosed{BoxID: c.BoxID, When: now}}, nil
		}),
	},
	Story: []string{"OpenBox", "FillBox", "FillBox", "CloseBox"},
}

// boxSchema is a JSON Schema with these members, all of them required.
func boxSchema(members string) string {
	var names []string
	for member := range strings.SplitSeq(members, "; ") {
		name, _, _ := strings.Cut(member, ":")
		names = append(names, name)
	}
	return fmt.Sprintf(`{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {%s}, "required": [%s], "additionalProperties": false}`,
		strings.ReplaceAll(members, "; ", ", "), strings.Join(names, ", "))
}

// boxRule refuses an item that nobody may put into a box.
const boxRule = `# METADATA
# title: Nothing forbidden is put in
# custom:
#   id: store/nothing-forbidden
#   severity: error
package nexus.rules.store.nothing_forbidden

deny contains {"message": "this may not be put in"} if {
	input.record.type == "BoxFilled"
	input.record.data.item == "forbidden"
}
`

// boxesApp is the app, with everything that a generated one has.
func boxesApp(t testing.TB) app.Definition {
	t.Helper()
	const id = `"boxId": {"type": "string", "format": "uuid"}`
	messages := []struct{ kind, name, schema, example string }{
		{lock.EventKind, "BoxClosed", boxSchema(id + `; "when": {"type": "string", "format": "date-time"}`), ""},
		{lock.EventKind, "BoxFilled", boxSchema(id + `; "item": {"type": "string", "maxLength": 40}; "part": {"type": "integer"}`), ""},
		{lock.EventKind, "BoxOpened", boxSchema(id + `; "label": {"type": "string", "maxLength": 40}`), ""},
		{lock.CommandKind, "CloseBox", boxSchema(id), `{"boxId": "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a11"}`},
		{lock.CommandKind, "FillBox", boxSchema(id + `; "item": {"type": "string"}`), `{"boxId": "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a11", "item": "a lamp"}`},
		{lock.CommandKind, "OpenBox", boxSchema(id + `; "label": {"type": "string"}`), `{"boxId": "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a11", "label": "attic"}`},
	}
	files := fstest.MapFS{"policy/forbidden.rego": {Data: []byte(boxRule)}, "upcasters.json": {Data: []byte("[]")}}
	catalogLock := lock.Lock{Version: lock.Version, Catalog: map[string]any{}}
	for _, m := range messages {
		folder := "catalog/" + m.kind + "s/" + m.name + "/"
		files[folder+"schema.json"] = &fstest.MapFile{Data: []byte(m.schema)}
		message := lock.Message{
			ID: m.name, Kind: m.kind, Versions: []lock.MessageVersion{{Version: "1.0.0", Schema: folder + "schema.json"}},
			Facts: map[string]any{"id": m.name, "criticality": "low", "owners": []any{"team"}, "fields": []any{}},
		}
		if m.name == "BoxClosed" {
			message.Facts["criticality"], message.Facts["requires_ordering"], message.Facts["business_impact"] = "critical", true, "nobody knows"
		}
		if m.example != "" {
			example := folder + "examples/typical.json"
			files[example] = &fstest.MapFile{Data: []byte(m.example)}
			message.Example = &example
		}
		catalogLock.Messages = append(catalogLock.Messages, message)
	}
	catalog, err := fs.Sub(files, lock.CatalogDir)
	if err != nil {
		t.Fatal(err)
	}
	if catalogLock.Digest, err = lock.Digest(catalog); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(catalogLock)
	if err != nil {
		t.Fatal(err)
	}
	files[lock.File] = &fstest.MapFile{Data: text}
	type row struct {
		State string `json:"state"`
		Items int    `json:"items"`
	}
	return app.Definition{
		Name: "boxes", Title: "Boxes", Summary: "An app for tests.", Files: files,
		Kinds: []app.Kind{app.KindOf(boxes)},
		Models: []app.Model{app.Rows(boxes, app.RowsOptions{Name: "Boxes", Summary: "All boxes.", Filters: []string{"state"}},
			func(b box) row { return row{State: b.State, Items: b.Items} })},
	}
}

// allEvents reads all events of a store.
func allEvents(t testing.TB, events store.Store) []store.Event {
	t.Helper()
	var all []store.Event
	for event, err := range events.ReadAll(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, event)
	}
	return all
}
