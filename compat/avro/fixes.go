package avro

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// Fixes suggests edits of next, the least intrusive first. They are proposals:
// package compat checks each one before anybody sees it.
func (e *Engine) Fixes(previous, next compat.Parsed, c compat.Change, d compat.Direction) []compat.Fix {
	old, fresh, err := both(previous, next)
	if err != nil || strings.Contains(c.NewPointer, "#") || strings.Contains(c.OldPointer, "#") {
		return nil // the change lies in another file, which has users of its own
	}
	f := &fixer{old: old, new: fresh, change: c, direction: d}
	switch c.Rule {
	case ruleFieldAdded:
		f.giveDefault()
	case ruleFieldRemoved:
		f.putFieldBack()
	case ruleFieldRenamed, ruleNameChanged:
		f.keepName()
	case ruleSymbolRemoved:
		f.keepSymbol()
	case ruleSymbolAdded:
		f.apply(fmt.Sprintf("take the symbol %s out again", shortText(c.After)), f.remove(c.NewPointer))
	case ruleMadeOptional, ruleBranchAdded:
		f.takeBranchOut()
	case ruleMadeRequired, ruleBranchRemoved:
		f.putBranchBack()
	case ruleDefaultRemoved:
		f.apply(fmt.Sprintf("put the default %s back", shortText(c.Before)), f.insert(c.NewPointer, "default", c.Before))
	case ruleAliasesChanged:
		f.restoreMembers("the aliases", "aliases")
	case ruleSizeChanged:
		f.restoreMembers("the size", "size")
	case ruleDecimalChanged:
		f.restoreMembers("precision and scale", "precision", "scale")
	case ruleTypeChanged:
		f.restore(c.OldPointer, c.NewPointer)
	}
	return f.fixes
}

func parent(pointer string) string {
	tokens := document.Split(pointer)
	return document.Join("", tokens[:max(len(tokens)-1, 0)]...)
}

// fixer collects the fixes of one change.
type fixer struct {
	old, new  *parsed
	change    compat.Change
	direction compat.Direction
	fixes     []compat.Fix
}

// valueIn finds the value at a pointer in a version's own file.
func valueIn(p *parsed, pointer string) (any, bool) {
	value := p.main.doc.Value()
	for _, token := range document.Split(pointer) {
		inner, ok := memberOf(value, token)
		if !ok {
			return nil, false
		}
		value = inner
	}
	return value, true
}

// edit is one possible edit of the new version.
type edit struct {
	document.Edit
	ok bool
}

func (f *fixer) insert(object, key string, value any) edit {
	e, ok := f.new.main.doc.Insert(object, key, value)
	return edit{e, ok}
}

func (f *fixer) replace(pointer string, value any) edit {
	e, ok := f.new.main.doc.Replace(pointer, value)
	return edit{e, ok}
}

func (f *fixer) append(pointer string, value any) edit {
	e, ok := f.new.main.doc.Append(pointer, value)
	return edit{e, ok}
}

func (f *fixer) remove(pointer string) edit {
	e, ok := f.new.main.doc.Remove(pointer)
	return edit{e, ok}
}

// apply makes a fix of the edits, if all of them are possible, and possible
// together.
func (f *fixer) apply(title string, edits ...edit) {
	if slices.ContainsFunc(edits, func(e edit) bool { return !e.ok }) || overlap(edits) {
		return
	}
	fix := compat.Fix{Title: title}
	var all []document.Edit
	for _, e := range edits {
		all = append(all, e.Edit)
		fix.Edits = append(fix.Edits, report.Edit{
			File:      f.new.source.File,
			StartLine: e.Start.Line, StartColumn: e.Start.Column, EndLine: e.End.Line, EndColumn: e.End.Column,
			Text: e.Text,
		})
	}
	fix.Text = f.new.main.doc.Apply(all...)
	f.fixes = append(f.fixes, fix)
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

// giveDefault gives an added field the plainest default of its type, or null.
func (f *fixer) giveDefault() {
	pointer := f.change.NewPointer
	added := f.new.fieldAt(pointer)
	if added == nil || added.hasDefault {
		return
	}
	if value, ok := plainDefault(added.typ.node); ok {
		f.apply(fmt.Sprintf("give %q the default %s", added.name, shortText(value)), f.insert(pointer, "default", value))
	}
	written, ok := valueIn(f.new, document.Join(pointer, "type"))
	if ok && added.typ.kind != unionKind && added.typ.kind != nullKind {
		f.apply(fmt.Sprintf("let %q be null, by default", added.name),
			f.replace(document.Join(pointer, "type"), []any{string(nullKind), written}), f.insert(pointer, "default", nil))
	}
}

// fieldAt finds the field that is written at a pointer.
func (p *parsed) fieldAt(pointer string) *field {
	for _, n := range below(p.root.node) {
		for _, f := range n.fields {
			if f.at.shown() == pointer {
				return f
			}
		}
	}
	return nil
}

func (f *fixer) putFieldBack() {
	written, ok := valueIn(f.old, f.change.OldPointer)
	if ok {
		f.apply(fmt.Sprintf("keep the field %q", f.change.Field.Name), f.append(f.change.NewPointer, written))
	}
}

// keepName adds the old name as an alias, which helps new readers alone, or
// takes the renaming back.
func (f *fixer) keepName() {
	before, after := fmt.Sprint(f.change.Before), fmt.Sprint(f.change.After)
	owner := parent(f.change.NewPointer)
	if f.direction != compat.ForwardDirection {
		title := fmt.Sprintf("add the alias %q", before)
		if _, has := valueIn(f.new, document.Join(owner, "aliases")); has {
			f.apply(title, f.append(document.Join(owner, "aliases"), before))
		} else {
			f.apply(title, f.insert(owner, "aliases", []any{before}))
		}
	}
	if namespaceOf(before) == namespaceOf(after) {
		if written, _ := valueIn(f.new, f.change.NewPointer); written == any(unqualified(after)) {
			before = unqualified(before)
		}
	}
	f.apply(fmt.Sprintf("keep the name %q", before), f.replace(f.change.NewPointer, before))
}

// keepSymbol puts a symbol back at the end of the list, or gives the enum a
// default to read it as.
func (f *fixer) keepSymbol() {
	symbols := f.change.NewPointer
	f.apply(fmt.Sprintf("keep the symbol %s", shortText(f.change.Before)), f.append(symbols, f.change.Before))
	list, _ := valueIn(f.new, symbols)
	if known, _ := list.([]any); len(known) > 0 && f.direction != compat.ForwardDirection {
		f.apply(fmt.Sprintf("read it as the default %s", shortText(known[0])), f.insert(parent(symbols), "default", known[0]))
	}
}

// takeBranchOut takes an added branch out of the union, or the union out again
// where there was none.
func (f *fixer) takeBranchOut() {
	if union, ok := valueIn(f.old, f.change.OldPointer); ok {
		if _, was := union.([]any); !was {
			f.restore(f.change.OldPointer, parent(f.change.NewPointer))
			return
		}
	}
	f.apply(fmt.Sprintf("take the branch %s out again", shortText(f.change.After)), f.remove(f.change.NewPointer))
}

// putBranchBack puts a branch back at the end of the union, so that a default
// still fits the first, or the union where there is none left.
func (f *fixer) putBranchBack() {
	branch, _ := valueIn(f.old, f.change.OldPointer)
	if union, _ := valueIn(f.new, f.change.NewPointer); union != nil {
		if _, is := union.([]any); is {
			f.apply(fmt.Sprintf("keep the branch %s", shortText(f.change.Before)), f.append(f.change.NewPointer, branch))
			return
		}
	}
	f.restore(parent(f.change.OldPointer), f.change.NewPointer)
}

// restore puts back the type that the old version has at a place, and with a
// field's type its default.
func (f *fixer) restore(oldAt, newAt string) {
	before, ok := valueIn(f.old, oldAt)
	if !ok {
		return
	}
	edits := []edit{f.replace(newAt, before)}
	if f.new.fieldAt(parent(newAt)) != nil {
		edits = append(edits, f.member(parent(oldAt), parent(newAt), "default")...)
	}
	f.apply(fmt.Sprintf("keep the type %s", shortText(before)), edits...)
}

// restoreMembers gives members of a schema their old values.
func (f *fixer) restoreMembers(what string, keys ...string) {
	oldAt, newAt := owner(f.change.OldPointer, keys), owner(f.change.NewPointer, keys)
	var edits []edit
	for _, key := range keys {
		edits = append(edits, f.member(oldAt, newAt, key)...)
	}
	if len(edits) > 0 {
		f.apply(fmt.Sprintf("keep %s as before", what), edits...)
	}
}

// owner is the object that one of the keys at the end of a pointer belongs to.
func owner(pointer string, keys []string) string {
	tokens := document.Split(pointer)
	if len(tokens) > 0 && slices.Contains(keys, tokens[len(tokens)-1]) {
		return parent(pointer)
	}
	return pointer
}

// member is the edit, if one is needed, that gives a member its old value.
func (f *fixer) member(oldAt, newAt, key string) []edit {
	before, had := valueIn(f.old, document.Join(oldAt, key))
	after, has := valueIn(f.new, document.Join(newAt, key))
	switch {
	case !had && !has, had && has && document.Encode(before) == document.Encode(after):
		return nil
	case had && has:
		return []edit{f.replace(document.Join(newAt, key), before)}
	case had:
		return []edit{f.insert(newAt, key, before)}
	}
	return []edit{f.remove(document.Join(newAt, key))}
}
