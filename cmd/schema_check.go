package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/ui"
)

func (a *app) schemaCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Prove whether the schemas under PATH break anybody who uses the baseline's",
		Long: `Compares every subject under PATH (default: schema.paths of nexus.yaml, else the
working directory) with its version in the baseline. A breaking change comes with
a witness: a document that one version accepts and the other rejects.`,
		Example: `  nexus schema check
  nexus schema check --against git:v1.2.0 schemas
  nexus schema check --against dir:released next --level FULL --report sarif=nexus.sarif`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.newSchemaCheck(cmd.Flags(), args)
			if err != nil {
				return err
			}
			return c.run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindJudge(c)
	f := c.Flags()
	f.String("against", "", "the baseline, as `KIND:REF` (default: the merge base with the default branch); see nexus help against")
	a.bindEndpoint(c)
	a.bindLog(c)
	f.Bool("ask-registry", false, "ask the baseline's registry for its own verdict, and report where it differs")
	f.String("trust", "head", "read nexus.yaml and waivers from the work tree (head) or from the baseline (base)")
	f.String("witness-dir", "", "write each finding's witness to a file in `DIR`")
	a.complete(c, "schema.trust")
	_ = c.RegisterFlagCompletionFunc("against", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return a.baselineKinds(":"), cobra.ShellCompDirectiveNoSpace
	})
	return c
}

// schemaCheck is one run of the command.
type schemaCheck struct {
	*gate
	judge        *judge
	config       *config
	named        []string // the paths of the command line
	paths        []string // those that are checked
	partial      bool     // the paths are a choice of what there is
	against      value
	trust        value
	witnessDir   string
	asking       bool    // the registry is asked for its own verdict
	to           string  // where schema push registers what passes; empty for a check alone
	trusted      *source // the baseline that the gate was read from, with --trust base
	probed       *source // the baseline of the command line, opened to look for a gate
	probeFailure error   // why that could not be opened
	// gateFindings tell that the work tree's gate differs from the one in force.
	gateFindings []report.Finding

	catalog  *catalog.Catalog // nil when none is configured
	baseline *source
	checked  *tree
	pairs    []pair
	outcomes []outcome
	report   *report.Report
}

// newSchemaCheck reads flags and configuration; it touches no schema yet.
func (a *app) newSchemaCheck(flags *pflag.FlagSet, paths []string) (*schemaCheck, error) {
	c := &schemaCheck{named: paths, witnessDir: flagText(flags, "witness-dir")}
	var err error
	if c.config, err = a.loadConfig(flags); err != nil {
		return nil, err
	}
	c.gate, err = a.newGate(&options{app: a, flags: flags, config: c.config}, "schema.fail_on")
	if err != nil {
		return nil, err
	}
	if c.trust, err = c.options.get("schema.trust"); err != nil {
		return nil, err
	}
	c.asking = flagText(flags, "ask-registry") == "true"
	c.report = c.newReport("schema check")
	c.report.Data = map[string]any{"subjects": []compat.SubjectData{}}
	return c, nil
}

// run is the road: parse, load, check, waive, report, exit.
func (c *schemaCheck) run(ctx context.Context) error {
	if err := c.examine(ctx); err != nil {
		if err := c.fail(c.report, err); err != nil {
			return err
		}
	}
	c.document(c.report)
	return c.finish(ctx, c.report)
}

// examine fills the report. An error means that nothing could be checked.
func (c *schemaCheck) examine(ctx context.Context) error {
	if err := c.parse(ctx); err != nil {
		return err
	}
	if err := c.load(ctx); err != nil {
		return err
	}
	c.check(ctx)
	if err := c.runLog(ctx); err != nil {
		return err
	}
	c.collect()
	if err := c.waive(ctx); err != nil {
		return err
	}
	c.conclude()
	return c.writeWitnesses()
}

// parse settles what is compared with what, and by which rules.
func (c *schemaCheck) parse(ctx context.Context) error {
	err := c.settlePaths()
	if err != nil {
		return err
	}
	if err := c.settleTrust(ctx); err != nil {
		return err
	}
	if c.judge, err = c.app.newJudge(c.options); err != nil {
		return err
	}
	if err := c.loadCatalog(ctx); err != nil {
		return err
	}
	if c.against, err = c.options.get("schema.against"); err != nil {
		return err
	}
	c.against = c.config.rebase(c.app, c.against)
	if c.to != "" {
		c.against = value{[]string{c.to}, "flag --to"}
	}
	return nil
}

// settlePaths takes the paths of the command line, else those of nexus.yaml,
// which count from its folder, else the working directory.
func (c *schemaCheck) settlePaths() error {
	if len(c.named) > 0 {
		c.paths, c.partial = c.named, true
		return nil
	}
	v, err := c.options.get("schema.paths")
	if err != nil {
		return err
	}
	c.paths, c.partial = []string{"."}, c.app.dir != c.app.base()
	if v.given() {
		c.paths, c.partial = c.config.relative(c.app, v.texts), false
	}
	return nil
}

// load opens both sides and pairs their subjects.
func (c *schemaCheck) load(ctx context.Context) error {
	targets, err := c.app.targets(c.paths)
	if err != nil {
		return err
	}
	layout := c.layout()
	if c.baseline, err = c.openBaseline(ctx, layout); err != nil {
		return err
	}
	if err := c.demandAnswers(); err != nil {
		return err
	}
	if c.checked, err = c.app.openPaths(ctx, targets, c.baseline, layout); err != nil {
		return err
	}
	c.report.Errors = append(c.report.Errors, c.checked.problems...)
	c.report.Errors = append(c.report.Errors, c.uncompared(ctx)...)
	c.pairs, err = c.pairSubjects(ctx)
	return err
}

// layout says which files are schemas: what the configuration says, and the files
// that are paths themselves.
func (c *schemaCheck) layout() registry.Layout {
	layout := c.config.layout(c.app)
	layout.Given = c.app.given(c.paths)
	if c.catalog != nil {
		layout.Names = c.checkedNames()
	}
	return layout
}

// openBaseline opens what is compared with, unless looking for a gate did.
func (c *schemaCheck) openBaseline(ctx context.Context, layout registry.Layout) (*source, error) {
	if !c.against.given() || strings.HasPrefix(c.against.origin, "flag ") {
		switch {
		case c.probed != nil && c.catalog == nil: // it was opened before the catalog could name its subjects
			return c.probed, nil
		case c.probeFailure != nil: // asking again could take minutes
			return nil, c.probeFailure
		}
	}
	baseline, err := c.app.openBaseline(ctx, c.options, c.against.text(), layout)
	if known, ok := errors.AsType[*exitError](err); ok && c.against.given() && !strings.HasPrefix(c.against.origin, "flag ") {
		err = known.hint("%s names %s as the baseline", c.against.origin, withoutUser(c.against.text()))
	}
	return baseline, err
}

// check judges every pair, as many at once as there are processors.
func (c *schemaCheck) check(ctx context.Context) {
	a, total := c.app, len(c.pairs)
	progress := ui.NewProgress(a.stderr, ui.NewTerminal(a.stderr, a.env, c.color), a.now)
	defer progress.Clear()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var begun atomic.Int64
	c.outcomes, _ = inParallelWith(ctx, c.workers(), total, func(i int) outcome {
		progress.Update(int(begun.Add(1)), total, "checking "+c.pairs[i].name())
		o := c.subject(ctx, c.pairs[i])
		switch {
		case o.lost != nil:
			giveUp(o.lost)
		case isUnreachable(context.Cause(ctx)) && o.status == uncheckable:
			return outcome{} // its own question was only cut off by giving up
		}
		return o
	})
	c.noteUnreached(context.Cause(ctx))
}

// workers is how many subjects are judged at the same time. Those that wait for
// an answer over the network leave the processors to others.
func (c *schemaCheck) workers() int {
	if c.baseline.remote {
		return max(remoteWorkers, runtime.GOMAXPROCS(0))
	}
	return runtime.GOMAXPROCS(0)
}

// noteUnreached reports how many subjects were not looked at, and why.
func (c *schemaCheck) noteUnreached(cause error) {
	left := 0
	for _, o := range c.outcomes {
		if o.empty() {
			left++
		}
	}
	p := report.Problem{Code: "interrupted", Message: fmt.Sprintf("interrupted: %d of %d subjects were not checked", left, len(c.outcomes))}
	if isUnreachable(cause) {
		p.Code = registry.CodeUnreachable
		p.Message = fmt.Sprintf("%d of %d subjects were not checked: %s gives no answer any more", left, len(c.outcomes), c.baseline.ref)
	}
	if left > 0 {
		c.report.Errors = append(c.report.Errors, p)
	}
}

// collect puts the outcomes into the report, in the order of the subjects.
func (c *schemaCheck) collect() {
	r := c.report
	for _, o := range c.outcomes {
		r.Findings = append(r.Findings, c.judge.profile.Adjust(o.findings)...)
		r.Errors = append(r.Errors, o.problems...)
		if len(o.results) > 0 {
			r.Checked++
		}
	}
	if c.catalog != nil {
		nameConcerned(r.Findings, c.catalog)
		placeInline(r.Findings, c.catalog)
	}
	r.Normalize() // waivers need the final fingerprints
}

// conclude adds what sums the run up, once waivers were applied.
func (c *schemaCheck) conclude() {
	r := c.report
	r.Inputs = append(r.Inputs, c.inputs()...)
	bySubject := map[string][]report.Finding{}
	for _, f := range r.Findings {
		bySubject[f.Subject] = append(bySubject[f.Subject], f)
	}
	data := []compat.SubjectData{}
	for i, o := range c.outcomes {
		if o.empty() {
			continue
		}
		subject := c.pairs[i].name()
		r.Checks = append(r.Checks, compat.Checks(subject, o.verdicts(), bySubject[subject], o.place)...)
		for _, j := range o.results {
			data = append(data, j.data)
		}
	}
	r.Data = map[string]any{"subjects": data}
	r.Normalize()
	r.Tables = append(r.Tables, c.table())
	r.Headline = c.headline()
}

// inputs names what was read on both sides.
func (c *schemaCheck) inputs() []report.Input {
	list := make([]report.Input, 0, 3)
	if c.catalog != nil {
		list = append(list, catalogInput(c.catalog))
	}
	for _, path := range c.paths {
		list = append(list, report.Input{Role: "checked", Ref: path, Resolved: c.app.display(path)})
	}
	checked, baseline := sha256.New(), sha256.New()
	for i, o := range c.outcomes {
		fmt.Fprintf(checked, "%s %s\n", c.pairs[i].subject, strings.Join(o.nextDigests, " "))
		fmt.Fprintf(baseline, "%s %s\n", c.pairs[i].old, strings.Join(o.oldDigests, " "))
	}
	for i := range list {
		if list[i].Role == "checked" {
			list[i].Digest = "sha256:" + hex.EncodeToString(checked.Sum(nil))
		}
	}
	return append(list, report.Input{
		Role: "baseline", Ref: c.baseline.ref, Resolved: c.baseline.resolved,
		Digest: "sha256:" + hex.EncodeToString(baseline.Sum(nil)),
	})
}

// tableLimit is how many subjects the table of a run lists before it leaves the
// unchanged ones out.
const tableLimit = 100

// table lists the subjects and the three columns that are never mixed: the
// profile's verdict, the truth, and what they were judged by.
func (c *schemaCheck) table() report.Table {
	t := report.Table{Title: "Subjects", Columns: compat.Columns}
	unlisted := 0
	var levels []string
	for i, o := range c.outcomes {
		name := c.pairs[i].name()
		if o.status != compared {
			t.Rows = append(t.Rows, []string{name, string(o.status), "-", "-", "-", "-", "-"})
		}
		for _, j := range o.results {
			level := fmt.Sprintf("level %s: %s", j.data.Level, j.levelOrigin)
			if !slices.Contains(levels, level) {
				levels = append(levels, level)
			}
			if len(c.outcomes) > tableLimit && j.equal {
				unlisted++
				continue
			}
			row := j.data.Row()
			if len(o.results) > 1 && j.version != "" {
				row[0] += " " + j.version
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Notes = append(t.Notes, "profile "+c.judge.profile.Name+"; "+strings.Join(levels, "; "))
	if len(levels) == 0 {
		t.Notes = []string{"profile " + c.judge.profile.Name}
	}
	t.Notes = append(t.Notes, "against "+c.baseline.describe())
	t.Notes = append(t.Notes, c.baseline.lockNotes(c.asOf)...)
	t.Notes = append(t.Notes, c.checked.notes...)
	t.Notes = append(t.Notes, c.idleRules()...)
	t.Notes = append(t.Notes, c.unfiled()...)
	if unlisted > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d unchanged subjects are not listed", unlisted))
	}
	return t
}

// idleRules names the rows of schema.subjects that met no file of this run: as a
// rule the glob has a typo.
func (c *schemaCheck) idleRules() []string {
	var notes []string
	for _, r := range c.config.table("schema.subjects") {
		rule := registry.SubjectRule{Glob: r.name}
		if !slices.ContainsFunc(c.outcomes, func(o outcome) bool { return c.concerns(rule, o.place.File) }) {
			notes = append(notes, fmt.Sprintf("%s: %q of schema.subjects matches no schema of this run", r.place, r.name))
		}
	}
	return notes
}

// concerns reports whether a rule matches a file, from the repository root or
// below a compared root.
func (c *schemaCheck) concerns(rule registry.SubjectRule, file string) bool {
	if rule.Matches(file) {
		return true
	}
	roots := append(slices.Clone(c.checked.roots), root{name: c.baseline.root})
	return slices.ContainsFunc(roots, func(r root) bool {
		below, ok := under(r.name, file)
		return ok && rule.Matches(below)
	})
}

// headline is the run in one sentence.
func (c *schemaCheck) headline() string {
	counts := map[string]int{}
	for _, o := range c.outcomes {
		counts[o.verdict()]++
	}
	var parts []string
	for _, verdict := range []string{"compatible", "breaking", "undecided", string(added), string(deleted), string(refused), string(uncheckable), notReached} {
		if n := counts[verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	text := fmt.Sprintf("%s checked against %s: %s", report.Count(c.report.Checked, "subject"), c.baseline.ref, strings.Join(parts, ", "))
	if c.baseline.empty {
		text += "; the baseline holds no schema"
	}
	if found := c.report.Summary().String(); found != "" {
		text += " (" + found + ")"
	}
	return text
}

// remaining is the nearest folder above a deleted file that is still there.
func (a *app) remaining(file string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if a.isFolder(dir) || dir == "." || dir == "/" {
			return dir
		}
	}
}

// digests lists what identifies the versions that were read.
func digests(versions []schema.Schema) []string {
	list := make([]string, len(versions))
	for i, s := range versions {
		list[i] = s.Digest()
	}
	return list
}
