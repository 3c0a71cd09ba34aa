package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/dir"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// tree is the checked side: the subjects under every PATH.
//
// Against a revision of the repository, subjects are named from the repository
// root, so that a subject has one name whichever PATH is given, and waivers hold.
// Against anything else, they are named from the PATH they lie under, or from
// further up when the baseline knows them so.
type tree struct {
	subjects []string // sorted
	origins  map[string]origin
	problems []report.Problem
	roots    []root   // the PATHs that are folders
	onlyFile bool     // the one PATH is a file
	passed   []string // files whose text does not say that they are schemas
	notes    []string // for the report: what was compared with what, and what was not looked into
}

// root is a PATH that is a folder.
type root struct {
	name  string // from the repository root; "." is all of it
	below string // the baseline's folder that it stands for, "." for all of it
}

// origin is where a subject is read: a registry and the name it has there.
type origin struct {
	registry registry.Registry
	subject  string
}

// target is one PATH.
type target struct {
	name   string // as the user wrote it
	full   string
	folder bool
}

// openPaths reads the schemas under the targets.
func (a *app) openPaths(ctx context.Context, targets []target, baseline *source, layout registry.Layout) (*tree, error) {
	t := &tree{origins: map[string]origin{}, onlyFile: len(targets) == 1 && !targets[0].folder}
	options := dir.Options{Layout: layout, Root: a.base(), Ignored: a.ignored(ctx)}
	options.Names = layout.Names.Files()
	if baseline.wholeRepository {
		for _, target := range targets {
			if target.folder {
				t.roots = append(t.roots, root{a.display(target.name), "."})
			}
		}
		if err := t.addBelow(ctx, a.base(), targets, options); err != nil {
			return nil, err
		}
		return t, t.addInline(ctx, layout.Names)
	}
	for _, target := range targets {
		options.Shown = target.name
		below, err := t.add(ctx, target, baseline, options)
		if err != nil {
			return nil, err
		}
		if target.folder {
			t.roots = append(t.roots, root{a.display(target.name), below})
		}
		if target.folder && below != "." {
			t.notes = append(t.notes, fmt.Sprintf("%s is compared with %s of %s", target.name, below, baseline.ref))
		}
	}
	return t, t.addInline(ctx, layout.Names)
}

func (a *app) targets(paths []string) ([]target, error) {
	var list []target
	for _, name := range paths {
		full := a.abs(name)
		info, err := os.Stat(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, a.missing(name)
		case err != nil:
			return nil, unchecked(fmt.Errorf("reading %s: %w", name, reason(err)))
		}
		t := target{name, full, info.IsDir()}
		if !slices.ContainsFunc(list, func(o target) bool { return o.full == full }) {
			list = append(list, t)
		}
	}
	return list, nil
}

// given lists the paths that are files, as they are named from the repository
// root. They are schemas whatever they hold.
func (a *app) given(paths []string) []string {
	var names []string
	for _, name := range paths {
		if info, err := os.Stat(a.abs(name)); err == nil && !info.IsDir() {
			names = append(names, a.display(name))
		}
	}
	return names
}

// addBelow reads the targets as parts of one tree.
func (t *tree) addBelow(ctx context.Context, base string, targets []target, o dir.Options) error {
	var wanted []string
	for _, target := range targets {
		below, err := filepath.Rel(base, target.full)
		if err != nil || !filepath.IsLocal(below) {
			return usagef("reading %s: it is not in the repository whose revision it is compared with", target.name).
				hint("compare it with another folder instead: --against dir:PATH")
		}
		wanted = append(wanted, filepath.ToSlash(below))
	}
	ignored := o.Ignored
	o.Ignored = func(name string) bool {
		return !slices.ContainsFunc(wanted, func(w string) bool { return onTheWay(name, w) }) || ignored != nil && ignored(name)
	}
	r, subjects, err := t.open(ctx, base, o)
	if err != nil {
		return err
	}
	return t.adopt(ctx, r, subjects, func(subject string) string { return subject })
}

// onTheWay reports whether a file, or a folder that ends in /, lies below wanted
// or leads to it.
func onTheWay(name, wanted string) bool {
	return wanted == "." || name == wanted || strings.HasPrefix(name, wanted+"/") ||
		strings.HasSuffix(name, "/") && strings.HasPrefix(wanted+"/", name)
}

// add reads one target on its own, and returns the baseline's folder that it
// stands for.
func (t *tree) add(ctx context.Context, target target, baseline *source, o dir.Options) (string, error) {
	known, err := baseline.Subjects(ctx)
	if err != nil {
		return "", sourceFailure("listing the subjects of "+baseline.ref, err)
	}
	folder := target.full
	if !target.folder {
		o.Ignored, folder = nil, filepath.Dir(target.full)
	}
	r, subjects, err := t.open(ctx, target.full, o)
	if err != nil {
		return "", err
	}
	below := mirrored(folder, r.Whole(), subjects, known)
	return below, t.adopt(ctx, r, subjects, func(subject string) string {
		switch {
		case below != ".":
			return nameBelow(below, subject, r.Whole())
		case t.onlyFile && baseline.isFile && len(known) == 1:
			return known[0] // two files are one pair, whatever they are called
		case subject == r.Whole() && baseline.whole != "":
			return baseline.whole // and so are two folders of versions
		}
		return subject
	})
}

// mirrored finds the folder of the baseline that a checked folder stands for:
// the longest end of its path below which the baseline knows one of its subjects,
// else ".", all of the baseline. So next/orders is compared with the folder
// orders of released, and not with all that released holds. known is sorted.
func mirrored(folder, whole string, subjects, known []string) string {
	for _, tail := range tails(filepath.ToSlash(folder)) {
		if slices.ContainsFunc(subjects, func(subject string) bool {
			_, ok := slices.BinarySearch(known, nameBelow(tail, subject, whole))
			return ok
		}) {
			return tail
		}
	}
	return "."
}

// nameBelow is a subject's name from above its folder. A folder of versions is
// the subject itself.
func nameBelow(folder, subject, whole string) string {
	if subject == whole {
		return folder
	}
	return folder + "/" + subject
}

// tails lists the ends of a path, the longest first: a/b/c, b/c, c.
func tails(path string) []string {
	path = strings.Trim(path, "/")
	list := []string{path}
	for i := range path {
		if path[i] == '/' {
			list = append(list, path[i+1:])
		}
	}
	return list
}

// open reads a folder or a file, and notes what was not looked into.
func (t *tree) open(ctx context.Context, full string, o dir.Options) (*dir.Registry, []string, error) {
	r, err := dir.Open(full, o)
	if err != nil {
		return nil, nil, openFailure(err)
	}
	for _, p := range r.Problems() {
		t.problems = append(t.problems, fileProblem(p, "new"))
	}
	if links := r.Links(); len(links) > 0 {
		t.notes = append(t.notes, "links that were not followed: "+sample(links))
	}
	t.passed = append(t.passed, r.PassedOver()...)
	subjects, err := r.Subjects(ctx)
	if err != nil {
		return nil, nil, unchecked(err)
	}
	return r, subjects, nil
}

// adopt adds the subjects of a registry under their names in the run.
func (t *tree) adopt(ctx context.Context, r registry.Registry, subjects []string, rename func(string) string) error {
	for _, subject := range subjects {
		name := rename(subject)
		if other, taken := t.origins[name]; taken {
			return conflict(ctx, name, other, origin{r, subject})
		}
		t.origins[name] = origin{r, subject}
		t.subjects = append(t.subjects, name)
	}
	slices.Sort(t.subjects)
	return nil
}

// openFailure tells a mistake in the layout of the files, which is the user's to
// settle, from a folder that cannot be read.
func openFailure(err error) error {
	if _, ok := errors.AsType[*registry.ConflictError](err); ok {
		return usage(err, "rename one of them, or give it another subject under schema.subjects in nexus.yaml")
	}
	return unchecked(err)
}

// conflict says that two PATHs hold the same subject.
func conflict(ctx context.Context, name string, a, b origin) error {
	files := make([]string, 2)
	for i, o := range []origin{a, b} {
		if s, err := o.registry.Schema(ctx, o.subject, ""); err == nil {
			files[i] = s.File
		}
	}
	return openFailure(&registry.ConflictError{Subject: name, First: files[0], Second: files[1]})
}

// fileProblem is a file that could not be read, in the report's form.
func fileProblem(err *registry.FileError, side string) report.Problem {
	hint := "mend it, or remove it if it is no schema"
	if errors.Is(err, fs.ErrPermission) {
		hint = "let the user that runs nexus read it"
	}
	return report.Problem{
		Code: "unreadable", Message: err.Error(), Hints: []string{hint},
		Location: &report.Location{File: err.File, Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Side: side},
	}
}

// versions reads every version of a subject, oldest first.
func (t *tree) versions(ctx context.Context, subject string) ([]schema.Schema, error) {
	from := t.origins[subject]
	list, err := registry.History(ctx, from.registry, from.subject, true)
	for i := range list {
		list[i].Subject = subject
	}
	return list, err
}

// holds reports whether a file of the repository lies below one of the folders.
func (t *tree) holds(file string) bool {
	return slices.ContainsFunc(t.roots, func(r root) bool { return r.name == "." || strings.HasPrefix(file, r.name+"/") })
}

// covers reports whether a subject of the baseline belongs below one of the
// folders.
func (t *tree) covers(subject string) bool {
	return slices.ContainsFunc(t.roots, func(r root) bool {
		return r.below == "." || subject == r.below || strings.HasPrefix(subject, r.below+"/")
	})
}
