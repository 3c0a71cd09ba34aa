package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// readTrusted replaces the configuration by the baseline's own, so that a change
// cannot weaken the gate that judges it.
func (c *schemaCheck) readTrusted(ctx context.Context) error {
	against, err := (&options{c.app, c.options.flags, &config{}}).get("schema.against")
	if err != nil {
		return err
	}
	baseline, err := c.app.openBaseline(ctx, against.text(), c.config.layout(c.app))
	if err != nil {
		return err
	}
	if baseline.read == nil {
		return usagef("reading --trust base: %s keeps no configuration", baseline.ref).hint("only a revision does: --against git:REV")
	}
	name := c.config.file
	if name == "" {
		name = configName
	}
	text, err := baseline.file(name)
	if err != nil {
		return err
	}
	trusted, err := c.app.parseConfig(name, filepath.Join(c.app.base(), path.Dir(name)), text)
	if err != nil {
		return fmt.Errorf("in %s: %w", baseline.ref, err)
	}
	c.noteGate(name, baseline, text)
	c.config, c.options.config, c.trusted = trusted, trusted, baseline
	if err := c.settle(); err != nil { // the work tree's fail_on must not count either
		return err
	}
	c.report.FailOn = c.failOn
	return nil
}

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
