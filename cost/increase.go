package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// Increase is what a change of the catalog adds to the cost of a month.
type Increase struct {
	Was, Is Money
	Change  Money
	Share   Share // of what it was, with its interval
	// Types are those whose cost changes, the largest change first.
	Types []TypeIncrease
}

// TypeIncrease is the change of one type.
type TypeIncrease struct {
	Type    string
	Owners  []string
	Was, Is Money // 0 where the type is not there
	Why     string
}

// Compare is what the strategy costs more than in an earlier estimate. The volumes
// of both are drawn together, so that what is uncertain about both cancels.
func (e *Estimate) Compare(earlier *Estimate, strategy string) *Increase {
	is, was := e.Outcome(strategy), earlier.Outcome(strategy)
	if is == nil || was == nil {
		return nil
	}
	n := &Increase{Was: was.Total, Is: is.Total, Change: is.Total - was.Total}
	n.Share.Point = grown(was.Total.Dollars(), is.Total.Dollars())
	draws := make([]float64, min(len(is.draws), len(was.draws)))
	for i := range draws {
		draws[i] = grown(was.draws[i], is.draws[i])
	}
	n.Share.Low, n.Share.High = Interval(draws, Level)

	before := map[string]int{}
	for i := range earlier.Workload.Types {
		before[earlier.Workload.Types[i].Type] = i
	}
	for i := range e.Workload.Types {
		t := &e.Workload.Types[i]
		change := TypeIncrease{Type: t.Type, Owners: t.Owners, Is: is.Types[i].Cost, Why: "it is new"}
		if n, ok := before[t.Type]; ok {
			change.Was = was.Types[n].Cost
			change.Why = difference(&earlier.Workload.Types[n], t, was.Types[n], is.Types[i])
			delete(before, t.Type)
		}
		n.Types = append(n.Types, change)
	}
	for name, i := range before { // sorted below
		n.Types = append(n.Types, TypeIncrease{Type: name, Owners: earlier.Workload.Types[i].Owners, Was: was.Types[i].Cost, Why: "it is gone"})
	}
	n.Types = slices.DeleteFunc(n.Types, func(t TypeIncrease) bool { return t.Is == t.Was })
	slices.SortFunc(n.Types, func(a, b TypeIncrease) int {
		return cmp.Or(cmp.Compare(max(b.Is-b.Was, b.Was-b.Is), max(a.Is-a.Was, a.Was-a.Is)), cmp.Compare(a.Type, b.Type))
	})
	return n
}

func grown(was, is float64) float64 {
	if was <= 0 {
		if is > 0 {
			return 1
		}
		return 0
	}
	return is/was - 1
}

// difference says what of a type changed, as far as it costs.
func difference(was, is *Traffic, wasOn, isOn TypeOutcome) string {
	var list []string
	if !slices.Equal(wasOn.Paths, isOn.Paths) {
		list = append(list, fmt.Sprintf("it takes %s and took %s", orNone(isOn.Paths), orNone(wasOn.Paths)))
	}
	if was.MeanBytes() != is.MeanBytes() {
		list = append(list, sizeChange(was.MeanBytes(), is.MeanBytes(), isOn.Paths))
		if is.Grown.Bytes > 0 {
			list = append(list, is.Grown.String())
		}
	}
	switch {
	case was.Rate == is.Rate:
	case was.Rate == 0:
		list = append(list, "it had no rate")
	default:
		list = append(list, "its rate is "+figures(is.Rate/was.Rate)+" times what it was")
	}
	if !slices.Equal(was.Consumers, is.Consumers) {
		list = append(list, fmt.Sprintf("it has %s and had %d", report.Count(len(is.Consumers), "consumer"), len(was.Consumers)))
	}
	if was.Ordering != is.Ordering || was.MaxLatency != is.MaxLatency || was.Criticality != is.Criticality {
		list = append(list, "it asks for another order, latency or criticality")
	}
	if len(list) == 0 {
		return "it shares capacity with what changed"
	}
	return strings.Join(list, "; ")
}

func orNone(paths []string) string { return cmp.Or(strings.Join(paths, " and "), "no path") }

// edges are the sizes at which paths bill a step more, and who does.
var edges = []struct {
	bytes float64
	who   string
	paths []string
}{
	{1 << 10, "Kinesis on demand bills 1 KB at a time", []string{"kinesis-on-demand", "kinesis-advantage"}},
	{25 << 10, "Kinesis provisioned bills 25 KB at a time", []string{"kinesis-provisioned"}},
	{64 << 10, "SNS, SQS, EventBridge and Event Hubs bill 64 KB at a time", []string{"sns-sqs", "sqs", "sqs-fifo", "eventbridge-sqs", "event-hubs-basic", "event-hubs-standard"}},
}

// sizeChange says how a size changed, and whether it went over a step of a path.
func sizeChange(was, is float64, paths []string) string {
	text := "its events are of " + amount(is) + " bytes and were of " + amount(was)
	for _, edge := range edges {
		steps := math.Ceil(was/edge.bytes) != math.Ceil(is/edge.bytes)
		if steps && slices.ContainsFunc(paths, func(p string) bool { return slices.Contains(edge.paths, p) }) {
			text += "; " + edge.who
		}
	}
	return text
}
