package cmd

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// pairSubjects finds each checked subject's counterpart in the baseline: the one
// of the same name, else the one it was renamed from. What is left of the
// baseline below a checked folder was deleted.
func (c *schemaCheck) pairSubjects(ctx context.Context) ([]pair, error) {
	known, err := c.baseline.Subjects(ctx)
	if err != nil {
		return nil, sourceFailure("listing the subjects of "+c.baseline.ref, err)
	}
	var pairs []pair
	var added []string
	for _, subject := range c.checked.subjects {
		if _, ok := slices.BinarySearch(known, subject); ok {
			pairs = append(pairs, pair{subject, subject})
		} else {
			added = append(added, subject)
		}
	}
	gone, err := c.gone(ctx, known)
	if err != nil {
		return nil, err
	}
	c.baseline.empty = len(known) == 0
	if err := c.demandSubjects(gone); err != nil {
		return nil, err
	}
	renamed, err := c.renamed(ctx, gone, added)
	if err != nil {
		return nil, err
	}
	continued := map[string]bool{}
	for _, subject := range added {
		pairs = append(pairs, pair{subject, renamed[subject].Old})
		continued[renamed[subject].Old] = true
	}
	met := len(pairs) > len(added) || slices.ContainsFunc(slices.Collect(maps.Values(renamed)), registry.Rename.Certain)
	if err := c.demandPair(met, gone); err != nil {
		return nil, err
	}
	for _, old := range gone {
		if old.judged && !continued[old.Subject] {
			pairs = append(pairs, pair{"", old.Subject})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name(), b.name()) })
	return pairs, nil
}

// goneSchema is a subject of the baseline that is not there any more.
type goneSchema struct {
	schema.Schema
	judged bool // it lies below a checked folder, so that its absence is a deletion
}

// judgesDeletion reports whether it is a finding when a schema of the baseline is
// not there: it lies below a checked folder, and the baseline is one of files.
func (c *schemaCheck) judgesDeletion(old schema.Schema) bool {
	if document, inline := registry.Document(old.File); inline && c.baseline.wholeRepository {
		return c.inScope(document)
	}
	if c.baseline.wholeRepository {
		return c.checked.holds(old.File)
	}
	return c.baseline.files && c.checked.covers(old.Subject)
}

// gone lists the baseline's subjects that the checked side does not have. One
// that lies outside of the checked folders is gone only if its file is; in
// another folder than the checked one, that cannot be known.
func (c *schemaCheck) gone(ctx context.Context, known []string) ([]goneSchema, error) {
	var gone []goneSchema
	for _, subject := range known {
		if _, ok := slices.BinarySearch(c.checked.subjects, subject); ok {
			continue
		}
		if !c.baseline.files { // its absence says nothing, so that it need not be read
			gone = append(gone, goneSchema{Schema: schema.Schema{Subject: subject}})
			continue
		}
		s, err := c.baseline.Schema(ctx, subject, "")
		if err != nil {
			return nil, unchecked(fmt.Errorf("reading %s from %s: %w", subject, c.baseline.ref, err))
		}
		if c.stays(subject) {
			continue
		}
		judged := c.judgesDeletion(s)
		if !judged && c.baseline.wholeRepository {
			if _, err := os.Stat(filepath.Join(c.app.base(), filepath.FromSlash(s.File))); err == nil {
				continue
			}
		} else if !judged && len(c.checked.roots) > 0 && c.baseline.files {
			continue
		}
		gone = append(gone, goneSchema{s, judged})
	}
	return gone, nil
}

// renamed gives the new subjects that continue a gone one.
func (c *schemaCheck) renamed(ctx context.Context, gone []goneSchema, added []string) (map[string]registry.Rename, error) {
	if len(gone) == 0 || len(added) == 0 || !c.baseline.files {
		return nil, nil
	}
	old := make([]schema.Schema, len(gone))
	for i, g := range gone {
		old[i] = g.Schema
	}
	var next []schema.Schema
	for _, subject := range added {
		from := c.checked.origins[subject]
		s, err := from.registry.Schema(ctx, from.subject, "")
		if err != nil {
			continue // reported when the subject is checked
		}
		s.Subject = subject
		next = append(next, s)
	}
	renames := map[string]registry.Rename{}
	for _, r := range registry.Renames(old, next) {
		renames[r.New] = r
	}
	return renames, nil
}

// removedVersions reports the released versions that are missing from a chain.
// The commits of a single file are no versions that anybody could remove.
func (c *schemaCheck) removedVersions(previous, next []schema.Schema) []report.Finding {
	if next[0].Version == "" {
		return nil
	}
	var findings []report.Finding
	for _, old := range previous {
		released := old.Version != "" && old.Version != old.Revision
		kept := slices.ContainsFunc(next, func(s schema.Schema) bool { return s.Version == old.Version })
		if released && !kept && c.judgesDeletion(old) {
			old.Subject = next[0].Subject
			findings = append(findings, compat.VersionDeleted(old, c.app.remaining(c.counterpart(old.File))))
		}
	}
	return findings
}

// demandSubjects refuses a run that has nothing to look at. When the schemas are
// compared with another revision of the same folder, none there is no mistake in
// the command: all of them were deleted.
func (c *schemaCheck) demandSubjects(gone []goneSchema) error {
	deleted := c.baseline.wholeRepository && slices.ContainsFunc(gone, func(g goneSchema) bool { return g.judged })
	if len(c.checked.subjects) > 0 || len(c.checked.problems) > 0 || deleted {
		return nil
	}
	hints := []string{"a file is a schema when it is named *.avsc, *.proto, *.schema.json or *.schema.yaml, when its $schema is a JSON Schema meta-schema, or when schema.subjects in nexus.yaml says so"}
	if len(c.checked.passed) > 0 {
		hints = append(hints, "passed over, because their text does not say that they are schemas: "+sample(c.checked.passed))
	}
	return unchecked(fmt.Errorf("nothing to check: no schema under %s", strings.Join(c.paths, ", ")), append(hints, c.checked.notes...)...)
}

// demandPair refuses a run in which nothing meets: as a rule one of the two
// roots is wrong, and all subjects would be called new and deleted.
// A rename that is only likely does not show that they are right. A push may well
// bring only new subjects.
func (c *schemaCheck) demandPair(met bool, gone []goneSchema) error {
	expected := slices.ContainsFunc(gone, func(g goneSchema) bool { return g.judged || !c.baseline.wholeRepository })
	if met || !expected || len(c.checked.subjects) == 0 || c.to != "" {
		return nil
	}
	layout := "both roots must be folders of the same layout, because a subject is its path below the root"
	if !c.baseline.files {
		layout = `schema.subjects in nexus.yaml names the subjects of files, such as "orders/*.avsc: '{dir}-value'"; see nexus help against`
	}
	return unchecked(
		fmt.Errorf("nothing paired: no subject under %s has a counterpart in %s", strings.Join(c.paths, ", "), c.baseline.ref),
		fmt.Sprintf("the checked side holds %s; the baseline holds %s", sample(c.checked.subjects), sampleGone(gone)),
		layout,
	)
}

func sampleGone(gone []goneSchema) string {
	names := make([]string, len(gone))
	for i, g := range gone {
		names[i] = g.Subject
	}
	return sample(names)
}

// sample shows the first few names of many.
func sample(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

// counterpart is where a file of the baseline would lie on the checked side.
func (c *schemaCheck) counterpart(file string) string {
	if c.baseline.wholeRepository || len(c.checked.roots) == 0 {
		return file
	}
	below, ok := under(c.baseline.root, file)
	for _, r := range c.checked.roots {
		if rest, covered := under(r.below, below); ok && covered {
			return path.Join(r.name, rest)
		}
	}
	return c.checked.roots[0].name
}

// under is a file's path below a folder, where "." holds all files.
func under(folder, file string) (string, bool) {
	if folder == "." {
		return file, true
	}
	return strings.CutPrefix(file, folder+"/")
}
