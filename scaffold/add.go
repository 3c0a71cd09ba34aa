package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// ErrBehind says that an app has the core of another nexus, for which this one
// cannot write code.
var ErrBehind = errors.New("the app has the core of another nexus")

// An Addition is the way of an app to a larger spec.
type Addition struct {
	Plan
	// Anew says that domain.yaml is written anew, without its comments, since the
	// addition could not be written into it.
	Anew bool
	// Described are the messages that a catalog which was taken over got pages for. Who
	// sends and receives them is the user's to say: pages that are there do not change.
	Described []string
	// Stale says that catalog.lock.json is not compiled, since the catalog has conflicts.
	Stale bool
}

// ReadApp reads the spec of an app.
func ReadApp(app fs.FS) (Spec, error) {
	text, err := fs.ReadFile(app, specFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Spec{}, fmt.Errorf("the app has no %s: take it from version control", specFile)
	}
	if err != nil {
		return Spec{}, fmt.Errorf("reading %s: %w", specFile, err)
	}
	return ReadSpec(specFile, text)
}

// PlanAdd plans how an app comes to be what a spec says, which is its own with
// something added by Spec.WithAggregate, WithCommand or WithEvent. Files that nobody
// changed since nexus wrote them are replaced, changed ones are merged, deleted ones
// stay deleted. Whatever else was changed in domain.yaml since is done too.
func PlanAdd(ctx context.Context, app fs.FS, to Spec, version string) (Addition, error) {
	m, err := ReadManifest(app)
	if err != nil {
		return Addition{}, err
	}
	if m.Core.Digest != present().Digest() {
		return Addition{}, fmt.Errorf("%w: %s (%.19s…), and this is %s", ErrBehind, m.Core.Version, m.Core.Digest, version)
	}
	base, err := readRendered(app)
	if err != nil {
		return Addition{}, err
	}
	has, err := readTree(app, lock.CatalogDir)
	if err != nil {
		return Addition{}, err
	}
	to, pages, err := to.described(ctx, has)
	if err != nil {
		return Addition{}, err
	}
	will := maps.Clone(has)
	will.add(pages)
	made := version // which the workflow installs
	if releaseTag(version) == "" {
		made = m.Nexus
	}
	theirs, err := to.files(will, made)
	if err != nil {
		text, _ := fs.ReadFile(app, specFile) // what is not there has no place
		return Addition{}, located(specFile, text, err)
	}
	var a Addition
	s := sides{app: app, manifest: m, base: base, theirs: theirs, about: m.isYours, name: "nexus " + version}
	if err := a.planSpec(s); err != nil {
		return Addition{}, err
	}
	for _, name := range pages.Names() {
		a.add(Change{File: name, Action: Create}, pages[name])
		if described, ok := strings.CutSuffix(name, "/index.mdx"); ok {
			a.Described = append(a.Described, path.Base(described))
		}
	}
	if err := a.planLock(ctx, app, has); err != nil {
		return Addition{}, err
	}
	m.Nexus = version
	m.replace(m.isYours, theirs)
	m.record(a.files.only(lock.File))
	a.files[renderedFile] = rendered(theirs)
	a.files[manifestFile], err = m.text()
	return a, err
}

// isYours tells the files that the spec makes and the user owns.
func (m Manifest) isYours(name string) bool { return m.Files[name].Owner == YourOwner }

// planSpec plans all files that the spec makes. domain.yaml has comments that the
// spec does not: what is added is merged into it, over what the spec was before.
func (a *Addition) planSpec(s sides) error {
	text, err := fs.ReadFile(s.app, specFile)
	if err != nil {
		return fmt.Errorf("reading %s: %w", specFile, err)
	}
	before, err := ReadSpec(specFile, text)
	if err != nil {
		return err
	}
	to := s.theirs[specFile]
	merged, conflicts := merge3(before.Write(), text, to, "yours", s.name)
	said, err := ReadSpec(specFile, merged)
	if conflicts > 0 || err != nil || !bytes.Equal(said.Write(), to) {
		merged, a.Anew = to, bytes.Contains(text, []byte("#"))
	}
	all := s.about
	s.theirs = s.theirs.without(Tree{specFile: nil})
	s.about = func(name string) bool { return name != specFile && all(name) }
	if a.Plan, err = s.plan(); err != nil {
		return err
	}
	if !sameLines(merged, text) {
		a.add(Change{File: specFile, Action: Replace}, merged)
	}
	return nil
}

// planLock compiles the catalog as it will be.
func (a *Addition) planLock(ctx context.Context, app fs.FS, has Tree) error {
	will := Tree{}
	will.add(has)
	for _, c := range a.Changes {
		if _, ok := cutFolder(c.File, lock.CatalogDir); !ok {
			continue
		}
		switch c.Action {
		case Conflict:
			a.Stale = true
			return nil
		case Remove:
			delete(will, c.File)
		case Create, Replace, Merge:
			will[c.File] = a.files[c.File]
		}
	}
	text, err := Lock(ctx, will)
	if err != nil {
		return err
	}
	old, err := fs.ReadFile(app, lock.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.add(Change{File: lock.File, Action: Create}, text)
	case err != nil:
		return fmt.Errorf("reading %s: %w", lock.File, err)
	case !sameLines(old, text):
		a.add(Change{File: lock.File, Action: Replace}, text)
	}
	return nil
}

// ReadTree reads the files of a folder. Hidden ones are passed over.
func ReadTree(fsys fs.FS) (Tree, error) { return readTree(fsys, ".") }

// readTree reads the files below a folder, by their paths from the root.
func readTree(fsys fs.FS, folder string) (Tree, error) {
	tree := Tree{}
	err := fs.WalkDir(fsys, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch hidden := strings.HasPrefix(entry.Name(), ".") && name != folder; {
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
			return nil
		}
		tree[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", folder, err)
	}
	return tree, nil
}
