package cost

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// fail notes the first fault of the file. Reading goes on with empty values.
func (r *bookReader) fail(pointer, hint, format string, args ...any) {
	if r.err != nil {
		return
	}
	at, _ := r.d.Member(pointer)
	r.err = &document.Error{
		File: r.d.Name(), Line: at.Start.Line, Column: at.Start.Column, Code: "prices-invalid",
		Message: fmt.Sprintf(format, args...), Hint: hint,
	}
}

// value is the value at a pointer, nil where there is none.
func (r *bookReader) value(pointer string) any {
	value := r.d.Value()
	for _, token := range document.Split(pointer) {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// mapping is the mapping at a pointer, whatever its keys are.
func (r *bookReader) mapping(pointer string) map[string]any {
	object, ok := r.value(pointer).(map[string]any)
	if !ok {
		r.fail(pointer, "", "expected a mapping")
	}
	return object
}

// object is the mapping at a pointer, with no other keys than the known ones.
func (r *bookReader) object(pointer string, known ...string) map[string]any {
	object := r.mapping(pointer)
	for key, at := range r.entries(pointer) {
		if !slices.Contains(known, key) {
			hint := "known keys: " + strings.Join(known, ", ")
			if near := report.Nearest(key, known); near != "" {
				hint = "did you mean " + near + "?"
			}
			r.fail(at, hint, "unknown key %q", key)
		}
	}
	return object
}

// entries yields the keys of the mapping at a pointer in the order of the text,
// with their pointers. There are none where there is no mapping.
func (r *bookReader) entries(pointer string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if r.value(pointer) == nil {
			return
		}
		r.mapping(pointer)
		for _, key := range r.d.Keys(pointer) {
			if !yield(key, document.Join(pointer, key)) {
				return
			}
		}
	}
}

// expect demands one value.
func (r *bookReader) expect(pointer, want string) {
	if found := document.Encode(r.value(pointer)); found != want {
		r.fail(pointer, "", "expected %s %s, found %s", document.Last(pointer), want, found)
	}
}

// text is an optional member of an object that is text.
func (r *bookReader) text(pointer string, object map[string]any, key string) string {
	value, stated := object[key]
	text, ok := value.(string)
	if stated && !ok {
		r.fail(document.Join(pointer, key), "write it in quotes", "expected %s to be text", key)
	}
	return text
}

// required is a member of an object that is text and is not empty.
func (r *bookReader) required(pointer string, object map[string]any, key string) string {
	text := r.text(pointer, object, key)
	if text == "" {
		r.fail(pointer, "", "expected %s", key)
	}
	return text
}

// choice is a member of an object that is one of a few words.
func (r *bookReader) choice(pointer string, object map[string]any, key string, words ...string) string {
	word := r.required(pointer, object, key)
	if word != "" && !slices.Contains(words, word) {
		r.fail(document.Join(pointer, key), "", "expected %s to be one of %s, found %q", key, strings.Join(words, ", "), word)
	}
	return word
}

// number is a member of an object that is a number, not below 0.
func (r *bookReader) number(pointer string, object map[string]any, key string) float64 {
	at := document.Join(pointer, key)
	value, stated := object[key]
	if !stated {
		r.fail(pointer, "", "expected %s", key)
		return 0
	}
	text, ok := value.(json.Number)
	if !ok {
		r.fail(at, "", "expected %s to be a number, found %s", key, document.Encode(value))
		return 0
	}
	x, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil || math.IsInf(x, 0):
		r.fail(at, "", "%s is no number that can be counted with: %s", key, text)
		return 0
	case x < 0:
		r.fail(at, "", "%s is negative: %s", key, text)
		return 0
	}
	return x
}

// whole is an optional member of an object that is a number of bytes or messages.
func (r *bookReader) whole(pointer string, object map[string]any, key string) int {
	if object[key] == nil {
		return 0
	}
	x := r.number(pointer, object, key)
	if x != math.Trunc(x) || x > math.MaxInt32 {
		r.fail(document.Join(pointer, key), "", "expected %s to be a whole number, found %s", key, document.Encode(object[key]))
		return 0
	}
	return int(x)
}

// step is an optional member of an object that is a size to round up to. Steps of 0
// bytes would make everything free.
func (r *bookReader) step(pointer string, object map[string]any, key string) int {
	x := r.whole(pointer, object, key)
	if x == 0 && object[key] != nil {
		r.fail(document.Join(pointer, key), "leave it out where the provider's own holds", "expected %s to be 1 at least, found %s", key, document.Encode(object[key]))
	}
	return x
}

// date is an optional member of an object that is a day.
func (r *bookReader) date(pointer string, object map[string]any) time.Time {
	text := r.text(pointer, object, "date")
	if text == "" {
		return time.Time{}
	}
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.fail(document.Join(pointer, "date"), "write a date as YYYY-MM-DD", "%q is no date", text)
	}
	return date
}

// nearestHint suggests the known name that is nearest to an unknown one.
func nearestHint(name string, known []string) string {
	if near := report.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return "nexus cost prices lists the names"
}
