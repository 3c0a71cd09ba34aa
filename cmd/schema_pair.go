package cmd

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// pairSubjects finds each checked subject's counterpart in the baseline: the one
// of the same name, else the one it was renamed from. What is left of the
// baseline below a checked folder was deleted.
func (c *schemaCheck) pairSubjects(ctx context.Context) ([]pair, error) {
	known, err := c.baseline.Subjects(ctx)
	if err != nil {
		return nil, unchecked(fmt.Errorf("listing the subjects of %s: %w", c.baseline.ref, err))
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
	renamed, err := c.renamed(ctx, gone, added)
	if err != nil {
		return nil, err
	}
	continued := map[string]bool{}
	for _, subject := range added {
		pairs = append(pairs, pair{subject, renamed[subject]})
		continued[renamed[subject]] = true
	}
	if err := c.demandPair(pairs, gone); err != nil {
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

// gone lists the baseline's subjects that the checked side does not have. One
// that lies outside of the checked folders is gone only if its file is.
func (c *schemaCheck) gone(ctx context.Context, known []string) ([]goneSchema, error) {
	var gone []goneSchema
	for _, subject := range known {
		if _, ok := slices.BinarySearch(c.checked.subjects, subject); ok {
			continue
		}
		s, err := c.baseline.Schema(ctx, subject, "")
		if err != nil {
			return nil, unchecked(fmt.Errorf("reading %s from %s: %w", subject, c.baseline.ref, err))
		}
		judged := c.baseline.files && len(c.checked.folders) > 0
		if c.baseline.wholeRepository {
			judged = c.checked.holds(s.File)
			if _, err := os.Stat(filepath.Join(c.app.base(), filepath.FromSlash(s.File))); err == nil && !judged {
				continue
			}
		}
		gone = append(gone, goneSchema{s, judged})
	}
	return gone, nil
}

// renamed maps new subjects to the gone ones that they continue.
func (c *schemaCheck) renamed(ctx context.Context, gone []goneSchema, added []string) (map[string]string, error) {
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
	names := map[string]string{}
	for _, r := range registry.Renames(old, next) {
		names[r.New] = r.Old
	}
	return names, nil
}

// demandPair refuses a run in which nothing meets: as a rule one of the two
// roots is wrong, and all subjects would be called new and deleted.
func (c *schemaCheck) demandPair(pairs []pair, gone []goneSchema) error {
	paired := slices.ContainsFunc(pairs, func(p pair) bool { return p.old != "" })
	expected := slices.ContainsFunc(gone, func(g goneSchema) bool { return g.judged || !c.baseline.wholeRepository })
	if paired || !expected || len(pairs) == 0 {
		return nil
	}
	return unchecked(
		fmt.Errorf("nothing paired: no subject under %s has a counterpart in %s", strings.Join(c.paths, ", "), c.baseline.ref),
		fmt.Sprintf("the checked side holds %s; the baseline holds %s", sample(c.checked.subjects), sampleGone(gone)),
		"both roots must be folders of the same layout, because a subject is its path below the root",
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
	if c.baseline.wholeRepository || len(c.checked.folders) != 1 {
		return file
	}
	below, ok := strings.CutPrefix(file, c.baseline.root+"/")
	if !ok {
		return c.checked.folders[0]
	}
	return path.Join(c.checked.folders[0], below)
}
