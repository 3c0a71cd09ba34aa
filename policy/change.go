package policy

import (
	"cmp"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// The verdicts of a Change that no comparison gives.
const (
	NewEvent       compat.Verdict = "new"       // the baseline lacks it
	UnchangedEvent compat.Verdict = "unchanged" // the schema is the baseline's
)

// Change is what the schema check found about one event. The zero Change is an
// event whose schema was not touched.
type Change struct {
	Verdict  compat.Verdict
	Level    compat.Level
	Bump     compat.Bump
	Changes  []compat.ChangeData
	Previous string // the version it was compared with, may be empty
	Waived   bool   // valid waivers cover every finding about it
}

// NewChange takes over what the schema check says about a subject that was there
// before. findings are the subject's own, with their waivers.
func NewChange(data compat.SubjectData, findings []report.Finding) Change {
	change := Change{
		Verdict: data.Verdict, Level: data.Level, Bump: data.Bump, Changes: data.Changes,
		Previous: data.Against, Waived: len(findings) > 0,
	}
	if data.Verdict == compat.Compatible && len(data.Changes) == 0 {
		change.Verdict = UnchangedEvent
	}
	for _, f := range findings {
		change.Waived = change.Waived && !f.Active()
	}
	return change
}

func (c Change) input(e *catalog.Event) map[string]any {
	broken := []string{}
	if c.Verdict == compat.Breaking {
		broken = e.ConsumerIDs()
	}
	changes := make([]any, len(c.Changes))
	for i, change := range c.Changes {
		changes[i] = map[string]any{
			"rule": change.Rule, "kind": string(change.Kind), "pointer": change.Pointer, "message": change.Message, "direction": nil,
		}
		if change.Direction != nil {
			changes[i].(map[string]any)["direction"] = *change.Direction
		}
	}
	return map[string]any{
		"verdict":          string(cmp.Or(c.Verdict, UnchangedEvent)),
		"level":            text(string(c.Level)),
		"bump":             text(string(c.Bump)),
		"changes":          changes,
		"previous_version": text(c.Previous),
		"broken_consumers": nonNil(broken),
		"waived":           c.Waived,
	}
}
