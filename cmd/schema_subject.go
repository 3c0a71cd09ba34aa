package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// pair is one subject on both sides. Either name is empty when the subject is
// new or deleted; they differ when it was renamed.
type pair struct{ subject, old string }

func (p pair) name() string { return cmp.Or(p.subject, p.old) }

// outcome is what came of one pair.
type outcome struct {
	results     []judged
	findings    []report.Finding
	problems    []report.Problem
	lost        error // the registry gives no answer any more
	status      status
	place       report.Location
	nextDigests []string
	oldDigests  []string
}

// status is why there is nothing to compare, as reports call it.
type status string

const (
	compared    status = "" // there is
	added       status = "new"
	deleted     status = "deleted"
	refused     status = "refused"   // the format changed
	uncheckable status = "unchecked" // one side cannot be read
)

// notReached is what a report calls the subjects that an interrupt left out.
const notReached = "not looked at"

// judged is what the report keeps of one comparison. The schemas themselves are
// let go, or a run over ten thousand subjects would hold all of them parsed.
type judged struct {
	data        compat.SubjectData
	version     string // the version that was judged, where the subject has several
	levelOrigin string
	equal       bool // the bytes are the same on both sides
}

// empty reports whether the pair was never looked at, because of an interrupt.
func (o outcome) empty() bool { return len(o.results) == 0 && o.status == compared }

func (o outcome) verdicts() []compat.Verdict {
	list := make([]compat.Verdict, len(o.results))
	for i, j := range o.results {
		list[i] = j.data.Verdict
	}
	return list
}

// verdict is the gravest of the pair's verdicts, or its status.
func (o outcome) verdict() string {
	if o.empty() {
		return notReached
	}
	verdict := cmp.Or(string(o.status), string(compat.Compatible))
	for _, j := range o.results {
		if j.data.Verdict == compat.Breaking || verdict == string(compat.Compatible) {
			verdict = string(j.data.Verdict)
		}
	}
	return verdict
}

// subject judges one pair. A fault of nexus itself costs that subject its
// verdict, and never the others theirs.
func (c *schemaCheck) subject(ctx context.Context, p pair) (o outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			o = failed(p.name(), fmt.Errorf("nexus failed on this schema, please report it: %v", fault))
		}
	}()
	return c.judgePair(ctx, p)
}

func (c *schemaCheck) judgePair(ctx context.Context, p pair) outcome {
	switch {
	case p.subject == "":
		return c.judgeDeleted(ctx, p)
	case p.old == "":
		return c.judgeAdded(ctx, p)
	}
	next, err := c.checked.versions(ctx, p.subject)
	if err != nil {
		return failed(p.subject, err)
	}
	l, err := c.levels(ctx, p.old)
	if err != nil {
		return failed(p.subject, err)
	}
	chain := len(next) > 1 || next[0].Version != ""
	previous, err := registry.History(ctx, c.baseline, p.old, chain || l.transitive(c.asking))
	if err != nil {
		return failed(p.subject, fmt.Errorf("reading %s from %s: %w", p.old, c.baseline.ref, err))
	}
	o := outcome{nextDigests: digests(next), oldDigests: digests(previous), place: compat.Start(next[len(next)-1], "new")}
	if p.subject != p.old {
		o.findings = append(o.findings, compat.SubjectRenamed(previous[len(previous)-1], next[len(next)-1]))
	}
	o.findings = append(o.findings, c.removedVersions(previous, next)...)
	newest := previous[len(previous)-1]
	for _, s := range steps(previous, next) {
		result := c.step(ctx, &o, s, l)
		if c.asking && result != nil && s.latest().Revision == newest.Revision {
			c.askRegistry(ctx, &o, s, result, l)
		}
	}
	return o
}

// step is one version and the versions before it, oldest first.
type step struct {
	previous []schema.Schema
	next     schema.Schema
}

// latest is the version before.
func (s step) latest() schema.Schema { return s.previous[len(s.previous)-1] }

// steps lists what there is to judge: every version that the baseline does not
// hold, after those before it, and every version that was edited in place. When
// nothing differs there is one step, with the newest version on both sides.
func steps(previous, next []schema.Schema) []step {
	var list []step
	history := slices.Clone(previous)
	for _, version := range next {
		at := -1
		if version.Version != "" {
			at = slices.IndexFunc(previous, func(s schema.Schema) bool { return s.Version == version.Version })
		}
		switch {
		case at >= 0 && bytes.Equal(previous[at].Text, version.Text):
			// released already
		case at >= 0:
			list = append(list, step{previous[:at+1], version})
		default:
			list = append(list, step{slices.Clone(history), version})
			history = append(history, version)
		}
	}
	if len(list) == 0 {
		newest := next[len(next)-1]
		at := slices.IndexFunc(previous, func(s schema.Schema) bool { return s.Version == newest.Version })
		list = append(list, step{previous[:at+1], newest})
	}
	return list
}

// step judges one version. Equal bytes need no judging, unless they refer to
// another document, which may have changed. The result is nil when there was
// nothing to judge, or no way to.
func (c *schemaCheck) step(ctx context.Context, o *outcome, s step, l levels) *compat.Result {
	latest := s.latest()
	equal := bytes.Equal(latest.Text, s.next.Text) && !c.app.refers(s.next)
	var result *compat.Result
	switch {
	case latest.Format != s.next.Format:
		o.status = refused
		o.findings = append(o.findings, compat.FormatChanged(latest, s.next))
		return nil
	case equal:
		if _, err := c.judge.parse(s.next); err != nil {
			o.fail(s.next.Subject, err)
			return nil
		}
		result = compat.Unchanged(l.inForce, c.judge.profile.Name)
	default:
		var err error
		if result, err = c.compare(ctx, s, l.inForce); err != nil {
			o.fail(s.next.Subject, err)
			return nil
		}
		o.add(result, c.judge.undecided)
	}
	against := c.baseline.ref
	if name := versionName(latest); name != "" {
		against += " " + name
	}
	o.results = append(o.results, judged{result.Data(s.next.Subject, against), s.next.Version, l.origin, equal})
	if equal {
		return nil
	}
	return result
}

// compare parses the versions and asks package compat.
func (c *schemaCheck) compare(ctx context.Context, s step, level compat.Level) (*compat.Result, error) {
	if !level.Transitive() {
		s.previous = s.previous[len(s.previous)-1:]
	}
	return c.judge.compare(ctx, s.previous, s.next, level)
}

// compare judges one version against those before it, with fixes for what breaks.
func (j *judge) compare(ctx context.Context, previous []schema.Schema, next schema.Schema, level compat.Level) (*compat.Result, error) {
	engine, err := j.engine(next.Format)
	if err != nil {
		return nil, err
	}
	parsed, err := engine.Parse(next)
	if err != nil {
		return nil, err
	}
	earlier := make([]compat.Parsed, len(previous))
	for i, s := range previous {
		if earlier[i], err = engine.Parse(s); err != nil {
			return nil, compat.OldSide(err, s)
		}
	}
	o := compat.Options{Level: level, Profile: j.profile, DeclaredBump: j.bump}
	result, err := compat.Check(ctx, engine, o, earlier, parsed)
	if err != nil {
		return nil, err
	}
	result.Suggest(ctx, engine, o)
	return result, nil
}

// add takes over what a comparison found.
func (o *outcome) add(r *compat.Result, undecided report.Severity) {
	o.findings = append(o.findings, r.Findings()...)
	switch {
	case r.Doubt == nil:
	case undecided == report.Warning:
		o.findings = append(o.findings, r.DoubtFinding())
	default:
		o.problems = append(o.problems, r.Problem())
	}
}

// judgeAdded notes a subject that the baseline does not hold. It is read all the
// same: a new schema that is malformed was not checked.
func (c *schemaCheck) judgeAdded(ctx context.Context, p pair) outcome {
	versions, err := c.checked.versions(ctx, p.subject)
	if err != nil {
		return failed(p.subject, err)
	}
	o := outcome{status: added, nextDigests: digests(versions), place: compat.Start(versions[len(versions)-1], "new")}
	o.findings = append(o.findings, compat.SubjectAdded(versions[len(versions)-1]))
	for i, s := range versions {
		parsed, err := c.judge.parse(s)
		if err != nil {
			o.fail(p.subject, err)
			return o
		}
		if i == 0 {
			o.findings = append(o.findings, c.judge.lint(parsed)...)
		} else { // the versions that arrive together still follow each other
			l, err := c.levels(ctx, p.subject)
			if err != nil {
				return failed(p.subject, err)
			}
			c.step(ctx, &o, step{versions[:i], s}, l)
		}
	}
	return o
}

// parse reads a schema. That it can be read is all that is asked of a version
// that meets no other: what it says is judged when it changes.
func (j *judge) parse(s schema.Schema) (compat.Parsed, error) {
	engine, err := j.engine(s.Format)
	if err != nil {
		return nil, err
	}
	return engine.Parse(s)
}

// lint lists what is odd about the first version of a subject.
func (j *judge) lint(p compat.Parsed) []report.Finding {
	if linter, ok := j.engines[p.Schema().Format].(compat.Linter); ok {
		return linter.Lint(nil, p)
	}
	return nil
}

func (c *schemaCheck) judgeDeleted(ctx context.Context, p pair) outcome {
	previous, err := registry.History(ctx, c.baseline, p.old, false)
	if err != nil {
		return failed(p.old, fmt.Errorf("reading %s from %s: %w", p.old, c.baseline.ref, err))
	}
	old := previous[len(previous)-1]
	return outcome{
		status: deleted, oldDigests: digests(previous), place: compat.Start(old, "old"),
		findings: []report.Finding{c.deletion(old)},
	}
}

// deletion is the finding about a subject that is gone. Of one whose file is still
// there the catalog took the name away.
func (c *schemaCheck) deletion(old schema.Schema) report.Finding {
	document, _ := registry.Document(old.File)
	file := c.counterpart(document)
	f := compat.SubjectDeleted(old, c.app.remaining(file))
	_, err := os.Stat(filepath.Join(c.app.base(), filepath.FromSlash(file)))
	if c.catalog == nil || err != nil {
		return f
	}
	f.Message = "the catalog no longer names it, or names no schema for it: its events stay in the log, and nothing says what they are"
	f.Hint = fmt.Sprintf("describe %s in the catalog again; %s is still there", old.Subject, file)
	return f
}

// levels are the compatibility levels that concern a subject.
type levels struct {
	inForce  compat.Level
	origin   string       // of the one in force
	demanded compat.Level // the baseline's own, empty when it demands none
}

// transitive reports whether all versions of the baseline are looked at. A
// registry that is asked for its verdict goes by its own level.
func (l levels) transitive(asking bool) bool {
	return l.inForce.Transitive() || asking && l.demanded.Transitive()
}

// levels asks the baseline for its level of a subject, and settles which applies.
func (c *schemaCheck) levels(ctx context.Context, subject string) (levels, error) {
	demanded, err := c.baseline.Compatibility(ctx, subject)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return levels{}, fmt.Errorf("asking %s for the level of %s: %w", c.baseline.ref, subject, err)
	}
	level, origin := c.judge.levelFor(demanded)
	return levels{level, origin, demanded}, nil
}

// failed is the outcome of a subject that could not be looked at.
func failed(subject string, err error) outcome {
	var o outcome
	o.fail(subject, err)
	return o
}

// fail records why a subject could not be checked; the others go on.
func (o *outcome) fail(subject string, err error) {
	o.status = uncheckable
	if isUnreachable(err) {
		o.lost = err
	}
	o.problems = append(o.problems, problem(subject, err))
}

// problem turns an error about a subject into the report's form.
func problem(subject string, err error) report.Problem {
	var input *compat.InputError
	switch {
	case errors.As(err, &input):
		return input.Problem(subject)
	case errors.Is(err, context.Canceled) && !isUnreachable(err):
		return report.Problem{Code: "interrupted", Message: "interrupted while it was checked", Subject: &subject}
	}
	if known, ok := errors.AsType[*registry.Error](err); ok {
		return registryProblem(subject, known)
	}
	if file, ok := errors.AsType[*registry.FileError](err); ok {
		side := "new"
		if err != error(file) { // what names the baseline around it
			side = "old"
		}
		p := fileProblem(file, side)
		p.Message, p.Subject = err.Error(), &subject
		return p
	}
	return report.Problem{Code: "unreadable", Message: err.Error(), Subject: &subject}
}
