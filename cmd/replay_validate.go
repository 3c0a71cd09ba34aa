package cmd

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// bindEventSchemas gives a command the flag that names where schemas of events are
// kept, besides --catalog.
func (a *app) bindEventSchemas(c *cobra.Command) {
	c.Flags().String("against", "", "the registry or folder whose newest schemas judge the events, as `KIND:REF`; see nexus help against")
	_ = c.RegisterFlagCompletionFunc("against", a.completeKinds)
}

// eventSchemas are the schemas that judge events, each found when its first event
// comes.
type eventSchemas struct {
	place  string // where they are kept
	asked  bool   // the user named them, or wants events judged
	find   func(typeName string) (schema.Validator, error)
	known  map[string]schema.Validator // by type as the log writes it; nil for one without a schema
	broken []report.Problem
	// Types that were not judged: their schema cannot be read, or they have none.
	unjudged, without []string
}

// eventSchemas are those of the registry that --against names, else those of the
// catalog, else, for --validate, those of the registry that nexus.yaml names. It is
// nil where there are none to judge by, and nobody asked for it.
func (r *replayRun) eventSchemas(ctx context.Context) (*eventSchemas, error) {
	flags := r.options.flags
	against, err := r.options.get("schema.against")
	if err != nil {
		return nil, err
	}
	paths, err := r.options.catalogPaths("")
	if err != nil {
		return nil, err
	}
	named, validate := flags.Changed("against"), flagText(flags, "validate") == "true"
	var s *eventSchemas
	switch {
	case named && flags.Changed("catalog"):
		return nil, usagef("judging events: --against and --catalog both say by which schemas").hint("leave one of them out")
	case !named && len(paths) > 0:
		s, err = r.catalogSchemas(ctx, paths)
	case named, validate && against.given():
		s, err = r.registrySchemas(ctx, r.options.config.rebase(r.app, against).text())
	case validate:
		return nil, usagef("nexus replay --validate: there are no schemas to judge by").hint("name a catalog with --catalog, or a registry with --against")
	default:
		return nil, nil
	}
	if err == nil {
		s.asked = validate || named || flags.Changed("catalog")
	}
	return s, err
}

// catalogSchemas are the schemas of a catalog's events.
func (r *replayRun) catalogSchemas(ctx context.Context, paths []string) (*eventSchemas, error) {
	c, err := r.options.loadCatalog(ctx, paths)
	if err != nil {
		return nil, err
	}
	r.report.Inputs = append(r.report.Inputs, catalogInput(c))
	r.report.Errors = append(r.report.Errors, c.Problems...)
	engines, err := r.app.newEngines(r.options)
	if err != nil {
		return nil, err
	}
	find := func(typeName string) (schema.Validator, error) {
		described := c.Event(typeName, "")
		if described == nil {
			described = c.Event(event.ShortType(typeName), "")
		}
		if described == nil {
			return nil, nil
		}
		return r.validatorOf(described, engines, c.Base)
	}
	return &eventSchemas{place: "the catalog", find: find, known: map[string]schema.Validator{}}, nil
}

// validatorOf compiles the schema of a catalog's event; nil when it has none. The
// schema may refer to what is below the catalog's base.
func (r *replayRun) validatorOf(e *catalog.Event, engines map[schema.Format]compat.Engine, base string) (schema.Validator, error) {
	s := e.Schema.Get
	engine := engines[r.app.formatOf(s)]
	if !e.Schema.Known() || len(s.Text) == 0 || engine == nil {
		return nil, nil
	}
	return compiled(engine, schema.Schema{
		Subject: e.ID, Version: e.Version.Get, Format: engine.Format(), File: s.File, Text: s.Text,
		Resolve: registry.Resolver(s.File, readBelow(base)),
	})
}

func compiled(engine compat.Engine, s schema.Schema) (schema.Validator, error) {
	parsed, err := engine.Parse(s)
	if err != nil {
		return nil, err
	}
	return parsed.Validator()
}

// registrySchemas are the newest schemas of a registry, or of what stands for one.
func (r *replayRun) registrySchemas(ctx context.Context, against string) (*eventSchemas, error) {
	place, err := r.app.openBaseline(ctx, r.options, against, r.options.config.layout(r.app))
	if err != nil {
		return nil, err
	}
	r.report.Inputs = append(r.report.Inputs, report.Input{Role: "baseline", Ref: place.ref, Resolved: place.resolved})
	subjects, err := place.Subjects(ctx)
	if err != nil {
		return nil, sourceFailure("reading the subjects of "+place.ref, err)
	}
	j, err := r.app.newJudge(r.options)
	if err != nil {
		return nil, err
	}
	byType := subjectsByType(subjects)
	find := func(typeName string) (schema.Validator, error) {
		subject := byType[typeName]
		if subject == "" {
			subject = byType[event.ShortType(typeName)]
		}
		if subject == "" {
			return nil, nil
		}
		s, err := place.Schema(ctx, subject, "")
		if err != nil {
			return nil, sourceFailure(fmt.Sprintf("reading %s from %s", subject, place.ref), err)
		}
		engine, err := j.engine(s.Format)
		if err != nil {
			return nil, err
		}
		return compiled(engine, s)
	}
	return &eventSchemas{place: place.ref, find: find, known: map[string]schema.Validator{}}, nil
}

// subjectsByType finds subjects by the types that their events may have: the
// subject itself, without -value, and its last part where that is one subject's
// alone.
func subjectsByType(subjects []string) map[string]string {
	byType, shared := map[string]string{}, map[string]bool{}
	for _, subject := range subjects {
		name := strings.TrimSuffix(path.Base(subject), "-value")
		for _, short := range []string{name, event.ShortType(name)} {
			shared[short] = shared[short] || byType[short] != "" && byType[short] != subject
			byType[short] = subject
		}
	}
	for short := range shared {
		if shared[short] {
			delete(byType, short) // it could be either's
		}
	}
	for _, subject := range subjects {
		byType[subject] = subject
	}
	return byType
}

// judge validates one event; it is false when there is no schema to do it by.
func (s *eventSchemas) judge(e *event.Event) ([]schema.Reason, bool) {
	validator, known := s.known[e.Type]
	if !known {
		var err error
		if validator, err = s.find(e.Type); err != nil {
			s.broken, s.unjudged = append(s.broken, problem(e.Type, err)), append(s.unjudged, e.Type)
		} else if validator == nil {
			s.without = append(s.without, e.Type)
		}
		s.known[e.Type] = validator
	}
	if validator == nil {
		return nil, false
	}
	doc, err := document.Parse("event.json", e.Data)
	if err == nil {
		err = validator.Validate(doc.Value())
	}
	if err == nil {
		return nil, true
	}
	return schema.Reasons(err), true
}

// conclude reports what could not be judged. To have judged nothing is no answer
// to who asked for it.
func (s *eventSchemas) conclude(r *replayRun) {
	slices.SortFunc(s.broken, func(a, b report.Problem) int { return strings.Compare(a.String(), b.String()) })
	r.report.Errors = append(r.report.Errors, s.broken...)
	slices.Sort(s.without)
	switch {
	case len(s.without) == 0:
	case s.asked && len(s.without) == len(s.known):
		r.report.Errors = append(r.report.Errors, report.Problem{
			Code: "nothing-judged", Message: fmt.Sprintf("no event was judged by a schema: %s has none of their types, such as %s", s.place, s.without[0]),
		})
	default:
		r.note(fmt.Sprintf("not judged by a schema, since %s has none: %s", s.place, strings.Join(s.without, ", ")))
	}
}
