package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
)

//go:embed page.html
var pageText string

// page is parsed at its first use: most runs of nexus never write HTML.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
})

// htmlPage is what the template sees.
type htmlPage struct {
	Title    string
	Report   *Report
	Outcome  Outcome
	Summary  Summary
	Subjects []htmlSubject
	Charts   []htmlChart
}

// htmlSubject gathers what belongs to one subject.
type htmlSubject struct {
	Name     string
	Findings []htmlFinding
}

type htmlFinding struct {
	Finding
	Doc Rule
}

type htmlChart struct {
	Title, Unit string
	Bars        []bar
}

// renderHTML writes one page that needs nothing but itself: no script, no
// fonts, no link to fetch, so that it can be attached to a release and opened
// years later.
func renderHTML(w io.Writer, r *Report) error {
	title := cmp.Or(strings.TrimSpace(r.Tool.Name+" "+r.Command), "nexus")
	data := htmlPage{Title: title, Report: r, Outcome: r.Outcome(), Summary: r.Summary(), Subjects: htmlSubjects(r)}
	for _, c := range r.Charts {
		data.Charts = append(data.Charts, htmlChart{c.Title, c.Unit, c.bars()})
	}
	if err := page().Execute(w, data); err != nil {
		return fmt.Errorf("writing the html report: %w", err)
	}
	return nil
}

// htmlSubjects groups findings that stand beside each other, as Normalize put them.
func htmlSubjects(r *Report) []htmlSubject {
	var subjects []htmlSubject
	for _, f := range r.Findings {
		if n := len(subjects); n == 0 || subjects[n-1].Name != f.Subject {
			subjects = append(subjects, htmlSubject{Name: f.Subject})
		}
		last := &subjects[len(subjects)-1]
		last.Findings = append(last.Findings, htmlFinding{f, r.Rule(f.Rule)})
	}
	return subjects
}

// bar is one value of a chart, ready to draw.
type bar struct {
	Label    string
	Value    string
	Percent  float64 // of the longest bar
	Negative bool
}

// bars pairs labels and values; a label without a value is not drawn.
func (c Chart) bars() []bar {
	longest := 0.0
	for _, v := range c.Values {
		longest = max(longest, math.Abs(v))
	}
	var bars []bar
	for i, label := range c.Labels[:min(len(c.Labels), len(c.Values))] {
		v := c.Values[i]
		b := bar{Label: label, Value: strconv.FormatFloat(v, 'f', -1, 64), Negative: v < 0}
		if longest > 0 {
			b.Percent = math.Round(1000*math.Abs(v)/longest) / 10
		}
		bars = append(bars, b)
	}
	return bars
}
