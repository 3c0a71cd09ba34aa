package cost

import (
	"cmp"
	"slices"
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
	for name, i := range before {
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
	switch {
	case !slices.Equal(wasOn.Paths, isOn.Paths):
		return "it takes another path"
	case was.MeanBytes() != is.MeanBytes():
		return sizeChange(was.MeanBytes(), is.MeanBytes())
	case was.Rate != is.Rate:
		return "its rate is " + times(is.Rate/was.Rate) + " what it was"
	case len(was.Consumers) != len(is.Consumers):
		return "it has other consumers"
	}
	return "it shares capacity with what changed"
}

// edges are the sizes at which paths bill a step more, and who does.
var edges = []struct {
	bytes int
	who   string
}{
	{1 << 10, "Kinesis on demand bills 1 KB at a time"},
	{25 << 10, "Kinesis provisioned bills 25 KB at a time"},
	{64 << 10, "SNS, SQS and EventBridge bill 64 KB at a time"},
}

// sizeChange says how a size changed, and which edge it went over.
func sizeChange(was, is float64) string {
	text := "its events are of " + amount(is) + " bytes and were of " + amount(was)
	for _, edge := range edges {
		low, high := min(was, is), max(was, is)
		if low <= float64(edge.bytes) && high > float64(edge.bytes) {
			text += "; " + edge.who
		}
	}
	return text
}

func times(factor float64) string { return formatNumber(float64(int(factor*100+0.5))/100) + " times" }
