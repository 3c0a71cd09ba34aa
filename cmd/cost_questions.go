package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// costQuestions is what an estimate is asked beside its amounts.
type costQuestions struct {
	strategy     string
	strict       bool
	claimed      *float64
	budget       []cost.Limit
	budgetFile   *document.Document // nil for an amount
	budgetName   string
	allowed      *float64 // increase
	against      string   // a revision of git
	allowPartial bool
	emit         string // file of the usage of Infracost
	extras       cost.Extras
}

// parse reads the flags, before any input is touched.
func (r *costRun) parse() error {
	o, flags, q := r.gate.options, r.gate.options.flags, &r.asked
	q.strategy = flagText(flags, "strategy")
	if err := oneOf("--strategy", q.strategy, append(cost.Strategies(), "compare")); err != nil {
		return err
	}
	for _, key := range flagTexts(flags.Lookup("by")) {
		if err := oneOf("--by", key, cost.Keys()); err != nil {
			return err
		}
		q.extras.By = append(q.extras.By, key)
	}
	q.strict, q.allowPartial = flagText(flags, "strict") == "true", flagText(flags, "allow-partial") == "true"
	for _, share := range []struct {
		flag string
		into **float64
	}{{"claim", &q.claimed}, {"max-increase", &q.allowed}} {
		if text := flagText(flags, share.flag); text != "" {
			value, err := shareOf(share.flag, text)
			if err != nil {
				return err
			}
			*share.into = &value
		}
	}
	if q.claimed != nil && *q.claimed < 0 {
		return usagef("reading --claim: a saving below 0 %% claims nothing").hint("to bound how much dearer a change may be, use --max-increase")
	}
	if err := r.parseAgainst(); err != nil {
		return err
	}
	if err := r.parseBudget(); err != nil {
		return err
	}
	if err := r.parseEmit(); err != nil {
		return err
	}
	var err error
	var inputs []report.Input
	if r.book, inputs, err = o.priceBook(); err != nil {
		return err
	}
	r.report.Inputs = append(r.report.Inputs, inputs...)
	if r.options.Assumptions, err = o.assumptions(); err != nil {
		return err
	}
	if r.options.Router, _, err = o.scorer(); err != nil {
		return err
	}
	texts, err := o.texts("cost.critical", "cost.standard")
	if err != nil {
		return err
	}
	providers, err := o.get("cost.providers")
	if err != nil {
		return err
	}
	r.options.Critical, r.options.Standard, r.options.Providers = texts["cost.critical"], texts["cost.standard"], providers.texts
	r.options.Strategies, r.options.Seed = q.strategies(), 1
	return nil
}

func (r *costRun) parseAgainst() error {
	text := flagText(r.gate.options.flags, "against")
	if text == "" {
		if r.asked.allowed != nil {
			return usagef("nexus cost estimate: --max-increase needs --against").hint("for example --against git:main")
		}
		return nil
	}
	kind, rev, ok := strings.Cut(text, ":")
	if !ok || kind != "git" || rev == "" {
		return usagef("reading --against: %q is not git:REV", text).hint("a catalog is compared with that of a revision, for example git:main")
	}
	r.asked.against = rev
	return nil
}

// parseBudget reads an amount, or a file with limits.
func (r *costRun) parseBudget() error {
	text := flagText(r.gate.options.flags, "budget")
	if text == "" {
		return nil
	}
	if amount, err := cost.ParseAmount(text); err == nil {
		r.asked.budget = []cost.Limit{{By: "total", Amount: amount}}
		return nil
	}
	content, err := os.ReadFile(r.app.abs(text))
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("reading --budget: %q is neither an amount of dollars nor a file", text).hint("for example --budget 500, or --budget budget.yaml")
	}
	if err != nil {
		return usage(fmt.Errorf("reading --budget: %w", err))
	}
	if r.asked.budgetFile, err = document.Parse(text, content); err != nil {
		return inDocument("reading the budget", err)
	}
	r.asked.budgetName = text
	if r.asked.budget, err = cost.ParseBudget(r.asked.budgetFile, text); err != nil {
		return usage(fmt.Errorf("reading the budget: %w", err))
	}
	return nil
}

// limitPlace is where a budget file states a limit.
func (q *costQuestions) limitPlace(l cost.Limit, fallback report.Location) report.Location {
	if q.budgetFile == nil {
		return fallback
	}
	at := report.Location{File: q.budgetName, Line: 1, Column: 1, Pointer: l.Pointer}
	if place, ok := q.budgetFile.Range(l.Pointer); ok {
		at.Line, at.Column = place.Start.Line, place.Start.Column
	}
	return at
}

func (r *costRun) parseEmit() error {
	text := flagText(r.gate.options.flags, "emit")
	if text == "" {
		return nil
	}
	form, file, ok := strings.Cut(text, "=")
	if !ok || file == "" || form != "infracost-usage" {
		return usagef("reading --emit: %q is not infracost-usage=FILE", text)
	}
	if _, err := os.Lstat(r.app.abs(file)); !errors.Is(err, fs.ErrNotExist) {
		return usagef("writing %s: the file exists", file).hint("nexus never overwrites it; move it away first")
	}
	r.asked.emit = file
	return nil
}

// inBudget adds the place of a limit of the budget file.
func (r *costRun) inBudget(err error) error {
	known, ok := errors.AsType[*cost.UnknownLimitError](err)
	if !ok || r.asked.budgetFile == nil {
		return err
	}
	at := r.asked.limitPlace(known.Limit, report.Location{})
	return fmt.Errorf("%s:%d: %w", at.File, at.Line, err)
}

// emit writes what Infracost reads.
func (r *costRun) emit() error {
	if r.asked.emit == "" {
		return nil
	}
	text, err := r.estimate.InfracostUsage(r.chosen)
	if err == nil {
		err = os.WriteFile(r.app.abs(r.asked.emit), text, 0o644)
	}
	if err != nil {
		return usage(fmt.Errorf("writing %s: %w", r.asked.emit, reason(err)))
	}
	return nil
}
