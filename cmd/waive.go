package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

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
func (c *schemaCheck) waive(ctx context.Context) error {
	if c.trusted != nil {
		if err := c.noteWaivers(); err != nil {
			return err
		}
	}
	scope, err := c.scope(ctx)
	if err != nil {
		return err
	}
	if err := c.applyWaivers(c.report, c.trusted, scope); err != nil {
		return err
	}
	// Nothing waives the news that the gate itself was edited.
	c.report.Findings = append(c.report.Findings, c.gateFindings...)
	return nil
}

// scope is how far the run has looked. It is complete when it was told to look
// at everything, or met every subject of the repository, and did look.
func (c *schemaCheck) scope(ctx context.Context) (waiver.Scope, error) {
	known, err := c.baseline.Subjects(ctx)
	if err != nil {
		return waiver.Scope{}, unchecked(fmt.Errorf("listing the subjects of %s: %w", c.baseline.ref, err))
	}
	met := map[string]bool{}
	for _, p := range c.pairs {
		met[p.old] = true
	}
	left := slices.ContainsFunc(known, func(subject string) bool { return !met[subject] })
	s := waiver.Scope{
		Complete: len(c.checked.problems) == 0 && (!c.partial || c.baseline.wholeRepository && !left),
		Rules:    c.judges(),
	}
	for i, o := range c.outcomes {
		if o.empty() || o.status == uncheckable {
			s.Complete = false
			continue
		}
		s.Subjects = append(s.Subjects, c.pairs[i].name())
	}
	return s, nil
}

// judges tells the rules that a schema check judges from those of policies. A
// fingerprint alone may be of either where there is a catalog.
func (c *schemaCheck) judges() func(id string) bool {
	own := namesOf(c.app.schemaRules())
	return func(id string) bool { return slices.Contains(own, id) || id == "" && c.catalog == nil }
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
func (g *gate) applyWaivers(r *report.Report, trusted *source, scope waiver.Scope) error {
	list, file, err := g.loadWaivers(trusted)
	if err != nil {
		return err
	}
	r.Normalize() // waivers name the final fingerprints, :2 and all
	if list.there {
		applied, extra := waiver.Apply(r.Findings, file, g.asOf, scope)
		r.Findings = append(applied, extra...)
		r.Inputs = append(r.Inputs, report.Input{Role: "waivers", Ref: list.name, Resolved: list.name, Digest: schema.Schema{Text: list.text}.Digest()})
	}
	return g.applyBaseline(r, trusted)
}

// loadWaivers reads the waivers in force; there may be none.
func (g *gate) loadWaivers(trusted *source) (waiverFile, *waiver.File, error) {
	list, err := g.readWaivers(trusted)
	if err != nil || !list.there {
		return list, nil, err
	}
	file, err := g.options.parseWaivers(list.name, list.text)
	return list, file, err
}

// parseWaivers reads a file of waivers. A rule that nexus does not know is
// refused: its waiver would cover nothing and look like a leftover.
func (o *options) parseWaivers(name string, text []byte) (*waiver.File, error) {
	file, err := waiver.Load(name, text)
	if err != nil {
		return nil, inDocument("reading the waivers", err)
	}
	isKnown := o.ruleLookup()
	for _, w := range file.Waivers {
		if w.Rule == "" {
			continue
		}
		known, err := isKnown(w.Rule)
		if err != nil {
			return nil, err
		}
		if !known {
			err := unknownRule(w.Rule, namesOf(o.app.rules()))
			return nil, usage(fmt.Errorf("reading the waivers: %s:%d: %w", name, w.Place.Line, err), err.hints...)
		}
	}
	return file, nil
}

// ruleLookup returns what tells whether a rule is one of nexus or of the team's
// own policies. Rules are gathered, and policies compiled, at most once, and only
// for a name that is nowhere else.
func (o *options) ruleLookup() func(id string) (bool, error) {
	nexus := map[string]bool{}
	own := sync.OnceValues(o.ownRules)
	return func(id string) (bool, error) {
		known, met := nexus[id]
		if !met {
			_, known = o.app.rule(id)
			nexus[id] = known
		}
		if known {
			return true, nil
		}
		ids, err := own()
		return slices.Contains(ids, id), err
	}
}

// ownRules lists the ids of the team's own rules. A folder of the command line
// hides those of nexus.yaml, whose rules are waived all the same.
func (o *options) ownRules() ([]string, error) {
	var ids []string
	for _, o := range []*options{o, {app: o.app, config: o.config}} {
		folders, err := o.policyFolders()
		if err != nil {
			return nil, err
		}
		if len(folders) == 0 {
			continue
		}
		library, err := o.openLibrary(folders)
		if err != nil {
			return nil, err
		}
		for _, r := range library.Rules() {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
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
		return waiverFile{}, g.missingWaivers(name)
	case err != nil:
		return waiverFile{}, usage(fmt.Errorf("reading the waivers: %s: %w", name, reason(err)))
	}
	return waiverFile{name, text, true}, nil
}

// missingWaivers says that the file is not there, and who named it.
func (g *gate) missingWaivers(name string) error {
	v, err := g.options.get("waivers")
	if err != nil {
		return err
	}
	return g.app.missingFor("reading the waivers ("+v.origin+"):", name)
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

// applyBaseline covers what an earlier report found already. With a trusted
// baseline revision a report in the repository is read there.
func (g *gate) applyBaseline(r *report.Report, trusted *source) error {
	v, err := g.options.get("baseline")
	if err != nil || v.text() == "" {
		return err
	}
	text, err := g.readBaseline(v.text(), trusted)
	if err != nil {
		return err
	}
	ratchet, err := waiver.LoadBaseline(v.text(), text)
	if err != nil {
		return inDocument("reading --baseline", err)
	}
	r.Findings = ratchet.Apply(r.Findings)
	return nil
}

func (g *gate) readBaseline(name string, trusted *source) ([]byte, error) {
	if own := g.app.display(name); trusted != nil && filepath.IsLocal(filepath.FromSlash(own)) {
		text, err := trusted.file(own)
		if err == nil && len(text) == 0 {
			err = usagef("reading --baseline: %s does not hold %s", trusted.ref, own).hint("with --trust base it is read from there")
		}
		return text, err
	}
	text, err := os.ReadFile(g.app.abs(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, g.app.missingFor("reading --baseline", name)
	}
	if err != nil {
		return nil, usage(fmt.Errorf("reading --baseline %s: %w", name, reason(err)))
	}
	return text, nil
}
