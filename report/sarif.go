package report

import (
	"cmp"
	"io"
	"net/url"
	"strings"
)

// The parts of SARIF 2.1.0 that nexus writes. Names and order are the
// standard's; optional properties are left out when they say nothing.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool               sarifTool             `json:"tool"`
		Invocations        []sarifInvocation     `json:"invocations"`
		OriginalURIBaseIDs map[string]sarifPlace `json:"originalUriBaseIds"`
		Results            []sarifResult         `json:"results"`
		ColumnKind         string                `json:"columnKind"`
		Properties         map[string]any        `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string         `json:"id"`
		ShortDescription     sarifMessage   `json:"shortDescription"`
		FullDescription      sarifMessage   `json:"fullDescription"`
		Help                 sarifMessage   `json:"help"`
		HelpURI              string         `json:"helpUri,omitempty"`
		DefaultConfiguration sarifConfig    `json:"defaultConfiguration"`
		Properties           map[string]any `json:"properties,omitempty"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		ExitCode            int                 `json:"exitCode"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level      string          `json:"level"`
		Message    sarifMessage    `json:"message"`
		Descriptor sarifDescriptor `json:"descriptor"`
		Locations  []sarifLocation `json:"locations,omitempty"`
		Properties map[string]any  `json:"properties,omitempty"`
	}
	sarifDescriptor struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID              string             `json:"ruleId"`
		RuleIndex           int                `json:"ruleIndex"`
		Kind                string             `json:"kind"`
		Level               string             `json:"level"`
		Message             sarifMessage       `json:"message"`
		Locations           []sarifLocation    `json:"locations,omitempty"`
		RelatedLocations    []sarifLocation    `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string  `json:"partialFingerprints,omitempty"`
		Fixes               []sarifFix         `json:"fixes,omitempty"`
		Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
		BaselineState       string             `json:"baselineState,omitempty"`
		Properties          map[string]any     `json:"properties"`
	}
	sarifLocation struct {
		ID         *int           `json:"id,omitempty"`
		Physical   *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical    []sarifLogical `json:"logicalLocations,omitempty"`
		Message    *sarifMessage  `json:"message,omitempty"`
		Properties map[string]any `json:"properties,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifPlace   `json:"artifactLocation"`
		Region   *sarifRegion `json:"region,omitempty"`
	}
	sarifPlace struct {
		URI         string        `json:"uri,omitempty"`
		URIBaseID   string        `json:"uriBaseId,omitempty"`
		Description *sarifMessage `json:"description,omitempty"`
	}
	sarifRegion struct {
		StartLine   int    `json:"startLine,omitempty"`
		StartColumn int    `json:"startColumn,omitempty"`
		EndLine     int    `json:"endLine,omitempty"`
		EndColumn   int    `json:"endColumn,omitempty"`
		ByteOffset  *int64 `json:"byteOffset,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
	sarifFix struct {
		Description sarifMessage   `json:"description"`
		Changes     []sarifChange  `json:"artifactChanges"`
		Properties  map[string]any `json:"properties"`
	}
	sarifChange struct {
		Artifact     sarifPlace         `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion  `json:"deletedRegion"`
		Inserted sarifMessage `json:"insertedContent"`
	}
	sarifSuppression struct {
		Kind          string         `json:"kind"`
		Status        string         `json:"status"`
		Justification string         `json:"justification"`
		Properties    map[string]any `json:"properties"`
	}
)

// srcRoot is the base of every relative path; a consumer binds it to its checkout.
const srcRoot = "SRCROOT"

// homepage is where the tool's documentation lives.
const homepage = "https://github.com/nexus-blueprint/nexus"

// renderSARIF writes one SARIF run. Every finding is a result of kind "fail":
// the standard lets no other kind carry a level. Checks that passed are counted
// in the run's properties instead of listed, because code scanning services
// raise an alert for every result whatever its kind.
func renderSARIF(w io.Writer, r *Report) error {
	return writeJSON(w, "sarif", sarifLogOf(sarifRunOf(r)))
}

// sarifRunOf is the run with a result for every finding.
func sarifRunOf(r *Report) sarifRun {
	rules, index := sarifRules(r)
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name:           r.Tool.Name,
			Version:        r.Tool.Version,
			InformationURI: homepage,
			Rules:          rules,
		}},
		Invocations: []sarifInvocation{{
			ExecutionSuccessful: len(r.Errors) == 0,
			ExitCode:            r.ExitCode(),
			Notifications:       sarifNotifications(r.Errors),
		}},
		OriginalURIBaseIDs: map[string]sarifPlace{
			srcRoot: {Description: &sarifMessage{Text: "The root of the repository."}},
		},
		Results:    make([]sarifResult, len(r.Findings)),
		ColumnKind: "unicodeCodePoints",
		Properties: map[string]any{
			"command": r.Command, "outcome": r.Outcome(), "checked": r.Checked, "checks": countChecks(r.Checks),
		},
	}
	ratchet := r.Summary().Baseline > 0
	for i, f := range r.Findings {
		run.Results[i] = sarifResultOf(f, index[f.Rule])
		if ratchet && run.Results[i].BaselineState == "" {
			run.Results[i].BaselineState = "new"
		}
	}
	return run
}

func sarifLogOf(run sarifRun) sarifLog {
	return sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}
}

func countChecks(checks []Check) map[ResultKind]int {
	counts := map[ResultKind]int{}
	for _, c := range checks {
		counts[c.Result]++
	}
	return counts
}

// sarifRules lists the rules that the report documents, and then, bare, those
// that only a finding names; index gives each one's position.
func sarifRules(r *Report) (rules []sarifRule, index map[string]int) {
	rules, index = []sarifRule{}, map[string]int{}
	add := func(rule Rule) {
		if _, known := index[rule.ID]; !known {
			index[rule.ID] = len(rules)
			rules = append(rules, sarifRuleOf(rule))
		}
	}
	for _, rule := range r.Rules {
		add(rule)
	}
	for _, f := range r.Findings {
		rule := r.Rule(f.Rule)
		rule.Severity = cmp.Or(rule.Severity, f.Severity)
		add(rule)
	}
	return rules, index
}

func sarifRuleOf(rule Rule) sarifRule {
	title := cmp.Or(rule.Title, rule.ID)
	out := sarifRule{
		ID:                   rule.ID,
		ShortDescription:     sarifMessage{Text: title},
		FullDescription:      sarifMessage{Text: cmp.Or(rule.Why, title)},
		Help:                 sarifMessage{Text: ruleHelpText(rule), Markdown: ruleHelpMarkdown(rule)},
		HelpURI:              deref(rule.HelpURI),
		DefaultConfiguration: sarifConfig{sarifLevel(rule.Severity)},
	}
	if len(rule.Controls) > 0 {
		out.Properties = map[string]any{"tags": rule.Controls}
	}
	return out
}

func sarifLevel(s Severity) string {
	switch s {
	case Error, Note:
		return string(s)
	case Never:
		return "none"
	}
	return string(Warning)
}

// ruleHelpText explains the rule in plain text.
func ruleHelpText(rule Rule) string {
	parts := []string{cmp.Or(rule.Why, rule.Title, rule.ID)}
	if rule.Before != "" || rule.After != "" {
		parts = append(parts, "Before:\n"+rule.Before, "After:\n"+rule.After)
	}
	if rule.Fix != "" {
		parts = append(parts, "Instead: "+rule.Fix)
	}
	return strings.Join(parts, "\n\n")
}

// ruleHelpMarkdown is the same explanation for viewers that render Markdown.
func ruleHelpMarkdown(rule Rule) string {
	parts := []string{markdownText(cmp.Or(rule.Why, rule.Title, rule.ID))}
	if rule.Before != "" || rule.After != "" {
		parts = append(parts, "Before:\n\n"+markdownBlock("", rule.Before), "After:\n\n"+markdownBlock("", rule.After))
	}
	if rule.Fix != "" {
		parts = append(parts, "Instead: "+markdownText(rule.Fix))
	}
	return strings.Join(parts, "\n\n")
}

func sarifResultOf(f Finding, rule int) sarifResult {
	result := sarifResult{
		RuleID:     f.Rule,
		RuleIndex:  rule,
		Kind:       "fail",
		Level:      sarifLevel(f.Severity),
		Message:    sarifMessage{Text: messageWithWitness(f)},
		Locations:  sarifLocations(f.Location),
		Fixes:      sarifFixes(f.Fixes),
		Properties: sarifProperties(f),
	}
	for i, related := range f.Related {
		result.RelatedLocations = append(result.RelatedLocations, sarifRelated(i+1, related))
	}
	if f.Fingerprint != "" {
		result.PartialFingerprints = map[string]string{"nexus/v1": f.Fingerprint}
	}
	switch {
	case f.Waiver == nil:
	case f.Waiver.Baseline:
		result.BaselineState = "unchanged"
	default:
		result.Suppressions = []sarifSuppression{{
			Kind:          "external",
			Status:        "accepted",
			Justification: f.Waiver.String(),
			Properties:    map[string]any{"owner": f.Waiver.Owner, "expires": f.Waiver.Expires},
		}}
	}
	return result
}

// messageWithWitness is the finding in plain text, its proof and hint included,
// for formats that have one field to say it all.
func messageWithWitness(f Finding) string {
	lines := []string{cmp.Or(f.Message, f.Rule)}
	if f.Witness != nil {
		lines = append(lines, "witness: "+f.Witness.Body())
		lines = append(lines, f.Witness.Judgement()...)
	}
	if f.Hint != "" {
		lines = append(lines, "hint: "+f.Hint)
	}
	return strings.Join(lines, "\n")
}

func sarifProperties(f Finding) map[string]any {
	return map[string]any{
		"subject":   f.Subject,
		"owners":    filled(f.Owners, nil),
		"affects":   filled(f.Affects, nil),
		"direction": f.Direction,
		"proof":     f.Proof,
		"witness":   fillWitness(f.Witness),
	}
}

func sarifLocations(l Location) []sarifLocation {
	if l.File == "" && l.Pointer == "" {
		return nil
	}
	return []sarifLocation{sarifLocationOf(l)}
}

func sarifLocationOf(l Location) sarifLocation {
	var out sarifLocation
	if l.File != "" {
		out.Physical = &sarifPhysical{Artifact: sarifFile(l.File), Region: sarifRegionOf(l)}
	}
	if l.Pointer != "" {
		out.Logical = []sarifLogical{{l.Pointer}}
	}
	if l.Side != "" || l.Revision != nil {
		out.Properties = map[string]any{"side": l.Side, "revision": l.Revision}
	}
	return out
}

func sarifRelated(id int, r Related) sarifLocation {
	out := sarifLocationOf(r.Location)
	out.ID = &id
	if r.Message != "" {
		out.Message = &sarifMessage{Text: r.Message}
	}
	return out
}

// sarifFile turns a path into a URI reference: spaces and the like are percent
// encoded, and a first segment with a colon is kept from looking like a scheme.
func sarifFile(file string) sarifPlace {
	place := sarifPlace{URI: (&url.URL{Path: file}).String()}
	if !strings.HasPrefix(file, "/") {
		place.URIBaseID = srcRoot
	}
	return place
}

func sarifRegionOf(l Location) *sarifRegion {
	if l.Line <= 0 && l.Offset == nil {
		return nil
	}
	region := &sarifRegion{ByteOffset: l.Offset}
	if l.Line > 0 {
		region.StartLine, region.StartColumn = l.Line, l.Column
		region.EndLine, region.EndColumn = l.EndLine, l.EndColumn
	}
	return region
}

func sarifFixes(fixes []Fix) []sarifFix {
	var out []sarifFix
	for _, fix := range fixes {
		if len(fix.Edits) == 0 {
			continue // the standard demands a change; the hint still names it
		}
		out = append(out, sarifFix{
			Description: sarifMessage{Text: fix.Title},
			Changes:     sarifChanges(fix.Edits),
			Properties:  map[string]any{"verified": fix.Verified},
		})
	}
	return out
}

// sarifChanges gathers the edits by file, in the order in which the files
// first appear.
func sarifChanges(edits []Edit) []sarifChange {
	var changes []sarifChange
	at := map[string]int{}
	for _, e := range edits {
		i, known := at[e.File]
		if !known {
			i = len(changes)
			at[e.File] = i
			changes = append(changes, sarifChange{Artifact: sarifFile(e.File)})
		}
		changes[i].Replacements = append(changes[i].Replacements, sarifReplacement{
			Deleted:  sarifRegion{StartLine: e.StartLine, StartColumn: e.StartColumn, EndLine: e.EndLine, EndColumn: e.EndColumn},
			Inserted: sarifMessage{Text: e.Text},
		})
	}
	return changes
}

func sarifNotifications(problems []Problem) []sarifNotification {
	var out []sarifNotification
	for _, p := range problems {
		out = append(out, sarifNotification{
			Level:      "error",
			Message:    sarifMessage{Text: problemText(p)},
			Descriptor: sarifDescriptor{cmp.Or(p.Code, "unchecked")},
			Locations:  sarifLocations(p.place()),
			Properties: map[string]any{"subject": p.Subject, "hints": filled(p.Hints, nil)},
		})
	}
	return out
}

// problemText is the problem with its hints, in plain text.
func problemText(p Problem) string {
	text := p.String()
	for _, hint := range p.Hints {
		text += "\nhint: " + hint
	}
	return text
}
