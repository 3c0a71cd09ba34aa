package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app"
)

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
