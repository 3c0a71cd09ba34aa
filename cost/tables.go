package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// mostRows is how much of a list of types a screen shows; documents show all.
const mostRows = 15

// Summary is the table of all strategies.
func (e *Estimate) Summary() report.Table {
	t := report.Table{Title: "Strategies, a month", Columns: []string{"Strategy", "Cost", "90 % interval", "Saving", "Moved", "Misses"}}
	for _, o := range e.Outcomes {
		saving, moved := "", ""
		if o != e.Baseline() && e.Comparable(o) {
			saving = Percent(e.Saving(o).Saving.Point)
			moved = fmt.Sprintf("%d of %d", e.moved(o), len(o.Types))
		}
		t.Rows = append(t.Rows, []string{o.Strategy, partial(o), o.rangeText(), saving, moved, o.missesText()})
		if n := len(o.Left); n > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("* %s lacks %s: %s", o.Strategy, report.Count(n, "type"), listed(o.Left)))
		}
		for _, text := range o.Overfull {
			t.Notes = append(t.Notes, fmt.Sprintf("* %s: %s", o.Strategy, text))
		}
	}
	for _, passed := range e.Passed {
		if passed.Type == Recorded && e.Workload.Basis == DeclaredTraffic {
			continue // a catalog records nothing
		}
		t.Notes = append(t.Notes, fmt.Sprintf("there is no strategy %s: %s", passed.Type, passed.Why))
	}
	t.Notes = append(t.Notes, e.Workload.Notes...)
	return withoutEmpty(t)
}

// withoutEmpty drops the columns in which nothing stands.
func withoutEmpty(t report.Table) report.Table {
	for i := len(t.Columns) - 1; i >= 0; i-- {
		if slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		t.Columns = slices.Delete(slices.Clone(t.Columns), i, i+1)
		for n := range t.Rows {
			t.Rows[n] = slices.Delete(t.Rows[n], i, i+1)
		}
	}
	return t
}

// missesText counts what types ask for and do not get.
func (o *Outcome) missesText() string {
	var list []string
	late, unknown, disordered := o.misses()
	for _, count := range []struct {
		n    int
		text string
	}{{late, "late"}, {unknown, "of unknown latency"}, {disordered, "out of order"}} {
		if count.n > 0 {
			list = append(list, fmt.Sprintf("%d %s", count.n, count.text))
		}
	}
	return strings.Join(list, ", ")
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

// TypesTable is what each type does and costs under an outcome, the dearest first.
func (e *Estimate) TypesTable(o *Outcome) report.Table {
	t := report.Table{Title: "Types under " + o.Strategy, Columns: []string{"Type", "Path", "Events/s", "Bytes", "Cost", "p99", "Allowed"}, Most: mostRows}
	for _, i := range dearest(o.Types) {
		is, traffic := o.Types[i], &e.Workload.Types[i]
		allowed := ""
		if traffic.MaxLatency > 0 {
			allowed = latencyText(traffic.MaxLatency)
		}
		t.Rows = append(t.Rows, []string{
			traffic.Type, orNone(is.Paths), figures(traffic.Rate), amount(traffic.MeanBytes()), is.costText(), is.latencyText(), allowed,
		})
	}
	return withoutEmpty(t)
}

// dearest is the places of types by their cost, the highest first.
func dearest(types []TypeOutcome) []int {
	places := make([]int, len(types))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(types[b].Cost, types[a].Cost) })
	return places
}

func (t TypeOutcome) latencyText() string {
	switch {
	case len(t.Paths) == 0:
		return ""
	case t.Unknown:
		return "unknown"
	}
	return latencyText(t.Latency)
}

func latencyText(d time.Duration) string { return amount(float64(d.Milliseconds())) + " ms" }

// figures is a number of any size for people: 2,628,000, 1.92, 0.000123.
func figures(x float64) string {
	if math.Abs(x) >= 1000 {
		return amount(x)
	}
	return digits(x, 3)
}

// digits is a number with so many digits that count, and without an exponent, so
// that every machine prints it alike.
func digits(x float64, n int) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	return strconv.FormatFloat(rounded+0, 'f', -1, 64)
}

// ByTable is an outcome added up by a key.
func (e *Estimate) ByTable(o *Outcome, key string) report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("By %s, %s in all", key, o.TotalText()),
		Columns: []string{strings.ToUpper(key[:1]) + key[1:], "Cost", "Share", "90 % interval"}, Most: 2 * mostRows,
	}
	for _, g := range e.By(o, key) {
		share := 0.0
		if o.Total > 0 {
			share = g.Cost.Dollars() / o.Total.Dollars()
		}
		t.Rows = append(t.Rows, []string{cmp.Or(g.Name, nameless[key]), g.Cost.String(), Percent(share), rangeText(g.Interval)})
	}
	return t
}

// nameless is what stands for an amount that has no such key.
var nameless = map[string]string{
	"type": "(the account)", "owner": "(no owner)", "domain": "(no domain)", "consumer": "(no consumer named)", "path": "(no path)",
}

// LinesTable is every amount of an outcome, with its arithmetic.
func LinesTable(o *Outcome) report.Table {
	t := report.Table{Title: "Lines of " + o.Strategy, Columns: []string{"Type", "Path", "Item", "Quantity", "Unit", "Price", "Cost", "Assumption"}, Detail: true}
	for _, l := range o.Lines {
		t.Rows = append(t.Rows, []string{
			cmp.Or(l.Type, nameless["type"]), l.Path, l.Item, figures(l.Quantity), l.Unit, "$" + l.Price, l.Cost.String(), l.Assumption,
		})
	}
	t.Rows = append(t.Rows, []string{"total", "", "", "", "", "", o.TotalText(), ""})
	return t
}

// PathsTable is what all types would cost on one path.
func (e *Estimate) PathsTable() report.Table {
	t := report.Table{Title: "Everything on one path", Columns: []string{"Path", "Cost", "90 % interval", "Misses", "Cannot be carried"}, Detail: true}
	for _, o := range e.OnePath() {
		refused := ""
		if n := len(o.Left); n > 0 {
			refused = report.Count(n, "type")
		} else if len(o.Overfull) > 0 {
			refused = strings.Join(o.Overfull, "; ")
		}
		t.Rows = append(t.Rows, []string{o.Strategy, partial(o), o.rangeText(), o.missesText(), refused})
	}
	return withoutEmpty(t)
}

// SensitivityTable is what each change of an assumption does.
func SensitivityTable(o *Outcome, list []Sensitivity) report.Table {
	t := report.Table{Title: "What if", Columns: []string{"Change", "Difference", "Saving", "Meaning"}, Most: mostRows}
	var idle []string
	for _, s := range list {
		difference := s.Total - o.Total
		if difference.idle() {
			idle = append(idle, s.Change)
			continue
		}
		t.Rows = append(t.Rows, []string{s.Change, difference.Signed(), s.savingText(o), s.Title})
	}
	if len(idle) > 0 {
		t.Notes = append(t.Notes, "no difference: "+strings.Join(idle, ", "))
	}
	return withoutEmpty(t)
}

// savingText is empty where the baseline is what is changed, or places nothing that
// could be compared.
func (s Sensitivity) savingText(o *Outcome) string {
	if o.Strategy == AllKinesis || math.IsNaN(s.Saving) {
		return ""
	}
	return Percent(s.Saving)
}

// idle reports whether an amount is too small to be shown.
func (m Money) idle() bool { return max(m, -m) < cent/2 }

// TornadoChart shows how far each change moves the total, and whether up or down.
func TornadoChart(o *Outcome, list []Sensitivity) report.Chart {
	c := report.Chart{Title: "What moves the cost of " + o.Strategy, Unit: "$ a month, more or less", Detail: true}
	for _, s := range list {
		if difference := s.Total - o.Total; !difference.idle() {
			c.Labels = append(c.Labels, s.Change+" "+difference.Signed())
			c.Values = append(c.Values, difference.charted())
		}
	}
	return c
}

// charted is an amount in dollars and cents.
func (m Money) charted() float64 { return math.Round(m.Dollars()*100) / 100 }

// StrategyChart compares the strategies.
func (e *Estimate) StrategyChart() report.Chart {
	c := report.Chart{Title: "Cost by strategy", Unit: "$ a month", Detail: true}
	for _, o := range e.Outcomes {
		if o.Unpriced() {
			continue
		}
		c.Labels = append(c.Labels, o.Strategy)
		c.Values = append(c.Values, o.Total.charted())
	}
	return c
}

// AdviceTable is what would lower the cost, the largest saving first.
func AdviceTable(list []Advice) report.Table {
	t := report.Table{Title: "Advice, each by itself", Columns: []string{"Saves", "How", "Try"}, Most: mostRows}
	for _, a := range list {
		t.Rows = append(t.Rows, []string{a.Saves.String(), a.Text, "--what-if " + a.Change})
	}
	return t
}

// ExplainTable is why the optimum puts each type where it is, the dearest first.
func (e *Estimate) ExplainTable() report.Table {
	t := report.Table{Title: "Why this is the optimum", Columns: []string{"Type", "Path", "Cost", "Why"}, Most: mostRows}
	o := e.Outcome(Optimal)
	if e.Certificate == nil || o == nil {
		return t
	}
	for _, i := range dearest(o.Types) {
		if x := e.Certificate.Explained[i]; x != nil {
			is := o.Types[i]
			t.Rows = append(t.Rows, []string{e.Workload.Types[i].Type, orNone(is.Paths), is.Cost.String(), x.sentence(is)})
		}
	}
	t.Notes = append(t.Notes, e.Certificate.sentence())
	return t
}

// sentence says how far the optimum may be from the cheapest.
func (c *Certificate) sentence() string {
	var text string
	switch gap := c.Cost - c.Bound; {
	case c.Exact:
		text = "no other assignment costs less: the bound is met"
	case gap.idle() && c.Split:
		text = "no assignment of whole types costs less; types are split here"
	case gap.idle():
		text = "no other assignment is known to cost less"
	default:
		text = fmt.Sprintf("no other assignment costs more than %s less", gap)
	}
	if c.Joint {
		text += "; the bound holds for peaks that add up as in the whole log"
	}
	return text
}

// sentence is why a type is where it is.
func (x *Explained) sentence(is TypeOutcome) string {
	if !slices.Equal(is.Paths, []string{x.Path}) {
		return "its events take different paths, which is cheaper than any one of them"
	}
	if x.RunnerUp == "" {
		return "no other path meets what it asks for"
	}
	extra := Dollars(x.Extra)
	switch {
	case extra.idle():
		return fmt.Sprintf("%s costs as much", x.RunnerUp)
	case extra < 0 && x.Billed:
		return fmt.Sprintf("%s would cost %s less; the search stopped before it", x.RunnerUp, -extra)
	case extra < 0:
		return fmt.Sprintf("of the others %s comes next", x.RunnerUp)
	}
	text := fmt.Sprintf("%s costs %s more", x.RunnerUp, extra)
	if factor := x.Switch.Load; factor > 0 && factor < mostFactor && math.Abs(factor-1) >= 0.01 {
		text += fmt.Sprintf(", and wins at %s times the peak", figures(factor))
	}
	return text
}

// mostFactor is the growth from which on a type has other worries than its path.
const mostFactor = 1000

// BreakEvenTable is where renting capacity begins to pay, by type.
func BreakEvenTable(list []BreakEven) report.Table {
	t := report.Table{Title: "Break-even", Columns: []string{"Type", "Events/s", "Paid by use", "Rented", "Renting pays from"}, Detail: true}
	for _, b := range list {
		at := figures(b.At) + "/s"
		switch {
		case math.IsInf(b.At, 1):
			at = "no rate"
		case b.Rented:
			at += ", as it is"
		}
		t.Rows = append(t.Rows, []string{b.Type, figures(b.Rate), b.Use, b.Rent, at})
	}
	t.Notes = []string{"each type by itself; types that share capacity share its rent"}
	return t
}

// AssumptionsTable lists what the estimate takes for granted.
func AssumptionsTable(a Assumptions) report.Table {
	t := report.Table{Title: "Assumptions", Columns: []string{"Key", "Value", "Meaning"}, Detail: true}
	for _, s := range a.Settings() {
		value := s.Value
		if s.Changed {
			value += " (changed)"
		}
		t.Rows = append(t.Rows, []string{s.Key, value, s.Help})
	}
	return t
}

// Table lists the types whose cost changes.
func (n *Increase) Table() report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("Against the earlier catalog: %s a month, was %s (%s)", n.Is, n.Was, n.Change.Signed()),
		Columns: []string{"Type", "Change", "Was", "Is", "Owners", "Why"}, Most: mostRows,
	}
	for _, x := range n.Types {
		t.Rows = append(t.Rows, []string{x.Type, (x.Is - x.Was).Signed(), x.Was.String(), x.Is.String(), strings.Join(x.Owners, ", "), x.Why})
	}
	return withoutEmpty(t)
}

// StoresTable is the event store's own line.
func (e *Estimate) StoresTable() report.Table {
	t := report.Table{Title: "Appending the events, in no total above", Columns: []string{"Store", "Cost"}, Detail: true}
	for _, s := range e.Stores() {
		t.Rows = append(t.Rows, []string{s.Title, s.Cost.String()})
	}
	return t
}
