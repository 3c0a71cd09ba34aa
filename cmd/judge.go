package cmd

import (
	"cmp"
	"fmt"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// judge says how changes are judged, whatever they are compared with.
type judge struct {
	level     value // empty to ask the registry
	profile   compat.Profile
	bump      compat.Bump
	undecided report.Severity // error: a doubt leaves the subject unchecked
	engines   map[schema.Format]compat.Engine
}

func (a *app) newJudge(o *options) (*judge, error) {
	texts, err := o.texts("schema.profile", "schema.undecided")
	if err != nil {
		return nil, err
	}
	level, err := o.get("schema.level")
	if err != nil {
		return nil, err
	}
	profile, err := compat.ParseProfile(texts["schema.profile"])
	if err != nil {
		return nil, usage(err)
	}
	j := &judge{level: level, profile: profile, undecided: report.Severity(texts["schema.undecided"])}
	j.profile.Switches = switches(o.config)
	j.profile.Severities = severities(o.config, "schema.rules")
	if j.bump, err = declaredBump(flagText(o.flags, "declared-bump")); err != nil {
		return nil, err
	}
	j.engines, err = a.newEngines(o)
	return j, err
}

// newEngines makes the engine of every format, as the settings want it.
func (a *app) newEngines(o *options) (map[schema.Format]compat.Engine, error) {
	texts, err := o.texts("schema.formats", "schema.draft", "schema.category")
	if err != nil {
		return nil, err
	}
	remote, err := o.get("schema.allow_remote")
	if err != nil {
		return nil, err
	}
	engines := map[schema.Format]compat.Engine{}
	for _, f := range a.formats {
		engine, err := f.engine(engineOptions{
			draft: texts["schema.draft"], formats: texts["schema.formats"], category: texts["schema.category"],
			remoteHosts: remote.texts, get: fetch,
		})
		if err != nil {
			return nil, usage(err)
		}
		engines[f.kind.Format] = engine
	}
	return engines, nil
}

// switches reads the founding document's four rules from nexus.yaml.
func switches(c *config) compat.Switches {
	return compat.Switches{
		AllowNewFields:    c.boolean("profiles.blueprint.allow_new_fields"),
		RequireDefaults:   c.boolean("profiles.blueprint.require_defaults"),
		AllowFieldRemoval: c.boolean("profiles.blueprint.allow_field_removal"),
		AllowTypeChanges:  c.boolean("profiles.blueprint.allow_type_changes"),
	}
}

// severities reads the team's own severities from a table of nexus.yaml.
func severities(c *config, table string) map[string]report.Severity {
	own := map[string]report.Severity{}
	for _, r := range c.table(table) {
		own[r.name] = report.Severity(r.text)
	}
	return own
}

func declaredBump(text string) (compat.Bump, error) {
	if text == "" {
		return "", nil
	}
	bump, ok := compat.ParseBump(text)
	if !ok {
		return "", unknown("--declared-bump", text, bumpNames)
	}
	return bump, nil
}

// levelFor is the level that applies to a subject, and where it comes from.
func (j *judge) levelFor(demanded compat.Level) (compat.Level, string) {
	switch {
	case j.level.given() && j.level.text() != "":
		return compat.Level(j.level.text()), j.level.origin
	case demanded != "":
		return demanded, "registry"
	}
	return compat.Backward, "default"
}

// engine returns the engine of a format, or why there is none.
func (j *judge) engine(f schema.Format) (compat.Engine, error) {
	if e := j.engines[f]; e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("no engine for %s schemas is built in", f)
}

// versionName is the name that a source gives a version: its number, or the
// commit in short. It is empty where the source has neither.
func versionName(s schema.Schema) string {
	return cmp.Or(s.Version, shortRevision(s.Revision))
}
