package jsonschema

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// Fixes suggests edits of next, the least intrusive first. They are proposals:
// package compat checks each one before anybody sees it.
func (e *Engine) Fixes(previous, next compat.Parsed, c compat.Change, d compat.Direction) []compat.Fix {
	f := &fixer{old: previous.(*parsed), new: next.(*parsed), change: c}
	if family, _, _ := strings.Cut(c.Rule, "/"); family != "json" {
		return nil // a registry's refusal, or a break that no change explains
	}
	if !local(c.NewPointer) || !local(c.OldPointer) {
		return nil // the change lies in another file, which has users of its own
	}
	switch c.Kind {
	case compat.FieldAdded:
		f.tameField()
	case compat.FieldRemoved:
		f.putBack()
	case compat.Renamed:
		f.keepOldName()
	case compat.MadeRequired:
		f.drop(c.NewPointer, fmt.Sprintf("make %q optional again", c.After))
	case compat.MadeOptional:
		f.require(fmt.Sprint(c.Before))
	case compat.DefaultRemoved:
		f.apply(fmt.Sprintf("put the default %s back", short(c.Before)), f.insert(parent(c.NewPointer), "default", c.Before))
	default:
		f.restore()
	}
	if c.Kind == compat.TypeChanged || c.Kind == compat.Renamed {
		f.newEventType()
	}
	return f.fixes
}

func local(pointer string) bool { return pointer == "" || strings.HasPrefix(pointer, "/") }

func parent(pointer string) string {
	tokens := document.Split(pointer)
	return document.Join("", tokens[:len(tokens)-1]...)
}

func lastToken(pointer string) string {
	tokens := document.Split(pointer)
	if len(tokens) == 0 {
		return ""
	}
	return tokens[len(tokens)-1]
}

// fixer collects the fixes of one change.
type fixer struct {
	old, new *parsed
	change   compat.Change
	fixes    []compat.Fix
}

func (f *fixer) doc() *document.Document { return f.new.loader.main.doc }

func (f *fixer) valueIn(p *parsed, pointer string) (any, bool) {
	return valueAt(p.loader.main.doc.Value(), pointer)
}

// edit is one possible edit of the new version.
type edit struct {
	document.Edit
	ok bool
}

func (f *fixer) insert(object, key string, value any) edit {
	e, ok := f.doc().Insert(object, key, value)
	return edit{e, ok}
}

func (f *fixer) replace(pointer string, value any) edit {
	e, ok := f.doc().Replace(pointer, value)
	return edit{e, ok}
}

func (f *fixer) remove(pointer string) edit {
	e, ok := f.doc().Remove(pointer)
	return edit{e, ok}
}

// apply makes a fix of the edits, if all of them are possible, and possible
// together.
func (f *fixer) apply(title string, edits ...edit) bool {
	if len(edits) == 0 || slices.ContainsFunc(edits, func(e edit) bool { return !e.ok }) || overlap(edits) {
		return false
	}
	fix := compat.Fix{Title: title}
	all := make([]document.Edit, len(edits))
	for i, e := range edits {
		all[i] = e.Edit
		fix.Edits = append(fix.Edits, report.Edit{
			File:      f.new.source.File,
			StartLine: e.Start.Line, StartColumn: e.Start.Column, EndLine: e.End.Line, EndColumn: e.End.Column,
			Text: e.Text,
		})
	}
	fix.Text = f.doc().Apply(all...)
	f.fixes = append(f.fixes, fix)
	return true
}

// overlap reports whether two edits touch the same text.
func overlap(edits []edit) bool {
	sorted := slices.SortedStableFunc(slices.Values(edits), func(a, b edit) int { return inText(a.Start, b.Start) })
	for i := 1; i < len(sorted); i++ {
		if inText(sorted[i].Start, sorted[i-1].End) < 0 {
			return true
		}
	}
	return false
}

// inText orders two positions as they come in the text.
func inText(a, b document.Position) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// drop takes an element or a member out; a list of required names that it
// leaves empty goes too, since draft 4 does not allow one.
func (f *fixer) drop(pointer, title string) {
	if list, ok := f.valueIn(f.new, parent(pointer)); ok {
		if names, isList := list.([]any); isList && len(names) == 1 {
			pointer = parent(pointer)
		}
	}
	f.apply(title, f.remove(pointer))
}

// tameField makes an added field harmless: optional, with a default.
func (f *fixer) tameField() {
	field := f.change.Field
	pointer := f.change.NewPointer
	object := parent(parent(pointer))
	var edits []edit
	title := []string{}
	if field.Required {
		at := f.requiredAt(object, field.Name)
		if list, _ := f.valueIn(f.new, document.Join(object, "required")); len(asList(list)) == 1 {
			at = document.Join(object, "required")
		}
		edits = append(edits, f.remove(at))
		title = append(title, fmt.Sprintf("make %q optional", field.Name))
	}
	if !field.Default {
		if value, ok := f.plainDefault(pointer); ok {
			edits = append(edits, f.insert(pointer, "default", value))
			title = append(title, fmt.Sprintf("give %q the default %s", field.Name, short(value)))
		}
	}
	f.apply(strings.Join(title, " and "), edits...)
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

func (f *fixer) requiredAt(object, name string) string {
	list, _ := f.valueIn(f.new, document.Join(object, "required"))
	return document.Join(object, "required", strconv.Itoa(slices.Index(asList(list), any(name))))
}

// plainDefault is the plainest value that the schema at a pointer accepts: its
// first allowed one, an empty one, or what the solver finds.
func (f *fixer) plainDefault(pointer string) (any, bool) {
	l, root, err := f.new.load()
	if err != nil {
		return nil, false
	}
	n := l.at(pointer)
	if n == nil {
		return nil, false
	}
	classes := classify(root)
	var candidates []any
	if set := smallestEnum([]literal{must(n)}); set != nil {
		candidates = set.values
	}
	candidates = append(slices.Clip(candidates), nil, "", json.Number("0"), false, []any{}, map[string]any{})
	for _, v := range candidates {
		if n.accepts(v) == yes {
			return v, true
		}
	}
	value, is := newSolver(context.Background(), classes, changeBudget).solve([]literal{must(n)})
	return value, is == sat
}

// putBack restores a removed field.
func (f *fixer) putBack() {
	name := f.change.Field.Name
	object := parent(parent(f.change.OldPointer))
	schema, ok := f.valueIn(f.old, f.change.OldPointer)
	if !ok {
		return
	}
	title := fmt.Sprintf("keep %q as an optional field", name)
	if _, has := f.valueIn(f.new, document.Join(object, "properties")); has {
		f.apply(title, f.insert(document.Join(object, "properties"), name, schema))
		return
	}
	f.apply(title, f.insert(object, "properties", map[string]any{name: schema}))
}

// keepOldName gives a renamed field its old name back.
func (f *fixer) keepOldName() {
	from, to := fmt.Sprint(f.change.Before), fmt.Sprint(f.change.After)
	properties := parent(f.change.NewPointer)
	schema, _ := f.valueIn(f.new, f.change.NewPointer)
	edits := []edit{f.remove(f.change.NewPointer)}
	if members, _ := f.valueIn(f.new, properties); len(asObject(members)) == 1 {
		edits = []edit{f.replace(properties, map[string]any{from: schema})}
	} else {
		edits = append(edits, f.insert(properties, from, schema))
	}
	at := f.requiredAt(parent(properties), to)
	if _, required := f.valueIn(f.new, at); required {
		edits = append(edits, f.replace(at, from))
	}
	f.apply(fmt.Sprintf("keep the name %q", from), edits...)
}

func asObject(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}

// require makes a field required again.
func (f *fixer) require(name string) {
	object := parent(f.change.NewPointer)
	title := fmt.Sprintf("keep %q required", name)
	if _, has := f.valueIn(f.new, document.Join(object, "required")); has {
		e, ok := f.doc().Append(document.Join(object, "required"), name)
		f.apply(title, edit{e, ok})
		return
	}
	f.apply(title, f.insert(object, "required", []any{name}))
}

// restore gives the keyword that changed, and those that mean one thing
// together with it, their old values. An enum keeps its new members as well.
func (f *fixer) restore() {
	oldAt, newAt := f.change.OldPointer, f.change.NewPointer
	keyword := lastToken(newAt)
	if _, had := f.valueIn(f.old, oldAt); had && f.change.Rule == "json/values-changed" && keyword == "enum" && lastToken(oldAt) == "enum" {
		f.keepMembers()
		return
	}
	keywords := []string{keyword}
	for _, x := range facets {
		if slices.Contains(x.raw, keyword) && x.rule == f.change.Rule {
			keywords = x.raw
		}
	}
	if f.change.Rule == "json/condition-changed" {
		keywords = []string{"if", "then", "else"}
	}
	title := fmt.Sprintf("take %s out again", label(newAt))
	if f.change.Before != nil {
		title = fmt.Sprintf("keep %s %s", label(newAt), short(f.change.Before))
	}
	edits, object := f.restored(parentOrSelf(oldAt), parentOrSelf(newAt), keywords)
	if !f.apply(title, edits...) && object != nil {
		f.apply(title, f.replace(parentOrSelf(newAt), object))
	}
}

// restored lists the edits that give keywords of a schema their old values, and
// the schema as they leave it, nil where it is no object.
func (f *fixer) restored(oldAt, newAt string, keywords []string) (edits []edit, object map[string]any) {
	value, _ := f.valueIn(f.new, newAt)
	object = maps.Clone(asObject(value))
	var surplus []string
	for _, k := range keywords {
		before, had := f.valueIn(f.old, document.Join(oldAt, k))
		after, has := f.valueIn(f.new, document.Join(newAt, k))
		switch {
		case had && has && keyOf(before) != keyOf(after):
			edits = append(edits, f.replace(document.Join(newAt, k), before))
		case had && !has:
			edits = append(edits, f.insert(newAt, k, before))
		case has && !had && object == nil:
			edits = append(edits, f.remove(document.Join(newAt, k)))
		case has && !had:
			surplus = append(surplus, k)
		}
		if object != nil && had {
			object[k] = before
		}
	}
	for _, k := range surplus {
		delete(object, k)
	}
	if len(surplus) > 0 && len(surplus) == len(asObject(value)) {
		return nil, object // nothing would be left to insert beside
	}
	if len(surplus) > 0 {
		removals, ok := f.doc().RemoveMembers(newAt, surplus...)
		for _, e := range removals {
			edits = append(edits, edit{e, true})
		}
		if !ok {
			edits = append(edits, edit{})
		}
	}
	return edits, object
}

// label names a keyword for a title, with the one around it for a member of it:
// "minimum", "dependencies/card".
func label(pointer string) string {
	tokens := document.Split(pointer)
	n := len(tokens)
	if n < 2 || isKeyword(tokens[n-1]) {
		return lastToken(pointer)
	}
	return tokens[n-2] + "/" + tokens[n-1]
}

func isKeyword(name string) bool {
	for _, byName := range shapes() {
		if _, ok := byName[name]; ok {
			return true
		}
	}
	return false
}

func parentOrSelf(pointer string) string {
	if pointer == "" {
		return ""
	}
	return parent(pointer)
}

// keepMembers puts the enum members that are gone beside the new ones.
func (f *fixer) keepMembers() {
	before, _ := f.valueIn(f.old, f.change.OldPointer)
	after, _ := f.valueIn(f.new, f.change.NewPointer)
	removed, _, _ := members(before, after)
	if len(removed) == 0 {
		f.apply("keep the old members", f.replace(f.change.NewPointer, before))
		return
	}
	f.apply("keep the member "+shortList(removed), f.replace(f.change.NewPointer, slices.Concat(asList(after), removed)))
}

// newEventType leaves this event type as it was and makes a second one of the
// new version, with the stub of an upcaster between them.
func (f *fixer) newEventType() {
	file := f.new.source.File
	name, suffix := splitSuffix(path.Base(file))
	if _, err := strconv.Atoi(name); err == nil {
		return // versions of one subject; a new event type is another folder
	}
	dir := path.Dir(file)
	subject := f.new.source.Subject
	end := f.doc().End()
	whole := report.Edit{File: file, StartLine: 1, StartColumn: 1, EndLine: end.Line, EndColumn: end.Column, Text: string(f.old.source.Text)}
	created := func(name, text string) report.Edit {
		return report.Edit{File: path.Join(dir, name), StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 1, Text: text}
	}
	f.fixes = append(f.fixes, compat.Fix{
		Title: fmt.Sprintf("leave %s as it was and publish a new event type %s.v2 with an upcaster", subject, subject),
		Edits: []report.Edit{
			whole,
			created(name+".v2"+suffix, string(f.new.source.Text)),
			created(name+".v2.upcast.yaml", upcasterStub(subject, f.change)),
		},
		Text: f.old.source.Text,
	})
}

// upcasterStub says what an upcaster from the old event type has to do.
func upcasterStub(subject string, c compat.Change) string {
	return fmt.Sprintf("# Reads stored %[1]s events as %[1]s.v2.\n# %[2]s\nfrom: %[1]s\nto: %[1]s.v2\noperations: []\n", subject, c.Message)
}

// splitSuffix parts a schema file's name from its suffix: "OrderPlaced" and
// ".schema.json".
func splitSuffix(name string) (base, suffix string) {
	for _, s := range []string{".schema.json", ".schema.yaml", ".schema.yml"} {
		if base, ok := strings.CutSuffix(name, s); ok {
			return base, s
		}
	}
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext), ext
}
