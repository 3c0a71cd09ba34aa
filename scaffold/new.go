package scaffold

import (
	"bytes"
	"cmp"
	"context"
	"path"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// specFile holds the spec of an app.
const specFile = "domain.yaml"

// NewOptions are what an app is made of besides its spec.
type NewOptions struct {
	// Version is that of nexus, for the manifest.
	Version string
	// Catalog holds the files of the catalog that the spec names, by their paths below
	// it. They become the app's catalog, byte for byte.
	Catalog Tree
	// Text is the spec as the user wrote it, or nil. It becomes domain.yaml where it
	// says no less than the spec. File is what messages call it.
	Text []byte
	File string
}

// New makes all files of an app. It reads and writes none.
func New(ctx context.Context, s Spec, o NewOptions) (Tree, error) {
	if s.Catalog != "" {
		s.Catalog = lock.CatalogDir
	}
	taken := Tree{}
	for name, text := range o.Catalog {
		taken[path.Join(lock.CatalogDir, name)] = text
	}
	ours, err := s.files(taken, o.Version)
	if err != nil {
		return nil, located(cmp.Or(o.File, specFile), o.Text, err)
	}
	if said, err := ReadSpec(specFile, o.Text); o.Text != nil && err == nil && bytes.Equal(said.Write(), ours[specFile]) {
		ours[specFile] = o.Text
	}
	core := present()
	app := core.In(s.Module)
	app.add(ours)
	if app["go.mod"], err = core.goMod(s.Module); err != nil {
		return nil, err
	}
	app["go.sum"] = core[coreGoSum]
	app.add(taken)
	if app[lock.File], err = Lock(ctx, app); err != nil {
		return nil, err
	}
	m := newManifest(o.Version, app.without(taken))
	if app[manifestFile], err = m.text(); err != nil {
		return nil, err
	}
	app[renderedFile] = rendered(ours)
	return app, nil
}

// Renamed is the spec under another name. What followed from the old one follows
// from the new one.
func (s Spec) Renamed(name string) Spec {
	s = s.completed()
	if s.Module == s.Name {
		s.Module = ""
	}
	if s.Title == titleOf(s.Name) {
		s.Title = ""
	}
	if s.Owner == ownerOf(s.Name) {
		s.Owner = ""
	}
	s.Name = name
	return s.completed()
}

// files are those of an app that its spec says: all but the core, the module files,
// the lock and the manifest. taken is the catalog that the spec names, if it does, and
// version that of nexus.
func (s Spec) files(taken Tree, version string) (Tree, error) {
	fsys, err := taken.FS()
	if err != nil {
		return nil, err
	}
	resolved, err := s.Resolve(fsys)
	if err != nil {
		return nil, err
	}
	files, err := Render(resolved, version)
	if err != nil {
		return nil, err
	}
	if s.Catalog == "" {
		files.add(resolved.catalogFiles())
	}
	files[specFile] = s.Write() // without what was resolved, which the catalog says
	return files, nil
}
