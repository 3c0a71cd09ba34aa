package cmd

import (
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/report"
)

// show fills the report's tables, charts and data. A person reads the answer from
// the top: what the strategies cost, what changed, the types, and what to do.
func (r *costRun) show() {
	e, o, x := r.estimate, r.chosen, r.asked.extras
	rep := r.report
	rep.Checked = len(r.work.Types)
	rep.Headline = r.headline()
	show := func(tables ...report.Table) {
		for _, t := range tables {
			if len(t.Rows) > 0 {
				rep.Tables = append(rep.Tables, t)
			}
		}
	}
	answer := func(t report.Table) {
		t.Answer = true
		show(t)
	}
	answer(e.Summary())
	if x.Increase != nil {
		answer(x.Increase.Table())
	}
	if x.Sides != nil {
		answer(x.Sides.Table())
	}
	for _, key := range x.By {
		answer(e.ByTable(o, key))
	}
	answer(e.TypesTable(o))
	explained := e.ExplainTable()
	explained.Detail = o.Strategy != cost.Optimal
	show(explained, cost.AdviceTable(e.Advise(o, x.Sensitivities)), cost.SensitivityTable(o, x.Sensitivities), e.PathsTable())
	show(cost.BreakEvenTable(e.BreakEvens()), cost.LinesTable(o), e.StoresTable(), cost.AssumptionsTable(e.Assumptions))
	rep.Charts = append(rep.Charts, e.StrategyChart(), cost.TornadoChart(o, x.Sensitivities))
	rep.Data = e.Data(o, x)
}

func (r *costRun) headline() string {
	o := r.chosen
	text := fmt.Sprintf("%s: %s a month", o.Strategy, o.TotalText())
	if !o.Unpriced() {
		text += fmt.Sprintf(" (%s to %s)", o.Interval.Low, o.Interval.High)
	}
	text += " for " + report.Count(len(r.work.Types)-len(o.Left), "type")
	if lacking := r.estimate.Lacking(o); len(lacking) > 0 {
		text += fmt.Sprintf(", without %d that could not be estimated", len(lacking))
	}
	if n := len(o.Overfull); n > 0 {
		text += fmt.Sprintf(", beyond %s", report.Count(n, "quota"))
	}
	var others []string
	for _, other := range []*cost.Outcome{r.estimate.Baseline(), r.estimate.Outcome(cost.Optimal)} {
		if other != nil && other != o {
			others = append(others, other.Strategy+" "+other.TotalText())
		}
	}
	if len(others) > 0 {
		text += "; " + strings.Join(others, ", ")
	}
	if n := r.asked.extras.Increase; n != nil {
		text += fmt.Sprintf("; the change costs %s", n.Change.Signed())
	}
	if claim := r.asked.extras.Claim; claim != nil {
		text += "; " + claim.Verdict()
	}
	return text
}
