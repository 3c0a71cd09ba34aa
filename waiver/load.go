package waiver

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/document"
)

// Load reads a file of waivers. The error is a *document.Error, which names
// file and line.
func Load(name string, text []byte) (*File, error) {
	d, err := document.Parse(name, text)
	if err != nil {
		return nil, err
	}
	l := loader{d}
	top, err := l.object("", "version", "waivers")
	if err != nil {
		return nil, err
	}
	if _, stated := top["version"]; !stated {
		return nil, l.fail("", "write version: 1 at the top", "the file does not state its version")
	}
	if version := document.Encode(top["version"]); version != "1" {
		return nil, l.fail("/version", "write version: 1 at the top", "expected version 1, found %s", version)
	}
	list, ok := top["waivers"].([]any)
	if !ok && top["waivers"] != nil {
		return nil, l.fail("/waivers", "", "expected a list of waivers")
	}
	file := &File{Name: name}
	for i := range list {
		w, err := l.waiver(document.Join("/waivers", strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		if err := l.unique(file.Waivers, w); err != nil {
			return nil, err
		}
		file.Waivers = append(file.Waivers, w)
	}
	return file, nil
}

// loader reads values and says where they are wrong.
type loader struct{ d *document.Document }

func (l loader) fail(pointer, hint, format string, args ...any) error {
	r, _ := l.d.Member(pointer)
	return &document.Error{
		File: l.d.Name(), Line: r.Start.Line, Column: r.Start.Column, Code: "waivers-invalid",
		Message: fmt.Sprintf(format, args...), Hint: hint,
	}
}

// value is the value at a pointer that exists.
func (l loader) value(pointer string) any {
	value := l.d.Value()
	for _, token := range document.Split(pointer) {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, _ := strconv.Atoi(token) // the caller counted up to it
			value = v[i]
		}
	}
	return value
}

// object is the object at a pointer, with no other keys than the known ones.
func (l loader) object(pointer string, known ...string) (map[string]any, error) {
	object, ok := l.value(pointer).(map[string]any)
	if !ok {
		return nil, l.fail(pointer, "", "expected an object with the keys %s", strings.Join(known, ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, key) {
			return nil, l.fail(document.Join(pointer, key), "known keys: "+strings.Join(known, ", "), "unknown key %q", key)
		}
	}
	return object, nil
}

func (l loader) waiver(pointer string) (Waiver, error) {
	var w Waiver
	fields := []struct {
		key string
		to  *string
	}{
		{"fingerprint", &w.Fingerprint}, {"rule", &w.Rule}, {"subject", &w.Subject}, {"pointer", &w.Pointer},
		{"owner", &w.Owner}, {"reason", &w.Reason}, {"expires", &w.Expires},
	}
	keys := make([]string, len(fields))
	for i, field := range fields {
		keys[i] = field.key
	}
	object, err := l.object(pointer, keys...)
	if err != nil {
		return w, err
	}
	for _, field := range fields {
		value, has := object[field.key]
		text, isText := value.(string)
		if has && !isText {
			return w, l.fail(document.Join(pointer, field.key), "write it in quotes", "expected %s to be a string", field.key)
		}
		*field.to = text
	}
	w.Place = placeOf(l.d, pointer)
	_, hasPointer := object["pointer"]
	return w, l.complete(pointer, w, hasPointer)
}

var fingerprint = regexp.MustCompile(`^[0-9a-f]{32}(:[0-9]+)?$`)

// IsFingerprint reports whether text has the form of a finding's fingerprint.
func IsFingerprint(text string) bool { return fingerprint.MatchString(text) }

// complete checks that a waiver names findings, and who answers until when.
func (l loader) complete(pointer string, w Waiver, hasPointer bool) error {
	byPlace := w.Rule != "" || w.Subject != "" || hasPointer
	switch {
	case w.Fingerprint != "" && byPlace:
		return l.fail(pointer, "", "expected fingerprint, or rule with subject and pointer, found both")
	case w.Fingerprint == "" && !byPlace:
		return l.fail(pointer, "copy the fingerprint from the report", "the waiver names no finding: expected fingerprint, or rule with subject and pointer")
	case byPlace && (w.Rule == "" || w.Subject == "" || !hasPointer):
		return l.fail(pointer, `the pointer of a whole schema is ""`, "expected rule, subject and pointer together")
	}
	if w.Fingerprint != "" && !IsFingerprint(w.Fingerprint) {
		return l.fail(document.Join(pointer, "fingerprint"), "a fingerprint is 32 hexadecimal digits; copy it from the report", "%q is not a fingerprint", w.Fingerprint)
	}
	for _, field := range []struct{ key, text string }{{"owner", w.Owner}, {"reason", w.Reason}, {"expires", w.Expires}} {
		if strings.TrimSpace(field.text) == "" {
			return l.fail(pointer, "", "the waiver for %s has no %s", w.about(), field.key)
		}
	}
	if _, err := time.Parse(dateLayout, w.Expires); err != nil {
		return l.fail(document.Join(pointer, "expires"), "write a date as YYYY-MM-DD", "%q is no date", w.Expires)
	}
	return nil
}

func (l loader) unique(earlier []Waiver, w Waiver) error {
	if i := slices.IndexFunc(earlier, w.sameAs); i >= 0 {
		return l.fail(w.Place.Pointer, "keep one of the two", "a second waiver for %s: the first is at line %d", w.about(), earlier[i].Place.Line)
	}
	return nil
}
