package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

// statement stands in every document of a bundle that a person reads.
const statement = "A satisfied check says that the catalog, and the log where one was read, meet the rule as it is written. " +
	"It is evidence towards a control and no proof of compliance with it."

// facts are what the documents of a bundle are written from, counted once.
type facts struct {
	Evidence
	day      time.Time
	scores   Scores
	rules    []ruleFacts    // by id
	controls []controlFacts // by citation
	findings map[check][]report.Finding
	sums     []fileSum // of the files written so far
}

// Counts are the results of a rule, or of a control's rules, over all events,
// after waivers.
type Counts struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Waived        int `json:"waived"`
	Undeclared    int `json:"undeclared"`
	NotApplicable int `json:"not_applicable"`
}

// Counts are the score's numbers without what they are about.
func (s Score) Counts() Counts {
	return Counts{s.Pass, s.Fail, s.Waived, s.Undeclared, s.NotApplicable}
}

func (c *Counts) add(other Counts) {
	c.Pass += other.Pass
	c.Fail += other.Fail
	c.Waived += other.Waived
	c.Undeclared += other.Undeclared
	c.NotApplicable += other.NotApplicable
}

// The states of a control, or of a rule.
const (
	stateSatisfied    = "satisfied"
	stateNotSatisfied = "not satisfied"
	stateWaived       = "waived"
	stateUndeclared   = "undeclared"
	stateNoEvent      = "not applicable"
)

// State is the gravest of the results. A control counts as satisfied only when
// nothing is broken, excused or open.
func (c Counts) State() string {
	switch {
	case c.Fail > 0:
		return stateNotSatisfied
	case c.Undeclared > 0:
		return stateUndeclared
	case c.Waived > 0:
		return stateWaived
	case c.Pass > 0:
		return stateSatisfied
	}
	return stateNoEvent
}

type ruleFacts struct {
	ID       string          `json:"id"`
	Code     string          `json:"code"`
	Pack     string          `json:"pack"`
	Title    string          `json:"title"`
	Severity report.Severity `json:"severity"`
	Controls []string        `json:"controls"`
	Verified bool            `json:"citations_verified"`
	// InputsDigest is over the rule's pack and all that the rule was shown. Two
	// runs with the same one asked the same question.
	InputsDigest string `json:"inputs_digest"`
	State        string `json:"state"`
	Counts       Counts `json:"counts"`
}

type controlFacts struct {
	Control  string   `json:"control"`
	Verified bool     `json:"citation_verified"`
	Rules    []string `json:"rules"`
	State    string   `json:"state"`
	Counts   Counts   `json:"counts"`
}

// gather counts what a bundle shows.
func gather(e Evidence) (*facts, error) {
	day, err := time.Parse(dateLayout, e.Report.AsOf)
	if err != nil {
		return nil, fmt.Errorf("writing the evidence: the run has no day: %w", err)
	}
	f := &facts{Evidence: e, day: day, scores: e.Result.Scores(e.Report.Findings), findings: map[check][]report.Finding{}}
	for _, finding := range e.Report.Findings {
		about := check{finding.Subject, finding.Rule}
		f.findings[about] = append(f.findings[about], finding)
	}
	if err := f.countRules(); err != nil {
		return nil, fmt.Errorf("writing the evidence: %w", err)
	}
	f.countControls()
	return f, nil
}

func (f *facts) countRules() error {
	shown, err := f.inputsHash()
	if err != nil {
		return err
	}
	packs := map[string]string{}
	for _, p := range f.Result.Packs {
		packs[p.Name] = p.Digest
	}
	counts := f.Result.Counts(f.Report.Findings)
	for _, r := range f.Result.Rules {
		sum := sha256.Sum256([]byte(r.ID + "\n" + packs[r.Pack] + "\n" + shown + "\n"))
		c := counts[r.ID].Counts()
		f.rules = append(f.rules, ruleFacts{
			ID: r.ID, Code: r.Code, Pack: r.Pack, Title: r.Title, Severity: r.Severity,
			Controls: filled(r.Controls), Verified: r.Verified || len(r.Controls) == 0,
			InputsDigest: "sha256:" + hex.EncodeToString(sum[:]), State: c.State(), Counts: c,
		})
	}
	return nil
}

// inputsHash is over data.catalog and the inputs of all events, as JSON. What a
// rule says that it reads is not enforced, so all of it counts for every rule.
func (f *facts) inputsHash() (string, error) {
	sum := sha256.New()
	enc := json.NewEncoder(sum)
	if err := enc.Encode(f.Result.inputs.data(f.Result.Catalog)); err != nil {
		return "", fmt.Errorf("hashing the catalog: %w", err)
	}
	for event, input := range f.Result.Inputs() {
		if err := enc.Encode(input); err != nil {
			return "", fmt.Errorf("hashing the input of %s: %w", event.ID, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// countControls adds the rules up by citation. A citation is verified when every
// rule that gives it says so.
func (f *facts) countControls() {
	at := map[string]int{}
	for _, r := range f.rules {
		for _, citation := range r.Controls {
			i, known := at[citation]
			if !known {
				i = len(f.controls)
				at[citation] = i
				f.controls = append(f.controls, controlFacts{Control: citation, Verified: true})
			}
			c := &f.controls[i]
			c.Verified = c.Verified && r.Verified
			c.Rules = append(c.Rules, r.ID)
			c.Counts.add(r.Counts)
		}
	}
	for i := range f.controls {
		f.controls[i].State = f.controls[i].Counts.State()
	}
	slices.SortFunc(f.controls, func(a, b controlFacts) int { return compareCitations(a.Control, b.Control) })
}

// compareCitations sorts Art. 5 before Art. 17: digits count as numbers.
func compareCitations(a, b string) int {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		m, n := digits(a[i:]), digits(b[j:])
		if m == 0 || n == 0 {
			if a[i] != b[j] {
				return int(a[i]) - int(b[j])
			}
			i, j = i+1, j+1
			continue
		}
		x, y := strings.TrimLeft(a[i:i+m], "0"), strings.TrimLeft(b[j:j+n], "0")
		if order := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); order != 0 {
			return order
		}
		i, j = i+m, j+n
	}
	return cmp.Or((len(a)-i)-(len(b)-j), cmp.Compare(a, b))
}

// digits is how many digits a text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// evidenceDocument is evidence.json.
type evidenceDocument struct {
	SchemaVersion int               `json:"schema_version"`
	Statement     string            `json:"statement"`
	Tool          report.Tool       `json:"tool"`
	AsOf          string            `json:"as_of"`
	Outcome       report.Outcome    `json:"outcome"`
	Catalog       evidenceCatalog   `json:"catalog"`
	Packs         []Pack            `json:"packs"`
	Inputs        []report.Input    `json:"inputs"`
	Events        int               `json:"events"`
	Counts        Counts            `json:"counts"`
	Controls      []controlFacts    `json:"controls"`
	Rules         []ruleFacts       `json:"rules"`
	Owners        []Score           `json:"owners"`
	Domains       []Score           `json:"domains"`
	Findings      []evidenceFinding `json:"findings"`
	Problems      []report.Problem  `json:"errors"`
}

type evidenceCatalog struct {
	Roots  []string `json:"roots"`
	Commit string   `json:"commit"`
	Digest string   `json:"digest"`
}

type evidenceFinding struct {
	Rule        string          `json:"rule"`
	Severity    report.Severity `json:"severity"`
	Event       string          `json:"event"`
	Owners      []string        `json:"owners"`
	Message     string          `json:"message"`
	Place       string          `json:"place"`
	File        string          `json:"file"`
	Line        int             `json:"line"`
	Fingerprint string          `json:"fingerprint"`
	Waiver      *report.Waiver  `json:"waiver"`
}

func writeDocument(w io.Writer, f *facts) error {
	doc := evidenceDocument{
		SchemaVersion: 1, Statement: statement, Tool: f.Report.Tool, AsOf: f.Report.AsOf, Outcome: f.Report.Outcome(),
		Catalog: evidenceCatalog{Roots: filled(f.Result.Catalog.Roots), Commit: f.Commit, Digest: f.Result.Catalog.Digest},
		Packs:   filled(f.Result.Packs), Inputs: filled(f.Report.Inputs),
		Events: f.scores.Total.Events, Counts: f.scores.Total.Counts(),
		Controls: filled(f.controls), Rules: filled(f.rules), Owners: f.scores.Owners, Domains: f.scores.Domains,
		Findings: []evidenceFinding{}, Problems: []report.Problem{},
	}
	for _, p := range f.Report.Errors {
		p.Hints = filled(p.Hints)
		doc.Problems = append(doc.Problems, p)
	}
	for _, finding := range f.Report.Findings {
		doc.Findings = append(doc.Findings, evidenceFinding{
			Rule: finding.Rule, Severity: finding.Severity, Event: finding.Subject, Owners: filled(finding.Owners),
			Message: finding.Message, Place: finding.Place, File: finding.Location.File, Line: finding.Location.Line,
			Fingerprint: finding.Fingerprint, Waiver: finding.Waiver,
		})
	}
	return encodeIndented(w, doc)
}

// evidenceWaiver is one entry of waivers.json.
type evidenceWaiver struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	Subject     string `json:"subject"`
	Pointer     string `json:"pointer"`
	Owner       string `json:"owner"`
	Reason      string `json:"reason"`
	Expires     string `json:"expires"`
	Expired     bool   `json:"expired"`
	Covers      int    `json:"covers"` // how many findings of the run
	File        string `json:"file"`
	Line        int    `json:"line"`
}

func writeWaivers(w io.Writer, f *facts) error {
	return encodeIndented(w, struct {
		SchemaVersion int              `json:"schema_version"`
		AsOf          string           `json:"as_of"`
		Waivers       []evidenceWaiver `json:"waivers"`
	}{1, f.Report.AsOf, f.waivers()})
}

// waivers lists the file of waivers in its order, the expired and the unused ones
// too.
func (f *facts) waivers() []evidenceWaiver {
	all := []evidenceWaiver{}
	if f.Waivers == nil {
		return all
	}
	for _, w := range f.Waivers.Waivers {
		all = append(all, evidenceWaiver{
			Fingerprint: w.Fingerprint, Rule: w.Rule, Subject: w.Subject, Pointer: w.Pointer, Owner: w.Owner, Reason: w.Reason,
			Expires: w.Expires, Expired: w.Expired(f.day), Covers: f.covered(w), File: w.Place.File, Line: w.Place.Line,
		})
	}
	return all
}

func (f *facts) covered(w waiver.Waiver) int {
	n := 0
	for _, finding := range f.Report.Findings {
		if w.Covers(finding) {
			n++
		}
	}
	return n
}

func encodeIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// filled is never null: the documents say [] where Go says nil.
func filled[T any](values []T) []T { return append([]T{}, values...) }
