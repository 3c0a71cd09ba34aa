package cost

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// known are the weights behind generated labels.
var known = route.Weights{
	Scorer: route.Logistic, Bias: -1.5, Threshold: 0.5,
	Weights: map[string]float64{"criticality": 2, "ordering": 1, "latency": 0.8, "impact": 0.5, "payload": -1.2, "rate": -0.4},
}

// draw generates labels: events of all kinds, critical with the probability that
// the known weights give them.
func draw(t testing.TB, seed uint64, n int) []Label {
	t.Helper()
	s, err := route.New(known)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	labels := make([]Label, n)
	for i := range labels {
		e := route.Event{
			Criticality: []string{"low", "critical"}[r.IntN(2)],
			Ordered:     r.IntN(2) == 0, Impact: r.IntN(2) == 0,
			MaxLatencyMs: []float64{10, 60_000}[r.IntN(2)],
			PayloadBytes: []float64{64, 256 << 10}[r.IntN(2)],
			RatePerMin:   []float64{1, 1e6}[r.IntN(2)],
		}
		labels[i] = Label{e, r.Float64() < s.Score(e)}
	}
	return labels
}

// Known weights come back from 5,000 labels: within 0.1 on average over many draws,
// and nine times in ten within 1.65 of the standard errors that are stated.
func TestTrainRecoversKnownWeights(t *testing.T) {
	const draws = 30
	off := map[string]float64{}
	within, all := 0, 0
	for seed := range uint64(draws) {
		training, err := Train(draw(t, seed, 5_000))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range known.Weights {
			distance := math.Abs(training.Weights.Weights[name] - want)
			off[name] += distance / draws
			if all++; distance <= 1.645*training.Errors[name] {
				within++
			}
		}
	}
	for name, distance := range off {
		if distance > 0.1 {
			t.Errorf("%s is off by %.3f on average", name, distance)
		}
	}
	if share := float64(within) / float64(all); share < 0.83 || share > 0.97 {
		t.Errorf("%.0f %% of the weights lie within their 90 %% interval", 100*share)
	}
}

func TestTrainJudgesItself(t *testing.T) {
	training, err := Train(draw(t, 1, 5_000))
	if err != nil {
		t.Fatal(err)
	}
	q := training.Held
	if q.AUC < 0.7 || q.AUC > 0.9 || q.Accuracy <= q.Majority || q.Brier >= 0.25 || q.Brier <= 0.1 {
		t.Errorf("quality %+v", q)
	}
	labels := 0
	for _, b := range q.Bins {
		labels += b.Labels
		if b.Labels > 200 && math.Abs(b.Said-b.Was) > 0.1 {
			t.Errorf("said %.2f of labels of which %.2f are critical", b.Said, b.Was)
		}
	}
	if labels != 5_000 {
		t.Errorf("%d labels in the bins", labels)
	}
}

// Labels that say nothing of the features are guessed, and said to be.
func TestTrainOnNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	labels := draw(t, 2, 2_000)
	for i := range labels {
		labels[i].Critical = r.IntN(2) == 0
	}
	training, err := Train(labels)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(training.Held.AUC-0.5) > 0.05 {
		t.Errorf("AUC %.3f on noise", training.Held.AUC)
	}
}

// Labels without a mistake have finite weights, and one feature that never
// changes has none.
func TestTrainOnSeparableLabels(t *testing.T) {
	var labels []Label
	for i := range 200 {
		labels = append(labels, Label{route.Event{Ordered: i%2 == 0, Criticality: "high"}, i%2 == 0})
	}
	training, err := Train(labels)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := route.New(training.Weights); err != nil {
		t.Error(err)
	}
	if _, ok := training.Weights.Weights["criticality"]; ok || training.Weights.Weights["ordering"] < 3 {
		t.Errorf("weights %v", training.Weights.Weights)
	}
	if training.Held.AUC != 1 || training.Held.Accuracy != 1 {
		t.Errorf("quality %+v", training.Held)
	}
}

// Facts that cannot be are no labels.
func TestLabelsRefuseImpossibleFacts(t *testing.T) {
	for text, want := range map[string]string{
		`{"path": "critical", "payload_bytes": -5}`:     "payload_bytes is -5: a number that is not negative was expected",
		`{"path": "critical", "rate_per_min": -0.1}`:    "rate_per_min is -0.1",
		`{"path": "critical", "max_latency_ms": -1}`:    "max_latency_ms is -1",
		`{"path": "critical", "payload_bytes": 1e999}`:  "1e999",
		`{"path": "critical", "payload_bytes": "many"}`: "payload_bytes",
	} {
		_, err := ReadLabels(strings.NewReader(`{"path": "standard", "payload_bytes": 0}`+"\n"+text), "labels.ndjson", nil)
		if err == nil || !strings.Contains(err.Error(), "labels.ndjson:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	labels := draw(t, 3, 500)
	if _, err := Train(labels[:99]); !errors.Is(err, ErrFewLabels) {
		t.Errorf("99 labels: %v", err)
	}
	for i := range labels {
		labels[i].Critical = true
	}
	if _, err := Train(labels); !errors.Is(err, ErrOneClass) {
		t.Errorf("one class: %v", err)
	}
}
