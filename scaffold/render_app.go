package scaffold

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/nexus-blueprint/nexus/document"
)

// A goApp is what the files of an app are made of that are about all of it.
type goApp struct {
	Spec    Spec
	Module  string
	Catalog string // the folder
	Release string // of nexus, such as v1.2.3; empty if the app is not made by one
	Domains []*goDomain
	Models  []*goModel
	First   *call // what one tries first
	Second  *call // and after it
	Refused *call // and what is refused then
}

func newGoApp(s Spec, domains []*goDomain, models []*goModel, version string) *goApp {
	a := &goApp{Release: releaseTag(version), Spec: s, Module: moduleOf(s), Catalog: cmp.Or(s.Catalog, "catalog"), Domains: domains, Models: models}
	a.Spec.Title = cmp.Or(s.Title, titleOf(s.Name))
	for _, d := range domains {
		story := d.Story()
		if len(story) == 0 {
			continue
		}
		a.First = d.call(story[0])
		if len(story) > 1 {
			a.Second = d.call(story[1])
		}
		a.Refused = a.First.refused()
		break
	}
	return a
}

func moduleOf(s Spec) string { return cmp.Or(s.Module, s.Name) }

// MainDoc is the comment of the program.
func (a *goApp) MainDoc() string {
	text := "Command " + a.Binary() + " is the app: " + lowered(asSentence(a.Spec.Title))
	if a.Spec.Summary == "" {
		return text
	}
	return text + " " + asSentence(a.Spec.Summary)
}

// Binary is what the go command calls the program.
func (a *goApp) Binary() string {
	name := path.Base(a.Module)
	if digits, ok := strings.CutPrefix(name, "v"); ok && digits != "" && strings.Trim(digits, "0123456789") == "" && strings.Contains(a.Module, "/") {
		return path.Base(path.Dir(a.Module))
	}
	return name
}

// Ignored is the program, unless a folder of the app has its name.
func (a *goApp) Ignored() string {
	if slices.Contains([]string{"catalog", "internal", "policy", "data"}, a.Binary()) || strings.HasPrefix(a.Catalog+"/", a.Binary()+"/") {
		return ""
	}
	return a.Binary()
}

// app renders the files that are about all of the app.
func (r *renderer) app(a *goApp) {
	r.source("main.go", "main.go.tmpl", a)
	r.source("wire.go", "wire.go.tmpl", a)
	r.source("main_test.go", "main_test.go.tmpl", a)
	r.text("nexus.yaml", "nexus.yaml.tmpl", a)
	r.text("upcasters.json", "upcasters.json.tmpl", a)
	r.text("README.md", "README.md.tmpl", a)
	r.text("Dockerfile", "Dockerfile.tmpl", a)
	r.text(".dockerignore", "dockerignore.tmpl", a)
	r.text(".gitignore", "gitignore.tmpl", a)
	r.text(".github/workflows/ci.yml", "ci.yml.tmpl", a)
}

// policies copies the rules that every app begins with.
func (r *renderer) policies() {
	const from = "template/policy"
	err := fs.WalkDir(templateFiles, from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := templateFiles.ReadFile(name)
		r.tree["policy"+strings.TrimPrefix(name, from)] = text
		return err
	})
	if r.err == nil {
		r.err = err
	}
}

// Operations are the event's changes as those of a reducer in nexus.yaml.
func (e *goEvent) Operations() []string {
	var list []string
	if e.State != "" {
		list = append(list, fmt.Sprintf("{set: status, value: %s}", yamlWord(e.State)))
	}
	for _, c := range e.Changes {
		list = append(list, c.operation())
	}
	return list
}

// operation is the change as that of a reducer.
func (c goChange) operation() string {
	text := fmt.Sprintf("set: %s, to: %s", yamlWord(replayPath(c.to.json, "")), yamlWord(replayPath(c.from.json, ".")))
	if !c.from.mayMiss() {
		return "{" + text + "}"
	}
	member := "event.data." + c.from.json
	if !isPlainName(c.from.json) {
		member = "event.data[" + document.Encode(c.from.json) + "]"
	}
	when := member + " != null"
	if c.from.typ.kind == rawKind {
		when = document.Encode(c.from.json) + " in event.data" // null is a value of it
	}
	return fmt.Sprintf("{%s, when: %s}", text, document.Encode(when))
}

// replayPath is the path of a member in the words of a reducer.
func replayPath(name, before string) string {
	if strings.ContainsAny(name, ".[]/~") {
		return document.Join("", name)
	}
	return before + name
}

// isPlainName reports whether a member can stand behind a dot.
func isPlainName(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// yamlWord is a text within a flow of YAML. A path needs no quotes.
func yamlWord(text string) string {
	if name, ok := strings.CutPrefix(text, "."); ok && isPlainName(name) {
		return text
	}
	return yamlText(text, true)
}

// pathName is a name as it stands in the addresses of an app. It has to agree with
// the core's, as a test proves.
func pathName(name string) string {
	var text strings.Builder
	runes := []rune(strings.NewReplacer("_", "-", " ", "-").Replace(name))
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && runes[i-1] != '-' &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			text.WriteByte('-')
		}
		text.WriteRune(unicode.ToLower(r))
	}
	return text.String()
}

// A call is a command as one sends it with curl.
type call struct {
	*goDomain
	Command *goCommand
	ID      string
	Body    string // quoted for a shell
	Why     string // what it shows
	plain   string // the body
}

// call is the example of a command.
func (d *goDomain) call(name string) *call {
	i := slices.IndexFunc(d.Commands, func(c *goCommand) bool { return c.Name == name })
	c := &call{goDomain: d, Command: d.Commands[i]}
	body, err := readNode(c.Command.Example)
	if err != nil {
		return nil // an example is read before
	}
	c.ID = body.at(d.Aggregate.ID).text()
	body.names = slices.DeleteFunc(body.names, func(name string) bool { return name == d.Aggregate.ID })
	c.plain = string(body.json())
	c.Body = shellQuoted(c.plain)
	return c
}

// refused is a call that is refused once c was taken.
func (c *call) refused() *call {
	no := *c
	required := func(f *goField) bool { return !f.optional && f.json != c.Aggregate.ID }
	if slices.ContainsFunc(c.Command.Fields, required) {
		no.Body = shellQuoted("{}")
		no.Why = "What is not as its schema says is answered with 422 and every reason, and nothing is stored:"
		return &no
	}
	no.Why = "What the " + c.Noun() + " does not take as it is now is answered with 409 and the reason, and nothing is stored:"
	return &no
}

// Path is the address of the stream.
func (c *call) Path() string { return "/" + pathName(c.Category) + "/" + url.PathEscape(c.ID) }

// Var is the shell's variable for the address of the stream.
func (c *call) Var() string { return asciiName(c.Aggregate.Name) }

// Action is the last part of the command's address.
func (c *call) Action() string { return pathName(c.Command.Name) }

// Wrote is a member of the state that the command writes.
func (c *call) Wrote() string {
	if len(c.Statuses) > 0 {
		return "status"
	}
	return c.Aggregate.ID
}

func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
