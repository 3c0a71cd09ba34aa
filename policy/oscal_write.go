package policy

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// writeOSCAL writes the run as OSCAL assessment results: an observation for every
// rule, with the events it applies to as subjects, and a finding for every
// citation that has any. A control is satisfied only when no check is broken,
// waived or undeclared; for want of an official catalog, ids of controls are made
// from the citations.
func writeOSCAL(w io.Writer, f *facts) error {
	o := oscalWriter{facts: f, ids: nexusUUID.named("run", f.sum(evidenceFile), f.sum(resultsFile))}
	return encodeIndented(w, oscalDocument{oscalResults{
		UUID: o.id("assessment-results"),
		Metadata: oscalMetadata{
			Title: "Checks of the event catalog", LastModified: f.timestamp(), Version: f.Report.AsOf, OSCALVersion: oscalVersion,
			Props: o.provenance(), Remarks: statement,
		},
		ImportPlan: oscalImport{"#" + o.id("plan")},
		Results:    []oscalResult{o.result()},
		BackMatter: oscalBack{o.resources()},
	}})
}

// oscalWriter makes the parts of the document. Its ids belong to one run: a run
// with another outcome has others.
type oscalWriter struct {
	*facts
	ids uuid5
}

func (o oscalWriter) id(parts ...string) string { return o.ids.named(parts...).String() }

// eventID stays the same from run to run.
func eventID(event string) string { return nexusUUID.named("event", event).String() }

// sum is the digest of a file that was written before.
func (f *facts) sum(name string) string {
	i := slices.IndexFunc(f.sums, func(s fileSum) bool { return s.name == name })
	if i < 0 {
		return ""
	}
	return f.sums[i].hex
}

func (o oscalWriter) provenance() []oscalProp {
	props := []oscalProp{ownProp("catalog-digest", line(o.Result.Catalog.Digest))}
	if o.Commit != "" {
		props = append(props, ownProp("catalog-commit", line(o.Commit)))
	}
	for _, p := range o.Result.Packs {
		prop := ownProp("pack-digest", line(p.Digest))
		prop.Class = controlID(p.Name)
		props = append(props, prop)
	}
	return props
}

func (o oscalWriter) result() oscalResult {
	r := oscalResult{
		UUID: o.id("result"), Title: "Run of " + o.Report.AsOf, Description: line(o.scores.Headline()) + ".",
		Start: o.timestamp(), End: o.timestamp(), Props: countProps(o.scores.Total.Counts()),
		Local: o.definitions(), Reviewed: oscalReviewed{[]oscalSelection{o.selection()}},
	}
	for i := range o.rules {
		r.Observations = append(r.Observations, o.observation(i))
	}
	for _, c := range o.controls {
		if c.State != stateNoEvent {
			r.Findings = append(r.Findings, o.finding(c))
		}
	}
	return r
}

// definitions are the events as components, and nexus as the tool.
func (o oscalWriter) definitions() oscalLocal {
	tool := oscalComponent{
		UUID: o.id("tool"), Type: "software", Title: line(o.Report.Tool.Name), Description: "The program that made the checks.",
		Props: []oscalProp{ownProp("tool-version", line(o.Report.Tool.Version))}, Status: oscalState{State: "operational"},
	}
	local := oscalLocal{Assets: oscalAssets{
		Components: []oscalComponent{tool},
		Platforms:  []oscalPlatform{{o.id("platform"), "Continuous integration", []oscalUses{{tool.UUID}}}},
	}}
	for _, e := range o.Result.Events {
		c := oscalComponent{
			UUID: eventID(e.ID), Type: "event", Title: line(e.ID), Description: line(e.Summary), Status: oscalState{State: "operational"},
		}
		if e.Version.Known() && e.Version.Get != "" {
			c.Props = append(c.Props, ownProp("event-version", line(e.Version.Get)))
		}
		for _, owner := range e.OwnerIDs() {
			c.Props = append(c.Props, ownProp("owner", line(owner)))
		}
		local.Components = append(local.Components, c)
	}
	return local
}

// selection names every control that a chosen rule cites.
func (o oscalWriter) selection() oscalSelection {
	if len(o.controls) == 0 {
		return oscalSelection{Description: "The rules of the run cite no control.", All: &struct{}{}}
	}
	s := oscalSelection{Description: "The controls that the rules of the run cite. Their ids are made from the citations."}
	for _, c := range o.controls {
		if id := (oscalControl{controlID(c.Control)}); !slices.Contains(s.Controls, id) {
			s.Controls = append(s.Controls, id)
		}
	}
	return s
}

// observation is one rule on all events that it applies to.
func (o oscalWriter) observation(rule int) oscalObservation {
	r := o.rules[rule]
	about := o.Result.Rules[rule]
	props := append([]oscalProp{
		ownProp("rule", r.ID), ownProp("pack", line(r.Pack)), ownProp("severity", line(string(r.Severity))),
		ownProp("inputs-digest", r.InputsDigest),
	}, countProps(r.Counts)...)
	return oscalObservation{
		UUID: o.id("observation", r.ID), Title: line(r.Title), Description: line(about.Description),
		Props: props, Methods: []string{"TEST"},
		Origins:  []oscalOrigin{{[]oscalActor{{"tool", o.id("tool")}}}},
		Subjects: o.subjects(rule),
		Evidence: []oscalEvidence{{resultsFile, "The lines whose rule is " + r.ID + "."}},
		// The day of the run: nexus reads no clock.
		Collected: o.timestamp(),
	}
}

// subjects are the events that a rule applies to, each with its result.
func (o oscalWriter) subjects(rule int) []oscalSubject {
	var subjects []oscalSubject
	id := o.rules[rule].ID
	for i, e := range o.Result.Events {
		decision := o.Result.verdicts[i].decision(id, rule)
		if decision.Outcome == gate.NotApplicable {
			continue
		}
		findings := o.findings[check{e.ID, id}]
		result, remarks := report.ResultKind(decision.Outcome), []string{}
		if decision.Outcome == gate.Fail && !slices.ContainsFunc(findings, report.Finding.Active) {
			result = report.Waived
		}
		for _, finding := range findings {
			text := finding.Message
			if finding.Waiver != nil {
				text += " (" + finding.Waiver.String() + ")"
			}
			remarks = append(remarks, line(text))
		}
		if len(decision.Missing) > 0 {
			remarks = append(remarks, "not declared: "+strings.Join(decision.Missing, ", "))
		}
		subjects = append(subjects, oscalSubject{
			UUID: eventID(e.ID), Type: "component", Title: line(e.ID),
			Props: []oscalProp{ownProp("result", string(result))}, Remarks: strings.Join(remarks, "\n\n"),
		})
	}
	return subjects
}

func countProps(c Counts) []oscalProp {
	var props []oscalProp
	for _, n := range []struct {
		name  string
		count int
	}{{"pass", c.Pass}, {"fail", c.Fail}, {"waived", c.Waived}, {"undeclared", c.Undeclared}, {"not-applicable", c.NotApplicable}} {
		if n.count > 0 {
			props = append(props, ownProp("count-"+n.name, strconv.Itoa(n.count)))
		}
	}
	return props
}

// finding is what the rules say about one citation.
func (o oscalWriter) finding(c controlFacts) oscalFinding {
	title, verified := line(c.Control), "true"
	if !c.Verified {
		title, verified = title+" (unverified citation)", "false"
	}
	finding := oscalFinding{
		UUID: o.id("finding", c.Control), Title: title, Description: c.words(),
		Props: append([]oscalProp{ownProp("citation-verified", verified)}, countProps(c.Counts)...),
		Target: oscalTarget{
			Type: "objective-id", ID: controlID(c.Control), Title: line(c.Control), Status: oscalStateOf(c),
		},
	}
	for _, rule := range c.Rules {
		finding.Observations = append(finding.Observations, oscalRelated{o.id("observation", rule)})
	}
	return finding
}

// oscalStateOf knows two states only: what is waived or undeclared is not
// satisfied, and the reason tells it from what is broken.
func oscalStateOf(c controlFacts) oscalState {
	switch c.State {
	case stateSatisfied:
		return oscalState{State: "satisfied", Reason: "pass"}
	case stateNotSatisfied:
		return oscalState{State: "not-satisfied", Reason: "fail"}
	}
	return oscalState{State: "not-satisfied", Reason: "other", Remark: c.words()}
}

// words counts the checks of a control in a sentence.
func (c controlFacts) words() string {
	n := c.Counts
	text := fmt.Sprintf("%d of %d applicable checks satisfied", n.Pass, n.Pass+n.Fail+n.Waived)
	for _, part := range []struct {
		count int
		what  string
	}{{n.Fail, "not satisfied"}, {n.Waived, "waived"}, {n.Undeclared, "undeclared"}} {
		if part.count > 0 {
			text += fmt.Sprintf("; %d %s", part.count, part.what)
		}
	}
	return text + "."
}

// resources are the plan, which the standard demands, and the other files of the
// bundle with their digests.
func (o oscalWriter) resources() []oscalResource {
	rules := make([]string, len(o.rules))
	for i, r := range o.rules {
		rules[i] = r.ID
	}
	list := []oscalResource{{
		UUID: o.id("plan"), Title: "The rules of the run",
		Description: "In place of an assessment plan: every event of the catalog is judged by each of the rules " + strings.Join(rules, ", ") + ".",
		Links:       []oscalLink{o.link(evidenceFile)},
	}}
	for _, r := range []struct{ file, description string }{
		{evidenceFile, "What was judged, by which rules, with which counts."},
		{pageFile, "The same for a person."},
		{resultsFile, "A line for every rule and event."},
		{sarifFile, "Every finding and every check."},
		{waiversFile, "The exceptions, with owner and last day."},
	} {
		list = append(list, oscalResource{
			UUID: o.id("file", r.file), Title: r.file, Description: r.description, Links: []oscalLink{o.link(r.file)},
		})
	}
	return list
}

var mediaTypes = map[string]string{
	evidenceFile: "application/json", pageFile: "text/html", resultsFile: "application/x-ndjson",
	sarifFile: "application/sarif+json", waiversFile: "application/json",
}

func (o oscalWriter) link(file string) oscalLink {
	return oscalLink{Href: file, MediaType: mediaTypes[file], Hashes: []oscalHash{{"SHA-256", o.sum(file)}}}
}
