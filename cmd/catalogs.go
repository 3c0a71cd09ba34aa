package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// catalogPaths are the catalogs that an argument names, else --catalog, the
// environment or nexus.yaml. None is no error.
func (o *options) catalogPaths(argument string) ([]string, error) {
	v, err := o.get("catalog.paths")
	if err != nil {
		return nil, err
	}
	argument = cmp.Or(argument, o.catalog)
	if argument != "" {
		if strings.HasPrefix(v.origin, "flag ") {
			return nil, usagef("reading the catalog: %s is named, and %s by --catalog", argument, strings.Join(v.texts, ", ")).
				hint("to merge them, name each by --catalog")
		}
		return []string{argument}, nil
	}
	if e, inFile := o.config.entries["catalog.paths"]; inFile && v.origin == e.place {
		return o.config.relative(o.app, v.texts), nil
	}
	return v.texts, nil
}

// needCatalog loads the catalogs that were named, and refuses to go on without one.
func (o *options) needCatalog(ctx context.Context, argument string) (*catalog.Catalog, error) {
	paths, err := o.catalogPaths(argument)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, usagef("reading the catalog: none is named").
			hint("name a folder or file as the argument").
			hint("or set it in nexus.yaml: catalog: {paths: [catalog]}")
	}
	return o.loadCatalog(ctx, paths)
}

// loadCatalog reads catalogs from the work tree, with the fields of their schemas.
func (o *options) loadCatalog(ctx context.Context, paths []string) (*catalog.Catalog, error) {
	direction, err := o.get("catalog.direction")
	if err != nil {
		return nil, err
	}
	base, below, err := o.app.rootOf("reading the catalog", paths)
	if err != nil {
		return nil, err
	}
	c, err := catalog.Load(ctx, below, catalog.Options{FS: os.DirFS(base), Base: base, Direction: catalog.Direction(direction.text())})
	if err != nil {
		return nil, catalogFailure(err)
	}
	return c, nil
}

// rootOf is a folder that all paths lie in, and their paths below it: the
// repository root, else the nearest folder above all of them.
func (a *app) rootOf(doing string, paths []string) (base string, below []string, err error) {
	base = a.base()
	for _, name := range paths {
		full := a.abs(name)
		if _, err := os.Stat(full); err != nil {
			return "", nil, a.missingFor(doing, name)
		}
		for !contains(base, full) {
			base = filepath.Dir(base)
		}
	}
	for _, name := range paths {
		rel, err := filepath.Rel(base, a.abs(name))
		if err != nil {
			return "", nil, usage(fmt.Errorf("%s: %s: %w", doing, name, err))
		}
		below = append(below, filepath.ToSlash(rel))
	}
	return base, below, nil
}

// contains reports whether a path lies in a folder, or is it.
func contains(folder, full string) bool {
	rel, err := filepath.Rel(folder, full)
	return err == nil && filepath.IsLocal(rel)
}

// catalogFailure is a path that is no catalog: nothing can be checked.
func catalogFailure(err error) error {
	known, ok := errors.AsType[*catalog.LoadError](err)
	if !ok {
		return unchecked(err)
	}
	failure := unchecked(known)
	if known.Hint != "" {
		failure.hints = []string{known.Hint}
	}
	return failure
}

// subjectNames says which schemas are which event's: those in files of their own,
// and those written inside another document.
func (a *app) subjectNames(c *catalog.Catalog) registry.Names {
	var names registry.Names
	for _, e := range c.Events {
		s, name := e.Schema.Get, registry.SubjectName{Subject: e.ID, Version: e.Version.Get}
		switch {
		case !e.Schema.Known() || s.File == "" || a.unsupported(s):
		case s.Pointer == "":
			names.Add(s.File, name)
		default:
			names.AddInline(registry.Inline{SubjectName: name, Format: a.formatOf(s), File: s.File, Pointer: s.Pointer, Text: s.Text})
		}
	}
	return names
}

// unsupported reports whether a schema is written in a language that no engine reads.
func (a *app) unsupported(s catalog.Schema) bool {
	return s.Format != "" && !slices.ContainsFunc(a.formats, func(f format) bool {
		return strings.Contains(strings.ToLower(s.Format), string(f.kind.Format))
	})
}

// unsupportedProblem names the language of a schema that no engine reads, and
// those that one does.
func (a *app) unsupportedProblem(e *catalog.Event) report.Problem {
	supported := make([]string, len(a.formats))
	for i, f := range a.formats {
		supported[i] = string(f.kind.Format)
	}
	location := e.Schema.Place.Location()
	return report.Problem{
		Code: "unsupported-format", Subject: &e.ID, Location: &location,
		Message: fmt.Sprintf("the schema %s is written in the format %s, which nexus does not read", e.Schema.Get.File, e.Schema.Get.Format),
		Hints:   []string{"supported are " + strings.Join(supported, ", ")},
	}
}

// addFields lists the fields of every event's schema, as many schemas at once as
// there are processors. A schema that cannot be read is a problem of the catalog.
func (a *app) addFields(ctx context.Context, c *catalog.Catalog, engines map[schema.Format]compat.Engine) {
	problems, _ := inParallelWith(ctx, runtime.GOMAXPROCS(0), len(c.Events), func(i int) error {
		return a.listFields(c.Events[i], engines, c.Base)
	})
	for i, err := range problems {
		switch e := c.Events[i]; {
		case e.Schema.Known() && a.unsupported(e.Schema.Get):
			c.Problems = append(c.Problems, a.unsupportedProblem(e))
		case err != nil:
			c.Problems = append(c.Problems, problem(e.ID, err))
		}
	}
}

// listFields adds the fields of one event's schema, which may refer to what is below
// the catalog's base.
func (a *app) listFields(e *catalog.Event, engines map[schema.Format]compat.Engine, base string) error {
	fields, ok, err := a.schemaFields(e, engines, readBelow(base))
	if ok {
		e.AddFields(fields)
	}
	return err
}

// schemaFields lists the fields of one event's schema, which may refer to files
// that read knows. ok is false when there is no schema that can be read.
func (a *app) schemaFields(e *catalog.Event, engines map[schema.Format]compat.Engine, read func(name string) ([]byte, error)) (fields []schema.Field, ok bool, err error) {
	s := e.Schema.Get
	engine := engines[a.formatOf(s)]
	lister, ok := engine.(compat.FieldLister)
	if !e.Schema.Known() || len(s.Text) == 0 || !ok || a.unsupported(s) {
		return nil, false, nil
	}
	parsed, err := engine.Parse(schema.Schema{
		Subject: e.ID, Version: e.Version.Get, Format: engine.Format(), File: s.File, Text: s.Text,
		Resolve: registry.Resolver(s.File, read),
	})
	if err != nil {
		return nil, false, err
	}
	return lister.Fields(parsed), true, nil
}

// readBelow reads files by their names below a folder, and nothing outside of it,
// not even through a link.
func readBelow(base string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		file, err := os.OpenInRoot(base, filepath.FromSlash(name))
		if err != nil {
			return nil, reason(err)
		}
		defer file.Close()
		return io.ReadAll(file)
	}
}

// formatOf tells the language of a schema: by what the catalog says, else by the
// name of its file.
func (a *app) formatOf(s catalog.Schema) schema.Format {
	format := strings.ToLower(s.Format)
	for _, f := range a.formats {
		if strings.Contains(format, string(f.kind.Format)) {
			return f.kind.Format
		}
	}
	if s.Pointer != "" {
		return schema.JSON // AsyncAPI's own schemas
	}
	for _, f := range a.formats {
		for _, suffix := range slices.Concat(f.kind.Suffixes, f.kind.Maybe) {
			if strings.HasSuffix(path.Base(s.File), suffix) {
				return f.kind.Format
			}
		}
	}
	return schema.JSON
}
