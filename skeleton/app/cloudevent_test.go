package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/route"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// An event is written as encoding/json would write it, member by member, in one
// line, whatever was written before it.
func TestCloudEventsAreWhatJSONMakesOfThem(t *testing.T) {
	texts := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9/-]{0,12}`), rapid.String(),
		rapid.SampledFrom([]string{`"`, `\`, "<b>&", "\x7f\x00\n", "\u2028\u2029", "\xff", "é😀"}),
	)
	decisions := rapid.OneOf(rapid.Custom(func(t *rapid.T) json.RawMessage {
		text, err := json.Marshal(route.Decision{Path: texts.Draw(t, "path"), Score: rapid.Float64Range(0, 1).Draw(t, "score"), Weights: texts.Draw(t, "weights")})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}), rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{`), json.RawMessage(`[]`), json.RawMessage(`{}`)}))
	documents := rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"a":"<b>"}`), json.RawMessage("{\r\n  \"a\": [1,\n2]\n}")})
	rapid.Check(t, func(t *rapid.T) {
		w := newCloudEventWriter(texts.Draw(t, "source"))
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			e := store.Event{
				ID: texts.Draw(t, "id"), Type: texts.Draw(t, "type"), SchemaVersion: texts.Draw(t, "schema version"),
				Tenant: texts.Draw(t, "tenant"), Stream: texts.Draw(t, "stream"), Actor: texts.Draw(t, "actor"),
				CorrelationID: texts.Draw(t, "correlation"), CausationID: texts.Draw(t, "causation"),
				Version: rapid.Int64Min(0).Draw(t, "version"), Position: rapid.Int64().Draw(t, "position"),
				Time: moment(t), Recorded: moment(t), Decision: decisions.Draw(t, "decision"),
				Data: documents.Draw(t, "data"), Metadata: documents.Draw(t, "metadata"),
			}
			if rapid.Bool().Draw(t, "tenant's own") {
				e.Stream = serve.StreamOf(e.Tenant, e.Stream)
			}
			copy(e.Hash[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
			if diff := cmp.Diff(cloudEventOf(t, e, w.source), string(w.append([]byte("before"), e))); diff != "" {
				t.Fatalf("%+v (-want +got):\n%s", e, diff)
			}
		}
	})
}

// cloudEventOf is the plain way to write an event, behind the word before.
func cloudEventOf(t *rapid.T, e store.Event, source string) string {
	var members []string
	add := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != `""` || name == "id" {
			members = append(members, `"`+name+`":`+string(text))
		}
	}
	addDocument := func(name string, text json.RawMessage) {
		if bytes.ContainsAny(text, "\r\n") {
			text = compact(text)
		}
		if len(text) > 0 {
			members = append(members, `"`+name+`":`+string(text))
		}
	}
	subject, ok := serve.NameOf(e.Tenant, e.Stream)
	if !ok {
		subject = e.Stream
	}
	add("specversion", "1.0")
	add("id", e.ID)
	add("source", source)
	add("type", e.Type)
	add("subject", subject)
	add("time", e.Time.Format(time.RFC3339Nano))
	add("recordedtime", e.Recorded.Format(time.RFC3339Nano))
	add("sequence", fmt.Sprintf("%020d", e.Version))
	add("datacontenttype", "application/json")
	add("schemaversion", e.SchemaVersion)
	add("correlationid", e.CorrelationID)
	add("causationid", e.CausationID)
	add("actor", e.Actor)
	add("tenant", e.Tenant)
	add("position", fmt.Sprint(e.Position))
	add("hash", e.Hash.String())
	var decision route.Decision
	if json.Unmarshal(e.Decision, &decision) == nil {
		attributes := decision.Attributes()
		for _, name := range sorted(attributes) {
			text, _ := json.Marshal(attributes[name]) // an empty one too
			addDocument(name, text)
		}
	}
	addDocument("metadata", e.Metadata)
	addDocument("data", e.Data)
	return "before{" + strings.Join(members, ",") + "}\n"
}

func moment(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds")).UTC()
}

// However many decisions there are, few are remembered.
func TestCloudEventWriterForgetsDecisions(t *testing.T) {
	w := newCloudEventWriter("/app")
	for i := range 3*maxRoutes + 1 {
		text := fmt.Appendf(nil, `{"path":"p%d"}`, i)
		if got := string(w.append(nil, store.Event{Decision: text})); !strings.Contains(got, fmt.Sprintf(`"routepath":"p%d"`, i)) {
			t.Fatalf("decision %d is written as %s", i, got)
		}
	}
	if len(w.routes) > maxRoutes {
		t.Errorf("%d decisions are remembered", len(w.routes))
	}
}

func BenchmarkCloudEvent(b *testing.B) {
	decision, err := json.Marshal(route.Decision{Path: route.Critical, Score: 0.7, Threshold: 0.5, Weights: "sha256:0a", Reasons: []route.Reason{{Feature: "criticality", Value: 1, Weight: 3, Part: 3}}})
	if err != nil {
		b.Fatal(err)
	}
	e := store.Event{
		ID: "01a20946-2932-7073-abf3-63786429dae7", Type: "BoxOpened", SchemaVersion: "1.0.0", Tenant: "north", Stream: serve.StreamOf("north", "box-7"),
		Actor: "ann", CorrelationID: "01a20946-2932-786b-b7ea-aef0f61eb91d", CausationID: "01a20946-2932-786b-b7ea-aef0f61eb91d",
		Version: 2, Position: 40, Time: time.Unix(1, 2).UTC(), Recorded: time.Unix(1, 3).UTC(), Decision: decision, Data: json.RawMessage(`{"boxId":"7"}`),
	}
	w := newCloudEventWriter("/app")
	var line []byte
	b.ReportAllocs()
	for b.Loop() {
		line = w.append(line[:0], e)
	}
}
