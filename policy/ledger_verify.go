package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// LedgerOptions say what of a ledger is verified besides its chain.
type LedgerOptions struct {
	// From and To bound the time in which gaps are looked for; zero means from
	// the first line, and to the last.
	From, To time.Time
	// Every is how many days may lie between two runs. 0 means 1, a run a day.
	Every int
	// Head is the hash of a line that was noted earlier, empty when none was. The
	// ledger must still hold it: that a chain was cut at its end shows only so.
	Head string
}

// LedgerReport is what verifying a ledger found.
type LedgerReport struct {
	Name    string
	Entries []LedgerEntry // those before the first fault
	Head    string        // hash of the last of them, to be kept elsewhere; empty without any
	Fault   *LedgerFault  // nil when the chain is whole
	Gaps    []LedgerGap
}

// LedgerFault is the first place at which a chain is broken. What comes after it
// proves nothing.
type LedgerFault struct {
	File    string
	Line    int
	Message string
}

func (f *LedgerFault) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message) }

// LedgerGap is a time without a run: the days from From to To, both included.
type LedgerGap struct {
	From, To string // YYYY-MM-DD
	Days     int
	Line     int // of the last run before it, 1 when there is none
}

// VerifyLedger reads a ledger and finds the first line that was altered, removed,
// moved, put in between or cut short, and the times without a run. name is the
// file's, for messages. The error is about reading alone: a broken ledger is a
// result.
//
// The days are those that the runs were told to judge by. The chain proves the
// order of the runs and that none was touched since; it does not prove when a run
// took place.
func VerifyLedger(name string, r io.Reader, o LedgerOptions) (*LedgerReport, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger %s: %w", name, err)
	}
	chain := readChain(name, text)
	result := &LedgerReport{Name: name, Fault: chain.fault, Head: chain.head()}
	for _, l := range chain.links {
		result.Entries = append(result.Entries, l.entry)
	}
	if result.Fault == nil && o.Head != "" && !slices.ContainsFunc(chain.links, func(l link) bool { return l.entry.Hash == o.Head }) {
		result.Fault = &LedgerFault{name, max(1, len(chain.links)), "no line has the hash " + o.Head +
			", which was noted earlier: lines were cut off at the end, or the ledger was written anew"}
	}
	result.Gaps = gaps(chain.links, o)
	return result, nil
}

// A link is one line of a chain.
type link struct {
	entry LedgerEntry
	day   time.Time
}

// A chain is the text of a ledger, read up to its first fault.
type chain struct {
	links []link
	fault *LedgerFault
}

// head is the hash of the last line.
func (c chain) head() string {
	if len(c.links) == 0 {
		return ""
	}
	return c.links[len(c.links)-1].entry.Hash
}

func readChain(name string, text []byte) chain {
	var c chain
	lines := bytes.SplitAfter(text, []byte("\n"))
	if last := len(lines) - 1; len(lines[last]) == 0 {
		lines = lines[:last]
	}
	if len(lines) == 0 {
		c.fault = &LedgerFault{name, 1, "the ledger holds no line"}
	}
	for i, line := range lines {
		l, message := readLink(line)
		if message == "" {
			message = c.refuses(l, lines[i+1:])
		}
		if message != "" {
			c.fault = &LedgerFault{name, i + 1, message}
			break
		}
		c.links = append(c.links, l)
	}
	return c
}

// readLink reads one line for itself, or says what is wrong with it.
func readLink(line []byte) (l link, fault string) {
	text, whole := bytes.CutSuffix(line, []byte("\n"))
	if !whole {
		return l, "the line is cut short: it does not end with a line break"
	}
	object, err := decodeObject(text)
	if err != nil {
		return l, "the line was altered: it is no JSON object"
	}
	if err := json.Unmarshal(text, &l.entry); err != nil {
		return l, "the line was altered: it is no entry of a ledger"
	}
	if !bytes.Equal(canonicalJSON(object), text) {
		return l, "the line was altered: it is not written as nexus writes it"
	}
	if hash := hashOf(object); hash != l.entry.Hash {
		return l, "the line was altered: its hash is " + hash + ", and it says " + strconv.Quote(l.entry.Hash)
	}
	if l.day, err = time.Parse(dateLayout, l.entry.AsOf); err != nil {
		return l, fmt.Sprintf("as_of is %q, which is no date", l.entry.AsOf)
	}
	return l, ""
}

// refuses says why a line, good in itself, does not follow the chain. rest are
// the lines after it.
func (c chain) refuses(l link, rest [][]byte) string {
	previous, expected := noHash, len(c.links)+1
	if len(c.links) > 0 {
		previous = c.head()
	}
	if l.entry.Previous == previous && l.entry.Sequence == expected {
		return ""
	}
	switch said := l.entry.Sequence; {
	case slices.ContainsFunc(c.links, func(earlier link) bool { return earlier.entry.Hash == l.entry.Hash }):
		return fmt.Sprintf("the line repeats line %d", said)
	case said > expected && later(rest, expected):
		return fmt.Sprintf("the lines are out of order: entry %d stands where entry %d belongs", said, expected)
	case said == expected+1:
		return fmt.Sprintf("entry %d is missing before this line", expected)
	case said > expected:
		return fmt.Sprintf("the entries %d to %d are missing before this line", expected, said-1)
	case said < expected:
		return fmt.Sprintf("the lines are out of order, or one was put in between: entry %d stands where entry %d belongs", said, expected)
	}
	return "it does not continue the line before it, which was replaced or put in between: its prev is " +
		strconv.Quote(l.entry.Previous) + ", and the hash of that line is " + previous
}

// later reports whether a whole entry of that number stands among lines.
func later(lines [][]byte, sequence int) bool {
	return slices.ContainsFunc(lines, func(line []byte) bool {
		l, fault := readLink(line)
		return fault == "" && l.entry.Sequence == sequence
	})
}

// gaps lists the times without a run between From and To. Runs may have been made
// for any day in any order.
func gaps(links []link, o LedgerOptions) []LedgerGap {
	from, to := o.From, o.To
	runs := slices.Clone(links)
	slices.SortStableFunc(runs, func(a, b link) int { return a.day.Compare(b.day) })
	if len(runs) > 0 && from.IsZero() {
		from = runs[0].day
	}
	if len(runs) > 0 && to.IsZero() {
		to = runs[len(runs)-1].day
	}
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return nil
	}
	runs = slices.DeleteFunc(runs, func(l link) bool { return l.day.Before(from) || l.day.After(to) })
	runs = append(runs, link{day: to.AddDate(0, 0, 1)})
	var found []LedgerGap
	last, line := from.AddDate(0, 0, -1), 1
	for _, run := range runs {
		if silent := days(last, run.day) - 1; silent >= max(o.Every, 1) {
			found = append(found, LedgerGap{
				From: last.AddDate(0, 0, 1).Format(dateLayout), To: run.day.AddDate(0, 0, -1).Format(dateLayout),
				Days: silent, Line: line,
			})
		}
		last, line = run.day, run.entry.Sequence
	}
	return found
}

// days counts the days from one to another.
func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

var (
	ruleLedgerBroken = report.Rule{
		ID: "policy/ledger-broken", Title: "the ledger's chain is broken", Severity: report.Error,
		Why: "A ledger shows that the checks were made over a period. Past the first line that was altered, moved or removed it shows nothing.",
		Fix: "Restore the ledger from version control or a backup. Never edit a line: a wrong run is followed by a right one.",
	}
	ruleLedgerGap = report.Rule{
		ID: "policy/ledger-gap", Title: "a time without a run", Severity: report.Warning,
		Why: "Whoever asks whether a check was in operation over a period asks about every part of it.",
		Fix: "Run the report on a schedule, and keep the reason for a time without a run beside the ledger.",
	}
)

// LedgerRules documents the rules of a ledger's findings.
func LedgerRules() []report.Rule { return []report.Rule{ruleLedgerBroken, ruleLedgerGap} }

// Findings are the fault and the gaps as findings about the ledger.
func (l *LedgerReport) Findings() []report.Finding {
	var list []report.Finding
	if l.Fault != nil {
		list = append(list, l.finding(ruleLedgerBroken, l.Fault.Line, l.Fault.Message, strconv.Itoa(l.Fault.Line)))
	}
	for _, g := range l.Gaps {
		message := fmt.Sprintf("no run from %s to %s: %s", g.From, g.To, report.Count(g.Days, "day"))
		if g.Days == 1 {
			message = "no run on " + g.From
		}
		list = append(list, l.finding(ruleLedgerGap, g.Line, message, g.From))
	}
	return list
}

func (l *LedgerReport) finding(rule report.Rule, line int, message, identity string) report.Finding {
	return report.Finding{
		Rule: rule.ID, Severity: rule.Severity, Subject: l.Name, Message: message, Hint: rule.Fix,
		Location: at(l.Name, line, 1), Fingerprint: report.Fingerprint(rule.ID, l.Name, "", "", nil, identity),
	}
}
