package replay

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/report"
)

// RuleDiverges is the rule of streams that two reducers fold to different states.
const RuleDiverges = "log/diverges"

// title names the cause for a person.
func (c Cause) title() string {
	switch c.Cause {
	case CauseInit:
		return "the initial states differ at " + c.Path
	case CauseOnlyOld:
		return "the new reducer is not for these streams"
	case CauseOnlyNew:
		return "the old reducer is not for these streams"
	case CauseUntraced:
		return "the end states differ at " + c.Path + ", and which event began it was not looked for"
	}
	return c.Cause + " makes the states differ at " + c.Path
}

// Findings are the causes, each at the first diverging event of its first stream.
func (c *Comparison) Findings() []report.Finding {
	var findings []report.Finding
	old, new := c.labels()
	for _, cause := range c.Causes {
		subject, place := c.New.Name(), c.start
		if cause.Example.Event != nil {
			subject, place = cause.Cause, placeOfEvent(cause.Example.Event)
		}
		proof := "log"
		findings = append(findings, report.Finding{
			Rule: RuleDiverges, Severity: report.Error, Subject: subject, Proof: &proof, Location: place,
			Message: fmt.Sprintf("%s: %s of %d, such as %s, %s another end state under %s than under %s",
				cause.title(), report.Count(cause.Streams, "stream"), c.Streams, cause.Example.Stream, has(cause.Streams), new, old),
			Hint:        "If this is meant, give the reducer a new version and rebuild what was derived from it; else correct the rule of this type.",
			Fingerprint: report.Fingerprint(RuleDiverges, cause.Cause, "", cause.Path, c.Old.Name(), c.New.Name()),
		})
	}
	return findings
}

// labels are what tells the reducers apart: their names, versions or hashes.
func (c *Comparison) labels() (old, new string) {
	a, b := c.Old, c.New
	switch {
	case a.Name() != b.Name():
		return a.Name(), b.Name()
	case a.Version() != b.Version():
		return fmt.Sprintf("%s version %d", a.Name(), a.Version()), fmt.Sprintf("%s version %d", b.Name(), b.Version())
	case a.Hash() != b.Hash():
		return a.Name() + " " + a.Hash()[:8], b.Name() + " " + b.Hash()[:8]
	}
	return a.Name(), b.Name()
}

func has(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// Headline is the answer in a sentence.
func (c *Comparison) Headline() string {
	old, new := c.labels()
	if len(c.Differing) == 0 {
		return fmt.Sprintf("%s, all with the same end state under %s and %s", report.Count(c.Streams, "stream"), old, new)
	}
	return fmt.Sprintf("%d of %s %s another end state under %s than under %s, for %s",
		len(c.Differing), report.Count(c.Streams, "stream"), has(len(c.Differing)), new, old, report.Count(len(c.Causes), "cause"))
}

// Tables show the causes, and every stream that differs; there are none when none
// does and all could be read and applied.
func (c *Comparison) Tables(r Redactor) []report.Table {
	if len(c.Differing) == 0 && len(c.notes()) == 0 {
		return nil
	}
	groups := report.Table{Title: "Causes", Columns: []string{"Streams", "Event type", "Path", "First stream", "Place"}, Notes: c.notes()}
	for _, cause := range c.Causes {
		place := ""
		if e := cause.Example.Event; e != nil {
			place = fmt.Sprintf("%s:%d", e.File, e.Line)
		}
		groups.Rows = append(groups.Rows, []string{fmt.Sprint(cause.Streams), cause.Cause, cause.Path, cause.Example.Stream, place})
	}
	old, new := c.labels()
	streams := report.Table{Title: "Streams that differ", Columns: []string{"Stream", "Event", "Type", "Path at the end", old, new}}
	for _, d := range c.Differing {
		row := []string{d.Stream, "", d.Cause, "", "", ""}
		if d.Event != nil {
			row[1] = nameOf(d.Event)
		}
		if len(d.Changes) > 0 {
			first := d.Changes[0]
			row[3], row[4], row[5] = first.Path.String(), first.beforeText(r), first.afterText(r)
		}
		if more := len(d.Changes) - 1; more > 0 {
			row[3] += fmt.Sprintf(" and %d more", more)
		}
		streams.Rows = append(streams.Rows, row)
	}
	return []report.Table{groups, streams}
}

func (c *Comparison) notes() []string {
	var notes []string
	old, new := c.labels()
	if c.FailedOld > 0 || c.FailedNew > 0 {
		notes = append(notes, fmt.Sprintf("Events that could not be applied and changed nothing: %d under %s, %d under %s.", c.FailedOld, old, c.FailedNew, new))
	}
	if n := c.Stats.BrokenCount; n > 0 {
		notes = append(notes, report.Count(int(n), "record")+" could not be read.")
	}
	return notes
}

// ComparisonData is a Comparison for machines.
type ComparisonData struct {
	Old       ReducerData      `json:"old"`
	New       ReducerData      `json:"new"`
	Streams   int              `json:"streams"`
	Differing []DivergenceData `json:"differing"`
	Causes    []CauseData      `json:"causes"`
}

// ReducerData names a reducer for machines.
type ReducerData struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Hash    string `json:"hash"`
	Failed  int    `json:"failed"` // events that could not be applied
}

// DivergenceData is a Divergence for machines.
type DivergenceData struct {
	Stream  string       `json:"stream"`
	Cause   string       `json:"cause"`
	Path    string       `json:"path"`
	Event   *EventData   `json:"event"`
	Changes []ChangeData `json:"changes"`
}

// CauseData is a Cause for machines.
type CauseData struct {
	Cause   string `json:"cause"`
	Path    string `json:"path"`
	Streams int    `json:"streams"`
	Example string `json:"example"`
}

// Data is the comparison for machines.
func (c *Comparison) Data(r Redactor) ComparisonData {
	d := ComparisonData{
		Old:       ReducerData{c.Old.Name(), c.Old.Version(), c.Old.Hash(), c.FailedOld},
		New:       ReducerData{c.New.Name(), c.New.Version(), c.New.Hash(), c.FailedNew},
		Streams:   c.Streams,
		Differing: []DivergenceData{}, Causes: []CauseData{},
	}
	for _, s := range c.Differing {
		d.Differing = append(d.Differing, DivergenceData{s.Stream, s.Cause, s.Path.String(), dataOf(s.Event), changesData(s.Changes, r)})
	}
	for _, cause := range c.Causes {
		d.Causes = append(d.Causes, CauseData{cause.Cause, cause.Path, cause.Streams, cause.Example.Stream})
	}
	return d
}
