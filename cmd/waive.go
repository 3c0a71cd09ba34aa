package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/waiver"
)

// waiverFile is where reviewed exceptions are kept.
type waiverFile struct {
	name  string // as reports name it
	text  []byte
	there bool
}

// waive applies the waivers and the baseline report to the findings.
func (c *schemaCheck) waive(_ context.Context) error {
	if c.trusted != nil {
		if err := c.noteWaivers(); err != nil {
			return err
		}
	}
	if err := c.applyWaivers(c.report, c.trusted); err != nil {
		return err
	}
	// Nothing waives the news that the gate itself was edited.
	c.report.Findings = append(c.report.Findings, c.gateFindings...)
	return nil
}

// noteWaivers reports that the work tree's waivers differ from those in force.
func (c *schemaCheck) noteWaivers() error {
	full, _, err := c.waiversPath()
	if err != nil {
		return err
	}
	name := c.app.display(full)
	text, err := c.trusted.file(name)
	if err != nil {
		return err
	}
	c.noteGate(name, c.trusted, text)
	return nil
}

// applyWaivers covers what waivers.yaml and --baseline cover. With a trusted
// baseline the waivers are read there.
func (g *gate) applyWaivers(r *report.Report, trusted *source) error {
	list, err := g.readWaivers(trusted)
	if err != nil {
		return err
	}
	r.Normalize() // waivers name the final fingerprints, :2 and all
	if list.there {
		file, err := waiver.Load(list.name, list.text)
		if err != nil {
			return usage(fmt.Errorf("reading the waivers: %w", err))
		}
		applied, extra := waiver.Apply(r.Findings, file, g.asOf)
		r.Findings = append(applied, extra...)
		r.Inputs = append(r.Inputs, report.Input{Role: "waivers", Ref: list.name, Resolved: list.name, Digest: schema.Schema{Text: list.text}.Digest()})
	}
	return g.applyBaseline(r)
}

// readWaivers reads the file that --waivers names, else waivers.yaml beside
// nexus.yaml if it is there.
func (g *gate) readWaivers(trusted *source) (waiverFile, error) {
	full, given, err := g.waiversPath()
	if err != nil {
		return waiverFile{}, err
	}
	name := g.app.display(full)
	if trusted != nil {
		text, err := trusted.file(name)
		return waiverFile{name, text, len(text) > 0}, err
	}
	text, err := os.ReadFile(full)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !given:
		return waiverFile{}, nil
	case errors.Is(err, fs.ErrNotExist):
		return waiverFile{}, g.app.missing(name)
	case err != nil:
		return waiverFile{}, usage(fmt.Errorf("reading the waivers: %s: %w", name, reason(err)))
	}
	return waiverFile{name, text, true}, nil
}

// waiversPath says where the waivers are, and whether somebody named the place.
// A path in nexus.yaml counts from that file's folder.
func (g *gate) waiversPath() (full string, given bool, err error) {
	v, err := g.options.get("waivers")
	if err != nil {
		return "", false, err
	}
	config := g.options.config
	if _, inFile := config.entries["waivers"]; v.origin == "default" || inFile && v.origin == config.entries["waivers"].place {
		return filepath.Join(config.dir, filepath.FromSlash(v.text())), v.given(), nil
	}
	return g.app.abs(v.text()), true, nil
}

// applyBaseline covers what an earlier report found already.
func (g *gate) applyBaseline(r *report.Report) error {
	v, err := g.options.get("baseline")
	if err != nil || v.text() == "" {
		return err
	}
	text, err := os.ReadFile(g.app.abs(v.text()))
	if errors.Is(err, fs.ErrNotExist) {
		return g.app.missing(v.text())
	}
	if err != nil {
		return usage(fmt.Errorf("reading --baseline %s: %w", v.text(), reason(err)))
	}
	ratchet, err := waiver.LoadBaseline(v.text(), text)
	if err != nil {
		return usage(fmt.Errorf("reading --baseline: %w", err))
	}
	r.Findings = ratchet.Apply(r.Findings)
	return nil
}
