package cmd

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/git"
	"github.com/nexus-blueprint/nexus/report"
)

// loadCatalog reads the catalog that nexus.yaml names: its events name the
// subjects of their schemas, and say whom a break concerns.
func (c *schemaCheck) loadCatalog(ctx context.Context) error {
	paths, err := c.options.catalogPaths("")
	if err != nil || len(paths) == 0 {
		return err
	}
	c.catalog, err = c.options.loadCatalog(ctx, paths)
	if err != nil {
		return err
	}
	c.report.Errors = append(c.report.Errors, c.catalog.Problems...)
	return nil
}

// nameConcerned adds to each finding who owns its event and who receives it.
func nameConcerned(findings []report.Finding, c *catalog.Catalog) {
	for i := range findings {
		f := &findings[i]
		if e := c.Event(f.Subject, ""); e != nil {
			f.Owners, f.Affects = e.OwnerIDs(), e.ConsumerIDs()
		}
	}
}

// unfiled notes the events whose schemas are written inside another document: only
// files are compared, and nobody should take them for checked.
func (c *schemaCheck) unfiled() []string {
	if c.catalog == nil {
		return nil
	}
	var ids []string
	for e := range c.catalog.Current() {
		if e.Schema.Known() && e.Schema.Get.Pointer != "" {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return []string{"not compared, since their schemas are written inside another document: " + sample(ids)}
}

// revisionNames reads what the catalog of a revision calls its schemas. A file
// that moved to versioned/ since then is the same version of the same event. A
// file that the revision's catalog does not name, or has no catalog to name, has
// today's name: else it would pass for a new subject, which nothing can break.
func (o *options) revisionNames(ctx context.Context, today registry.Names) (func(*git.Registry) (registry.Names, error), error) {
	if today.Len() == 0 {
		return nil, nil
	}
	paths, err := o.catalogPaths("")
	if err != nil {
		return nil, err
	}
	var below []string
	for _, name := range paths {
		shown := o.app.display(name)
		if !filepath.IsLocal(filepath.FromSlash(shown)) {
			return nil, nil // it is not in the repository
		}
		below = append(below, shown)
	}
	return func(r *git.Registry) (registry.Names, error) {
		files, err := r.Files(func(name string) bool { return mayBeOfCatalog(o.app.kinds(), below, name) })
		if err != nil {
			return registry.Names{}, err
		}
		past, err := catalog.Load(ctx, below, catalog.Options{FS: files})
		if _, none := errors.AsType[*catalog.LoadError](err); none {
			return today, nil
		}
		if err != nil {
			return registry.Names{}, err
		}
		return subjectNames(past).Or(today), nil
	}, nil
}

// mayBeOfCatalog reports whether a file belongs to a catalog below one of the
// paths, or may be a schema that it names.
func mayBeOfCatalog(kinds []registry.Kind, below []string, name string) bool {
	if (registry.Layout{Kinds: kinds}).Wants(name) {
		return true
	}
	inside := slices.ContainsFunc(below, func(root string) bool {
		return root == "." || name == root || strings.HasPrefix(name, root+"/")
	})
	return inside && slices.Contains([]string{".md", ".mdx", ".yaml", ".yml", ".json"}, path.Ext(name))
}
