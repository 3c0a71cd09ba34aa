package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

func (a *app) routeCommand() *cobra.Command {
	return group("route", "Decide which path events travel, and learn to decide it",
		a.routeExplainCommand(),
		a.routeTrainCommand(),
	)
}

// scorer is the router of --weights, else of nexus.yaml, else the default, with
// --threshold in place of its own. from says which.
func (o *options) scorer() (s *route.Scorer, from string, err error) {
	weights, from, err := o.routeWeights()
	if err != nil {
		return nil, "", err
	}
	if flag := o.flags.Lookup("threshold"); flag != nil && flag.Changed {
		weights.Threshold, _ = o.flags.GetFloat64("threshold")
		from += " with --threshold"
	}
	if s, err = route.New(weights); err != nil {
		return nil, "", usage(err)
	}
	return s, from, nil
}

func (o *options) routeWeights() (route.Weights, string, error) {
	name, pointer := flagText(o.flags, "weights"), ""
	doc := o.config.doc
	switch {
	case name != "":
		text, err := os.ReadFile(o.app.abs(name))
		if err != nil {
			return route.Weights{}, "", o.app.missingFor("reading the weights", name)
		}
		if doc, err = document.Parse(name, text); err != nil {
			return route.Weights{}, "", inDocument("reading the weights", err)
		}
	case doc != nil && hasKey(doc, "route"):
		name, pointer = o.config.file, "/route"
	default:
		return route.Default(), "the default weights", nil
	}
	w, err := route.Parse(valueAt(doc, pointer))
	if known, ok := errors.AsType[*route.Error](err); ok {
		place := name
		if at, ok := doc.Range(pointer + known.Pointer); ok {
			place = fmt.Sprintf("%s:%d", name, at.Start.Line)
		}
		return w, "", usage(fmt.Errorf("reading the weights: %s: %s", place, known.Message))
	}
	return w, name, err
}

func hasKey(doc *document.Document, key string) bool { return valueAt(doc, "/"+key) != nil }

// valueAt is the value of a document, or of one key of it.
func valueAt(doc *document.Document, pointer string) any {
	if pointer == "" {
		return doc.Value()
	}
	object, _ := doc.Value().(map[string]any)
	return object[pointer[1:]]
}

// optionalCatalog is the catalog that was named, nil where none was.
func (o *options) optionalCatalog(ctx context.Context) (*catalog.Catalog, error) {
	paths, err := o.catalogPaths("")
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	return o.loadCatalog(ctx, paths)
}

// scoreText is a number as a person reads it.
func scoreText(x float64) string {
	return cmp.Or(strings.TrimSuffix(fmt.Sprintf("%.3f", x), ".000"), "0")
}
