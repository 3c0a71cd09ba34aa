package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// settleTrust decides whose nexus.yaml and waivers are in force. Whoever runs
// the command has the last word; nexus.yaml only asks for more: a baseline that
// says trust: base is trusted even where the change at hand has removed the line.
func (c *schemaCheck) settleTrust(ctx context.Context) error {
	if c.to != "" {
		return nil // what is pushed has been merged
	}
	demanded := c.trust.text() == "base"
	if named := c.trust.given() && c.trust.origin != c.config.entries["schema.trust"].place; named && !demanded {
		return nil
	}
	against, err := (&options{app: c.app, flags: c.options.flags, config: &config{}}).get("schema.against")
	if err != nil {
		return err
	}
	if !demanded && !c.app.inRepository() {
		return nil
	}
	baseline, err := c.app.openBaseline(ctx, c.options, against.text(), c.layout())
	switch {
	case err != nil && demanded:
		return err
	case err != nil:
		c.probeFailure = err // reported if it is what the run compares with
		return nil
	case baseline.read == nil && demanded:
		return usagef("reading --trust base: %s keeps no configuration", baseline.ref).hint("only a revision does: --against git:REV")
	}
	if c.probed = baseline; baseline.read == nil {
		return nil
	}
	name, text, err := c.trustedFile(baseline)
	if err != nil {
		return err
	}
	trusted, err := c.app.parseConfig(name, filepath.Join(c.app.base(), path.Dir(name)), text)
	if err != nil {
		if !demanded {
			return nil // the change may be what mends it
		}
		return fmt.Errorf("in %s: %w", baseline.ref, err)
	}
	if demanded || trusted.entries["schema.trust"].text() == "base" {
		return c.adopt(trusted, baseline)
	}
	return nil
}

// adopt puts the baseline's configuration in force, so that a change cannot
// weaken the gate that judges it.
func (c *schemaCheck) adopt(trusted *config, baseline *source) error {
	if own := c.config.file; own != "" && own != trusted.file {
		c.noteGate(own, baseline, nil)
	}
	c.noteGate(trusted.file, baseline, trusted.text)
	trusted.from = baseline
	c.config, c.options.config, c.trusted = trusted, trusted, baseline
	c.probed = nil                     // it was opened by the layout of the work tree
	if err := c.settle(); err != nil { // the work tree's fail_on must not count either
		return err
	}
	c.report.FailOn = c.failOn
	return c.settlePaths()
}

// trustedFile finds the baseline's nexus.yaml the way findConfig finds the work
// tree's. Without one it is an empty file in the root.
func (c *schemaCheck) trustedFile(baseline *source) (name string, text []byte, err error) {
	if named := flagText(c.options.flags, "config"); named != "" || c.app.env("NEXUS_CONFIG") != "" {
		text, err = baseline.file(c.config.file)
		return c.config.file, text, err
	}
	for dir := c.app.dir; ; dir = filepath.Dir(dir) {
		name = c.app.display(filepath.Join(dir, configName))
		text, err = baseline.file(name)
		if err != nil || len(text) > 0 || dir == c.app.base() {
			return name, text, err
		}
	}
}

// inRepository reports whether the working directory belongs to a git work tree.
func (a *app) inRepository() bool {
	_, err := os.Stat(filepath.Join(a.base(), ".git"))
	return err == nil
}

// text is the one text of an entry that is no list, "" when it is absent.
func (e entry) text() string { return strings.Join(e.texts, ",") }

// file reads a file of the baseline, empty when it has none of that name.
func (s *source) file(name string) ([]byte, error) {
	text, err := s.read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unchecked(fmt.Errorf("reading %s from %s: %w", name, s.ref, err))
	}
	return text, nil
}

// noteGate reports that the work tree's file differs from the one in force.
func (c *schemaCheck) noteGate(name string, baseline *source, inForce []byte) {
	text, err := os.ReadFile(filepath.Join(c.app.base(), filepath.FromSlash(name)))
	if err != nil {
		text = nil
	}
	before, after := schema.Schema{Text: inForce}.Digest(), schema.Schema{Text: text}.Digest()
	if before != after {
		c.gateFindings = append(c.gateFindings, compat.GateChanged(name, baseline.ref, before, after))
	}
}
