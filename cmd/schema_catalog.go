package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// revisionNames reads what the catalog of a revision calls its schemas, and which
// it holds inside other documents. A file that moved to versioned/ since then is the
// same version of the same event. A file that the revision's catalog does not name,
// or has no catalog to name, has today's name: else it would pass for a new subject,
// which nothing can break. s learns why schemas inside documents are not known.
func (o *options) revisionNames(ctx context.Context, today registry.Names, s *source) (func(*git.Registry) (registry.Names, error), error) {
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
			s.unread = "the catalog is not in the repository"
			return func(*git.Registry) (registry.Names, error) { return today.Files(), nil }, nil
		}
		below = append(below, shown)
	}
	return func(r *git.Registry) (registry.Names, error) {
		files, err := r.Files(func(name string) bool { return mayBeOfCatalog(o.app.kinds(), below, name) })
		if err != nil {
			return registry.Names{}, err
		}
		there := slices.DeleteFunc(slices.Clone(below), func(name string) bool {
			_, err := fs.Stat(files, name)
			return err != nil
		})
		if len(there) == 0 {
			return today.Files(), nil // the catalog is new
		}
		past, err := catalog.Load(ctx, there, catalog.Options{FS: files})
		if failed, none := errors.AsType[*catalog.LoadError](err); none {
			s.unread = failed.Error()
			return today.Files(), nil
		}
		if err != nil {
			return registry.Names{}, err
		}
		s.unread = firstProblem(past)
		return o.app.subjectNames(past).Or(today.Files()), nil
	}, nil
}

// folderNames is today's names with the schemas that the catalog of a folder holds
// inside other documents. The folder is a copy of the repository, or of a part of it.
func (o *options) folderNames(ctx context.Context, full, shown string, today registry.Names) (names registry.Names, unread string) {
	names = today.Files()
	paths, err := o.catalogPaths("")
	if err != nil || len(today.Inline()) == 0 {
		return names, ""
	}
	for _, name := range paths {
		at := slices.IndexFunc(tails(o.app.display(name)), func(tail string) bool {
			_, err := os.Stat(filepath.Join(full, filepath.FromSlash(tail)))
			return err == nil
		})
		if at < 0 {
			unread = cmp.Or(unread, fmt.Sprintf("%s has no %s", shown, o.app.display(name)))
			continue
		}
		past, err := catalog.Load(ctx, []string{tails(o.app.display(name))[at]}, catalog.Options{FS: os.DirFS(full)})
		if err != nil {
			unread = cmp.Or(unread, err.Error())
			continue
		}
		unread = cmp.Or(unread, firstProblem(past))
		for _, i := range o.app.subjectNames(past).Inline() {
			i.File = path.Join(shown, i.File)
			names.AddInline(i)
		}
	}
	return names, unread
}

// firstProblem is why a catalog of the past is not whole, or empty.
func firstProblem(c *catalog.Catalog) string {
	if len(c.Problems) == 0 {
		return ""
	}
	return c.Problems[0].Message
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
