package replay

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// TestQuestions asks what testdata/questions asks. A fixture holds nexus.yaml, a
// log of lines STREAM SEQUENCE TYPE DATA (a dash is no sequence), and sections whose names are questions
// and whose texts are their answers. NEXUS_UPDATE=1 rewrites the answers.
func TestQuestions(t *testing.T) {
	files, err := filepath.Glob("testdata/questions/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, archive)
			for i, section := range archive.Files {
				if section.Name == "nexus.yaml" || section.Name == "log" || section.Name == "overlay.yaml" {
					continue
				}
				got := d.ask(section.Name)
				if os.Getenv("NEXUS_UPDATE") != "" {
					archive.Files[i].Data = []byte(got)
				} else if diff := cmp.Diff(string(section.Data), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", section.Name, diff)
				}
			}
			if os.Getenv("NEXUS_UPDATE") != "" {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A desk is where questions about one log are asked.
type desk struct {
	t       *testing.T
	dir     string
	log     *event.Log
	config  *document.Document
	overlay []byte
	out     strings.Builder
}

func newDesk(t *testing.T, archive *txtar.Archive) *desk {
	d := &desk{t: t, dir: t.TempDir()}
	for _, file := range archive.Files {
		switch file.Name {
		case "nexus.yaml":
			var err error
			if d.config, err = document.Parse("nexus.yaml", file.Data); err != nil {
				t.Fatal(err)
			}
		case "log":
			d.log = openLog(t, d.dir, nativeLog(t, string(file.Data)))
		case "overlay.yaml":
			d.overlay = file.Data
		}
	}
	return d
}

// nativeLog writes lines STREAM SEQUENCE TYPE DATA as a log.
func nativeLog(t fataler, lines string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(lines) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(words) != 4 {
			t.Fatal("no line of a log: " + line)
		}
		n++
		sequence := fmt.Sprintf(`"sequence":"%s",`, words[1])
		if words[1] == "-" {
			sequence = ""
		}
		fmt.Fprintf(&b, `{"specversion":"1.0","id":"e%d","source":"/s","type":"shop.%s","subject":"%s",%s"time":"2025-01-01T00:%02d:00Z","correlationid":"c%d","data":%s}`+"\n",
			n, words[2], words[0], sequence, n, (n+1)/2, words[3])
	}
	return b.String()
}

// reducer is the one of that name, the only one, or the merge.
func (d *desk) reducer(name string) *Reducer {
	specs, err := ParseReducers(d.config, "/reducers")
	if err != nil {
		d.t.Fatal(err)
	}
	chain, err := upcast.Parse(d.config.Value().(map[string]any)["upcast"])
	if err != nil {
		d.t.Fatal(err)
	}
	for key, spec := range specs {
		if key == name || name == "" && len(specs) == 1 || name == "" && key == "order" {
			r, err := spec.Compile(chain)
			if err != nil {
				d.t.Fatal(err)
			}
			return r
		}
	}
	return MergeReducer(nil)
}

func (d *desk) stream(id string) Stream {
	streams, _, err := Load(d.t.Context(), d.log, LoadOptions{Stream: id})
	if err != nil || len(streams) != 1 {
		d.t.Fatalf("%d streams %s, %v", len(streams), id, err)
	}
	return streams[0]
}

func (d *desk) expr(text string) *Expr {
	x, err := ParseExpr(text)
	if err != nil {
		d.t.Fatal(err)
	}
	return x
}

func (d *desk) point(text string) Point {
	p, err := ParsePoint(text)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// ask answers one question.
func (d *desk) ask(question string) string {
	d.out.Reset()
	kind, rest, _ := strings.Cut(question, " ")
	words := strings.Fields(rest)
	_, tail, _ := strings.Cut(rest, " ")
	var err error
	switch kind {
	case "blame":
		err = d.blame(words)
	case "diff":
		err = d.diff(words)
	case "bisect":
		err = d.bisect(words[0], tail)
	case "whatif":
		err = d.whatIf(words[0], tail)
	case "overlay":
		_, err = ParseOverlay("overlay.yaml", []byte(rest))
	case "compare":
		err = d.compare(words[0], words[1])
	case "minimise", "neutral":
		err = d.minimise(words[0], tail, kind == "neutral")
	case "verify":
		err = d.verify(words)
	case "snapshots":
		err = d.snapshots(words[0])
	default:
		d.t.Fatalf("no question %q", question)
	}
	if err != nil {
		fmt.Fprintln(&d.out, err)
		if never, ok := errors.AsType[*NeverError](err); ok {
			d.findings([]report.Finding{never.Finding()})
		}
	}
	return strings.ReplaceAll(d.out.String(), d.dir+string(filepath.Separator), "")
}

func (d *desk) say(text string) { fmt.Fprintln(&d.out, text) }

func (d *desk) tables(tables ...report.Table) {
	for _, t := range tables {
		d.say("# " + t.Title)
		var aligned bytes.Buffer
		w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Columns}, t.Rows...) {
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		if err := w.Flush(); err != nil {
			d.t.Fatal(err)
		}
		for line := range strings.Lines(aligned.String()) {
			d.say(strings.TrimRight(line, " \n"))
		}
		for _, note := range t.Notes {
			d.say("  " + note)
		}
	}
}

func (d *desk) findings(findings []report.Finding) {
	for _, f := range findings {
		offset := int64(-1)
		if f.Location.Offset != nil {
			offset = *f.Location.Offset
		}
		d.say(fmt.Sprintf("%s:%d@%d %s %s [%s] %s", f.Location.File, f.Location.Line, offset, f.Severity, f.Rule, f.Subject, f.Message))
	}
}

func (d *desk) blame(words []string) error {
	p, err := ParsePath(words[1])
	if err != nil {
		return err
	}
	o := Options{}
	if len(words) > 3 {
		o.At = d.point(words[3])
	}
	h, err := Blame(d.reducer(""), d.stream(words[0]), p, o)
	if err == nil {
		d.tables(h.Table(nil))
	}
	return err
}

func (d *desk) diff(words []string) error {
	r := d.reducer("")
	if strings.HasPrefix(words[1], "order-") {
		difference, err := DiffStreams(r, d.stream(words[0]), d.stream(words[1]), Point{})
		if err == nil {
			d.tables(difference.Table(nil))
		}
		return err
	}
	difference, err := DiffPoints(r, d.stream(words[0]), d.point(words[1]), d.point(words[2]))
	if err == nil {
		d.tables(difference.Table(nil))
	}
	return err
}

func (d *desk) bisect(stream, expression string) error {
	b, err := Bisect(d.reducer(""), d.stream(stream), d.expr(expression), Options{})
	if err == nil {
		d.say(b.Headline())
		d.tables(b.Tables(nil)...)
	}
	return err
}

func (d *desk) whatIf(stream, changes string) error {
	overlay, err := d.parseOverlay(changes)
	if err != nil {
		return err
	}
	a, err := WhatIf(d.reducer(""), d.stream(stream), overlay)
	if err == nil {
		d.say(a.Headline())
		d.say(strings.Join(overlay.Lines(), "\n"))
		d.tables(a.Tables(nil)...)
		d.findings(a.Findings())
	}
	return err
}

// parseOverlay reads changes as the flags take them, or overlay.yaml.
func (d *desk) parseOverlay(changes string) (o Overlay, err error) {
	if changes == "overlay.yaml" {
		return ParseOverlay("overlay.yaml", d.overlay)
	}
	for change := range strings.SplitSeq(changes, "; ") {
		kind, text, _ := strings.Cut(change, " ")
		var one Overlay
		switch kind {
		case "drop":
			p, err := ParseTarget(text)
			if err != nil {
				return o, err
			}
			one.Drops = []Point{p}
		case "edit":
			e, err := ParseEdit(text)
			if err != nil {
				return o, err
			}
			one.Edits = []Edit{e}
		case "insert":
			i, err := ParseInsert(text)
			if err != nil {
				return o, err
			}
			one.Inserts = []Insert{i}
		case "swap":
			s, err := ParseSwap(text)
			if err != nil {
				return o, err
			}
			one.Swaps = []Swap{s}
		}
		o.Add(one)
	}
	return o, nil
}

func (d *desk) compare(old, new string) error {
	c, err := Compare(d.t.Context(), d.log, d.reducer(old), d.reducer(new), CompareOptions{})
	if err == nil {
		d.say(c.Headline())
		d.tables(c.Tables(nil)...)
		d.findings(c.Findings())
	}
	return err
}

func (d *desk) minimise(stream, expression string, neutral bool) error {
	m, err := Minimise(d.t.Context(), d.reducer(""), d.stream(stream), d.expr(expression), MinimiseOptions{})
	if err != nil {
		return err
	}
	if neutral {
		if m, err = m.Neutral(d.t.Context(), MinimiseOptions{}); err != nil {
			return err
		}
	}
	d.say(m.Headline())
	d.tables(m.Table(nil))
	d.out.Write(m.Fixture())
	return nil
}

func (d *desk) verify(words []string) error {
	v, err := Verify(d.t.Context(), d.log, d.reducer(words[0]), FoldOptions{Workers: 2})
	if err != nil {
		return err
	}
	d.tables(v.Table())
	if len(words) > 1 {
		root, err := ParseRoot(words[1])
		if err != nil {
			return err
		}
		d.findings(v.Expect(root))
	}
	return nil
}

func (d *desk) snapshots(writesPerRead string) error {
	w, err := strconv.ParseFloat(writesPerRead, 64)
	if err != nil {
		return err
	}
	a, err := Snapshots(d.t.Context(), d.log, d.reducer(""), SnapshotOptions{WritesPerRead: w})
	if err != nil {
		return err
	}
	d.say(a.Headline())
	d.tables(a.Tables()...)
	chart := a.Chart()
	for i, label := range chart.Labels {
		d.say(fmt.Sprintf("%s: %g %s", label, chart.Values[i], chart.Unit))
	}
	return nil
}
