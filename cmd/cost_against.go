package cmd

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/registry/git"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// increase estimates what the catalog declared at a revision, and what it declares
// now, in the same way.
func (r *costRun) increase(ctx context.Context) (*cost.Increase, error) {
	past, err := r.pastCatalog(ctx)
	if err != nil {
		return nil, err
	}
	r.report.Inputs = append(r.report.Inputs, report.Input{Role: "baseline", Ref: "git:" + r.asked.against, Resolved: past.revision})
	work := cost.FromCatalog(r.catalog, r.trafficOptions())
	work.Grow(past.growth)
	was, err := r.compared(ctx, cost.FromCatalog(past.catalog, r.trafficOptions()), past.catalog)
	if err != nil {
		return nil, err
	}
	is, err := r.compared(ctx, work, r.catalog)
	if err != nil {
		return nil, err
	}
	// What is chosen from a log may be what catalogs say nothing of.
	for _, strategy := range []string{r.chosen.Strategy, cost.Declared, cost.Router} {
		n := is.Compare(was, strategy)
		if n == nil {
			continue
		}
		if len(work.Types) > 0 && is.Outcome(strategy).Unpriced() {
			return nil, unchecked(fmt.Errorf("comparing with git:%s: none of the types that the catalog declares could be priced under %s", r.asked.against, strategy))
		}
		return n, nil
	}
	return nil, unchecked(fmt.Errorf("comparing with git:%s: the catalogs have no strategy in common", r.asked.against))
}

func (r *costRun) compared(ctx context.Context, work *cost.Workload, c *catalog.Catalog) (*cost.Estimate, error) {
	o := r.options
	o.Catalog, o.Strategies = c, []string{r.chosen.Strategy, cost.Declared, cost.Router}
	e, err := cost.Make(ctx, work, r.book, o)
	if err != nil {
		return nil, costFailure(err)
	}
	return e, nil
}

// past is the catalog as a revision has it.
type past struct {
	catalog  *catalog.Catalog
	revision string
	growth   map[string]cost.Growth // of the events since, by id
}

func (r *costRun) pastCatalog(ctx context.Context) (*past, error) {
	below, err := r.catalogsBelow()
	if err != nil {
		return nil, err
	}
	revision, err := git.Open(ctx, r.app.base(), r.asked.against, git.Options{})
	if err != nil {
		return nil, unchecked(fmt.Errorf("comparing with git:%s: %w", r.asked.against, err))
	}
	defer revision.Close()
	p := &past{catalog: &catalog.Catalog{}, revision: cmp.Or(revision.Commit(), r.asked.against)}
	files, err := revision.Files(func(name string) bool { return mayBeOfCatalog(r.app.kinds(), below, name) })
	if err != nil {
		return nil, unchecked(err)
	}
	there := slices.DeleteFunc(below, func(name string) bool {
		_, err := fs.Stat(files, name)
		return err != nil
	})
	if len(there) == 0 {
		return p, nil // the catalog is new
	}
	if p.catalog, err = catalog.Load(ctx, there, catalog.Options{FS: files}); err != nil {
		return nil, unchecked(fmt.Errorf("comparing with git:%s: %w", r.asked.against, err))
	}
	engines, err := r.app.newEngines(r.gate.options)
	if err != nil {
		return nil, err
	}
	p.growth = r.app.growth(p.catalog, r.catalog, engines, func(name string) ([]byte, error) { return fs.ReadFile(files, name) })
	return p, nil
}

// catalogsBelow are the catalog's paths, from the repository's root.
func (r *costRun) catalogsBelow() ([]string, error) {
	paths, err := r.gate.options.catalogPaths("")
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, usagef("comparing with git:%s: there is no catalog to compare", r.asked.against).hint("name it with --catalog")
	}
	var below []string
	for _, name := range paths {
		shown := r.app.display(name)
		if !filepath.IsLocal(filepath.FromSlash(shown)) {
			return nil, usagef("comparing with git:%s: the catalog %s is not in the repository", r.asked.against, name)
		}
		below = append(below, shown)
	}
	return below, nil
}

// growth estimates how much larger the events are whose schema gained fields while
// their declared size stayed as it was. Only JSON Schemas are compared: the binary
// forms of the others hold no names. What cannot be read is catalog check's to say.
func (a *app) growth(was, is *catalog.Catalog, engines map[schema.Format]compat.Engine, read func(string) ([]byte, error)) map[string]cost.Growth {
	growth := map[string]cost.Growth{}
	for now := range is.Current() {
		then := was.Event(now.ID, "")
		if then == nil || then.PayloadBytes.Get != now.PayloadBytes.Get || bytes.Equal(then.Schema.Get.Text, now.Schema.Get.Text) {
			continue
		}
		before, known := a.sizedFields(then, engines, read)
		after, still := a.sizedFields(now, engines, readBelow(is.Base))
		if g := cost.Grown(before, after); known && still && g.Bytes > 0 {
			growth[now.ID] = g
		}
	}
	return growth
}

// sizedFields are the fields of an event's JSON Schema with their keywords.
func (a *app) sizedFields(e *catalog.Event, engines map[schema.Format]compat.Engine, read func(string) ([]byte, error)) ([]cost.SchemaField, bool) {
	if a.formatOf(e.Schema.Get) != schema.JSON {
		return nil, false
	}
	fields, ok, err := a.schemaFields(e, engines, read)
	if err != nil || !ok {
		return nil, false
	}
	var root any
	if d, err := document.Parse(e.Schema.Get.File, e.Schema.Get.Text); err == nil {
		root = d.Value()
	}
	var list []cost.SchemaField
	for _, f := range fields {
		sized := cost.SchemaField{Path: f.Path, Type: f.Type}
		if f.File == "" {
			sized.Keywords, _ = valueBelow(root, f.Pointer).(map[string]any)
		}
		list = append(list, sized)
	}
	return list, true
}

// valueBelow follows a JSON pointer; nil when nothing is there.
func valueBelow(value any, pointer string) any {
	for _, token := range document.Split(pointer) {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil || n < 0 || n >= len(v) {
				return nil
			}
			value = v[n]
		default:
			return nil
		}
	}
	return value
}
