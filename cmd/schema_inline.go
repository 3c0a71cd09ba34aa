package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// notCompared is the code of an event whose schema may have changed unseen.
const notCompared = "not-compared"

// isInline reports whether an event's schema is written inside another document.
func isInline(e *catalog.Event) bool { return e.Schema.Known() && e.Schema.Get.Pointer != "" }

// inScope reports whether the schemas in a document are compared: all are, unless
// the command line names paths.
func (c *schemaCheck) inScope(document string) bool {
	return len(c.named) == 0 || slices.ContainsFunc(c.named, func(name string) bool {
		_, below := under(c.app.display(name), document)
		return below || document == c.app.display(name)
	})
}

// checkedNames are the catalog's names for the checked side. A push registers
// files only.
func (c *schemaCheck) checkedNames() registry.Names {
	all := c.app.subjectNames(c.catalog)
	names := all.Files()
	for _, i := range all.Inline() {
		if c.to == "" && c.inScope(i.File) {
			names.AddInline(i)
		}
	}
	return names
}

// addInline adds the subjects that are written inside other documents. Where a file
// is a version of the same subject, the file is what is compared; see uncompared.
func (t *tree) addInline(ctx context.Context, names registry.Names) error {
	if len(names.Inline()) == 0 {
		return nil
	}
	var only registry.Names
	for _, i := range names.Inline() {
		if _, taken := t.origins[i.Subject]; !taken {
			only.AddInline(i)
		}
	}
	r := registry.NewTree(nil, registry.TreeOptions{Layout: registry.Layout{Names: only}})
	if conflict := r.Conflict(); conflict != nil {
		return openFailure(conflict)
	}
	subjects, err := r.Subjects(ctx)
	if err != nil {
		return unchecked(err)
	}
	return t.adopt(ctx, r, subjects, func(subject string) string { return subject })
}

// stays reports whether an event has a schema inside a document that this run does
// not look at, so that nothing can be said of it.
func (c *schemaCheck) stays(subject string) bool {
	if c.catalog == nil {
		return false
	}
	e := c.catalog.Event(subject, "")
	return e != nil && isInline(e) && !c.inScope(e.Schema.Get.File)
}

// uncompared are the events whose schemas no comparison reached although they may
// have changed: such a run has not passed.
func (c *schemaCheck) uncompared(ctx context.Context) []report.Problem {
	if c.catalog == nil || c.to != "" {
		return nil
	}
	var problems []report.Problem
	for e := range c.catalog.Current() {
		if !e.Schema.Known() || !c.inScope(e.Schema.Get.File) {
			continue
		}
		switch {
		case c.app.unsupported(e.Schema.Get):
			if !c.sameFile(e) {
				problems = append(problems, c.app.unsupportedProblem(e))
			}
		case isInline(e):
			if reason := c.unreached(ctx, e); reason != "" {
				location := e.Schema.Place.Location()
				problems = append(problems, report.Problem{
					Code: notCompared, Subject: &e.ID, Location: &location,
					Message: fmt.Sprintf("the schema of %s is written inside %s and was not compared: %s", e.ID, e.Schema.Get.File, reason),
					Hints:   []string{"write it in a file of its own, or compare it with a baseline that holds the catalog, such as git:main"},
				})
			}
		}
	}
	return problems
}

// unreached is why the schema of an event inside a document is not compared, or
// empty.
func (c *schemaCheck) unreached(ctx context.Context, e *catalog.Event) string {
	at, checked := c.checked.origins[e.ID]
	if !checked {
		return "it is not among the checked schemas"
	}
	if s, err := at.registry.Schema(ctx, at.subject, ""); err == nil && !writtenIn(s, e.Schema.Get) {
		return "another version of it is the file " + s.File
	}
	if c.baseline.unread == "" {
		return ""
	}
	if _, err := c.baseline.Schema(ctx, e.ID, ""); errors.Is(err, registry.ErrNotFound) {
		return "its version in " + c.baseline.ref + " cannot be looked up: " + c.baseline.unread
	}
	return ""
}

// writtenIn reports whether a schema is the one inside a document.
func writtenIn(s schema.Schema, inline catalog.Schema) bool {
	document, _ := registry.Document(s.File)
	return document == inline.File
}

// sameFile reports whether a file that cannot be compared is, to the byte, what the
// baseline holds, or is new.
func (c *schemaCheck) sameFile(e *catalog.Event) bool {
	if c.baseline.read == nil {
		return false
	}
	old, err := c.baseline.read(e.Schema.Get.File)
	return errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(old, e.Schema.Get.Text)
}

// placeInline lets findings about schemas inside documents point at the document.
// What would edit the schema's own text cannot be applied there.
func placeInline(findings []report.Finding, c *catalog.Catalog) {
	for i := range findings {
		f := &findings[i]
		e := c.Event(f.Subject, "")
		if e == nil || !isInline(e) {
			continue
		}
		document, inside := registry.Document(f.Location.File)
		if !inside || document != e.Schema.Get.File {
			continue
		}
		at := catalog.Place{File: document, Pointer: e.Schema.Get.Pointer + strings.TrimPrefix(f.Location.Pointer, "#")}
		if at = e.FieldPlace(at); at.Line == 0 {
			at = e.Schema.Place
		}
		f.Location, f.Fixes = at.Location(), nil
	}
}

// unfiled notes the events whose schemas are written inside another document, for a
// run that looks at files only.
func (c *schemaCheck) unfiled() []string {
	if c.catalog == nil {
		return nil
	}
	var ids []string
	for e := range c.catalog.Current() {
		if isInline(e) && (c.to != "" || !c.inScope(e.Schema.Get.File)) {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return []string{"not compared, since their schemas are written inside another document: " + sample(ids)}
}
