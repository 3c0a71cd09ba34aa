package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/app"
)

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

// TestVerifyTellsNothingOfOthers: a tenant is told of his own streams, whatever is
// there besides, and another who verifies is not in his way.
func TestVerifyTellsNothingOfOthers(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		before := b.must(b.north, "GET", "/audit/verify", "")
		var report struct {
			OK              bool
			Events, Streams int
			Seal            string
		}
		if err := json.Unmarshal([]byte(before.body), &report); err != nil || !report.OK || report.Events != 4 || report.Streams != 1 || !strings.HasPrefix(report.Seal, "4:") {
			t.Errorf("verifying 4 events is answered %s (%v)", before.body, err)
		}
		b.must(b.tide, "POST", "/box/"+box2+"/open-box", `{"label": "cellar"}`)
		if after := b.must(b.north, "GET", "/audit/verify", ""); after.body != before.body || after.header.Get("Nexus-Position") != before.header.Get("Nexus-Position") {
			t.Errorf("after another tenant's command it is answered %s at %s, before it %s", after.body, after.header.Get("Nexus-Position"), before.body)
		}
		if theirs := b.must(b.tide, "GET", "/audit/verify", "").body; !strings.Contains(theirs, `"events":1,"streams":1,"seal":"5:`) {
			t.Errorf("the other tenant is answered %s", theirs)
		}
		if o.Dir == "" {
			return
		}
		if code, out, log := run(t, boxesApp(t), "verify", "-data", o.Dir, "-tenant", "north", "-seal", report.Seal); code != 0 || !strings.Contains(out, report.Seal) {
			t.Errorf("the program verifies the tenant with %d: %s%s", code, out, log)
		}
	})
}

// TestReasonsOfCommands: what speaks against a command has no place among events.
func TestReasonsOfCommands(t *testing.T) {
	b := filled(t, app.Options{})
	for body, stage := range map[string]string{`{"item": 7}`: "schema", `{"boxId": "` + box2 + `", "item": "a"}`: "decode", `[]`: "decode"} {
		got := b.send(b.north, "POST", "/box/"+box1+"/fill-box", body)
		if p := got.problem(t); len(p.Reasons) != 1 || p.Reasons[0].Stage != stage || p.Reasons[0].Type != "FillBox" || strings.Contains(got.body, `"event"`) {
			t.Errorf("%s is answered %s", body, got.body)
		}
		_, err := b.Execute(t.Context(), ann, "Box", box1, "FillBox", json.RawMessage(body))
		if err == nil || strings.Contains(err.Error(), "event 1") || !strings.Contains(err.Error(), "rejected: FillBox: "+stage) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if got := b.send(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "forbidden"}`); !strings.Contains(got.body, `"type":"BoxFilled","event":2,`) {
		t.Errorf("what speaks against events is answered %s", got.body)
	}
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
