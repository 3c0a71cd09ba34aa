package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// page is one YAML or JSON text that is being read into the model: the
// frontmatter of a Markdown file, or a plain catalog. It gathers what is odd.
type page struct {
	file     string
	text     []byte
	document *document.Document
	subject  string // whom oddities are about
	unknown  int    // how many keys nobody knows
	oddities []Oddity
}

// entry is one value on a page; an entry whose value is nil is not there.
type entry struct {
	page    *page
	pointer string
	value   any
}

func (p *page) root() entry { return entry{page: p, value: p.document.Value()} }

// odd notes that an entry was read with a grain of salt.
func (e entry) odd(rule, hint, format string, args ...any) {
	e.page.oddities = append(e.page.oddities, Oddity{
		Rule: rule, Subject: e.page.subject, Message: fmt.Sprintf(format, args...), Hint: hint, Place: e.place(),
	})
}

// place is where the entry's value is written.
func (e entry) place() Place {
	at, _ := e.page.document.Range(e.pointer)
	return Place{File: e.page.file, Line: at.Start.Line, Column: at.Start.Column, Pointer: e.pointer}
}

// keyPlace is where a member's key is written.
func (e entry) keyPlace() Place {
	at, _ := e.page.document.Member(e.pointer)
	return Place{File: e.page.file, Line: at.Start.Line, Column: at.Start.Column, Pointer: e.pointer}
}

func (e entry) is() bool { return e.value != nil }

// name is the last part of the pointer: a member's key.
func (e entry) name() string {
	return document.Last(e.pointer)
}

// member is the value of a key in a mapping. One that is not there has the
// mapping's place.
func (e entry) member(key string) entry {
	members, _ := e.value.(map[string]any)
	value := members[key]
	if value == nil {
		return entry{page: e.page, pointer: e.pointer}
	}
	return entry{page: e.page, pointer: document.Join(e.pointer, key), value: value}
}

// first is the first of several spellings of a key that is there.
func (e entry) first(keys ...string) entry {
	for _, key := range keys {
		if m := e.member(key); m.is() {
			return m
		}
	}
	return e.member(keys[0])
}

// members lists a mapping's entries by key, sorted. Anything else has none, and
// is noted unless it is not there.
func (e entry) members() []entry {
	members, ok := e.value.(map[string]any)
	if !ok {
		if e.is() {
			e.invalid("a mapping")
		}
		return nil
	}
	list := make([]entry, 0, len(members))
	for _, key := range slices.Sorted(maps.Keys(members)) {
		list = append(list, entry{page: e.page, pointer: document.Join(e.pointer, key), value: members[key]})
	}
	return list
}

// items lists a list's entries. A single value is a list of one, as people write
// it.
func (e entry) items() []entry {
	elements, ok := e.value.([]any)
	if !ok {
		if !e.is() {
			return nil
		}
		return []entry{e}
	}
	list := make([]entry, 0, len(elements))
	for i, element := range elements {
		if element != nil {
			list = append(list, entry{page: e.page, pointer: e.pointer + "/" + strconv.Itoa(i), value: element})
		}
	}
	return list
}

// isMapping reports whether the entry has members.
func (e entry) isMapping() bool {
	_, ok := e.value.(map[string]any)
	return ok
}

func (e entry) invalid(want string) {
	e.odd(RuleMalformedValue, "", "%s is %s, expected %s", e.title(), written(e.value), want)
}

// title names the entry in a message, such as x-retention-days or sends/0/id.
func (e entry) title() string {
	if e.pointer == "" {
		return "the document"
	}
	return strings.Join(document.Split(e.pointer), "/")
}

// written shows a value in a message, cut when it is long.
func written(value any) string {
	text := []rune(document.Encode(value))
	if len(text) > 40 {
		return string(text[:39]) + "…"
	}
	return string(text)
}

// text reads a scalar as text, numbers and dates as they are written. An empty
// text declares nothing.
func (e entry) text() Value[string] {
	if !e.is() {
		return Value[string]{}
	}
	var text string
	switch value := e.value.(type) {
	case string:
		text = value
	case json.Number:
		text = e.source(string(value))
	case bool:
		text = e.source(strconv.FormatBool(value))
	default:
		e.invalid("a text")
	}
	if text = strings.TrimSpace(text); text == "" {
		return Value[string]{}
	}
	return Value[string]{Get: text, Source: Declared, Place: e.place()}
}

// source is a scalar as its author wrote it: YAML takes the version 1_0 for the
// number 10.
func (e entry) source(meaning string) string {
	text, ok := e.page.document.Source(e.pointer)
	if !ok || text == "" || strings.ContainsAny(text[:1], "&*!") || strings.Contains(text, "\n") {
		return meaning // behind an anchor, an alias or a tag stands what YAML makes of it
	}
	return strings.Trim(text, `"'`)
}

// plain is the entry's text without a place, for names and summaries.
func (e entry) plain() string { return e.text().Get }

// number reads a number, also one in quotes.
func (e entry) number() Value[float64] {
	if !e.is() {
		return Value[float64]{}
	}
	number, ok := asNumber(e.value)
	if !ok {
		e.invalid("a number")
		return Value[float64]{}
	}
	return Value[float64]{Get: number, Source: Declared, Place: e.place()}
}

// flag reads a boolean. YAML 1.1 had more words for true and false, and people
// still write them.
func (e entry) flag() Value[bool] {
	if !e.is() {
		return Value[bool]{}
	}
	flag, ok := asFlag(e.value)
	if !ok {
		e.invalid("true or false")
		return Value[bool]{}
	}
	if word, isText := e.value.(string); isText {
		e.odd(RuleMalformedValue, fmt.Sprintf("write %t", flag), "%s is the text %q, read as %t", e.title(), word, flag)
	}
	return Value[bool]{Get: flag, Source: Declared, Place: e.place()}
}

// texts reads a list of texts, or one.
func (e entry) texts() []Value[string] {
	var list []Value[string]
	for _, item := range e.items() {
		if text := item.text(); text.Known() {
			list = append(list, text)
		}
	}
	return list
}

// strings is texts without places. It is nil only when nothing is there.
func (e entry) strings() []string {
	if !e.is() {
		return nil
	}
	list := []string{}
	for _, text := range e.texts() {
		list = append(list, text.Get)
	}
	return list
}

// ids reads a list whose items are ids or mappings with one.
func (e entry) ids() []Value[string] {
	var list []Value[string]
	for _, item := range e.items() {
		if id := item.id(); id.Known() {
			list = append(list, id)
		}
	}
	return list
}

// id is an entry that names something: a text, or a mapping with id (name in the
// first form of EventCatalog).
func (e entry) id() Value[string] {
	if !e.isMapping() {
		return e.text()
	}
	id := e.first("id", "name").text()
	if !id.Known() {
		e.odd(RuleMalformedValue, "write {id: NAME}", "%s has no id", e.title())
	}
	return id
}

func asNumber(value any) (float64, bool) {
	switch value := value.(type) {
	case json.Number:
		number, err := value.Float64()
		return number, err == nil
	case string:
		number, err := json.Number(strings.TrimSpace(value)).Float64()
		return number, err == nil && number-number == 0 // no NaN, no infinity
	}
	return 0, false
}

func asFlag(value any) (flag, ok bool) {
	switch value := value.(type) {
	case bool:
		return value, true
	case string:
		switch strings.ToLower(strings.TrimSpace(value)) {
		case "true", "yes", "on", "y":
			return true, true
		case "false", "no", "off", "n":
			return false, true
		}
	}
	return false, false
}
