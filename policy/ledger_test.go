package policy

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/report"
)

// entryOf is a run on a day of January 2026.
func entryOf(day int) LedgerEntry {
	return LedgerEntry{
		AsOf: fmt.Sprintf("2026-01-%02d", day), Tool: "1.2.3", Outcome: report.Clean, Commit: "0123abc", CatalogDigest: "sha256:cafe",
		Packs: []LedgerPack{{"house", "1.2.0", "sha256:beef"}}, Events: 3, Counts: Counts{Pass: 3, Waived: 1}, Evidence: "sha256:f00d",
	}
}

// ledgerOf is the text of a ledger with a run on each of the days.
func ledgerOf(t testing.TB, days ...int) []byte {
	t.Helper()
	var text []byte
	for _, day := range days {
		_, line, err := entryOf(day).after("ledger.ndjson", text)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, line...)
	}
	return text
}

func verify(t testing.TB, text []byte, o LedgerOptions) *LedgerReport {
	t.Helper()
	r, err := VerifyLedger("ledger.ndjson", bytes.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The form of a line and its hash are for ever: ledgers outlive the program.
func TestLedgerLine(t *testing.T) {
	const want = `{"as_of":"2026-01-05","catalog_commit":"0123abc","catalog_digest":"sha256:cafe",` +
		`"counts":{"fail":0,"not_applicable":0,"pass":3,"undeclared":0,"waived":1},"events":3,"evidence_digest":"sha256:f00d",` +
		`"hash":"284f6a7f657d1680f1ee23eec6b62a73445441685e438edbaabf57eb1665f848","outcome":"clean",` +
		`"packs":[{"digest":"sha256:beef","name":"house","version":"1.2.0"}],` +
		`"prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":1,"tool_version":"1.2.3","v":1}` + "\n"
	if diff := cmp.Diff(want, string(ledgerOf(t, 5))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The hash is what the doc comment says, by another program.
func TestLedgerHashByJQ(t *testing.T) {
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("jq is not installed")
	}
	entry := entryOf(5)
	entry.Packs[0].Name = "Maß <&> 😀"
	sealed, line, err := entry.after("ledger.ndjson", nil)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(jq, "-jcS", "del(.hash)")
	command.Stdin = bytes.NewReader(line)
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := sumOf(text); got != sealed.Hash {
		t.Errorf("jq's text has the hash %s, the line says %s", got, sealed.Hash)
	}
}

func TestAppendLedger(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ledger.ndjson")
	var heads []string
	for day := range 3 {
		entry, err := AppendLedger(name, entryOf(day+1))
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, entry.Hash)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(ledgerOf(t, 1, 2, 3)), string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r := verify(t, text, LedgerOptions{})
	if r.Fault != nil || len(r.Entries) != 3 || r.Head != heads[2] || r.Entries[2].Previous != heads[1] {
		t.Errorf("the ledger is read as %+v", r)
	}
	if left, _ := filepath.Glob(name + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAppendLedgerRefuses(t *testing.T) {
	t.Run("a broken chain", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "ledger.ndjson")
		broken := bytes.Replace(ledgerOf(t, 1, 2), []byte(`"pass":3`), []byte(`"pass":4`), 1)
		if err := os.WriteFile(name, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := AppendLedger(name, entryOf(3))
		if err == nil || !strings.Contains(err.Error(), "ledger.ndjson:1: the line was altered") {
			t.Errorf("the error is %v", err)
		}
		if text, _ := os.ReadFile(name); !bytes.Equal(text, broken) {
			t.Error("the ledger was changed")
		}
		if _, err := AppendLedger(name, entryOf(3)); strings.Contains(err.Error(), "another run") {
			t.Errorf("the refused run left its lock: %v", err)
		}
	})
	t.Run("a second run at the same time", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "ledger.ndjson")
		if err := os.WriteFile(name+".next", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := AppendLedger(name, entryOf(3))
		if err == nil || !strings.Contains(err.Error(), "another run is appending") {
			t.Errorf("the error is %v", err)
		}
		if _, err := os.Stat(name + ".next"); err != nil {
			t.Error("the lock of the other run was removed")
		}
	})
}

// TestAppendLedgerLeavesTheNextLock: as soon as a run has renamed its text, the name
// of the lock is free, and a lock of that name is another run's.
func TestAppendLedgerLeavesTheNextLock(t *testing.T) {
	for range 100 {
		name := filepath.Join(t.TempDir(), "ledger.ndjson")
		var other sync.WaitGroup
		other.Go(func() {
			for _, err := os.Stat(name); err != nil; _, err = os.Stat(name) {
				runtime.Gosched() // the first run has not renamed
			}
			if err := os.WriteFile(name+".next", nil, 0o600); err != nil {
				t.Error(err)
			}
		})
		_, err := AppendLedger(name, entryOf(1))
		other.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(name + ".next"); err != nil {
			t.Fatalf("the lock of the other run was removed: %v", err)
		}
	}
}

func TestVerifyLedger(t *testing.T) {
	lines := slices.Collect(bytes.Lines(ledgerOf(t, 1, 2, 3, 4, 5)))
	other := slices.Collect(bytes.Lines(ledgerOf(t, 1, 2, 9, 4, 5)))
	join := func(lines ...[]byte) []byte { return bytes.Join(lines, nil) }
	head := verify(t, join(lines...), LedgerOptions{}).Head
	for name, tt := range map[string]struct {
		text []byte
		head string
		want string // the fault, empty for a whole chain
	}{
		"whole":              {text: join(lines...)},
		"altered":            {text: bytes.Replace(join(lines...), []byte("2026-01-03"), []byte("2026-01-04"), 1), want: "ledger.ndjson:3: the line was altered: its hash is"},
		"missing":            {text: join(lines[0], lines[2], lines[3]), want: "ledger.ndjson:2: entry 2 is missing before this line"},
		"several missing":    {text: join(lines[0], lines[4]), want: "ledger.ndjson:2: the entries 2 to 4 are missing before this line"},
		"first missing":      {text: join(lines[1:]...), want: "ledger.ndjson:1: entry 1 is missing before this line"},
		"swapped":            {text: join(lines[0], lines[2], lines[1], lines[3]), want: "ledger.ndjson:2: the lines are out of order: entry 3 stands where entry 2 belongs"},
		"repeated":           {text: join(lines[0], lines[1], lines[1], lines[2]), want: "ledger.ndjson:3: the line repeats line 2"},
		"replaced":           {text: join(lines[0], lines[1], other[2], lines[3], lines[4]), want: "ledger.ndjson:4: it does not continue the line before it"},
		"cut in a line":      {text: join(lines...)[:len(join(lines...))-9], want: "ledger.ndjson:5: the line is cut short"},
		"no last line break": {text: bytes.TrimSuffix(join(lines...), []byte("\n")), want: "ledger.ndjson:5: the line is cut short"},
		"an empty line":      {text: join(lines[0], []byte("\n"), lines[1]), want: "ledger.ndjson:2: the line was altered: it is no JSON object"},
		"reformatted":        {text: bytes.Replace(join(lines...), []byte(`,"`), []byte(`, "`), 1), want: "ledger.ndjson:1: the line was altered: it is not written as nexus writes it"},
		"empty":              {text: nil, want: "ledger.ndjson:1: the ledger holds no line"},
		"cut at its end":     {text: join(lines[:4]...)},
		"cut, and the head was kept": {text: join(lines[:4]...), head: head,
			want: "ledger.ndjson:4: no line has the hash " + head},
		"grown since the head was kept": {text: join(lines...), head: verify(t, join(lines[:2]...), LedgerOptions{}).Head},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, tt.text, LedgerOptions{Head: tt.head})
			got := ""
			if r.Fault != nil {
				got = r.Fault.String()
			}
			if (tt.want == "") != (got == "") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("the fault is %q, want %q", got, tt.want)
			}
		})
	}
}

// Whoever edits a ledger by one byte, or removes, swaps or repeats a line, is
// found; lines cut off at the end are what a chain cannot show.
func TestLedgerShowsEveryEdit(t *testing.T) {
	whole := ledgerOf(t, 1, 2, 3, 5, 8, 13)
	lines := slices.Collect(bytes.Lines(whole))
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(whole)-1).Draw(t, "byte")
		line := rapid.IntRange(0, len(lines)-2).Draw(t, "line")
		edits := map[string]func() []byte{
			"change a byte": func() []byte {
				text := slices.Clone(whole)
				text[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
				return text
			},
			"remove a byte": func() []byte { return slices.Delete(slices.Clone(whole), i, i+1) },
			"insert a byte": func() []byte { return slices.Insert(slices.Clone(whole), i, rapid.Byte().Draw(t, "new")) },
			"remove a line": func() []byte { return bytes.Join(slices.Delete(slices.Clone(lines), line, line+1), nil) },
			"swap lines": func() []byte {
				swapped := slices.Clone(lines)
				with := rapid.IntRange(line+1, len(lines)-1).Draw(t, "with")
				swapped[line], swapped[with] = swapped[with], swapped[line]
				return bytes.Join(swapped, nil)
			},
			"repeat a line": func() []byte {
				at := rapid.IntRange(0, len(lines)).Draw(t, "at")
				return bytes.Join(slices.Insert(slices.Clone(lines), at, lines[line]), nil)
			},
		}
		edit := rapid.SampledFrom([]string{"change a byte", "remove a byte", "insert a byte", "remove a line", "swap lines", "repeat a line"}).Draw(t, "edit")
		text := edits[edit]()
		r, err := VerifyLedger("ledger.ndjson", bytes.NewReader(text), LedgerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Fault == nil {
			t.Fatalf("%s: not found in\n%s", edit, text)
		}
	})
}

func TestLedgerGaps(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		days []int
		o    LedgerOptions
		want []LedgerGap
	}{
		"a run a day":           {days: []int{1, 2, 3}},
		"two runs a day":        {days: []int{1, 1, 2}},
		"one day without":       {days: []int{1, 3}, want: []LedgerGap{{"2026-01-02", "2026-01-02", 1, 1}}},
		"a week is allowed":     {days: []int{1, 8, 16}, o: LedgerOptions{Every: 7}, want: []LedgerGap{{"2026-01-09", "2026-01-15", 7, 2}}},
		"in any order":          {days: []int{3, 1, 2}},
		"before and after":      {days: []int{5, 6}, o: LedgerOptions{From: day(3), To: day(8)}, want: []LedgerGap{{"2026-01-03", "2026-01-04", 2, 1}, {"2026-01-07", "2026-01-08", 2, 2}}},
		"runs outside":          {days: []int{1, 5, 9}, o: LedgerOptions{From: day(4), To: day(6)}, want: []LedgerGap{{"2026-01-04", "2026-01-04", 1, 1}, {"2026-01-06", "2026-01-06", 1, 2}}},
		"no run in that time":   {days: []int{1}, o: LedgerOptions{From: day(4), To: day(6)}, want: []LedgerGap{{"2026-01-04", "2026-01-06", 3, 1}}},
		"a time that runs back": {days: []int{1}, o: LedgerOptions{From: day(6), To: day(4)}},
	} {
		t.Run(name, func(t *testing.T) {
			got := verify(t, ledgerOf(t, tt.days...), tt.o).Gaps
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLedgerFindings(t *testing.T) {
	text := bytes.Replace(ledgerOf(t, 1, 3, 7, 8), []byte("2026-01-08"), []byte("2026-01-09"), 1)
	var got []string
	for _, f := range verify(t, text, LedgerOptions{}).Findings() {
		message, _, _ := strings.Cut(f.Message, ": its hash")
		got = append(got, fmt.Sprintf("%s %s %s %s", f.Location.String(), f.Severity, f.Rule, message))
	}
	want := []string{
		"ledger.ndjson:4:1 error policy/ledger-broken the line was altered",
		"ledger.ndjson:1:1 warning policy/ledger-gap no run on 2026-01-02",
		"ledger.ndjson:2:1 warning policy/ledger-gap no run from 2026-01-04 to 2026-01-06: 3 days",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run's line says what its bundle shows.
func TestLedgerEntryOfEvidence(t *testing.T) {
	e := houseEvidence(t)
	bundle, _ := written(t, e)
	got := e.LedgerEntry(bundle)
	want := LedgerEntry{
		AsOf: "2026-01-31", Tool: "1.2.3", Outcome: report.Findings, Commit: e.Commit, CatalogDigest: e.Result.Catalog.Digest,
		Packs:  []LedgerPack{{"house", "1.2.0", e.Result.Packs[0].Digest}},
		Events: 3, Counts: Counts{Pass: 3, Fail: 1, Waived: 1, Undeclared: 1, NotApplicable: 3}, Evidence: bundle.Digest,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzVerifyLedger(f *testing.F) {
	f.Add(ledgerOf(f, 1, 2, 3))
	f.Add([]byte("null\n"))
	f.Add([]byte(`{"hash":1}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := verify(t, text, LedgerOptions{})
		if r.Fault != nil && (r.Fault.Line < 1 || r.Fault.Line > max(1, bytes.Count(text, []byte("\n"))+1)) {
			t.Errorf("the fault is at line %d", r.Fault.Line)
		}
		if r.Fault == nil && len(r.Entries) != bytes.Count(text, []byte("\n")) {
			t.Errorf("%d entries of %d lines", len(r.Entries), bytes.Count(text, []byte("\n")))
		}
	})
}
