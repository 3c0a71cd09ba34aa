package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/registry/git"
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

// increase estimates the catalog of a revision in the same way and compares.
func (r *costRun) increase(ctx context.Context) (*cost.Increase, error) {
	was, resolved, err := r.pastCatalog(ctx)
	if err != nil {
		return nil, err
	}
	r.report.Inputs = append(r.report.Inputs, report.Input{Role: "baseline", Ref: "git:" + r.asked.against, Resolved: resolved})
	o := r.options
	now := r.estimate
	if r.work.Basis != cost.DeclaredTraffic {
		if now, err = cost.Make(ctx, cost.FromCatalog(r.catalog, r.trafficOptions()), r.book, o); err != nil {
			return nil, costFailure(err)
		}
	}
	o.Catalog = was
	past, err := cost.Make(ctx, cost.FromCatalog(was, r.trafficOptions()), r.book, o)
	if err != nil {
		return nil, costFailure(err)
	}
	n := now.Compare(past, r.chosen.Strategy)
	if n == nil {
		return nil, unchecked(fmt.Errorf("comparing with git:%s: the catalogs declare nothing that the strategy %s goes by", r.asked.against, r.chosen.Strategy))
	}
	return n, nil
}

// pastCatalog is the catalog as a revision has it.
func (r *costRun) pastCatalog(ctx context.Context) (*catalog.Catalog, string, error) {
	o := r.gate.options
	paths, err := o.catalogPaths("")
	if err != nil {
		return nil, "", err
	}
	if len(paths) == 0 {
		return nil, "", usagef("comparing with git:%s: there is no catalog to compare", r.asked.against).hint("name it with --catalog")
	}
	var below []string
	for _, name := range paths {
		shown := r.app.display(name)
		if !filepath.IsLocal(filepath.FromSlash(shown)) {
			return nil, "", usagef("comparing with git:%s: the catalog %s is not in the repository", r.asked.against, name)
		}
		below = append(below, shown)
	}
	revision, err := git.Open(ctx, r.app.base(), r.asked.against, git.Options{})
	if err != nil {
		return nil, "", unchecked(fmt.Errorf("comparing with git:%s: %w", r.asked.against, err))
	}
	defer revision.Close()
	files, err := revision.Files(func(name string) bool { return mayBeOfCatalog(r.app.kinds(), below, name) })
	if err != nil {
		return nil, "", unchecked(err)
	}
	there := slices.DeleteFunc(below, func(name string) bool {
		_, err := fs.Stat(files, name)
		return err != nil
	})
	if len(there) == 0 {
		return &catalog.Catalog{}, revision.Commit(), nil // the catalog is new
	}
	c, err := catalog.Load(ctx, there, catalog.Options{FS: files})
	if err != nil {
		return nil, "", unchecked(fmt.Errorf("comparing with git:%s: %w", r.asked.against, err))
	}
	return c, cmp.Or(revision.Commit(), r.asked.against), nil
}
