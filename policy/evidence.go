package policy

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

// Evidence is what a bundle shows: one run of the checks.
type Evidence struct {
	// Report is the run's own, normalized, with findings after waivers.
	Report *report.Report
	Result *Result
	// Commit is the catalog's revision, empty outside version control.
	Commit  string
	Waivers *waiver.File // nil without one
}

// Bundle is a folder of evidence that was written.
type Bundle struct {
	Files  []string // names in the folder, SHA256SUMS the last
	Digest string   // "sha256:..." of SHA256SUMS, and so of the whole bundle
}

// The files of a bundle.
const (
	evidenceFile = "evidence.json"
	pageFile     = "report.html"
	oscalFile    = "assessment-results.json"
	sarifFile    = "results.sarif"
	resultsFile  = "results.ndjson"
	waiversFile  = "waivers.json"
	sumsFile     = "SHA256SUMS"
)

// unfinished is how the folder begins in which a bundle is written at first.
const unfinished = ".nexus-evidence-"

// parts are the files in the order in which they are written: each may hold the
// digests of those before it.
var parts = []struct {
	name  string
	write func(io.Writer, *facts) error
}{
	{evidenceFile, writeDocument},
	{waiversFile, writeWaivers},
	{resultsFile, writeResults},
	{sarifFile, func(w io.Writer, f *facts) error { return report.RenderSARIFWithChecks(w, f.Report) }},
	{pageFile, writePage},
	{oscalFile, writeOSCAL},
}

// WriteEvidence writes the bundle of a run into a folder:
//
//	evidence.json            what was judged, by which rules, with which counts
//	report.html              the same for a person, to read and to print
//	assessment-results.json  the same as OSCAL assessment results
//	results.sarif            every finding and every check
//	results.ndjson           a line for every rule and event, for a SIEM
//	waivers.json             the exceptions, with owner and last day
//	SHA256SUMS               for sha256sum -c
//
// Equal runs give equal bytes: no time but the day of the run is in them. The
// folder must be missing, empty, or hold an earlier bundle, whose files are
// replaced; what else it holds by then stays. SHA256SUMS is replaced last, so
// that a bundle that was left half written does not verify.
func WriteEvidence(dir string, e Evidence) (*Bundle, error) {
	f, err := gather(e)
	if err != nil {
		return nil, err
	}
	if err := mayWrite(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing the evidence: %w", err)
	}
	scratch, err := os.MkdirTemp(dir, unfinished)
	if err != nil {
		return nil, fmt.Errorf("writing the evidence: %w", err)
	}
	defer os.RemoveAll(scratch)
	bundle, err := f.write(scratch)
	if err != nil {
		return nil, err
	}
	for _, name := range bundle.Files {
		if err := os.Rename(filepath.Join(scratch, name), filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("writing the evidence: %w", err)
		}
	}
	return bundle, nil
}

// mayWrite refuses a folder that holds something else than a bundle.
func mayWrite(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("writing the evidence: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), unfinished) })
	if len(entries) == 0 || holdsBundle(dir) {
		return nil
	}
	return &Error{
		Usage: true, Code: CodeNotEmpty,
		Message: fmt.Sprintf("writing the evidence: the folder %s is not empty, and what it holds is no earlier evidence of nexus", dir),
		Hints:   []string{"name a folder that is new or empty: nothing is overwritten but an earlier bundle"},
	}
}

// CodeNotEmpty is the code of the *Error about a folder that holds something else.
const CodeNotEmpty = "not-empty"

// holdsBundle reports whether a folder's SHA256SUMS lists the files of a bundle.
func holdsBundle(dir string) bool {
	sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return false
	}
	var listed []string
	for line := range strings.Lines(string(sums)) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed = append(listed, name)
	}
	for _, p := range parts {
		if !slices.Contains(listed, p.name) {
			return false
		}
	}
	return true
}

// write writes all files of the bundle into an empty folder.
func (f *facts) write(dir string) (*Bundle, error) {
	bundle := &Bundle{}
	for _, p := range parts {
		sum, err := writeEvidenceFile(filepath.Join(dir, p.name), func(w io.Writer) error { return p.write(w, f) })
		if err != nil {
			return nil, fmt.Errorf("writing the evidence: %s: %w", p.name, err)
		}
		f.sums = append(f.sums, fileSum{p.name, sum})
		bundle.Files = append(bundle.Files, p.name)
	}
	slices.SortFunc(f.sums, func(a, b fileSum) int { return cmp.Compare(a.name, b.name) })
	var sums bytes.Buffer
	for _, s := range f.sums {
		fmt.Fprintf(&sums, "%s  %s\n", s.hex, s.name)
	}
	sum, err := writeEvidenceFile(filepath.Join(dir, sumsFile), func(w io.Writer) error {
		_, err := w.Write(sums.Bytes())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("writing the evidence: %s: %w", sumsFile, err)
	}
	bundle.Files = append(bundle.Files, sumsFile)
	bundle.Digest = "sha256:" + sum
	return bundle, nil
}

// A fileSum is the SHA-256 of a file of the bundle.
type fileSum struct{ name, hex string }

// writeEvidenceFile writes a new file and returns its SHA-256.
func writeEvidenceFile(name string, write func(io.Writer) error) (sum string, err error) {
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	buffer := bufio.NewWriterSize(io.MultiWriter(out, hash), 1<<16)
	if err := cmp.Or(write(buffer), buffer.Flush()); err != nil {
		return "", errors.Join(err, out.Close())
	}
	return hex.EncodeToString(hash.Sum(nil)), out.Close()
}
