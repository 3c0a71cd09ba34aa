package cost

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

// UnknownLimitError is a limit for what is not there: a name that is misspelt would
// let everything pass.
type UnknownLimitError struct {
	Limit Limit
	Known []string
}

// Error names the nearest of what there is.
func (e *UnknownLimitError) Error() string {
	return fmt.Sprintf("the budget limits the %s %q, and there is none%s", e.Limit.By, e.Limit.Name, didYouMean(e.Limit.Name, e.Known))
}

// CheckLimits makes sure that what is limited exists, in the workload or in the
// catalog c, which may be nil. The error is an *UnknownLimitError.
func (e *Estimate) CheckLimits(limits []Limit, c *catalog.Catalog) error {
	for _, limit := range limits {
		if known := e.names(limit.By, c); limit.By != "total" && !slices.Contains(known, limit.Name) {
			return &UnknownLimitError{limit, known}
		}
	}
	return nil
}

// names lists what amounts by a key can be of.
func (e *Estimate) names(key string, c *catalog.Catalog) []string {
	var names []string
	for i := range e.Workload.Types {
		t := &e.Workload.Types[i]
		switch key {
		case "type":
			names = append(names, t.Type)
		case "owner":
			names = append(names, t.Owners...)
		case "domain":
			names = append(names, t.Domain)
		case "consumer":
			for _, consumer := range e.Assumptions.ConsumersOf(t) {
				names = append(names, consumer.Name)
			}
		}
	}
	if key == "path" {
		for _, p := range e.pricer.paths {
			names = append(names, p.Name)
		}
	}
	if c != nil {
		for _, event := range c.Events {
			switch key {
			case "type":
				names = append(names, event.ID)
			case "owner":
				for _, owner := range event.Owners {
					names = append(names, owner.Get)
				}
			case "domain":
				names = append(names, event.Domain.Get)
			case "consumer":
				names = append(names, event.ConsumerIDs()...)
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// Budget judges an outcome by limits: above one is a finding, and so is one that
// lies within the interval, since the gate asks for the upper end. place says where
// a limit stands.
func (e *Estimate) Budget(o *Outcome, limits []Limit, place func(Limit) report.Location) ([]report.Finding, []report.Check) {
	f := &finder{}
	groups := map[string][]Group{}
	for _, limit := range limits {
		cost, interval := o.Total, o.Interval
		if limit.By != "total" {
			if _, ok := groups[limit.By]; !ok {
				groups[limit.By] = e.By(o, limit.By)
			}
			cost, interval = 0, Range{}
			for _, g := range groups[limit.By] {
				if g.Name == limit.Name {
					cost, interval = g.Cost, g.Interval
				}
			}
		}
		f.fallback = place(limit)
		what := "the estimate"
		if limit.Name != "" {
			what = fmt.Sprintf("the estimate of the %s %s", limit.By, limit.Name)
		}
		subject := limit.By
		if limit.Name != "" {
			subject += " " + limit.Name
		}
		switch {
		case cost > limit.Amount:
			f.find(RuleOverBudget, subject, "", fmt.Sprintf("%s is %s a month, %s above the budget of %s", what, cost, cost-limit.Amount, limit.Amount))
		case interval.High > limit.Amount:
			f.find(RuleBudgetUncertain, subject, "", fmt.Sprintf("%s is %s a month, within the budget of %s, but may come to %s", what, cost, limit.Amount, interval.High))
		default:
			f.check(RuleOverBudget, subject, report.Pass)
		}
	}
	return f.findings, f.checks
}

// Exceeds judges an increase by what is allowed, a share of what it was, on the
// upper end of its interval.
func (n *Increase) Exceeds(allowed float64, at report.Location) ([]report.Finding, []report.Check) {
	f := &finder{fallback: at}
	if n.Share.High <= allowed {
		f.check(RuleIncrease, "total", report.Pass)
		return nil, f.checks
	}
	text := fmt.Sprintf("a month costs %s, %s more than before (%s), and %s more is allowed", n.Is, Percent(n.Share.Point), n.Was, Percent(allowed))
	if n.Share.Point <= allowed {
		text = fmt.Sprintf("a month costs %s, %s more than before (%s), and may come to %s more, where %s is allowed", n.Is, Percent(n.Share.Point), n.Was, Percent(n.Share.High), Percent(allowed))
	}
	if len(n.Types) > 0 {
		t := n.Types[0]
		text += fmt.Sprintf("; most by %s, from %s to %s: %s", t.Type, t.Was, t.Is, t.Why)
	}
	f.find(RuleIncrease, "total", "", text)
	return f.findings, f.checks
}

// Findings are the claim's when it fails.
func (c *Claim) Findings(at report.Location) ([]report.Finding, []report.Check) {
	f := &finder{fallback: at}
	if c.Holds {
		f.check(RuleClaim, c.Strategy, report.Pass)
		return nil, f.checks
	}
	f.find(RuleClaim, c.Strategy, "", c.Verdict())
	return f.findings, f.checks
}

// Verdict says in a sentence whether the claim holds, and why.
func (c *Claim) Verdict() string {
	s := c.Saving
	if c.Holds {
		return fmt.Sprintf("the claim of %s holds: %s saves %s (%s to %s)", Percent(c.Claimed), c.Strategy, Percent(s.Saving.Point), Percent(s.Saving.Low), Percent(s.Saving.High)) + c.decidedBy()
	}
	text := fmt.Sprintf("the claim of %s fails: %s saves %s (%s to %s)", Percent(c.Claimed), c.Strategy, Percent(s.Saving.Point), Percent(s.Saving.Low), Percent(s.Saving.High))
	if s.Saving.Point < 0 {
		text = fmt.Sprintf("the claim of %s fails: %s costs %s more than the baseline", Percent(c.Claimed), c.Strategy, Percent(-s.Saving.Point))
	}
	if s.Moved < c.Claimed {
		text += fmt.Sprintf("; it moves %s of the cost, and no price of the other paths can save more than that", Percent(s.Moved))
	} else {
		text += fmt.Sprintf("; it moves %s of the cost, to paths that cost %s of what it was", Percent(s.Moved), Percent(s.Ratio))
	}
	return text + c.decidedBy()
}

// decidedBy names the assumption that turns the verdict, else the one that moves
// the saving most.
func (c *Claim) decidedBy() string {
	switch {
	case len(c.Otherwise) > 0:
		s := c.Otherwise[0]
		return fmt.Sprintf("; it would be the other way with %s, where %s (%s)", s.Change, s.Title, Percent(s.Saving))
	case c.Deciding != nil && math.Abs(c.Deciding.Saving-c.Saving.Saving.Point) >= 0.005:
		return fmt.Sprintf("; no assumption turns that: %s moves it most, to %s", c.Deciding.Change, Percent(c.Deciding.Saving))
	}
	return ""
}

// Percent is a share for people: 73 %, 0.4 %.
func Percent(share float64) string {
	x := 100 * share
	switch {
	case math.IsInf(x, 0) || math.IsNaN(x):
		return "no share"
	case x != 0 && math.Abs(x) < 10:
		return strconv.FormatFloat(math.Round(x*10)/10+0, 'f', -1, 64) + " %"
	}
	return strconv.FormatFloat(math.Round(x)+0, 'f', 0, 64) + " %"
}
