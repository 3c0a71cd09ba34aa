package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// CodeSpec is the code of a *document.Error about what a spec says, and not how it
// is written.
const CodeSpec = "spec-invalid"

// specVersion is the version of domain.yaml that this nexus reads and writes.
const specVersion = "1"

// ReadSpec reads domain.yaml; file is what messages call it. The error is a
// *document.Error with the place of the first thing that is wrong.
//
// What a spec may leave out is filled in: the module and the title by the name, the
// id of an aggregate by its name, and the id as the first field of messages that do
// not list it.
func ReadSpec(file string, text []byte) (Spec, error) {
	d, err := document.ParseLocated(yamlName(file), text)
	if err != nil {
		if e, ok := err.(*document.Error); ok {
			e.File = file
			if hint := syntaxHint(e); hint != "" {
				e.Hint = hint
			}
		}
		return Spec{}, err
	}
	r := &specReader{file: file, document: d}
	s := r.spec()
	if r.err == nil {
		s = s.completed()
		if f := s.fault(); f != nil {
			r.blame(f)
		}
	}
	if r.err != nil {
		return Spec{}, r.err
	}
	return s, nil
}

// syntaxHint is what to try when a spec is no YAML, if document cannot know.
func syntaxHint(e *document.Error) string {
	switch {
	case e.Code == document.CodeEmpty:
		return "a spec has version, name and aggregates"
	case e.Code == document.CodeSyntax && strings.Contains(e.Message, "expected ',' or"): // the parser of YAML stops at the ?
		return "inside { }, a type with [] or ? needs quotes, as in {tags: \"string[]\"}; on a line of its own it needs none"
	}
	return ""
}

// yamlName makes document read the text as YAML, of which JSON is a part, whatever
// the file is called.
func yamlName(file string) string {
	if strings.HasSuffix(file, ".json") || strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml") {
		return file
	}
	return file + ".yaml"
}

// A specReader turns the document into a Spec and keeps the first error.
type specReader struct {
	file     string
	document *document.Document
	err      *document.Error
}

// failKey is fail for an error about a key rather than its value.
func (r *specReader) failKey(pointer, message, hint string) {
	at, _ := r.document.Member(pointer)
	r.failAt(at, message, hint)
}

func (r *specReader) fail(pointer, message, hint string) {
	at, _ := r.document.Range(pointer)
	r.failAt(at, message, hint)
}

func (r *specReader) failAt(at document.Range, message, hint string) {
	if r.err != nil {
		return
	}
	r.err = &document.Error{
		File: r.file, Line: max(at.Start.Line, 1), Column: max(at.Start.Column, 1),
		Message: message, Hint: hint, Code: CodeSpec,
	}
}

// blame gives a fault of the spec its place.
func (r *specReader) blame(f *fault) {
	if f.key {
		r.failKey(f.pointer, f.message, f.hint)
		return
	}
	at, _ := r.document.Range(f.pointer)
	at.Start.Column += r.columns(f)
	r.failAt(at, f.message, f.hint)
}

// columns is how far a fault lies inside a text that stands on one line, as it is or
// in quotes. It is zero elsewhere.
func (r *specReader) columns(f *fault) int {
	text, _ := r.at(f.pointer).(string)
	source, _ := r.document.Source(f.pointer)
	plain := strings.TrimLeft(source, `"'`)
	if f.inside == 0 || f.inside > len(text) || !strings.HasPrefix(plain, text) {
		return 0
	}
	return len(source) - len(plain) + utf8.RuneCountInString(text[:f.inside])
}

// located gives a fault that the code of a spec has its place in the spec's text, as
// far as it is there: what flags say is not. Other errors stay as they are.
func located(file string, text []byte, err error) error {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return err
	}
	if d, err := document.ParseLocated(yamlName(file), text); err == nil {
		if _, there := d.Source(f.pointer); there {
			r := &specReader{file: file, document: d}
			r.blame(f)
			return r.err
		}
	}
	return &SpecError{Message: f.message, Hint: f.hint}
}

// at is the value at a pointer.
func (r *specReader) at(pointer string) any {
	value := r.document.Value()
	for _, token := range document.Split(pointer) {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			var i int
			if _, err := fmt.Sscanf(token, "%d", &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// object is the object at a pointer with no other keys than those allowed. Without
// allowed keys, it may have any. The keys come in the order of the text.
func (r *specReader) object(pointer, what string, allowed ...string) []string {
	value := r.at(pointer)
	object, ok := value.(map[string]any)
	if !ok {
		r.fail(pointer, fmt.Sprintf("%s is %s, not a mapping", what, kindOf(value)), "")
		return nil
	}
	keys := r.document.Keys(pointer)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(keys, key) { // of a merge key
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if len(allowed) > 0 && !slices.Contains(allowed, key) {
			hint := "the keys are " + strings.Join(allowed, ", ")
			if near := report.Nearest(key, allowed); near != "" {
				hint = "did you mean " + near + "? " + hint
			}
			r.failKey(document.Join(pointer, key), fmt.Sprintf("%s has no key %q", what, key), hint)
		}
	}
	return keys
}

func (r *specReader) text(pointer, key string) string {
	at := document.Join(pointer, key)
	switch value := r.at(at).(type) {
	case nil:
		if r.has(pointer, key) {
			r.fail(at, key+" is empty", "write a text, or leave the key out")
		}
	case string:
		return value
	default:
		r.fail(at, fmt.Sprintf("%s is %s, not a text", key, kindOf(value)), "put it into quotes")
	}
	return ""
}

func (r *specReader) has(pointer, key string) bool {
	object, _ := r.at(pointer).(map[string]any)
	_, ok := object[key]
	return ok
}

func (r *specReader) flag(pointer, key string) bool {
	at := document.Join(pointer, key)
	value, ok := r.at(at).(bool)
	if r.has(pointer, key) && !ok {
		r.fail(at, fmt.Sprintf("%s is %s, not true or false", key, kindOf(r.at(at))), "")
	}
	return value
}

// words is the list of texts below a key.
func (r *specReader) words(pointer, key string) []string {
	if !r.has(pointer, key) {
		return nil
	}
	at := document.Join(pointer, key)
	list, ok := r.at(at).([]any)
	if !ok {
		r.fail(at, fmt.Sprintf("%s is %s, not a list", key, kindOf(r.at(at))), "write ["+fmt.Sprint(cmp.Or(r.at(at), any("a")))+"]")
		return nil
	}
	if len(list) == 0 {
		r.fail(at, key+" is empty", "leave it out, or name something")
	}
	var words []string
	for i, item := range list {
		word, ok := item.(string)
		if !ok {
			r.fail(document.Join(at, fmt.Sprint(i)), fmt.Sprintf("an element of %s is %s, not a text", key, kindOf(item)), "put it into quotes")
		}
		words = append(words, word)
	}
	return words
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "empty"
	case bool:
		return "true or false"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	return "a number"
}
