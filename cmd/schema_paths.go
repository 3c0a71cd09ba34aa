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
// Against anything else, they are named from the PATH they lie under.
type tree struct {
	subjects []string // sorted
	origins  map[string]origin
	problems []report.Problem
	folders  []string // the PATHs that are folders, from the repository root; "." is all of it
	onlyFile bool     // the one PATH is a file
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

// openPaths reads the schemas under paths.
func (a *app) openPaths(ctx context.Context, paths []string, baseline *source, layout registry.Layout) (*tree, error) {
	targets, err := a.targets(paths)
	if err != nil {
		return nil, err
	}
	t := &tree{origins: map[string]origin{}, onlyFile: len(targets) == 1 && !targets[0].folder}
	for _, target := range targets {
		if target.folder {
			t.folders = append(t.folders, a.display(target.full))
		}
	}
	options := dir.Options{Layout: layout, Root: a.base(), Ignored: a.ignored(ctx)}
	if baseline.wholeRepository {
		return t, t.addBelow(ctx, a.base(), targets, options)
	}
	for _, target := range targets {
		if err := t.add(ctx, target, baseline, options); err != nil {
			return nil, err
		}
	}
	slices.Sort(t.subjects)
	return t, nil
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
	return t.open(ctx, base, o, func(subject string) string { return subject })
}

// onTheWay reports whether a file, or a folder that ends in /, lies below wanted
// or leads to it.
func onTheWay(name, wanted string) bool {
	return wanted == "." || name == wanted || strings.HasPrefix(name, wanted+"/") ||
		strings.HasSuffix(name, "/") && strings.HasPrefix(wanted+"/", name)
}

// add reads one target on its own. A file has no root to be named from: it takes
// the longest of its possible names that the baseline knows.
func (t *tree) add(ctx context.Context, target target, baseline *source, o dir.Options) error {
	known, err := baseline.Subjects(ctx)
	if err != nil {
		return unchecked(fmt.Errorf("listing the subjects of %s: %w", baseline.ref, err))
	}
	rename := func(subject string) string { return subject }
	if !target.folder {
		o.Ignored = nil
		above := strings.Split(filepath.ToSlash(filepath.Dir(target.full)), "/")
		rename = func(subject string) string {
			if t.onlyFile && baseline.isFile && len(known) == 1 {
				return known[0]
			}
			for i := range above {
				if name := strings.Join(append(slices.Clone(above[i:]), subject), "/"); slices.Contains(known, name) {
					return name
				}
				if name := strings.Join(above[i:], "/"); subject == above[len(above)-1] && slices.Contains(known, name) {
					return name
				}
			}
			return subject
		}
	}
	return t.open(ctx, target.full, o, rename)
}

// open adds a folder's or a file's subjects.
func (t *tree) open(ctx context.Context, full string, o dir.Options, rename func(string) string) error {
	r, err := dir.Open(full, o)
	if err != nil {
		return openFailure(err)
	}
	for _, p := range r.Problems() {
		t.problems = append(t.problems, fileProblem(p))
	}
	subjects, err := r.Subjects(ctx)
	if err != nil {
		return unchecked(err)
	}
	for _, subject := range subjects {
		name := rename(subject)
		if other, taken := t.origins[name]; taken {
			return conflict(ctx, name, other, origin{r, subject})
		}
		t.origins[name] = origin{r, subject}
		t.subjects = append(t.subjects, name)
	}
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

func fileProblem(err *registry.FileError) report.Problem {
	return report.Problem{
		Code: "unreadable", Message: err.Error(),
		Location: &report.Location{File: err.File, Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Side: "new"},
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
	return slices.ContainsFunc(t.folders, func(folder string) bool {
		return folder == "." || strings.HasPrefix(file, folder+"/")
	})
}
