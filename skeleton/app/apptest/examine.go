package apptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// examineCatalog: the lock is of the catalog that is there, has a schema for each
// event, and an example for each command, which its schema accepts.
func examineCatalog(t *testing.T, d app.Definition) {
	known, err := lock.Read(d.Files)
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*gate.Schemas{}
	for _, kind := range []string{lock.EventKind, lock.CommandKind} {
		if schemas[kind], err = known.Schemas(d.Files, kind); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range d.Kinds {
		for _, event := range k.Events {
			if _, ok := schemas[lock.EventKind].Current(event); !ok {
				t.Errorf("the event %s of %s is not in the catalog", event, k.Name)
			}
		}
		for _, command := range k.Commands {
			if _, ok := schemas[lock.CommandKind].Current(command.Name); !ok {
				t.Errorf("the command %s of %s is not in the catalog", command.Name, k.Name)
			}
		}
	}
	for _, m := range known.Messages {
		if m.Example == nil {
			continue
		}
		if err := valid(d.Files, schemas[m.Kind], m); err != nil {
			t.Errorf("%s: %v", *m.Example, err)
		}
	}
}

func valid(files fs.FS, schemas *gate.Schemas, m lock.Message) error {
	text, err := fs.ReadFile(files, *m.Example)
	if err != nil {
		return err
	}
	example, err := gate.Decode(text)
	if err != nil {
		return err
	}
	version, _ := schemas.Current(m.ID)
	return schemas.Validate(m.ID, version, example)
}

// examineDoors: nothing is answered without a key but whether the app is well.
func (x *exam) examineDoors(t *testing.T, stories []story) {
	x.storesNothing(t, "asking without a key", func() {
		for _, name := range slices.Sorted(maps.Keys(x.paths)) {
			for _, token := range []string{"", "nobody.wrong"} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if a := x.send(token, method, x.path(t, name, stories[0].id), "{}"); a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests && !isHealth(a) {
						t.Errorf("%s with the key %q is answered with %d: %s", a.request, token, a.status, a.body)
					}
				}
			}
		}
		if a := x.send("", http.MethodGet, "/ui", ""); a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests {
			t.Errorf("the page is shown without a key: %d", a.status)
		}
	})
	x.send("", http.MethodGet, "/healthz", "").is(t, http.StatusOK)
}

// isHealth reports whether an answer is about whether the app is well.
func isHealth(a answer) bool {
	_, path, _ := strings.Cut(a.request, " /")
	return slices.Contains([]string{"healthz", "readyz"}, path)
}

// examineTenants: what belongs to one tenant is not there for another.
func (x *exam) examineTenants(t *testing.T, stories []story) {
	for _, s := range stories {
		for _, target := range []string{
			x.path(t, s.Name, s.id), x.path(t, s.Name+"Why", s.id), x.path(t, "Trail", s.Category+"-"+s.id),
			fmt.Sprintf("/events/%s/why?after=%d&timeout=10s", x.eventsOf(t, s)[0].ID, s.position),
		} {
			x.get(t, x.own, target)
			if a := x.send(x.other, http.MethodGet, target, ""); a.status != http.StatusNotFound {
				t.Errorf("another tenant asks %s and is answered with %d: %s", target, a.status, a.body)
			}
		}
	}
	for _, m := range x.Models {
		if a := x.get(t, x.other, x.path(t, m.Name, "")); strings.Contains(a.body, stories[0].id) {
			t.Errorf("%s shows another tenant's stream: %s", m.Name, a.body)
		}
	}
}

// eventsOf are the events of a stream.
func (x *exam) eventsOf(t *testing.T, s story) []store.Event {
	t.Helper()
	var events []store.Event
	for event, err := range x.Store().Read(t.Context(), "own/"+s.Category+"-"+s.id, store.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	if len(events) == 0 {
		t.Fatalf("%s has no events", s)
	}
	return events
}

// examineRejections: a body that its schema refuses is answered with every reason,
// and leaves no trace.
func (x *exam) examineRejections(t *testing.T, stories []story) {
	known, err := lock.Read(x.Files)
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := known.Schemas(x.Files, lock.CommandKind)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		tried := x.begun(t, s.Kind)
		for _, step := range tried.steps {
			body := refused(t, schemas, tried, step)
			if body == nil {
				continue // its schema refuses nothing
			}
			x.storesNothing(t, "a refused "+step.Command, func() {
				a := x.send(x.own, http.MethodPost, x.commandPath(t, tried, step.Command), string(body)).is(t, http.StatusUnprocessableEntity)
				var problem struct{ Reasons []any }
				if a.into(t, &problem); len(problem.Reasons) == 0 {
					t.Errorf("%s with %s is refused without a reason: %s", a.request, body, a.body)
				}
			})
		}
		x.send(x.own, http.MethodGet, x.path(t, s.Name, tried.id), "").is(t, http.StatusNotFound)
		x.send(x.own, http.MethodPost, x.commandPath(t, tried, tried.steps[0].Command), "[]").is(t, http.StatusUnprocessableEntity)
		x.send(x.own, http.MethodPost, x.commandPath(t, tried, tried.steps[0].Command), "{").is(t, http.StatusBadRequest)
	}
}

// refused is the body of a step with one member that the schema of the command
// refuses, or nil if there is none.
func refused(t *testing.T, schemas *gate.Schemas, s story, step app.Step) []byte {
	t.Helper()
	version, ok := schemas.Current(step.Command)
	if !ok {
		return nil
	}
	var members map[string]any
	if err := json.Unmarshal(step.Body, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(slices.Sorted(maps.Keys(members)), "notAMember") {
		changed := maps.Clone(members)
		changed[name], changed[s.ID] = map[string]any{"not": "this"}, s.id
		text, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		document, err := gate.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if schemas.Validate(step.Command, version, document) != nil {
			delete(changed, s.ID)
			text, _ = json.Marshal(changed) // it was JSON a moment ago
			return text
		}
	}
	return nil
}

// examineRepeats: a command that is sent again is done once, and one that expects
// another version is not done.
func (x *exam) examineRepeats(t *testing.T, stories []story) {
	for _, s := range stories {
		again := x.begun(t, s.Kind)
		step := again.steps[0]
		target := x.commandPath(t, again, step.Command)
		first := x.send(x.own, http.MethodPost, target, string(step.Body), "Idempotency-Key: first").is(t, http.StatusOK)
		x.storesNothing(t, "a command that was sent again", func() {
			second := x.send(x.own, http.MethodPost, target, string(step.Body), "Idempotency-Key: first").is(t, http.StatusOK)
			if second.body != first.body {
				t.Errorf("%s is answered with %s the first time, and %s the second", first.request, first.body, second.body)
			}
			x.send(x.own, http.MethodPost, x.commandPath(t, s, s.steps[len(s.steps)-1].Command), string(s.steps[len(s.steps)-1].Body), fmt.Sprintf(`If-Match: "%d"`, s.version+1)).
				is(t, http.StatusConflict)
		})
	}
}

// examinePast: a state by version is the state by the time of that version, and the
// last one is the state now.
func (x *exam) examinePast(t *testing.T, stories []story) {
	for _, s := range stories {
		target := x.path(t, s.Name, s.id)
		var state answer
		events := x.eventsOf(t, s)
		for i, event := range events {
			state = x.get(t, x.own, fmt.Sprintf("%s?version=%d", target, event.Version))
			if i+1 < len(events) && events[i+1].Recorded.Equal(event.Recorded) {
				continue // the events of one command happen at once
			}
			then := x.get(t, x.own, target+"?at="+url.QueryEscape(event.Recorded.Format(time.RFC3339Nano)))
			if state.body != then.body {
				t.Errorf("%s at version %d is %s, and at the time of that %s", s, event.Version, state.body, then.body)
			}
		}
		if now := x.get(t, x.own, target); now.body != state.body {
			t.Errorf("%s is %s, and at its last version %s", s, now.body, state.body)
		}
		x.send(x.own, http.MethodGet, fmt.Sprintf("%s?version=%d", target, s.version+1), "").is(t, http.StatusNotFound)
	}
}

// examineTrail: every event of a stream is in its trail, says who did it, and holds
// on to the one before it; and nothing in the store was changed.
func (x *exam) examineTrail(t *testing.T, stories []story) {
	for _, s := range stories {
		var trail struct {
			Events []struct {
				ID, Actor, CorrelationID, CausationID, Hash, PrevHash string
			}
		}
		x.get(t, x.own, x.path(t, "Trail", s.Category+"-"+s.id)).into(t, &trail)
		if int64(len(trail.Events)) != s.version {
			t.Errorf("the trail of %s has %d events, want %d", s, len(trail.Events), s.version)
		}
		for i, event := range trail.Events {
			if event.Actor != "examiner" || event.CorrelationID == "" || event.CausationID == "" {
				t.Errorf("event %d of %s does not say who did it and why: %+v", i+1, s, event)
			}
			if i > 0 && event.PrevHash != trail.Events[i-1].Hash {
				t.Errorf("event %d of %s does not hold on to the one before it", i+1, s)
			}
		}
	}
	var verified struct {
		OK     bool
		Events int64
	}
	if x.get(t, x.own, "/audit/verify").into(t, &verified); !verified.OK || verified.Events != x.last(t) {
		t.Errorf("verifying says %+v of %d events", verified, x.last(t))
	}
}

// examineExport: the log has every event once, in order.
func (x *exam) examineExport(t *testing.T) {
	var log bytes.Buffer
	if err := x.Export(t.Context(), &log); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(&log)
	for event, err := range x.Store().ReadAll(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		var line struct{ ID, Type, Tenant, Subject string }
		if err := lines.Decode(&line); err != nil {
			t.Fatalf("the log ends before position %d: %v", event.Position, err)
		}
		if line.ID != event.ID || line.Type != event.Type || line.Tenant+"/"+line.Subject != event.Stream {
			t.Errorf("the log has %+v at position %d, and the store %s %s of %s", line, event.Position, event.Type, event.ID, event.Stream)
		}
	}
	if lines.More() {
		t.Error("the log has more events than the store")
	}
}
