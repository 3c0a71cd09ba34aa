package policy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

const evidenceFixture = "testdata/evidence.txtar"

// houseEvidence is the run of the fixture.
func houseEvidence(t testing.TB) Evidence {
	t.Helper()
	fsys, _ := archive(t, evidenceFixture)
	l, err := Open(fsys, "policies")
	if err != nil {
		t.Fatal(err)
	}
	waivers, err := waiver.Load("waivers.yaml", fsys["waivers.yaml"].Data)
	if err != nil {
		t.Fatal(err)
	}
	e := evidenceOf(t, Options{Library: l, Catalog: loadCatalog(t, fsys, "catalog.yaml"), AsOf: asOf, Waivers: waivers})
	e.Commit = "0123456789abcdef0123456789abcdef01234567"
	return e
}

// evidenceOf checks and makes the report as the command does.
func evidenceOf(t testing.TB, o Options) Evidence {
	t.Helper()
	r, err := Check(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	rep := &report.Report{
		Tool: report.Tool{Name: "nexus", Version: "1.2.3"}, Command: "policy report", FailOn: report.Error, AsOf: r.AsOf,
		Checked: len(r.Events), Findings: r.Findings(), Rules: append(r.Documents(), waiver.Rules()...),
		Inputs: []report.Input{{Role: "catalog", Ref: "catalog.yaml", Digest: r.Catalog.Digest}},
	}
	rep.Normalize()
	findings, extra := waiver.Apply(rep.Findings, o.Waivers, o.AsOf, waiver.Scope{Complete: true})
	rep.Findings = append(findings, extra...)
	rep.Checks = r.Checks(rep.Findings)
	rep.Normalize()
	return Evidence{Report: rep, Result: r, Waivers: o.Waivers}
}

// written writes a bundle and returns the texts of its files.
func written(t testing.TB, e Evidence) (*Bundle, map[string]string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "evidence")
	b, err := WriteEvidence(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	return b, readBundle(t, dir)
}

func readBundle(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[entry.Name()] = string(text)
	}
	return texts
}

var (
	digestPattern = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	uuidPattern   = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
)

// readable replaces digests by DIGEST, and ids by a number that tells them apart.
func readable(text string) string {
	numbers := map[string]string{}
	text = digestPattern.ReplaceAllString(text, "DIGEST")
	return uuidPattern.ReplaceAllStringFunc(text, func(id string) string {
		if numbers[id] == "" {
			numbers[id] = fmt.Sprintf("UUID-%d", len(numbers)+1)
		}
		return numbers[id]
	})
}

// TestEvidence compares the files of a bundle with the fixture; NEXUS_UPDATE=1
// writes them.
func TestEvidence(t *testing.T) {
	bundle, texts := written(t, houseEvidence(t))
	if want := append(slices.Collect(partNames), sumsFile); !cmp.Equal(bundle.Files, want) || len(texts) != len(want) {
		t.Errorf("the bundle holds %v, want %v", bundle.Files, want)
	}
	a, err := txtar.ParseFile(evidenceFixture)
	if err != nil {
		t.Fatal(err)
	}
	golden := []string{evidenceFile, waiversFile, resultsFile, oscalFile, sumsFile}
	if os.Getenv("NEXUS_UPDATE") != "" {
		a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want/") })
		for _, name := range golden {
			a.Files = append(a.Files, txtar.File{Name: "want/" + name, Data: []byte(readable(texts[name]))})
		}
		if err := os.WriteFile(evidenceFixture, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fsys, _ := archive(t, evidenceFixture)
	for _, name := range golden {
		want := fsys["want/"+name]
		if want == nil {
			t.Fatalf("the fixture has no want/%s; NEXUS_UPDATE=1 writes it", name)
		}
		if diff := cmp.Diff(string(want.Data), readable(texts[name])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func partNames(yield func(string) bool) {
	for _, p := range parts {
		if !yield(p.name) {
			return
		}
	}
}

func TestEvidenceIsTheSameEveryTime(t *testing.T) {
	first, texts := written(t, houseEvidence(t))
	for range 3 {
		again, others := written(t, houseEvidence(t))
		if diff := cmp.Diff(texts, others); diff != "" || first.Digest != again.Digest {
			t.Fatalf("two runs differ:\n%s", diff)
		}
	}
}

func TestEvidenceSums(t *testing.T) {
	bundle, texts := written(t, houseEvidence(t))
	if got := sha256.Sum256([]byte(texts[sumsFile])); bundle.Digest != "sha256:"+hex.EncodeToString(got[:]) {
		t.Errorf("the bundle's digest is %s", bundle.Digest)
	}
	lines := strings.Split(strings.TrimSuffix(texts[sumsFile], "\n"), "\n")
	if len(lines) != len(parts) || !slices.IsSortedFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) }) {
		t.Errorf("the sums are not of every file, by name:\n%s", texts[sumsFile])
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		if got := sha256.Sum256([]byte(texts[name])); sum != hex.EncodeToString(got[:]) {
			t.Errorf("the sum of %s is wrong", name)
		}
	}
	sha256sum, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("sha256sum is not installed")
	}
	dir := t.TempDir()
	if _, err := WriteEvidence(dir, houseEvidence(t)); err != nil {
		t.Fatal(err)
	}
	check := exec.Command(sha256sum, "--check", "--strict", sumsFile)
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum -c: %v\n%s", err, out)
	}
}

func TestEvidenceOverwritesOnlyItself(t *testing.T) {
	house := houseEvidence(t)
	write := func(t *testing.T, files map[string]string) (string, error) {
		t.Helper()
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := WriteEvidence(dir, house)
		return dir, err
	}
	for name, files := range map[string]map[string]string{
		"a stranger's file":     {"notes.txt": "mine"},
		"a file of ours, alone": {evidenceFile: "{}"},
		"a stranger's sums":     {sumsFile: strings.Repeat("0", 64) + "  release.tar.gz\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := write(t, files)
			refused, ok := errors.AsType[*Error](err)
			if !ok || !refused.Usage || refused.Code != CodeNotEmpty {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(files, readBundle(t, dir)); diff != "" {
				t.Errorf("the folder changed (-before +after):\n%s", diff)
			}
		})
	}
	t.Run("an earlier bundle", func(t *testing.T) {
		dir, err := write(t, nil)
		if err != nil {
			t.Fatal(err)
		}
		fresh := readBundle(t, dir)
		for name, text := range map[string]string{"ledger.ndjson": "kept", pageFile: "older"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := WriteEvidence(dir, house); err != nil {
			t.Fatal(err)
		}
		fresh["ledger.ndjson"] = "kept"
		if diff := cmp.Diff(fresh, readBundle(t, dir)); diff != "" {
			t.Errorf("the bundle was not replaced (-want +got):\n%s", diff)
		}
	})
	t.Run("after a run that was cut off", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, unfinished+"1"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := WriteEvidence(dir, house); err != nil {
			t.Fatal(err)
		}
	})
}

// A control is satisfied only when nothing about it is broken, excused or open.
func TestState(t *testing.T) {
	for want, c := range map[string]Counts{
		"satisfied":      {Pass: 3, NotApplicable: 2},
		"not satisfied":  {Pass: 3, Fail: 1, Waived: 1, Undeclared: 1},
		"undeclared":     {Pass: 3, Waived: 1, Undeclared: 1},
		"waived":         {Pass: 3, Waived: 1},
		"not applicable": {NotApplicable: 2},
	} {
		if got := c.State(); got != want {
			t.Errorf("%+v is %q, want %q", c, got, want)
		}
	}
}

func TestCitationsSortByNumber(t *testing.T) {
	want := []string{"GDPR Art. 5(1)(b)", "GDPR Art. 5(1)(e)", "GDPR Art. 17", "GDPR Art. 17(1)", "PCI DSS 3.5.1", "PCI DSS 3.5.1.1", "PCI DSS 10.5.1"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, compareCitations)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What rules and catalogs say is text on the page, and the page fetches nothing.
func TestPageIsSelfContained(t *testing.T) {
	_, texts := written(t, houseEvidence(t))
	text := texts[pageFile]
	for _, never := range []string{"<script", "<link", "<img", "src=", "url(", "@import", "compliant"} {
		if strings.Contains(strings.ToLower(text), never) {
			t.Errorf("the page contains %q", never)
		}
	}
	for _, expected := range []string{
		"3 of 5 applicable checks satisfied", "unverified citation", "the auditor asks for it", "2026-06-30", "@media print",
		"prefers-color-scheme: dark", "house/retention", `<span class="state is-error">expired</span>`, "(nobody)",
	} {
		if !strings.Contains(text, expected) {
			t.Errorf("the page does not say %q", expected)
		}
	}
}

// Every check is in the SARIF file once: as its findings, or as a result of its
// own kind.
func TestEvidenceSARIF(t *testing.T) {
	e := houseEvidence(t)
	_, texts := written(t, e)
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID, Kind, Level string
				Suppressions        []struct{ Justification string }
				Properties          struct{ Subject string }
			}
		}
	}
	if err := json.Unmarshal([]byte(texts[sarifFile]), &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range log.Runs[0].Results {
		line := strings.Join([]string{r.Properties.Subject, r.RuleID, r.Kind, r.Level}, " ")
		if len(r.Suppressions) > 0 {
			line += ", " + r.Suppressions[0].Justification
		}
		got = append(got, line)
	}
	slices.Sort(got)
	want := []string{
		"CardCharged catalog/undeclared fail warning",
		"CardCharged house/impact open none",
		"CardCharged house/retention fail error, waived by billing until 2026-06-30: the auditor asks for it",
		"CardCharged house/versioned pass none",
		"OrderPlaced house/impact fail error",
		"OrderPlaced house/retention notApplicable none",
		"OrderPlaced house/versioned pass none",
		"OrderQueried house/impact notApplicable none",
		"OrderQueried house/retention notApplicable none",
		"OrderQueried house/versioned pass none",
		"OrderShipped waiver/expired fail error",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The digest of what a rule was shown changes with what it was shown.
func TestInputsDigest(t *testing.T) {
	digest := func(change func(*Evidence)) string {
		e := houseEvidence(t)
		change(&e)
		f, err := gather(e)
		if err != nil {
			t.Fatal(err)
		}
		return f.rules[0].InputsDigest
	}
	same := digest(func(*Evidence) {})
	if again := digest(func(*Evidence) {}); again != same {
		t.Errorf("equal runs have the digests %s and %s", same, again)
	}
	for name, change := range map[string]func(*Evidence){
		"an attribute": func(e *Evidence) { e.Result.Events[0].Summary = "other" },
		"the pack":     func(e *Evidence) { e.Result.Packs[0].Digest = "sha256:0" },
		"the day":      func(e *Evidence) { e.Result.inputs.asOf = "2026-02-01" },
	} {
		if digest(change) == same {
			t.Errorf("%s does not count", name)
		}
	}
}

func TestEvidenceWithoutADay(t *testing.T) {
	e := houseEvidence(t)
	e.Report.AsOf = ""
	dir := filepath.Join(t.TempDir(), "evidence")
	if _, err := WriteEvidence(dir, e); err == nil || !strings.Contains(err.Error(), "the run has no day") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("a folder was made")
	}
}

func BenchmarkEvidence(b *testing.B) {
	const events = 10_000
	r, err := Check(context.Background(), Options{Library: library, Selection: allPacks(), Catalog: generated(events), AsOf: asOf})
	if err != nil {
		b.Fatal(err)
	}
	findings := r.Findings()
	rep := &report.Report{AsOf: r.AsOf, Findings: findings, Checks: r.Checks(findings), Rules: r.Documents()}
	for b.Loop() {
		f, err := gather(Evidence{Report: rep, Result: r})
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range parts {
			var size counted
			if err := p.write(&size, f); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(size)/(1<<20), "MB/"+p.name)
		}
	}
}

// counted counts what is written to it.
type counted int64

func (c *counted) Write(text []byte) (int, error) {
	*c += counted(len(text))
	return io.Discard.Write(text)
}
