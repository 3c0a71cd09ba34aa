package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// Options says how catalogs are read.
type Options struct {
	// FS is the repository root; the paths given to Load count from it, with /.
	FS fs.FS
	// Base is the folder that FS shows, as Catalog.Base keeps it; empty where FS is no
	// folder of the work tree.
	Base string
	// Direction is how publish and subscribe of AsyncAPI 2.x are read.
	Direction Direction
}

// Direction says whose view publish and subscribe of AsyncAPI 2.x take.
type Direction string

// The two readings of AsyncAPI 2.x. The specification means what others may do:
// publish is what the application receives. Many authors write it the other way
// round.
const (
	SpecDirection   Direction = "spec" // also the empty Direction
	AuthorDirection Direction = "author"
)

// LoadError is a path that is no catalog.
type LoadError struct {
	Path    string
	Message string
	Hint    string
	Err     error // the cause, or nil
}

func (e *LoadError) Error() string {
	text := "reading the catalog"
	if e.Path != "" {
		text += " " + e.Path
	}
	return text + ": " + e.Message
}

// Unwrap is the cause.
func (e *LoadError) Unwrap() error { return e.Err }

// Load reads catalogs and merges them. A path is a folder in EventCatalog's
// layout, a folder of AsyncAPI documents, or a file: an AsyncAPI document or a
// plain catalog. What the folder of an EventCatalog holds besides, such as the
// specifications of its services, is not read unless it is named too.
//
// The error is a *LoadError, or the context's. One broken file among others is
// no error: it is a Problem of the catalog, and the rest is loaded.
func Load(ctx context.Context, paths []string, o Options) (*Catalog, error) {
	if len(paths) == 0 {
		return nil, &LoadError{Message: "no path is given", Hint: "name a folder or a file, or set catalog in nexus.yaml"}
	}
	l := &loader{Options: o, files: newFiles(o.FS)}
	var parts []*Catalog
	for _, name := range paths {
		found, err := l.load(ctx, name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, found...)
	}
	c := merge(parts)
	c.join()
	c.sort()
	c.Roots, c.Base = slices.Clone(paths), o.Base
	c.Digest = l.files.digest()
	return c, ctx.Err()
}

// loader reads one path after the other.
type loader struct {
	Options
	files *files
}

func (l *loader) load(ctx context.Context, name string) ([]*Catalog, error) {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return nil, &LoadError{Path: name, Message: "the path leaves the repository", Hint: "name a path below the repository root"}
	}
	info, err := fs.Lstat(l.FS, clean)
	switch {
	case err != nil:
		return nil, &LoadError{Path: name, Message: "there is no such file or folder", Hint: "paths count from the repository root", Err: err}
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, &LoadError{Path: name, Message: "it is a symbolic link, which nexus does not follow", Hint: "name what it points to"}
	case info.IsDir():
		return l.folder(ctx, clean)
	}
	c, err := l.file(ctx, clean)
	if err != nil {
		return nil, err
	}
	return []*Catalog{c}, nil
}

// file reads a file that the user named: it must be a catalog.
func (l *loader) file(ctx context.Context, name string) (*Catalog, error) {
	text, err := l.files.read(name)
	if err != nil {
		return nil, &LoadError{Path: name, Message: cause(err), Err: err}
	}
	if _, is := asyncAPIVersion(text); is { // one of an unknown version is told by its reader
		return l.asyncAPI(ctx, name)
	}
	if isMarkdown(name) {
		return nil, &LoadError{Path: name, Message: "one Markdown file is no catalog", Hint: "name the folder of the catalog it belongs to"}
	}
	if !isData(name) {
		return nil, &LoadError{Path: name, Message: "nexus reads folders, .yaml, .yml and .json", Hint: catalogForms}
	}
	return l.plain(ctx, name, text)
}

func (l *loader) asyncAPI(ctx context.Context, name string) (*Catalog, error) {
	c, err := readAsyncAPI(ctx, name, l.Options, l.files.read)
	if err == nil || ctx.Err() != nil {
		return c, ctx.Err()
	}
	return nil, illegible(name, err)
}

// illegible is a file that is no catalog because its text cannot be read.
func illegible(name string, err error) *LoadError {
	failure := &LoadError{Path: name, Message: err.Error(), Err: err}
	if e, ok := errors.AsType[*document.Error](err); ok {
		failure.Hint = e.Hint
	}
	return failure
}

const catalogForms = "a catalog is a folder in EventCatalog's layout (events/NAME/index.mdx), an AsyncAPI 2.x or 3.x document, or a catalog.yaml with events:"

// folder reads whatever forms of a catalog a folder holds.
func (l *loader) folder(ctx context.Context, root string) ([]*Catalog, error) {
	t, err := l.files.walk(ctx, root)
	if err != nil {
		return nil, &LoadError{Path: root, Message: cause(err), Err: err}
	}
	var parts []*Catalog
	for _, name := range plainNames {
		if t.has(root, name) {
			c, err := l.inFolder(path.Join(root, name), func(name string) (*Catalog, error) { return l.file(ctx, name) })
			if err != nil {
				return nil, err
			}
			parts = append(parts, c)
		}
	}
	switch pages := t.pages(); {
	case len(pages) > 0:
		c, err := l.eventCatalog(ctx, t, pages)
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	default:
		documents, err := l.asyncAPIs(ctx, t)
		if err != nil {
			return nil, err
		}
		parts = append(parts, documents...)
	}
	if len(parts) == 0 {
		return nil, &LoadError{Path: root, Message: "no event is loaded: the folder holds no catalog", Hint: catalogForms}
	}
	return parts, nil
}

// inFolder reads a file that was found and not named: when it is broken, the
// rest of the folder is loaded all the same.
func (l *loader) inFolder(name string, read func(string) (*Catalog, error)) (*Catalog, error) {
	c, err := read(name)
	failure, ok := err.(*LoadError)
	if !ok {
		return c, err
	}
	problem := report.Problem{Code: "catalog-unreadable", Message: failure.Error(), Hints: []string{}}
	if failure.Hint != "" {
		problem.Hints = append(problem.Hints, failure.Hint)
	}
	place := Place{File: name}
	if e, ok := errors.AsType[*document.Error](failure.Err); ok {
		place.Line, place.Column = e.Line, e.Column
	}
	at := place.Location()
	problem.Location = &at
	return &Catalog{Problems: []report.Problem{problem}}, nil
}

// asyncAPIs reads the AsyncAPI documents of a folder. Files that they refer to
// are read with them, and are none themselves.
func (l *loader) asyncAPIs(ctx context.Context, t *tree) ([]*Catalog, error) {
	names := t.dataFiles()
	is := make([]bool, len(names))
	parallel(ctx, len(names), func(i int) {
		text, err := l.files.peek(names[i])
		_, found := asyncAPIVersion(text)
		is[i] = err == nil && found
	})
	var parts []*Catalog
	for i, name := range names {
		if !is[i] {
			continue
		}
		c, err := l.inFolder(name, func(name string) (*Catalog, error) { return l.asyncAPI(ctx, name) })
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	return parts, ctx.Err()
}

// cause is an error's text without the path that its reader knows already.
func cause(err error) string {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err.Error()
	}
	return err.Error()
}

func isMarkdown(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".mdx":
		return true
	}
	return false
}

func isData(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// sort puts the catalog into its one order.
func (c *Catalog) sort() {
	slices.SortStableFunc(c.Events, func(a, b *Event) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), compareVersions(a.Version.Get, b.Version.Get))
	})
	slices.SortStableFunc(c.Services, func(a, b *Service) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(c.Channels, func(a, b *Channel) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(c.Owners, func(a, b *Owner) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(c.Problems, func(a, b report.Problem) int {
		return cmp.Compare(problemPlace(a), problemPlace(b))
	})
	slices.SortStableFunc(c.Oddities, func(a, b Oddity) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Place.Column, b.Place.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
}

func problemPlace(p report.Problem) string {
	if p.Location == nil {
		return p.Message
	}
	return fmt.Sprintf("%s:%09d:%s", p.Location.File, p.Location.Line, p.Message)
}
