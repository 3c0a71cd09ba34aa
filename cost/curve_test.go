package cost

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// totalAt is what declared types cost at a volume of their ledger, and what a catalog
// with all rates times as high would cost.
func totalAt(t testing.TB, work *Workload, whatIf string, volume float64) (ledger, catalog Money) {
	t.Helper()
	e := estimate(t, work, whatIf, Declared)
	scaled := declaredWork()
	for _, kind := range work.Types {
		kind.Rate *= volume
		kind.Peak.Records *= volume
		kind.Peak.Bytes *= volume
		scaled.Types = append(scaled.Types, kind)
	}
	return e.Outcome(Declared).ledger.total(volume), estimate(t, scaled, whatIf, Declared).Outcome(Declared).Total
}

// What another volume costs is what a catalog costs that declares it: polls of idle
// queues and the filling of requests do not grow with the volume.
func TestVolumesCostWhatCatalogsDo(t *testing.T) {
	idle := declaredWork()
	for i := range 100 {
		idle.Types = append(idle.Types, onPath(typed(fmt.Sprintf("Idle%02d", i), 0.0001/60, 500), "sqs"))
	}
	for _, test := range []struct {
		name, whatIf string
		work         *Workload
	}{
		{"idle queues", "", idle},
		{"requests that fill up", "window=1s", declaredWork(onPath(typed("A", 2, 500), "sns-sqs"))},
		{"no events at all", "", declaredWork(onPath(typed("A", 0, 500), "sqs"))},
		{"shards", "kinesis=provisioned", declaredWork(onPath(typed("A", 900, 2000), "kinesis"))},
		{"the account's floor", "", declaredWork(onPath(typed("A", 900, 2000), "kinesis-advantage"))},
		{"aggregated records", "aggregate=20,window=1s", declaredWork(onPath(typed("A", 9, 700), "kinesis"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, volume := range []float64{0, 0.25, 0.4, 1 / declaredFactor, 0.9, 1, 1.2, declaredFactor, 3, 4} {
				got, want := totalAt(t, test.work, test.whatIf, volume)
				// A straight line between knots cuts the corner where a batch is full.
				if diff := math.Abs((got - want).Dollars()); diff > 0.03*want.Dollars() {
					t.Errorf("volume %g: %s, and the catalog says %s", volume, got, want)
				}
			}
		})
	}
}

// At the knots there is nothing to tell them apart, on whatever path without a quota
// that is reached.
func TestKnotsAreQuoted(t *testing.T) {
	paths := []string{"kinesis-on-demand", "kinesis-advantage", "sns-sqs", "sqs", "eventbridge-sqs", "pubsub", "msk"}
	rapid.Check(t, func(r *rapid.T) {
		kind := typed("A", rapid.Float64Range(0, 500).Draw(r, "rate"), rapid.IntRange(1, 200_000).Draw(r, "bytes"))
		work := declaredWork(onPath(kind, rapid.SampledFrom(paths).Draw(r, "path")))
		volume := rapid.SampledFrom(knots[:]).Draw(r, "volume")
		got, want := totalAt(t, work, "", volume)
		if diff := math.Abs((got - want).Dollars()); diff > 1e-6*(1+want.Dollars()) {
			r.Errorf("volume %g: %s, and the catalog says %s", volume, got, want)
		}
	})
}

func TestCurvesGoOnInProportion(t *testing.T) {
	var c curve
	for i, knot := range knots {
		c[i] = 10 + knot
	}
	for _, test := range []struct{ volume, want float64 }{{0, 10}, {0.1, 10.1}, {1, 11}, {1.3, 11.3}, {4, 14}, {8, 28}} {
		if got := c.at(test.volume); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("at %g: %g, want %g", test.volume, got, test.want)
		}
	}
}
