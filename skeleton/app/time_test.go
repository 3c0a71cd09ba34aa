package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
)

func TestWhy(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		var page struct {
			Writes []struct {
				ID, Type, Stream, Actor string
				Version                 int64
				Before, After           json.RawMessage
			}
			Next int64
		}
		got := b.must(b.north, "GET", "/box/"+box1+"/why?path=/items", "")
		if err := json.Unmarshal([]byte(got.body), &page); err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, w := range page.Writes {
			seen = append(seen, fmt.Sprintf("%d %s %s %s %s→%s", w.Version, w.Type, w.Stream, w.Actor, w.Before, w.After))
		}
		stream := "box-" + box1
		want := []string{"4 BoxFilled " + stream + " ann 2→3", "3 BoxFilled " + stream + " ann 1→2", "2 BoxFilled " + stream + " ann 0→1"}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("what wrote /items (-want +got):\n%s", diff)
		}
		why := b.must(b.north, "GET", "/events/"+page.Writes[0].ID+"/why?after=4&timeout=5s", "")
		if !strings.Contains(why.body, `"stream":"`+stream+`"`) {
			t.Errorf("why an event is there: %s", why.body)
		}
	})
}

// TestWhyIsPaged: what wrote a value is answered in pages, however long the stream is,
// and the pages together are all of it.
func TestWhyIsPaged(t *testing.T) {
	b := begin(t, boxesApp(t), app.Options{})
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
	fill(t, b, 250)
	for _, test := range []struct {
		query string
		want  []string // the newest and the oldest version of each page
	}{
		{"", []string{"251-152", "151-52", "51-2"}},
		{"&limit=1000", []string{"251-2"}},
		{"&limit=249", []string{"251-3", "2-2"}},
		{"&limit=125", []string{"251-127", "126-2"}},
		{"&limit=1&version=3", []string{"3-3", "2-2"}},
	} {
		var pages []string
		for from := ""; ; {
			var page struct {
				Writes []struct{ Version int64 }
				Next   int64
			}
			got := b.must(b.north, "GET", "/box/"+box1+"/why?path=/items"+test.query+from, "")
			if err := json.Unmarshal([]byte(got.body), &page); err != nil || len(page.Writes) == 0 {
				t.Fatalf("%s is answered %.200s (%v)", test.query+from, got.body, err)
			}
			pages = append(pages, fmt.Sprintf("%d-%d", page.Writes[0].Version, page.Writes[len(page.Writes)-1].Version))
			if page.Next == 0 {
				break
			}
			from = fmt.Sprintf("&from=%d", page.Next)
		}
		if diff := cmp.Diff(test.want, pages); diff != "" {
			t.Errorf("the pages of %q (-want +got):\n%s", test.query, diff)
		}
	}
	for query, code := range map[string]string{"limit=0": "malformed-limit", "limit=1001": "malformed-limit", "from=0": "malformed-from", "from=-1": "malformed-from", "from=x": "malformed-from"} {
		if got := b.send(b.north, "GET", "/box/"+box1+"/why?"+query, ""); got.status != http.StatusBadRequest || got.problem(t).Code != code {
			t.Errorf("%s is answered %d %s, want %s", query, got.status, got.body, code)
		}
	}
}

// What is read now, and at a moment that is over, does not depend on snapshots.
func TestTimeTravel(t *testing.T) {
	clock := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	b := begin(t, boxesApp(t), app.Options{NoModels: true, NoOutbox: true, NoTelemetry: true, Now: func() time.Time { return clock }})
	caller := app.Caller{Tenant: "north", Actor: "ann"}
	body := func(text string) json.RawMessage { return json.RawMessage(text) }
	if _, err := b.Execute(t.Context(), caller, "Box", box1, "OpenBox", body(`{"label": "attic"}`)); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		clock = clock.Add(time.Minute)
		if _, err := b.Execute(t.Context(), caller, "Box", box1, "FillBox", body(`{"item": "a lamp"}`)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		minutes int
		items   int
	}{{0, 0}, {1, 3}, {50, 150}, {100, 300}} {
		at := time.Date(2026, 1, 31, 12, test.minutes, 30, 0, time.UTC).Format(time.RFC3339)
		got := b.must(b.north, "GET", "/box/"+box1+"?at="+at, "")
		if want := fmt.Sprintf(`{"state":"open","label":"attic","items":%d}`, test.items); got.body != want {
			t.Errorf("at %s it is %s, want %s", at, got.body, want)
		}
	}
	for target, want := range map[string]string{
		"/box/" + box1 + "?at=2026-01-31T11:59:59Z":                 "before-first: its first event was recorded later, at 2026-01-31T12:00:00Z",
		"/box/" + box1 + "/why?path=/items&at=2026-01-31T11:59:59Z": "before-first: its first event was recorded later, at 2026-01-31T12:00:00Z",
		"/box/" + box1 + "?version=302":                             "no-such-version: the last version is 301",
		"/box/" + box2 + "?version=1":                               "not-found: there is nothing here that this key may see",
		"/box/" + box2 + "?at=2026-01-31T12:00:00Z":                 "not-found: there is nothing here that this key may see",
	} {
		got := b.send(b.north, "GET", target, "")
		if p := got.problem(t); got.status != http.StatusNotFound || p.Code+": "+p.Detail != want {
			t.Errorf("%s is answered %d %s, want %s", target, got.status, got.body, want)
		}
		// Where a stream begins and ends is for its tenant alone.
		if other := b.send(b.tide, "GET", target, ""); other.status != http.StatusNotFound || other.problem(t).Code != "not-found" {
			t.Errorf("%s of another tenant is answered %d %s", target, other.status, other.body)
		}
	}
	state, version, err := b.Load(t.Context(), "north", "Box", box1, snapshot.Until{})
	if err != nil || version != 301 {
		t.Errorf("loaded %+v at version %d (%v), want version 301", state, version, err)
	}
}
