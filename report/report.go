// Package report holds the one result that every nexus command returns, and the
// renderers that show it.
//
// A command fills a Report; a Renderer writes it. Renderers never change a
// verdict: the outcome, the severities and the exit code are decided before a
// renderer sees the report. Adding a format is one file in this package and one
// line in Renderers; adding a command changes no renderer.
//
// The package imports the standard library only.
package report

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// SchemaVersion is the version of the JSON contract. Additive changes keep it.
const SchemaVersion = 1

// Severity ranks a finding.
type Severity string

// The severities, from the gravest.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Never is the --fail-on value under which no finding fails a run.
const Never Severity = "never"

// rank orders severities, 0 the gravest.
func (s Severity) rank() int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	case Note:
		return 2
	}
	return 3
}

// AtLeast reports whether s is as grave as threshold, or graver. Nothing
// reaches Never.
func (s Severity) AtLeast(threshold Severity) bool {
	return threshold != Never && s.rank() <= threshold.rank()
}

// ResultKind is the outcome of one check of one rule on one subject.
type ResultKind string

// The outcomes of a check.
const (
	Pass          ResultKind = "pass"
	Fail          ResultKind = "fail"
	Waived        ResultKind = "waived"
	NotApplicable ResultKind = "not_applicable"
	Undeclared    ResultKind = "undeclared"
	Undecided     ResultKind = "undecided"
	Errored       ResultKind = "error"
)

// Outcome is what a whole run says.
type Outcome string

// The outcomes of a run; exit codes 0, 1 and 3.
const (
	Clean     Outcome = "clean"
	Findings  Outcome = "findings"
	Unchecked Outcome = "unchecked"
)

// Tool names the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Rule documents one rule: what `nexus explain` shows, what SARIF calls help.
type Rule struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Why      string   `json:"why"`
	Severity Severity `json:"severity"`
	Controls []string `json:"controls"`
	HelpURI  *string  `json:"help_uri"`
	// Code is another name that people know the rule by, may be empty.
	Code string `json:"-"`
	// Kind is the compat.Kind the rule reports, empty for other families.
	Kind string `json:"-"`
	// Before and After are short excerpts that break the rule: the old and the new text.
	Before string `json:"-"`
	After  string `json:"-"`
	// Fix says in a sentence what to do instead.
	Fix string `json:"-"`
}

// Location is a place in a file, or an offset in a log. Lines and columns are
// 1-based and count code points; the end is exclusive.
type Location struct {
	File      string  `json:"file"`
	Line      int     `json:"line"`
	Column    int     `json:"column"`
	EndLine   int     `json:"end_line"`
	EndColumn int     `json:"end_column"`
	Pointer   string  `json:"pointer"`
	Side      string  `json:"side"` // "old" or "new"
	Revision  *string `json:"revision"`
	Offset    *int64  `json:"offset"`
}

// Related is a second place that helps to understand a finding, such as the
// old side of a change.
type Related struct {
	Message string `json:"message"`
	Location
}

// Witness is a document that proves a finding: one side accepts it, the other
// does not, and the real validator said so.
type Witness struct {
	Encoding  string   `json:"encoding"` // json, avro or protobuf
	Document  any      `json:"document"`
	Text      string   `json:"text"` // the exact text of the document
	Hex       *string  `json:"hex"`
	Origin    string   `json:"origin"` // search, log or fixture
	Old       string   `json:"old"`    // "accepts", or "rejects: why"
	New       string   `json:"new"`
	DependsOn []string `json:"depends_on"` // "format", "pattern": what the proof rests on
	// Recorded is the exact text of a recorded document, for the terminal alone;
	// Document and Text are redacted then.
	Recorded string `json:"-"`
}

// Edit replaces a range of a file by Text. Positions as in Location.
type Edit struct {
	File        string `json:"file"`
	StartLine   int    `json:"start_line"`
	StartColumn int    `json:"start_column"`
	EndLine     int    `json:"end_line"`
	EndColumn   int    `json:"end_column"`
	Text        string `json:"text"`
}

// Fix is a suggested change. Verified says that the engine checked the edited
// schema and found it compatible.
type Fix struct {
	Title    string `json:"title"`
	Edits    []Edit `json:"edits"`
	Verified bool   `json:"verified"`
}

// Waiver is the reviewed exception that covers a finding.
type Waiver struct {
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Expires string `json:"expires"` // YYYY-MM-DD; empty for a baseline entry
	// Baseline is true when the finding is covered by --baseline, not by a waiver.
	Baseline bool `json:"baseline"`
}

// Finding is one rule broken at one place.
type Finding struct {
	Rule        string    `json:"rule"`
	Severity    Severity  `json:"severity"`
	Subject     string    `json:"subject"`
	Owners      []string  `json:"owners"`
	Affects     []string  `json:"affects"`
	Message     string    `json:"message"`
	Hint        string    `json:"hint"`
	Direction   *string   `json:"direction"` // backward, forward or null
	Proof       *string   `json:"proof"`     // witness, rule, policy, log or null
	Witness     *Witness  `json:"witness"`
	Location    Location  `json:"location"`
	Related     []Related `json:"related"`
	Fingerprint string    `json:"fingerprint"`
	Fixes       []Fix     `json:"fixes"`
	Waiver      *Waiver   `json:"waiver"`
	// Place identifies what the finding is about by a pointer that does not
	// depend on what else the file holds: /required/total, where Location, a
	// place to look at, says /required/2. Waivers name it. Empty for a finding
	// about the whole subject.
	Place string `json:"-"`
}

// Check is one rule judged on one subject, passed or not.
type Check struct {
	Subject  string     `json:"subject"`
	Rule     string     `json:"rule"`
	Result   ResultKind `json:"result"`
	Location Location   `json:"location"`
}

// Problem is something that could not be checked. Any problem makes the run
// unchecked (exit 3).
type Problem struct {
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Hints    []string  `json:"hints"`
	Subject  *string   `json:"subject"`
	Location *Location `json:"location"`
}

// Input is something the run read.
type Input struct {
	Role     string `json:"role"` // checked, baseline, catalog, log, policy, prices or waivers
	Ref      string `json:"ref"`
	Resolved string `json:"resolved"`
	Digest   string `json:"digest"` // "sha256:..." of what was read
}

// Table is rows under columns, with notes below. Cells are printed as they are.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Notes   []string   `json:"notes"`
	// Detail is set for what a screen and a comment leave out.
	Detail bool `json:"-"`
	// Most is how many rows a screen and a comment show; 0 is all.
	Most int `json:"-"`
	// Answer is set for what a spreadsheet should have of a command that judges and
	// answers: csv writes it behind the findings.
	Answer bool `json:"-"`
	// InData says that Data has all that the rows say, so that JSON, which holds
	// Data, leaves the table out.
	InData bool `json:"-"`
}

// brief is the tables that a screen or a comment has room for.
func brief(tables []Table) []Table {
	var list []Table
	for _, t := range tables {
		if t.Detail {
			continue
		}
		if hidden := len(t.Rows) - t.Most; t.Most > 0 && hidden > 0 {
			t.Rows = t.Rows[:t.Most]
			t.Notes = append(slices.Clone(t.Notes), Count(hidden, "more row")+" in the json and html reports")
		}
		list = append(list, t)
	}
	return list
}

// Brief is the report's tables and charts as a screen has room for them.
func (r *Report) Brief() ([]Table, []Chart) {
	charts := slices.DeleteFunc(slices.Clone(r.Charts), func(c Chart) bool { return c.Detail })
	return brief(r.Tables), charts
}

// Series is Data whose one member is a list that is too long to be in memory as a
// whole: each element is made when it is written, and may be made again.
type Series struct {
	Name     string
	Elements iter.Seq2[any, error]
}

// Chart is a series of labelled values, drawn as horizontal bars.
type Chart struct {
	Title  string    `json:"title"`
	Unit   string    `json:"unit"`
	Labels []string  `json:"labels"`
	Values []float64 `json:"values"`
	// Detail is set for what a screen and a comment leave out.
	Detail bool `json:"-"`
}

// Summary counts findings. Waived and baseline findings are not counted under
// their severity.
type Summary struct {
	Error    int `json:"error"`
	Warning  int `json:"warning"`
	Note     int `json:"note"`
	Waived   int `json:"waived"`
	Baseline int `json:"baseline"`
}

// Report is what a command found. Its JSON form is the machine contract.
type Report struct {
	Tool     Tool
	Command  string
	FailOn   Severity
	AsOf     string // YYYY-MM-DD
	Checked  int    // subjects, events or lines judged
	Inputs   []Input
	Checks   []Check
	Findings []Finding
	Errors   []Problem
	Rules    []Rule // every rule that findings and checks name
	Tables   []Table
	Charts   []Chart
	Data     any // the command's own payload; documented in docs/schemas
	// Headline is the one sentence that sums the run up for a person.
	Headline string
	// ByOwner is true when a person reads the findings owner by owner.
	ByOwner bool
	// TerminalTables are Tables as the person at a terminal may see them, where
	// other outputs redact; nil where nothing is redacted.
	TerminalTables []Table
	// Interrupted is true when somebody stopped the run.
	Interrupted bool
}

// isAnswer reports whether the report answers a question by its tables: nothing
// was judged.
func (r *Report) isAnswer() bool { return len(r.Checks) == 0 && len(r.Tables) > 0 }

// Active reports whether f counts against the run: it is not waived.
func (f Finding) Active() bool { return f.Waiver == nil }

// Summary counts the report's findings.
func (r *Report) Summary() Summary {
	var s Summary
	for _, f := range r.Findings {
		switch {
		case f.Waiver != nil && f.Waiver.Baseline:
			s.Baseline++
		case f.Waiver != nil:
			s.Waived++
		case f.Severity == Error:
			s.Error++
		case f.Severity == Warning:
			s.Warning++
		default:
			s.Note++
		}
	}
	return s
}

// String counts in words, such as "1 error, 2 notes"; it is empty when there is
// nothing to count.
func (s Summary) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		noun string
	}{{s.Error, "error"}, {s.Warning, "warning"}, {s.Note, "note"}} {
		if p.n > 0 {
			parts = append(parts, Count(p.n, p.noun))
		}
	}
	if s.Waived > 0 {
		parts = append(parts, strconv.Itoa(s.Waived)+" waived")
	}
	if s.Baseline > 0 {
		parts = append(parts, strconv.Itoa(s.Baseline)+" in the baseline")
	}
	return strings.Join(parts, ", ")
}

// Outcome says what the run amounts to. Something that could not be checked
// outranks findings: a run that could not look is never clean.
func (r *Report) Outcome() Outcome {
	if len(r.Errors) > 0 || r.Interrupted {
		return Unchecked
	}
	for _, f := range r.Findings {
		if f.Active() && f.Severity.AtLeast(r.FailOn) {
			return Findings
		}
	}
	return Clean
}

// ExitCode is the process exit code: 0, 1 or 3 by the outcome, 130 when the run
// was interrupted.
func (r *Report) ExitCode() int {
	if r.Interrupted {
		return 130
	}
	switch r.Outcome() {
	case Unchecked:
		return 3
	case Findings:
		return 1
	}
	return 0
}

// Rule returns the documentation of rule id, or a bare rule with that id.
func (r *Report) Rule(id string) Rule {
	for _, rule := range r.Rules {
		if rule.ID == id {
			return rule
		}
	}
	return Rule{ID: id, Title: id}
}

// Normalize puts the report into its one order: findings by subject and severity,
// what was observed before what was made up, then by place and rule, checks by subject and rule, errors by subject and message; equal
// findings collapse; equal fingerprints get the suffixes :2, :3. It may run again
// after findings, checks or errors were added: what it has named keeps its name.
func (r *Report) Normalize() {
	slices.SortStableFunc(r.Findings, compareFindings)
	r.Findings = slices.CompactFunc(r.Findings, func(a, b Finding) bool {
		return a.Fingerprint == b.Fingerprint && a.Location == b.Location && a.Message == b.Message
	})
	taken := map[string]bool{"": true}
	for i := range r.Findings {
		print := &r.Findings[i].Fingerprint
		for first, n := *print, 2; first != "" && taken[*print]; n++ {
			*print = first + ":" + strconv.Itoa(n)
		}
		taken[*print] = true
	}
	if !slices.IsSortedFunc(r.Checks, compareChecks) { // there may be half a million, in order already
		slices.SortStableFunc(r.Checks, compareChecks)
	}
	slices.SortStableFunc(r.Errors, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(deref(a.Subject), deref(b.Subject)), cmp.Compare(a.Message, b.Message))
	})
	slices.SortFunc(r.Rules, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	r.Rules = slices.CompactFunc(r.Rules, func(a, b Rule) bool { return a.ID == b.ID })
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Subject, b.Subject),
		cmp.Compare(a.Severity.rank(), b.Severity.rank()),
		cmp.Compare(a.evidence(), b.evidence()),
		cmp.Compare(a.Location.File, b.Location.File),
		cmp.Compare(a.Location.Line, b.Location.Line),
		cmp.Compare(a.Location.Column, b.Location.Column),
		cmp.Compare(a.Location.Pointer, b.Location.Pointer),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(deref(a.Direction), deref(b.Direction)),
		cmp.Compare(a.Message, b.Message),
	)
}

// evidence ranks findings by what they rest on: 0 is what recorded events show,
// which outranks the witness of a search and every conclusion from rules.
func (f Finding) evidence() int {
	if deref(f.Proof) == "log" || f.Witness != nil && f.Witness.Origin == "log" {
		return 0
	}
	return 1
}

func compareChecks(a, b Check) int {
	if order := cmp.Compare(a.Subject, b.Subject); order != 0 {
		return order
	}
	return cmp.Compare(a.Rule, b.Rule)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
