package cost

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// bySize sends what is large to the critical path.
func bySize(t testing.TB) *route.Scorer {
	t.Helper()
	scorer, err := route.New(route.Weights{Scorer: "logistic", Weights: map[string]float64{"payload": 8}, Bias: -4, Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	return scorer
}

// Decisions that were recorded cost what a router costs that decides alike: a few
// small events fill few requests, however many large ones there are beside them.
func TestRecordedDecisionsCostWhatTheRouterDoes(t *testing.T) {
	kind := typed("A", 46, 1)
	kind.Sizes = []Size{{Bytes: 100, Share: 0.02}, {Bytes: 200_000, Share: 0.98}}
	kind.Recorded = map[string]float64{route.Standard: 0.02, route.Critical: 0.98}
	kind.RecordedSizes = map[string][]Size{route.Standard: {{100, 1}}, route.Critical: {{200_000, 1}}}
	e := estimateWith(t, declaredWork(kind), Options{Assumptions: DefaultAssumptions(), Router: bySize(t), Strategies: []string{Recorded, Router}, Draws: 3})
	recorded, router := e.Outcome(Recorded), e.Outcome(Router)
	if diff := math.Abs((recorded.Total - router.Total).Dollars()); diff > 1e-6 {
		t.Errorf("recorded %s, by the router %s", recorded.Total, router.Total)
	}
	published := 0.0
	for _, line := range recorded.Lines {
		if line.Item == "sns.standard/publish" {
			published += line.Quantity
		}
	}
	events := 46 * 0.02 * MonthSeconds
	if want := events / (1 + 46*0.02*0.1); math.Abs(published-want) > 1 {
		t.Errorf("%.0f publishes of %.0f events, want %.0f", published, events, want)
	}
}

// Decisions that name the same path fill its requests together, and decide nothing.
func TestDecisionsOfOnePathAreOne(t *testing.T) {
	kind := typed("A", 46, 900)
	whole := onPath(kind, "sqs")
	kind.Recorded = map[string]float64{"sqs": 0.3, "SQS": 0.2}
	recorded := estimate(t, declaredWork(kind), "", Recorded).Outcome(Recorded)
	declared := estimate(t, declaredWork(whole), "", Declared).Outcome(Declared)
	if recorded.Total != declared.Total {
		t.Errorf("recorded %s, declared %s", recorded.Total, declared.Total)
	}
}

func TestPortionsJoin(t *testing.T) {
	small, all := portion{share: 0.1, sizes: []Size{{100, 1}}}, []Size{{1000, 1}}
	got := small.join(portion{share: 0.3}, all)
	want := portion{share: 0.4, sizes: []Size{{100, 0.25}, {1000, 0.75}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(portion{}), cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })); diff != "" {
		t.Error(diff)
	}
}

// A log keeps the sizes of the events of each recorded path.
func TestRecordedSizes(t *testing.T) {
	var text []byte
	for n := range 30 {
		path, data := `,"routepath":"critical"`, "large and larger"
		switch n % 3 {
		case 0:
			path, data = `,"routepath":"standard"`, "s"
		case 1:
			path = ""
		}
		text = fmt.Appendf(text, `{"specversion":"1.0","id":"%02d","source":"/s","type":"T","time":"2026-01-05T12:00:%02dZ"%s,"data":"%s"}`+"\n", n, n, path, data)
	}
	w, err := FromLog(context.Background(), openText(t, text), nil, TrafficOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]Size{"critical": {{135, 1}}, "standard": {{120, 1}}}
	if diff := cmp.Diff(want, w.Types[0].RecordedSizes); diff != "" {
		t.Error(diff)
	}
	if n := len(w.Types[0].Sizes); n != 3 {
		t.Errorf("%d sizes in all, want 3: %v", n, w.Types[0].Sizes)
	}
}
