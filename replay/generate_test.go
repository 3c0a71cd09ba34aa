package replay_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/avro"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/compat/protobuf"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/schema"
)

// A world is an example's catalog, and what judges events by its schemas.
type world struct {
	root       string
	catalog    *catalog.Catalog
	validators map[string]schema.Validator
}

func (w *world) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(w.root, filepath.FromSlash(name)))
}

// example loads the catalog of an example, with the fields of its schemas.
func example(t testing.TB, name string) *world {
	t.Helper()
	w := &world{root: "../examples/" + name, validators: map[string]schema.Validator{}}
	c, err := catalog.Load(context.Background(), []string{"catalog"}, catalog.Options{FS: os.DirFS(w.root)})
	if err != nil {
		t.Fatal(err)
	}
	w.catalog = c
	for _, e := range c.Events {
		if engine := engineFor(t, e.Schema.Get.File); engine != nil && e.Current {
			w.addSchema(t, engine, e)
		}
	}
	return w
}

func engineFor(t testing.TB, file string) compat.Engine {
	t.Helper()
	var engine compat.Engine
	var err error
	switch filepath.Ext(file) {
	case ".json", ".yaml":
		engine, err = jsonschema.New(jsonschema.Options{})
	case ".avsc":
		engine, err = avro.New(avro.Options{})
	case ".proto":
		engine, err = protobuf.New(protobuf.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func (w *world) addSchema(t testing.TB, engine compat.Engine, e *catalog.Event) {
	t.Helper()
	s := e.Schema.Get
	parsed, err := engine.Parse(schema.Schema{
		Subject: e.ID, Format: engine.Format(), File: s.File, Text: s.Text, Resolve: registry.Resolver(s.File, w.read),
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.validators[e.ID], err = parsed.Validator(); err != nil {
		t.Fatal(err)
	}
	if lister, ok := engine.(compat.FieldLister); ok {
		e.AddFields(lister.Fields(parsed))
	}
}

// generate makes a log of an example's catalog.
func (w *world) generate(t testing.TB, o replay.GenerateOptions) (string, *replay.Generated) {
	t.Helper()
	o.Read = w.read
	var b bytes.Buffer
	done, err := replay.Generate(context.Background(), &b, w.catalog, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), done
}

// validate judges events as nexus replay doctor does.
func (w *world) validate(e *event.Event) ([]schema.Reason, bool) {
	v := w.validators[e.Type]
	if v == nil {
		return nil, false
	}
	d, err := document.Parse("data", e.Data)
	if err == nil {
		err = v.Validate(d.Value())
	}
	if err != nil {
		return schema.Reasons(err), true
	}
	return nil, true
}

func TestGenerateIsDeterministic(t *testing.T) {
	w := example(t, "shop")
	o := replay.GenerateOptions{Events: 500, Seed: 7, Anomalies: replay.AnomalyKinds()}
	first, _ := w.generate(t, o)
	again, _ := w.generate(t, o)
	if diff := cmp.Diff(strings.Split(first, "\n"), strings.Split(again, "\n")); diff != "" {
		t.Errorf("the same seed makes two logs:\n%s", diff)
	}
	o.Seed++
	if other, _ := w.generate(t, o); other == first {
		t.Error("another seed makes the same log")
	}
}

// TestGeneratedLogIsClean checks every event of generated logs against its
// schema, and the logs against every rule.
func TestGeneratedLogIsClean(t *testing.T) {
	for _, name := range []string{"shop", "orders"} {
		w := example(t, name)
		rapid.Check(t, func(rt *rapid.T) {
			o := replay.GenerateOptions{
				Events: rapid.IntRange(1, 400).Draw(rt, "events"),
				Seed:   rapid.Uint64().Draw(rt, "seed"),
				Span:   time.Duration(rapid.IntRange(0, 400).Draw(rt, "hours")) * time.Hour,
			}
			text, done := w.generate(t, o)
			if got := strings.Count(text, "\n"); got != o.Events || done.Events != int64(got) {
				rt.Fatalf("%d lines, %d said, %d wanted", got, done.Events, o.Events)
			}
			d, err := replay.Doctor(context.Background(), logOf(t, text), replay.DoctorOptions{Validate: w.validate})
			if err != nil {
				rt.Fatal(err)
			}
			for _, f := range d.Findings {
				rt.Errorf("%s: %s: %s (line %d)", f.Rule, f.Subject, f.Message, f.Location.Line)
			}
			if d.Streams != done.Streams || d.Events != done.Events {
				rt.Errorf("doctor met %d events in %d streams, generated were %d in %d", d.Events, d.Streams, done.Events, done.Streams)
			}
		})
	}
}

// anomalyRules says which rule finds an anomaly.
var anomalyRules = map[string]string{
	replay.AnomalyGap:        replay.RuleGap,
	replay.AnomalyDuplicate:  replay.RuleDuplicate,
	replay.AnomalyOutOfOrder: replay.RuleOutOfOrder,
	replay.AnomalyTimeBack:   replay.RuleTimeBack,
	replay.AnomalyDangling:   replay.RuleDangling,
	replay.AnomalyInvalid:    replay.RuleInvalid,
	replay.AnomalyLate:       replay.RuleLate,
}

// TestEveryAnomalyIsFound makes one kind of anomaly at a time: its rule finds
// it, and no other rule finds anything.
func TestEveryAnomalyIsFound(t *testing.T) {
	w := example(t, "shop")
	for kind, rule := range anomalyRules {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				text, done := w.generate(t, replay.GenerateOptions{
					Events: 250, Seed: rapid.Uint64().Draw(rt, "seed"), Span: 90 * 24 * time.Hour, Anomalies: []string{kind},
				})
				if len(done.Anomalies) != 1 {
					rt.Fatalf("%d anomalies were made", len(done.Anomalies))
				}
				d, err := replay.Doctor(context.Background(), logOf(t, text), replay.DoctorOptions{Validate: w.validate})
				if err != nil {
					rt.Fatal(err)
				}
				made := done.Anomalies[0]
				subject := made.Stream
				if kind == replay.AnomalyInvalid {
					subject = made.Type
				}
				if len(d.Findings) != 1 || d.Findings[0].Rule != rule || d.Findings[0].Subject != subject {
					rt.Errorf("made %+v, found %+v", made, d.Findings)
				}
			})
		})
	}
}

func TestRepeatedEffect(t *testing.T) {
	w := example(t, "shop")
	text, done := w.generate(t, replay.GenerateOptions{Events: 200, Seed: 3, Anomalies: []string{"repeat:PaymentCaptured"}})
	captured := 0
	for e, err := range logOf(t, text).Events(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == "PaymentCaptured" && string(e.Stream) == done.Anomalies[0].Stream {
			captured++
		}
	}
	if captured != 2 {
		t.Errorf("the payment was captured %d times, not twice", captured)
	}
}

// TestGapBeforeAnOpening: a stream whose first event is missing starts late.
func TestGapBeforeAnOpening(t *testing.T) {
	w := example(t, "shop")
	text, done := w.generate(t, replay.GenerateOptions{Events: 300, Seed: 3, Anomalies: []string{"gap:OrderPlaced"}})
	streams, _, err := replay.Load(context.Background(), logOf(t, text), replay.LoadOptions{})
	if err != nil || len(done.Anomalies) != 1 {
		t.Fatalf("%+v, %v", done.Anomalies, err)
	}
	for _, s := range streams {
		want := int64(1)
		if s.ID == done.Anomalies[0].Stream {
			want = 2
		}
		if got := s.Events[0].Sequence; got != want {
			t.Errorf("%s begins with %d, want %d", s.ID, got, want)
		}
	}
}

func TestPeak(t *testing.T) {
	w := example(t, "shop")
	busiest := func(anomalies ...string) int {
		text, _ := w.generate(t, replay.GenerateOptions{Events: 5000, Span: 7 * 24 * time.Hour, Anomalies: anomalies})
		hours, most := map[time.Time]int{}, 0
		for e, err := range logOf(t, text).Events(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			hour := e.Time.Truncate(time.Hour)
			hours[hour]++
			most = max(most, hours[hour])
		}
		return most
	}
	usual, peak := busiest(), busiest(replay.AnomalyPeak)
	if peak < 5*usual {
		t.Errorf("the busiest hour has %d events with a peak, %d without", peak, usual)
	}
}

func TestGenerateErrors(t *testing.T) {
	w := example(t, "shop")
	for name, test := range map[string]struct {
		o    replay.GenerateOptions
		want string
	}{
		"no events":    {replay.GenerateOptions{Read: w.read}, "the number of events is not positive"},
		"unknown kind": {replay.GenerateOptions{Events: 1, Read: w.read, Anomalies: []string{"gaps"}}, "did you mean gap?"},
		"unknown type": {replay.GenerateOptions{Events: 1, Read: w.read, Anomalies: []string{"gap:Nothing"}}, `no event "Nothing"`},
		"typed peak":   {replay.GenerateOptions{Events: 1, Read: w.read, Anomalies: []string{"peak:OrderPlaced"}}, "leave OrderPlaced out"},
		"nothing before": {
			replay.GenerateOptions{Events: 300, Read: w.read, Anomalies: []string{"late:OrderPlaced"}},
			"the anomaly late:OrderPlaced befell none of 300 events: it needs an event in front of it",
		},
		"no reader": {replay.GenerateOptions{Events: 1}, "../common/Address.schema.json, which cannot be read here"},
	} {
		_, err := replay.Generate(context.Background(), &bytes.Buffer{}, w.catalog, test.o)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	_, err := replay.Generate(context.Background(), &bytes.Buffer{}, &catalog.Catalog{}, replay.GenerateOptions{Events: 1})
	if err == nil || !strings.Contains(err.Error(), "the catalog has no event") {
		t.Errorf("empty catalog: %v", err)
	}
}
