package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) catalogCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check [CATALOG]",
		Short: "Check that a catalog holds together: references, directions, duplicates",
		Long: `Joins senders and receivers and reports what does not fit: an event that nobody
sends or receives, a message, owner, service or channel that is named and not
defined, a direction that is likely inverted, an id that is used twice, a schema
file that is not there.`,
		Example: `  nexus catalog check examples/orders/catalog
  nexus catalog check --catalog orders/asyncapi.yaml --catalog billing/asyncapi.yaml`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			c := &catalogCheck{argument: firstArgument(args)}
			if c.gate, err = a.newGate(o, "policy.fail_on"); err != nil {
				return err
			}
			c.report = c.newReport("catalog check")
			return c.run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindCatalog(c)
	return c
}

// catalogCheck is one run of the command.
type catalogCheck struct {
	*gate
	argument string
	report   *report.Report
}

// run is the road: load, check, waive, report, exit.
func (c *catalogCheck) run(ctx context.Context) error {
	if err := c.examine(ctx); err != nil {
		if err := c.fail(c.report, err); err != nil {
			return err
		}
	}
	c.report.Normalize()
	c.document(c.report)
	return c.finish(ctx, c.report)
}

func (c *catalogCheck) examine(ctx context.Context) error {
	r := c.report
	r.Data = catalogData{}
	loaded, err := c.options.needCatalog(ctx, c.argument)
	if err != nil {
		return err
	}
	engines, err := c.app.newEngines(c.options)
	if err != nil {
		return err
	}
	c.app.addFields(ctx, loaded, engines)
	data := sumUp(loaded)
	r.Data, r.Checked, r.Errors = data, data.Events, loaded.Problems
	r.Inputs = []report.Input{catalogInput(loaded)}
	r.Findings, r.Checks = loaded.Check(catalog.CheckOptions{Severities: severities(c.options.config, "policy.rules")})
	if err := c.applyWaivers(r, nil, waiver.Scope{Complete: true, Rules: isCatalogRule}); err != nil {
		return err
	}
	r.Headline = fmt.Sprintf("%s, %s and %s checked", report.Count(data.Events, "event"),
		report.Count(data.Services, "service"), report.Count(data.Channels, "channel"))
	if found := r.Summary().String(); found != "" {
		r.Headline += ": " + found
	}
	return nil
}

// catalogData is the payload of the command: what the catalog holds.
type catalogData struct {
	Events   int `json:"events"` // current versions
	Versions int `json:"versions"`
	Services int `json:"services"`
	Channels int `json:"channels"`
	Owners   int `json:"owners"`
}

func sumUp(c *catalog.Catalog) catalogData {
	data := catalogData{Versions: len(c.Events), Services: len(c.Services), Channels: len(c.Channels), Owners: len(c.Owners)}
	for range c.Current() {
		data.Events++
	}
	return data
}

func catalogInput(c *catalog.Catalog) report.Input {
	roots := fmt.Sprint(c.Roots)
	if len(c.Roots) == 1 {
		roots = c.Roots[0]
	}
	return report.Input{Role: "catalog", Ref: roots, Resolved: roots, Digest: c.Digest}
}

// isCatalogRule reports whether catalog check judges a rule.
func isCatalogRule(id string) bool {
	for _, rule := range catalog.Rules() {
		if rule.ID == id {
			return true
		}
	}
	return false
}
