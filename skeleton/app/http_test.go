package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
)

const (
	box1 = "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a11"
	box2 = "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a22"
)

// begun is an app that runs, with the keys of two tenants.
type begun struct {
	*app.App
	t           testing.TB
	north, tide string
}

// begin runs an app until the test ends. Its clock goes on by a second at each look.
func begin(t testing.TB, d app.Definition, o app.Options) *begun {
	t.Helper()
	b := &begun{t: t}
	var keys []serve.Key
	for _, of := range []struct {
		name  string
		token *string
	}{{"north", &b.north}, {"tide", &b.tide}} {
		key, token, err := serve.NewKey(of.name, of.name, "ann")
		if err != nil {
			t.Fatal(err)
		}
		*of.token = token
		keys = append(keys, key)
	}
	var err error
	if o.Keys, err = serve.NewKeys(keys...); err != nil {
		t.Fatal(err)
	}
	if b.App, err = app.Open(t.Context(), d, o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, nil) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, b.Close()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request; headers are "Name: value".
func (b *begun) send(token, method, target, body string, headers ...string) answer {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return answer{w.Code, w.Header(), strings.TrimSpace(w.Body.String())}
}

// problem is the problem that was answered.
func (a answer) problem(t testing.TB) serve.Problem {
	t.Helper()
	var p serve.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("the answer %s is no problem: %v", a.body, err)
	}
	return p
}

// must is send for what has to succeed.
func (b *begun) must(token, method, target, body string, headers ...string) answer {
	b.t.Helper()
	a := b.send(token, method, target, body, headers...)
	if a.status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", method, target, a.status, a.body)
	}
	return a
}

// filled is an app with one box of three things.
func filled(t testing.TB, o app.Options) *begun {
	t.Helper()
	b := begin(t, boxesApp(t), o)
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`, "Idempotency-Key: first")
	b.must(b.north, "POST", "/box/"+box1+"/fill-box", `{"boxId": "`+box1+`", "item": "a lamp"}`)
	return b
}

// eachStore runs a test over an app in memory and one in files.
func eachStore(t *testing.T, test func(t *testing.T, o app.Options)) {
	t.Run("memory", func(t *testing.T) { test(t, app.Options{}) })
	t.Run("files", func(t *testing.T) { test(t, app.Options{Dir: t.TempDir()}) })
}

func TestCommandsAndStates(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		tests := []struct {
			target  string
			want    string
			version string
		}{
			{"/box/" + box1, `{"state":"open","label":"attic","items":3}`, "4"},
			{"/box/" + box1 + "?version=1", `{"state":"open","label":"attic","items":0}`, "1"},
			{"/box/" + box1 + "?version=2", `{"state":"open","label":"attic","items":1}`, "2"},
			{"/box/" + box1 + "?after=4", `{"state":"open","label":"attic","items":3}`, "4"},
		}
		for _, test := range tests {
			got := b.must(b.north, "GET", test.target, "")
			if got.body != test.want || got.header.Get("Nexus-Version") != test.version {
				t.Errorf("GET %s is %s at version %s, want %s at %s", test.target, got.body, got.header.Get("Nexus-Version"), test.want, test.version)
			}
		}
		for target, status := range map[string]int{
			"/box/" + box2:                                 404,
			"/box/" + box1 + "?version=9":                  404,
			"/box/" + box1 + "?at=2001-01-01T00:00:00Z":    404,
			"/box/" + box1 + "?after=99":                   400,
			"/box/" + box1 + "/why?path=nopointer":         400,
			"/box/" + box2 + "/why":                        404,
			"/box/" + box1 + "?at=2199-01-01T00:00:00Z":    200,
			"/models/boxes?after=99":                       400,
			"/models/boxes?limit=0":                        400,
			"/models/boxes?colour=red":                     400,
			"/events/nothing/why":                          404,
			"/streams/box-" + box1 + "/events":             200,
			"/streams/box-" + box2 + "/events":             404,
			"/audit/verify":                                200,
			"/openapi.json":                                200,
			"/box/" + box1 + "/why?path=/items&version=3":  200,
			"/box/" + box1 + "/why?path=/nothing/there/is": 200,
		} {
			if got := b.send(b.north, "GET", target, ""); got.status != status {
				t.Errorf("GET %s is answered %d, want %d: %s", target, got.status, status, got.body)
			}
		}
	})
}

func TestNobodySeesAnotherTenant(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		trail := b.must(b.north, "GET", "/streams/box-"+box1+"/events", "")
		var read struct{ Events []struct{ ID string } }
		if err := json.Unmarshal([]byte(trail.body), &read); err != nil || len(read.Events) != 4 {
			t.Fatalf("the trail is %s (%v), want four events", trail.body, err)
		}
		for _, target := range []string{"/box/" + box1, "/box/" + box1 + "/why", "/streams/box-" + box1 + "/events", "/events/" + read.Events[0].ID + "/why?after=4&timeout=5s"} {
			if got := b.send(b.tide, "GET", target, ""); got.status != http.StatusNotFound {
				t.Errorf("GET %s of another tenant is answered %d: %s", target, got.status, got.body)
			}
			if got := b.send("", "GET", target, ""); got.status != http.StatusUnauthorized {
				t.Errorf("GET %s without a key is answered %d: %s", target, got.status, got.body)
			}
		}
		b.must(b.tide, "POST", "/box/"+box1+"/open-box", `{"label": "cellar"}`)
		rows := b.must(b.tide, "GET", "/models/boxes?after=5&timeout=5s", "")
		if want := `{"rows":[{"id":"` + box1 + `","version":1,"data":{"state":"open","items":0}}]}`; rows.body != want {
			t.Errorf("the rows of the other tenant are %s, want %s", rows.body, want)
		}
	})
}

// problemOf is what a refused request says.
type problemOf struct {
	Code    string
	Detail  string
	Reasons []struct{ Stage, Type, Pointer, Detail string }
}

func TestRefusedCommands(t *testing.T) {
	const target = "/box/" + box2 + "/open-box"
	tests := []struct {
		name, target, body string
		headers            []string
		status             int
		code, stage, text  string
	}{
		{"the domain says no", "/box/" + box1 + "/open-box", `{"label": "x"}`, nil, 409, "refused", "", "there already"},
		{"another version is expected", "/box/" + box1 + "/close-box", `{}`, []string{`If-Match: "3"`}, 409, "conflict", "", "version 4"},
		{"no stream is expected", "/box/" + box1 + "/close-box", `{}`, []string{`If-None-Match: *`}, 409, "conflict", "", "version 4"},
		{"a member is missing", target, `{}`, nil, 422, "rejected", "schema", "label"},
		{"a member has another type", target, `{"label": 1}`, nil, 422, "rejected", "schema", ""},
		{"a member is too much", target, `{"label": "x", "other": 1}`, nil, 422, "rejected", "schema", "other"},
		{"the id is another", target, `{"boxId": "` + box1 + `", "label": "x"}`, nil, 422, "rejected", "decode", "not the id in the path"},
		{"the id is no uuid", "/box/seven/open-box", `{"label": "x"}`, nil, 422, "rejected", "schema", ""},
		{"no object", target, `[]`, nil, 422, "rejected", "decode", "object"},
		{"a key twice", target, `{"label": "x", "label": "y"}`, nil, 422, "rejected", "decode", "twice"},
		{"no JSON", target, `{`, nil, 400, "malformed-body", "", ""},
		{"the event is refused by its schema", target, `{"label": "` + strings.Repeat("x", 41) + `"}`, nil, 422, "rejected", "schema", ""},
		{"a policy says no", "/box/" + box1 + "/fill-box", `{"item": "forbidden"}`, nil, 422, "rejected", "policy", "may not be put in"},
	}
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		for _, test := range tests {
			got := b.send(b.north, "POST", test.target, test.body, test.headers...)
			var p problemOf
			if err := json.Unmarshal([]byte(got.body), &p); err != nil {
				t.Fatalf("%s: %v: %s", test.name, err, got.body)
			}
			stage := ""
			if len(p.Reasons) > 0 {
				stage = p.Reasons[0].Stage
			}
			if got.status != test.status || p.Code != test.code || stage != test.stage || !strings.Contains(got.body, test.text) {
				t.Errorf("%s: answered %d %s, want %d, code %s, stage %q, with %q in it", test.name, got.status, got.body, test.status, test.code, test.stage, test.text)
			}
		}
		if events := allEvents(t, b.Store()); len(events) != 4 {
			t.Errorf("there are %d events, want the 4 that were there before", len(events))
		}
	})
}

// A command that is sent again is answered as the first time, also when the stream
// would refuse it by now, or is not where it was expected any more.
func TestRepeatedCommand(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		for _, headers := range [][]string{{"Idempotency-Key: first"}, {"Idempotency-Key: first", "If-None-Match: *"}} {
			got := b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`, headers...)
			if want := `{"stream":"box-` + box1 + `","version":1,"position":1}`; got.body != want {
				t.Errorf("the answer with %q is %s, want %s", headers, got.body, want)
			}
		}
		if got := b.send(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`, "Idempotency-Key: second"); got.status != http.StatusConflict {
			t.Errorf("another command is answered %d: %s", got.status, got.body)
		}
	})
}

func TestReadModel(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		b.must(b.north, "POST", "/box/"+box2+"/open-box", `{"label": "cellar"}`)
		last := b.must(b.north, "POST", "/box/"+box2+"/close-box", `{}`).header.Get("Nexus-Position")
		one, two := `{"id":"`+box1+`","version":4,"data":{"state":"open","items":3}}`, `{"id":"`+box2+`","version":2,"data":{"state":"closed","items":0}}`
		for query, want := range map[string]string{
			"":                            `{"rows":[` + one + `,` + two + `]}`,
			"&state=open":                 `{"rows":[` + one + `]}`,
			"&state=closed":               `{"rows":[` + two + `]}`,
			"&state=lost":                 `{"rows":[]}`,
			"&limit=1":                    `{"rows":[` + one + `],"next":"` + box1 + `"}`,
			"&limit=1&from=" + box1:       `{"rows":[` + two + `]}`,
			"&limit=2":                    `{"rows":[` + one + `,` + two + `]}`,
			"&limit=1&from=" + box2 + "~": `{"rows":[]}`,
		} {
			got := b.must(b.north, "GET", "/models/boxes?timeout=5s&after="+last+query, "")
			if got.body != want {
				t.Errorf("rows of %q:\n%s", query, cmp.Diff(want, got.body))
			}
		}
	})
}

func TestWhy(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		var writes []struct {
			ID, Type, Stream, Actor string
			Version                 int64
			Before, After           json.RawMessage
		}
		got := b.must(b.north, "GET", "/box/"+box1+"/why?path=/items", "")
		if err := json.Unmarshal([]byte(got.body), &writes); err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, w := range writes {
			seen = append(seen, fmt.Sprintf("%d %s %s %s %s→%s", w.Version, w.Type, w.Stream, w.Actor, w.Before, w.After))
		}
		stream := "box-" + box1
		want := []string{"4 BoxFilled " + stream + " ann 2→3", "3 BoxFilled " + stream + " ann 1→2", "2 BoxFilled " + stream + " ann 0→1"}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("what wrote /items (-want +got):\n%s", diff)
		}
		why := b.must(b.north, "GET", "/events/"+writes[0].ID+"/why?after=4&timeout=5s", "")
		if !strings.Contains(why.body, `"stream":"`+stream+`"`) {
			t.Errorf("why an event is there: %s", why.body)
		}
	})
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
