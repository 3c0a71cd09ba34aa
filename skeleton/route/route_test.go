package route

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func scorer(t testing.TB, w Weights) *Scorer {
	t.Helper()
	s, err := New(w)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What the documentation of Default promises.
func TestDefault(t *testing.T) {
	s := scorer(t, Default())
	for name, test := range map[string]struct {
		event Event
		want  string
	}{
		"nothing is known":                    {Event{}, Standard},
		"critical alone":                      {Event{Criticality: "critical"}, Critical},
		"high alone":                          {Event{Criticality: "high"}, Standard},
		"high and ordered":                    {Event{Criticality: "high", Ordered: true}, Critical},
		"high and fast":                       {Event{Criticality: "high", MaxLatencyMs: 20}, Critical},
		"high and slow":                       {Event{Criticality: "high", MaxLatencyMs: 30_000}, Standard},
		"ordered, fast and with an impact":    {Event{Ordered: true, MaxLatencyMs: 5, Impact: true}, Critical},
		"ordered and fast":                    {Event{Ordered: true, MaxLatencyMs: 5}, Standard},
		"large and frequent":                  {Event{PayloadBytes: 1 << 20, RatePerMin: 1e7}, Standard},
		"a criticality that nobody knows":     {Event{Criticality: "urgent"}, Standard},
		"medium, ordered and with an impact":  {Event{Criticality: "medium", Ordered: true, Impact: true}, Standard},
		"medium, ordered, fast and an impact": {Event{Criticality: "medium", Ordered: true, MaxLatencyMs: 100, Impact: true}, Critical},
	} {
		if got := s.Decide(test.event); got.Path != test.want {
			t.Errorf("%s: %s with %+v, want %s", name, got.Path, got, test.want)
		}
	}
}

func TestDecisionExplainsItself(t *testing.T) {
	got := scorer(t, Default()).Decide(Event{Criticality: "critical", Ordered: true})
	want := Decision{
		Path: Critical, Score: 0.7, Threshold: 0.5, Weights: Default().Hash(),
		Reasons: []Reason{{"criticality", 1, 0.5, 0.5}, {"ordering", 1, 0.2, 0.2}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decision (-want +got):\n%s", diff)
	}
	attributes := map[string]string{"routepath": "critical", "routescore": "0.7000", "routeweights": Default().Hash()}
	if diff := cmp.Diff(attributes, got.Attributes()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	for name := range got.Attributes() {
		if strings.ToLower(name) != name || len(name) > 20 {
			t.Errorf("%q is no name of a CloudEvents attribute", name)
		}
	}
}

// A sum that is the threshold in decimals reaches it.
func TestThresholdInDecimals(t *testing.T) {
	s := scorer(t, Weights{Scorer: Linear, Weights: map[string]float64{"criticality": 0.1, "ordering": 0.2}, Threshold: 0.3})
	if got := s.Decide(Event{Criticality: "critical", Ordered: true}); got.Path != Critical {
		t.Errorf("0.1 + 0.2 does not reach 0.3: %+v", got)
	}
}

// Features stay between 0 and 1 whatever was declared, the parts add up to the
// score, and a stronger fact never lowers it under positive weights.
func TestScores(t *testing.T) {
	any := rapid.Custom(func(t *rapid.T) Event {
		return Event{
			Criticality: rapid.SampledFrom([]string{"", "low", "medium", "high", "critical", "?"}).Draw(t, "criticality"),
			Ordered:     rapid.Bool().Draw(t, "ordered"), Impact: rapid.Bool().Draw(t, "impact"),
			MaxLatencyMs: rapid.Float64().Draw(t, "latency"), PayloadBytes: rapid.Float64().Draw(t, "payload"), RatePerMin: rapid.Float64().Draw(t, "rate"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		e := any.Draw(rt, "event")
		w := Weights{Scorer: Linear, Weights: map[string]float64{}, Bias: rapid.Float64Range(-1, 1).Draw(rt, "bias")}
		for _, f := range Features() {
			if v := f.Of(e); !(v >= 0 && v <= 1) {
				rt.Fatalf("%s of %+v is %v", f.Name, e, v)
			}
			w.Weights[f.Name] = rapid.Float64Range(0, 2).Draw(rt, f.Name)
		}
		s, err := New(w)
		if err != nil {
			rt.Fatal(err)
		}
		d := s.Decide(e)
		sum := w.Bias
		for _, r := range d.Reasons {
			sum += r.Part
		}
		if math.Abs(sum-d.Score) > 1e-9 {
			rt.Fatalf("the parts make %v, the score is %v", sum, d.Score)
		}
		stronger := e
		stronger.Ordered, stronger.Criticality = true, "critical"
		if s.Score(stronger) < d.Score-1e-9 {
			rt.Fatalf("%v is less than %v", s.Score(stronger), d.Score)
		}
	})
}

func TestLogistic(t *testing.T) {
	s := scorer(t, Weights{Scorer: Logistic, Weights: map[string]float64{"payload": -4, "criticality": 3}, Bias: -1, Threshold: 0.5})
	if got := s.Score(Event{}); math.Abs(got-0.2689414) > 1e-6 { // sigma(-1)
		t.Errorf("score %v", got)
	}
	small, large := Event{Criticality: "critical"}, Event{Criticality: "critical", PayloadBytes: 256 << 10}
	if s.Decide(small).Path != Critical || s.Decide(large).Path != Standard {
		t.Errorf("%+v and %+v", s.Decide(small), s.Decide(large))
	}
}

// The hash depends on what decides, and on nothing else.
func TestHash(t *testing.T) {
	base := Default()
	same := Default()
	same.Weights["payload"] = 0
	if base.Hash() != same.Hash() {
		t.Error("a weight of 0 changes the hash")
	}
	for name, change := range map[string]func(*Weights){
		"weight":    func(w *Weights) { w.Weights["latency"] = 0.21 },
		"bias":      func(w *Weights) { w.Bias = 0.1 },
		"threshold": func(w *Weights) { w.Threshold = 0.6 },
		"scorer":    func(w *Weights) { w.Scorer = Logistic },
	} {
		other := Default()
		if change(&other); other.Hash() == base.Hash() {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"all":                 {`{"scorer":"logistic","weights":{"payload":-1.5},"bias":0.25,"threshold":0.4}`, ""},
		"nothing":             {`{}`, ""},
		"no object":           {`[]`, "weights: an object with scorer, weights, bias and threshold was expected"},
		"unknown key":         {`{"treshold":1}`, "weights/treshold: this key is unknown: there are scorer, weights, bias and threshold"},
		"unknown feature":     {`{"weights":{"latncy":1}}`, "weights/weights/latncy: this feature is unknown: there are criticality, ordering, latency, impact, payload, rate"},
		"no number":           {`{"weights":{"latency":"1"}}`, "weights/weights/latency: a number was expected"},
		"unknown scorer":      {`{"scorer":"tree"}`, `weights: route: unknown scorer "tree": it is linear or logistic`},
		"no probability":      {`{"scorer":"logistic","threshold":1.5}`, "weights: route: threshold 1.5: of a logistic scorer it is a probability, between 0 and 1"},
		"beyond all numbers":  {`{"bias":1e999}`, "weights/bias: a number was expected"},
		"weights of no shape": {`{"weights":[]}`, "weights/weights: an object of features and their weights was expected"},
	} {
		t.Run(name, func(t *testing.T) {
			value, err := decode(test.text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(value)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func decode(text string) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

// What Parse accepts decides about every event, and writing it and reading it
// again is the same.
func FuzzParse(f *testing.F) {
	f.Add(`{"scorer":"logistic","weights":{"payload":-1.5},"bias":0.25,"threshold":0.4}`)
	f.Add(`{"weights":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		value, err := decode(text)
		if err != nil {
			return // not JSON: reading it is the caller's business
		}
		w, err := Parse(value)
		if err != nil {
			return
		}
		again, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		value, err = decode(string(again))
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(value)
		if err != nil || back.Hash() != w.Hash() {
			t.Fatalf("%s comes back as %+v, %v", again, back, err)
		}
		scorer(t, w).Decide(Event{Criticality: "high", Ordered: true, MaxLatencyMs: 100})
	})
}

func BenchmarkDecide(b *testing.B) {
	s := scorer(b, Default())
	e := Event{Criticality: "high", Ordered: true, MaxLatencyMs: 500, Impact: true, PayloadBytes: 900, RatePerMin: 120}
	b.ReportAllocs()
	for b.Loop() {
		s.Decide(e)
	}
}
