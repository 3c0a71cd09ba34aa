package protobuf

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Fixes suggests edits of next, the least intrusive first. They are proposals:
// package compat checks each one before anybody sees it.
func (e *Engine) Fixes(previous, next compat.Parsed, c compat.Change, _ compat.Direction) []compat.Fix {
	old, fresh, err := versions(previous, next)
	if err != nil || strings.Contains(c.OldPointer+c.NewPointer, "#") {
		return nil // the change lies in another file, which has users of its own
	}
	f := &fixer{old: old.placesOf(old.root), new: fresh.placesOf(fresh.root), target: fresh, change: c}
	switch c.Rule {
	case "proto/field-added":
		f.relax()
	case "proto/field-removed", "proto/enum-value-removed":
		f.reserve()
		f.putBack()
	case "proto/type-changed", "proto/cardinality-changed":
		f.restore()
		f.newField()
	case "proto/made-required":
		f.relax()
	case "proto/reserved-removed", "proto/extension-range-removed":
		f.reserveAgain()
	case "proto/oneof-changed":
		f.restoreMessage()
	default:
		if _, stays := f.new.find(c.Pointer); stays {
			f.restore()
		} else {
			f.putBack()
		}
	}
	for _, fix := range f.fixes {
		e.cache.propose(fix.Text)
	}
	return f.fixes
}

// fixer collects the fixes of one change.
type fixer struct {
	old, new *places
	target   *parsed
	change   compat.Change
	fixes    []compat.Fix
}

// edit replaces a range of the new text.
type edit struct {
	at   place
	text string
}

// apply makes a fix of edits that do not overlap.
func (f *fixer) apply(title string, edits ...edit) {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.at.from, b.at.from) })
	fix := compat.Fix{Title: title}
	var text strings.Builder
	done := 0
	for _, e := range edits {
		if e.at.from < done {
			return
		}
		text.Write(f.new.source.text[done:e.at.from])
		text.WriteString(e.text)
		done = e.at.to
		fix.Edits = append(fix.Edits, report.Edit{
			File: f.new.source.shown, StartLine: e.at.line, StartColumn: e.at.column, EndLine: e.at.endLine, EndColumn: e.at.endColumn, Text: e.text,
		})
	}
	text.Write(f.new.source.text[done:])
	fix.Text = []byte(text.String())
	f.fixes = append(f.fixes, fix)
}

// restore gives a declaration its old text.
func (f *fixer) restore() {
	if e, ok := f.restored(f.change.Pointer); ok {
		f.apply(fmt.Sprintf("keep %s", short(e.text)), e)
	}
}

func (f *fixer) restored(pointer string) (edit, bool) {
	from, had := f.old.find(pointer)
	at, has := f.new.find(pointer)
	if !had || !has {
		return edit{}, false
	}
	text := f.old.text(from)
	return edit{at, text}, text != f.new.text(at)
}

// restoreMessage gives the message around a field its old text, where other
// fields changed with it.
func (f *fixer) restoreMessage() {
	if e, ok := f.restored(around(f.change.Pointer)); ok {
		f.apply(fmt.Sprintf("keep message %s as it was", lastToken(around(f.change.Pointer))), e)
	}
}

func lastToken(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// short is the first line of a declaration.
func short(text string) string {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	first = strings.TrimSpace(first)
	if more {
		first += " ..."
	}
	return "`" + first + "`"
}

// putBack adds a deleted declaration where it was declared: at the end of what
// enclosed it.
func (f *fixer) putBack() {
	from, ok := f.old.find(f.change.Pointer)
	if !ok {
		return
	}
	text := f.old.text(from)
	if e, ok := f.appended(around(f.change.Pointer), text); ok {
		f.apply(fmt.Sprintf("keep %s", short(text)), e)
	}
}

// reserve adds what a removed field or value leaves behind to the reserved
// numbers and names.
func (f *fixer) reserve() {
	owner := around(f.change.Pointer)
	numbered, names := f.leftBehind(owner)
	var statements, titles []string
	if numbered != "" {
		statements = append(statements, "reserved "+numbered+";")
		titles = append(titles, "the number "+numbered)
	}
	for _, name := range names {
		quoted := fmt.Sprintf("%q", name)
		titles = append(titles, "the name "+quoted)
		if f.target.descriptor().Syntax() == protoreflect.Editions {
			quoted = name // editions reserve identifiers
		}
		statements = append(statements, "reserved "+quoted+";")
	}
	if len(statements) == 0 {
		return
	}
	if e, ok := f.appended(owner, statements...); ok {
		f.apply("reserve "+strings.Join(titles, " and "), e)
	}
}

// leftBehind lists what is to be reserved: a number, "" when it is already, and
// names.
func (f *fixer) leftBehind(owner string) (numbered string, names []string) {
	n, _ := strconv.Atoi(lastToken(f.change.Pointer))
	free := func(string) bool { return false }
	switch x := f.target.declaration(owner).(type) {
	case protoreflect.MessageDescriptor:
		names = []string{f.change.Field.Name}
		if !x.ReservedRanges().Has(protoreflect.FieldNumber(n)) {
			numbered = strconv.Itoa(n)
		}
		free = func(name string) bool {
			return !x.ReservedNames().Has(protoreflect.Name(name)) && x.Fields().ByName(protoreflect.Name(name)) == nil
		}
	case protoreflect.EnumDescriptor:
		list, _ := f.change.Before.(string)
		names = strings.Split(list, ", ")
		if !x.ReservedRanges().Has(protoreflect.EnumNumber(n)) {
			numbered = strconv.Itoa(n)
		}
		free = func(name string) bool {
			return !x.ReservedNames().Has(protoreflect.Name(name)) && x.Values().ByName(protoreflect.Name(name)) == nil
		}
	}
	return numbered, slices.DeleteFunc(names, func(name string) bool { return !free(name) })
}

// declaration is the message or enum that a pointer names, or nil.
func (p *parsed) declaration(pointer string) protoreflect.Descriptor {
	name := protoreflect.FullName(lastToken(pointer))
	if pkg := p.descriptor().Package(); pkg != "" {
		name = pkg + "." + name
	}
	return p.root.linked.FindDescriptorByName(name)
}

// reserveAgain puts numbers and names back that were reserved, or ranges that
// were for extensions.
func (f *fixer) reserveAgain() {
	owner := around(f.change.Pointer)
	list, _ := f.change.Before.(string)
	keyword := "reserved"
	if f.change.Rule == "proto/extension-range-removed" {
		keyword = "extensions"
		if e, ok := f.restored(f.change.Pointer); ok {
			f.apply(fmt.Sprintf("keep %s", short(e.text)), e)
			return
		}
	}
	var statements []string
	for _, item := range strings.Split(list, ", ") {
		if f.target.descriptor().Syntax() == protoreflect.Editions {
			item = strings.Trim(item, `"`)
		}
		statements = append(statements, keyword+" "+item+";")
	}
	if e, ok := f.appended(owner, statements...); ok {
		f.apply("put "+strings.Join(statements, " ")+" back", e)
	}
}

// relax makes a required field optional.
func (f *fixer) relax() {
	at, ok := f.new.find(f.change.Pointer + "/label")
	if ok && f.new.text(at) == "required" {
		f.apply("make the field optional", edit{at, "optional"})
	}
}

// newField keeps a field as it was and gives what it became a name and a number
// of its own.
func (f *fixer) newField() {
	e, ok := f.restored(f.change.Pointer)
	owner := around(f.change.Pointer)
	m, isMessage := f.target.declaration(owner).(protoreflect.MessageDescriptor)
	name, named := f.new.find(f.change.Pointer + "/name")
	if !ok || !isMessage || !named {
		return
	}
	n, _ := strconv.Atoi(lastToken(f.change.Pointer))
	field := m.Fields().ByNumber(protoreflect.FieldNumber(n))
	if field == nil || realOneof(field) != nil {
		return
	}
	label := f.new.text(place{from: e.at.from, to: name.from})
	free := freeNumber(m)
	if free == 0 {
		return
	}
	added := fmt.Sprintf("%s%s = %d;", label, freeName(m, f.new.text(name)), free)
	if a, ok := f.appended(owner, added); ok {
		f.apply(fmt.Sprintf("keep %s and add %s", short(e.text), short(added)), e, a)
	}
}

// freeName is a name with the first suffix that no field has.
func freeName(m protoreflect.MessageDescriptor, name string) string {
	for i := 2; ; i++ {
		if next := fmt.Sprintf("%s_v%d", name, i); m.Fields().ByName(protoreflect.Name(next)) == nil && !m.ReservedNames().Has(protoreflect.Name(next)) {
			return next
		}
	}
}

// The numbers that the implementation of Protobuf keeps for itself, and the last
// that a field can have.
const firstKept, lastKept, lastNumber = 19000, 19999, 1<<29 - 1

// freeNumber is the first number above all that are used or set aside, 0 when
// there is none.
func freeNumber(m protoreflect.MessageDescriptor) protoreflect.FieldNumber {
	n := protoreflect.FieldNumber(1)
	for i := range m.Fields().Len() {
		n = max(n, m.Fields().Get(i).Number()+1)
	}
	for _, ranges := range []protoreflect.FieldRanges{m.ReservedRanges(), m.ExtensionRanges()} {
		for i := range ranges.Len() {
			n = max(n, ranges.Get(i)[1])
		}
	}
	if n >= firstKept && n <= lastKept {
		n = lastKept + 1
	}
	if n > lastNumber {
		return 0
	}
	return n
}

// appended adds lines at the end of a declaration, or of the file for "", with
// the indentation of what stands there.
func (f *fixer) appended(owner string, lines ...string) (edit, bool) {
	text := f.new.source.text
	if owner == "" {
		end := positionOf(text, len(text))
		prefix := "\n"
		if strings.HasSuffix(string(text), "\n") || len(text) == 0 {
			prefix = ""
		}
		return edit{end, prefix + "\n" + strings.Join(lines, "\n") + "\n"}, true
	}
	at, ok := f.new.find(owner)
	body := f.new.text(at)
	last := strings.LastIndexByte(body, '}')
	if !ok || last < 0 {
		return edit{}, false
	}
	brace := at.from + last
	outer := indentation(text, at.from)
	line := string(text[lineStart(text, brace):brace])
	if strings.TrimSpace(line) == "" {
		// The brace has a line of its own: the new lines go before it.
		inner := outer + "  "
		if first, found := f.firstInside(at, brace); found {
			inner = first
		}
		where := positionOf(text, lineStart(text, brace))
		return edit{where, inner + strings.Join(lines, "\n"+inner) + "\n"}, true
	}
	separator := " "
	if strings.HasSuffix(line, " ") {
		separator = ""
	}
	return edit{positionOf(text, brace), separator + strings.Join(lines, " ") + " "}, true
}

// firstInside is the indentation of the first line inside of a declaration.
func (f *fixer) firstInside(at place, brace int) (string, bool) {
	text := string(f.new.source.text[at.from:brace])
	for line := range strings.Lines(text[min(strings.IndexByte(text, '\n')+1, len(text)):]) {
		if trimmed := strings.TrimLeft(line, " \t"); strings.TrimSpace(trimmed) != "" {
			return line[:len(line)-len(trimmed)], true
		}
	}
	return "", false
}

func lineStart(text []byte, offset int) int {
	return bytes.LastIndexByte(text[:offset], '\n') + 1
}

// indentation is the white space before an offset on its line.
func indentation(text []byte, offset int) string {
	line := string(text[lineStart(text, offset):offset])
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}
