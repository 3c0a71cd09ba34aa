package policy

import (
	_ "embed"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/report"
)

//go:embed page.html
var pageText string

// page is parsed at its first use: most runs of nexus never write a bundle.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"dashed": func(s string) string { return strings.ReplaceAll(s, " ", "-") },
		"join":   func(list []string) string { return strings.Join(list, ", ") },
	}).Parse(pageText))
})

// evidencePage is what the template sees.
type evidencePage struct {
	Report    *report.Report
	Result    *Result
	Statement string
	Commit    string
	Total     Score
	Controls  []pageControl
	Others    []ruleFacts // rules that cite no control
	Owners    []pageOwner
	Waivers   []evidenceWaiver
	Tables    []report.Table
}

type pageControl struct {
	controlFacts
	Cited []ruleFacts
}

// pageOwner holds what one owner has to see to. A finding with two owners is
// shown to both.
type pageOwner struct {
	Name     string // empty for what nobody owns
	Findings []report.Finding
}

// writePage writes the report for people: one page that needs nothing but itself,
// neither script nor font nor anything to fetch, on a screen or on paper.
func writePage(w io.Writer, f *facts) error {
	p := evidencePage{
		Report: f.Report, Result: f.Result, Statement: statement, Commit: f.Commit, Total: f.scores.Total,
		Owners: f.owners(), Waivers: f.waivers(), Tables: f.scores.Tables(),
	}
	byID := map[string]ruleFacts{}
	for _, r := range f.rules {
		byID[r.ID] = r
		if len(r.Controls) == 0 {
			p.Others = append(p.Others, r)
		}
	}
	for _, c := range f.controls {
		shown := pageControl{controlFacts: c}
		for _, id := range c.Rules {
			shown.Cited = append(shown.Cited, byID[id])
		}
		p.Controls = append(p.Controls, shown)
	}
	return page().Execute(w, p)
}

// owners groups the findings by owner, in the order of the names.
func (f *facts) owners() []pageOwner {
	byName := map[string][]report.Finding{}
	for _, finding := range f.Report.Findings {
		names := finding.Owners
		if len(names) == 0 {
			names = []string{""}
		}
		for _, name := range names {
			byName[name] = append(byName[name], finding)
		}
	}
	var owners []pageOwner
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		owners = append(owners, pageOwner{name, byName[name]})
	}
	return owners
}
