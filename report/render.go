package report

import (
	"io"
	"slices"
)

// Renderer writes a report in one format. It reads the report and changes
// nothing in it.
type Renderer func(w io.Writer, r *Report) error

// Format names a renderer. The text format lives in package ui, which knows
// the terminal; every other one is in Renderers.
type Format struct {
	Name   string
	Title  string // for help texts
	Render Renderer
}

// Renderers lists the machine formats in the order in which help shows them.
// Help, completion and lookup all read this one table.
var Renderers = []Format{
	{"json", "the stable machine contract, schema_version 1", renderJSON},
	{"sarif", "SARIF 2.1.0 for code scanning", renderSARIF},
	{"junit", "JUnit XML, one test case a check", renderJUnit},
	{"github", "GitHub workflow annotations", renderGitHub},
	{"gitlab", "GitLab code quality", renderGitLab},
	{"markdown", "a pull-request comment", renderMarkdown},
	{"html", "one self-contained page", renderHTML},
	{"csv", "one line a finding, or the tables of an answer", renderCSV},
}

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	i := slices.IndexFunc(Renderers, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return Renderers[i], true
}
