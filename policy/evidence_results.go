package policy

import (
	"encoding/json"
	"io"

	"github.com/nexus-blueprint/nexus/report"
)

// resultLine is a line of results.ndjson: one rule on one event. Its keys are
// flat, as those who index logs want them, and all are in every line.
type resultLine struct {
	Timestamp     string            `json:"timestamp"` // the day of the run, RFC 3339
	Tool          string            `json:"tool"`
	ToolVersion   string            `json:"tool_version"`
	CatalogCommit string            `json:"catalog_commit"`
	CatalogDigest string            `json:"catalog_digest"`
	Event         string            `json:"event"`
	EventVersion  string            `json:"event_version"`
	Domain        string            `json:"domain"`
	Owners        []string          `json:"owners"`
	Pack          string            `json:"pack"`
	PackVersion   string            `json:"pack_version"`
	Rule          string            `json:"rule"`
	RuleCode      string            `json:"rule_code"`
	Severity      report.Severity   `json:"severity"`
	Controls      []string          `json:"controls"`
	Result        report.ResultKind `json:"result"`
	Messages      []string          `json:"messages"`
	Undeclared    []string          `json:"undeclared"`
	Fingerprints  []string          `json:"fingerprints"`
	WaiverOwner   string            `json:"waiver_owner"`
	WaiverExpires string            `json:"waiver_expires"`
	File          string            `json:"file"`
	Line          int               `json:"line"`
}

func writeResults(w io.Writer, f *facts) error {
	versions := map[string]string{}
	for _, p := range f.Result.Packs {
		versions[p.Name] = p.Version
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for j, result := range f.Result.results(f.Report.Findings) {
		place := j.Event.Place
		line := resultLine{
			Timestamp: f.timestamp(), Tool: f.Report.Tool.Name, ToolVersion: f.Report.Tool.Version,
			CatalogCommit: f.Commit, CatalogDigest: f.Result.Catalog.Digest,
			Event: j.Event.ID, EventVersion: j.Event.Version.Get, Domain: j.Event.Domain.Get, Owners: filled(j.Event.OwnerIDs()),
			Pack: j.Rule.Pack, PackVersion: versions[j.Rule.Pack],
			Rule: j.Rule.ID, RuleCode: j.Rule.Code, Severity: j.Rule.Severity, Controls: filled(j.Rule.Controls),
			Result: result, Messages: []string{}, Undeclared: filled(j.Missing), Fingerprints: []string{},
			File: place.File, Line: place.Line,
		}
		line.explain(f.findings[check{j.Event.ID, j.Rule.ID}])
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// explain adds the findings of a rule about an event. The place is that of the
// first; so is the waiver when all are waived.
func (l *resultLine) explain(findings []report.Finding) {
	for i, finding := range findings {
		l.Messages = append(l.Messages, finding.Message)
		l.Fingerprints = append(l.Fingerprints, finding.Fingerprint)
		if i > 0 {
			continue
		}
		l.File, l.Line = finding.Location.File, finding.Location.Line
		if finding.Waiver != nil && l.Result == report.Waived {
			l.WaiverOwner, l.WaiverExpires = finding.Waiver.Owner, finding.Waiver.Expires
		}
	}
}

// timestamp is the day of the run as a point in time: nexus reads no clock.
func (f *facts) timestamp() string { return f.day.Format("2006-01-02T15:04:05Z07:00") }
