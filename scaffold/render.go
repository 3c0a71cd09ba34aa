package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/nexus-blueprint/nexus/document"
)

// templateFiles holds the texts of an app. Those of policies are what they are.
//
//go:embed template
var templateFiles embed.FS

// templates are the files of an app, by the last part of their path.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"article": withArticle, "comment": comment, "quote": strconv.Quote, "quoted": quoted, "sentence": asSentence, "lowered": lowered,
	"path": pathName, "yaml": yamlWord,
}).ParseFS(templateFiles, "template/domain/*.tmpl", "template/app/*.tmpl"))

// Render makes the files of an app that are about its domain. The spec must be
// resolved; version is that of nexus. The generic core, the catalog and its lock, and
// the manifest are made elsewhere.
func Render(s Spec, version string) (Tree, error) {
	domains, err := newDomains(s)
	if err != nil {
		return nil, err
	}
	models, err := newModels(domains)
	if err != nil {
		return nil, err
	}
	r := renderer{tree: Tree{}}
	for i, d := range domains {
		r.domain(d)
		if r.err == nil {
			r.err = d.checkSet(document.Join("/aggregates", strconv.Itoa(i)), r.tree)
		}
	}
	for _, m := range models {
		r.source("internal/readmodel/"+m.File+".go", "readmodel.go.tmpl", m)
		r.source("internal/readmodel/"+m.File+"_test.go", "readmodel_test.go.tmpl", m)
	}
	r.app(newGoApp(s, domains, models, version))
	r.policies()
	return r.tree, r.err
}

// newDomains lays out the packages of all aggregates.
func newDomains(s Spec) ([]*goDomain, error) {
	packages := newScope()
	var domains []*goDomain
	for _, a := range s.Aggregates {
		d, err := newDomain(moduleOf(s), packages.take(packageName(a.Name)), a)
		if err != nil {
			return nil, fmt.Errorf("rendering %s: %w", a.Name, err)
		}
		domains = append(domains, d)
	}
	return domains, nil
}

// A renderer fills a tree, up to the first error.
type renderer struct {
	tree Tree
	err  error
}

// text renders a template that is not Go.
func (r *renderer) text(path, name string, data any) {
	if r.err == nil {
		var b bytes.Buffer
		if r.err = templates.ExecuteTemplate(&b, name, data); r.err == nil {
			r.tree[path] = b.Bytes()
		}
	}
}

// source renders a template that is Go.
func (r *renderer) source(path, name string, data any) {
	r.text(path, name, data)
	if r.err == nil {
		r.tree[path], r.err = goSource(path, string(r.tree[path]))
	}
}

// domain renders the package of an aggregate.
func (r *renderer) domain(d *goDomain) {
	folder := "internal/" + d.Package + "/"
	r.source(folder+d.File+".go", "state.go.tmpl", d)
	r.source(folder+"event.go", "event.go.tmpl", d)
	r.source(folder+"command.go", "command.go.tmpl", d)
	r.source(folder+"evolve.go", "evolve.go.tmpl", d)
	r.source(folder+"decide.go", "decide.go.tmpl", d)
	if len(d.Examples) > 0 {
		r.source(folder+d.File+"_test.go", "state_test.go.tmpl", d)
		r.source(folder+"evolve_test.go", "evolve_test.go.tmpl", d)
	}
	r.source(folder+"property_test.go", "property_test.go.tmpl", d)
	r.source(folder+"fuzz_test.go", "fuzz_test.go.tmpl", d)
}

// What the templates ask of an aggregate.

// Noun is what people call one of them.
func (d *goDomain) Noun() string { return phrase(d.Aggregate.Name) }

// Nouns is what people call several.
func (d *goDomain) Nouns() string { return plural(d.Noun()) }

// PackageDoc is the comment of the package.
func (d *goDomain) PackageDoc() string {
	return fmt.Sprintf("Package %s is about %s: which events they have, what these lead to, and which commands are taken.", d.Package, d.Nouns())
}

// StateDoc is the comment of the state.
func (d *goDomain) StateDoc() string {
	return says(d.State, d.Aggregate.Summary, "what the events of "+withArticle(d.Noun())+" led to.")
}

// says is a comment that begins with the name that it is about.
func says(name, summary, otherwise string) string {
	if summary == "" {
		return name + " is " + otherwise
	}
	return name + " is " + lowered(asSentence(summary))
}

// Doc is the comment of the event's type.
func (e *goEvent) Doc() string {
	switch by := enumerated(e.by, "and"); {
	case e.Summary != "":
	case by == "":
		return e.Type + " is an event that no command leads to."
	default:
		return e.Type + " is recorded when " + by + " " + isAccepted(len(e.by)) + "."
	}
	return e.Type + " says that " + lowered(asSentence(e.Summary))
}

// Doc is the comment of the command's type. Summaries such as "Asks to …" make a
// sentence with the name before them.
func (c *goCommand) Doc() string {
	first, _, _ := strings.Cut(c.Summary, " ")
	switch {
	case c.Summary == "":
		return c.Type + " " + lowered(c.Asks())
	case strings.HasSuffix(first, "s") && first == phrase(first[:1])+first[1:], strings.HasSuffix(first, "s") && len(words(first)) == 1 && !slices.Contains([]string{"This", "Is", "Its"}, first):
		return c.Type + " " + lowered(asSentence(c.Summary))
	}
	return c.Type + " is a command: " + lowered(asSentence(c.Summary))
}

// Asks is the summary of the command, or what its name says.
func (c *goCommand) Asks() string {
	if c.Summary == "" {
		return "Asks to " + asked(phrase(c.Name), c.Noun) + "."
	}
	return asSentence(c.Summary)
}

// ExampleText is the example on one line.
func (c *goCommand) ExampleText() string {
	body, err := readNode(c.Example)
	if err != nil {
		return string(c.Example)
	}
	return string(body.json())
}

// UsesRaw reports whether fields need encoding/json.
func (d *goDomain) UsesRaw(fields []*stateField) bool {
	return slices.ContainsFunc(fields, func(f *stateField) bool { return f.typ.usesRaw() })
}

// StateUsesRaw reports whether a json.RawMessage is anywhere in the state.
func (d *goDomain) StateUsesRaw() bool { return d.UsesRaw(d.Fields) || kitUsesRaw(d.EventKit) }

// EventsUseRaw reports whether event.go needs encoding/json.
func (d *goDomain) EventsUseRaw() bool {
	return slices.ContainsFunc(d.Events, func(e *goEvent) bool { return useRaw(e.Fields) }) || kitUsesRaw(d.EventKit)
}

// CommandsUseRaw reports whether command.go needs encoding/json.
func (d *goDomain) CommandsUseRaw() bool {
	return slices.ContainsFunc(d.Commands, func(c *goCommand) bool { return useRaw(c.Fields) }) || kitUsesRaw(d.CommandKit)
}

func useRaw(fields []*goField) bool {
	return slices.ContainsFunc(fields, func(f *goField) bool { return f.typ.usesRaw() })
}

func kitUsesRaw(kit []*goType) bool {
	return slices.ContainsFunc(kit, func(t *goType) bool { return useRaw(t.fields) })
}

// TestStd are the packages of the standard library that the tests import.
func (d *goDomain) TestStd() []string {
	used := map[string]bool{"testing": true, "time": d.UsesNow()}
	for _, e := range d.Examples {
		for _, name := range standardPackages {
			used[name] = used[name] || e.Command.Decision.Needs[name] && strings.Contains(e.Leads, name+".")
		}
		used["encoding/json"] = used["encoding/json"] || strings.Contains(e.Literal+e.Leads, "json.RawMessage(")
	}
	maps.DeleteFunc(used, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(used))
}

// TestCore are the packages of the core that the tests import.
func (d *goDomain) TestCore() []string {
	core := d.Module + "/" + coreFolder + "/domain"
	if slices.ContainsFunc(d.Examples, func(e *goExample) bool {
		return strings.Contains(e.Leads, "domain.") && e.Command.Decision.Needs["domain"]
	}) {
		return []string{core, core + "/domaintest"}
	}
	return []string{core + "/domaintest"}
}
