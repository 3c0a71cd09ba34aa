package cost

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// Summary is the table of all strategies.
func (e *Estimate) Summary() report.Table {
	t := report.Table{Title: "Strategies, a month", Columns: []string{"Strategy", "Cost", "90 % interval", "Saving", "Types moved", "Late", "Disordered"}}
	base := e.Baseline()
	for _, o := range e.Outcomes {
		saving, moved, late, disordered := "-", 0, 0, 0
		for i := range o.Types {
			if !slices.Equal(o.Types[i].Paths, base.Types[i].Paths) {
				moved++
			}
			for _, r := range o.Types[i].Missed {
				if ruleOf[r.Need] == RuleLatencyMissed {
					late++
				} else {
					disordered++
				}
			}
		}
		if o != base {
			saving = Percent(e.Saving(o).Saving.Point)
		}
		t.Rows = append(t.Rows, []string{o.Strategy, partial(o), rangeText(o.Interval), saving, count(moved), count(late), count(disordered)})
		if n := len(o.Left); n > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("%s lacks %s: %s", o.Strategy, report.Count(n, "type"), listed(o.Left)))
		}
	}
	for _, passed := range e.Passed {
		t.Notes = append(t.Notes, fmt.Sprintf("%s is not there: %s", passed.Type, passed.Why))
	}
	return t
}

// partial marks a total that lacks types.
func partial(o *Outcome) string {
	if o.Complete() {
		return o.Total.String()
	}
	return o.Total.String() + "*"
}

// listed names a few and counts the rest.
func listed(left []Left) string {
	const most = 3
	var list []string
	for _, l := range left[:min(most, len(left))] {
		list = append(list, l.Type+" ("+l.Why+")")
	}
	if n := len(left) - most; n > 0 {
		list = append(list, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(list, ", ")
}

func rangeText(r Range) string { return r.Low.String() + " to " + r.High.String() }

func count(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// TypesTable is what each type does and costs under an outcome.
func (e *Estimate) TypesTable(o *Outcome) report.Table {
	t := report.Table{Title: "Types under " + o.Strategy, Columns: []string{"Type", "Path", "Events/s", "Bytes", "Cost", "p99", "Allowed"}}
	for i := range o.Types {
		is, traffic := o.Types[i], &e.Workload.Types[i]
		t.Rows = append(t.Rows, []string{
			traffic.Type, orDash(strings.Join(slices.Compact(slices.Clone(is.Paths)), ", ")), rate(traffic.Rate), amount(traffic.MeanBytes()),
			is.Cost.String(), latencyText(is.Latency), latencyText(traffic.MaxLatency),
		})
	}
	return t
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func latencyText(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return amount(float64(d.Milliseconds())) + " ms"
}

// rate is events a second with three digits that count.
func rate(x float64) string {
	if x >= 1000 {
		return amount(x)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// ByTable is an outcome added up by a key.
func (e *Estimate) ByTable(o *Outcome, key string) report.Table {
	t := report.Table{Title: "By " + key, Columns: []string{strings.ToUpper(key[:1]) + key[1:], "Cost", "Share", "90 % interval"}}
	for _, g := range e.By(o, key) {
		share := 0.0
		if o.Total > 0 {
			share = g.Cost.Dollars() / o.Total.Dollars()
		}
		t.Rows = append(t.Rows, []string{orDash(g.Name), g.Cost.String(), Percent(share), rangeText(g.Interval)})
	}
	t.Rows = append(t.Rows, []string{"total", o.Total.String(), "100 %", rangeText(o.Interval)})
	return t
}

// LinesTable is every amount of an outcome, with its arithmetic.
func LinesTable(o *Outcome) report.Table {
	t := report.Table{Title: "Lines of " + o.Strategy, Columns: []string{"Type", "Path", "Item", "Quantity", "Unit", "Price", "Cost", "Assumption"}}
	for _, l := range o.Lines {
		t.Rows = append(t.Rows, []string{
			orDash(l.Type), l.Path, l.Item, quantity(l.Quantity), l.Unit, "$" + l.Price, l.Cost.String(), l.Assumption,
		})
	}
	t.Rows = append(t.Rows, []string{"total", "", "", "", "", "", o.Total.String(), ""})
	return t
}

func quantity(x float64) string {
	if x >= 1000 {
		return amount(x)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// PathsTable is what all types would cost on one path.
func (e *Estimate) PathsTable() report.Table {
	t := report.Table{Title: "Everything on one path", Columns: []string{"Path", "Cost", "90 % interval", "Late", "Disordered", "Refused"}}
	for _, o := range e.Paths {
		late, disordered := 0, 0
		for i := range o.Types {
			for _, r := range o.Types[i].Missed {
				if ruleOf[r.Need] == RuleLatencyMissed {
					late++
				} else {
					disordered++
				}
			}
		}
		t.Rows = append(t.Rows, []string{o.Strategy, partial(o), rangeText(o.Interval), count(late), count(disordered), count(len(o.Left) + len(o.Overfull))})
	}
	return t
}

// SensitivityTable is what each change of an assumption does.
func SensitivityTable(o *Outcome, list []Sensitivity) report.Table {
	t := report.Table{Title: "What if", Columns: []string{"Change", "Meaning", "Cost", "Difference", "Saving"}}
	var idle []string
	for _, s := range list {
		if s.Total == o.Total {
			idle = append(idle, s.Change)
			continue
		}
		t.Rows = append(t.Rows, []string{s.Change, s.Title, s.Total.String(), signed(s.Total - o.Total), Percent(s.Saving)})
	}
	if len(idle) > 0 {
		t.Notes = append(t.Notes, "no difference: "+strings.Join(idle, ", "))
	}
	return t
}

func signed(m Money) string {
	if m > 0 {
		return "+" + m.String()
	}
	return m.String()
}

// TornadoChart shows how far each change moves the total.
func TornadoChart(o *Outcome, list []Sensitivity) report.Chart {
	c := report.Chart{Title: "What moves the cost of " + o.Strategy, Unit: "$ a month"}
	for _, s := range list {
		if s.Total != o.Total {
			c.Labels = append(c.Labels, s.Change)
			c.Values = append(c.Values, math.Round((s.Total-o.Total).Dollars()*100)/100)
		}
	}
	return c
}

// StrategyChart compares the strategies.
func (e *Estimate) StrategyChart() report.Chart {
	c := report.Chart{Title: "Cost by strategy", Unit: "$ a month"}
	for _, o := range e.Outcomes {
		c.Labels = append(c.Labels, o.Strategy)
		c.Values = append(c.Values, math.Round(o.Total.Dollars()*100)/100)
	}
	return c
}

// ExplainTable is why the optimum puts each type where it is.
func (e *Estimate) ExplainTable() report.Table {
	t := report.Table{Title: "Why the optimum is one", Columns: []string{"Type", "Path", "Cost", "Saved if removed", "Next best", "Dearer by", "It would win if"}}
	if e.Certificate == nil {
		return t
	}
	for i, x := range e.Certificate.Explained {
		if x == nil {
			continue
		}
		next, extra, change := "-", "-", "-"
		if x.RunnerUp != "" {
			next, extra, change = x.RunnerUp, Dollars(x.Extra).String(), switchText(x)
		}
		t.Rows = append(t.Rows, []string{e.Workload.Types[i].Type, x.Path, Dollars(x.Variable + x.Share).String(), Dollars(x.SavedIfRemoved).String(), next, extra, change})
	}
	gap := e.Certificate.Cost - e.Certificate.Bound
	switch {
	case e.Certificate.Exact || gap <= 0:
		t.Notes = append(t.Notes, "no other assignment costs less: the bound is met")
	default:
		t.Notes = append(t.Notes, fmt.Sprintf("no other assignment costs more than %s less", gap))
	}
	return t
}

func switchText(x *Explained) string {
	text := "the type's use there cost " + Dollars(x.Switch.Variable).String() + " less"
	if x.Switch.Load > 0 {
		text += fmt.Sprintf(", or its peak were %s times as high", strconv.FormatFloat(x.Switch.Load, 'g', 3, 64))
	}
	return text
}

// BreakEvenTable is where renting capacity begins to pay, by type.
func BreakEvenTable(list []BreakEven) report.Table {
	t := report.Table{Title: "Break-even", Columns: []string{"Type", "Events/s", "Paid by use", "Rented", "Renting pays from"}}
	for _, b := range list {
		at := rate(b.At) + "/s"
		switch {
		case math.IsInf(b.At, 1):
			at = "no rate"
		case b.Rented:
			at += ", as it is"
		}
		t.Rows = append(t.Rows, []string{b.Type, rate(b.Rate), b.Use, b.Rent, at})
	}
	t.Notes = []string{"each type by itself; types that share capacity share its rent"}
	return t
}

// AssumptionsTable lists what the estimate takes for granted.
func AssumptionsTable(a Assumptions) report.Table {
	t := report.Table{Title: "Assumptions", Columns: []string{"Key", "Value", "Meaning"}}
	for _, s := range a.Settings() {
		value := s.Value
		if s.Changed {
			value += " (changed)"
		}
		t.Rows = append(t.Rows, []string{s.Key, value, s.Help})
	}
	return t
}

// IncreaseTable lists the types whose cost changes.
func (n *Increase) Table() report.Table {
	t := report.Table{Title: "Against the baseline revision", Columns: []string{"Type", "Owners", "Was", "Is", "Change", "Why"}}
	for _, x := range n.Types {
		t.Rows = append(t.Rows, []string{x.Type, orDash(strings.Join(x.Owners, ", ")), x.Was.String(), x.Is.String(), signed(x.Is - x.Was), x.Why})
	}
	t.Rows = append(t.Rows, []string{"total", "", n.Was.String(), n.Is.String(), signed(n.Change), ""})
	return t
}
