package avro

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// byName finds the schema that a name means: a primitive type, or a definition
// that came earlier. A name without a dot is looked for in its namespace and
// then without one, as Java does.
func (l *loader) byName(name string, at place, namespace string) (*node, error) {
	if primitive(name) {
		return &node{kind: kind(name), at: at}, nil
	}
	full := qualify(name, namespace)
	for _, candidate := range []string{full, name} {
		if n := l.names[candidate]; n != nil {
			return n, nil
		}
	}
	for _, candidate := range slices.Compact([]string{full, name}) {
		if err := l.fetch(candidate); err != nil {
			return nil, err
		}
		if n := l.names[candidate]; n != nil {
			return n, nil
		}
	}
	return nil, at.fail("undeclared-type", fmt.Sprintf("the type %q is not declared", full), l.undeclaredHint(full))
}

func (l *loader) undeclaredHint(full string) string {
	switch {
	case full == "record" || full == "enum" || full == "fixed" || full == "array" || full == "map":
		return fmt.Sprintf(`write the definition as an object of its own: "type": {"type": %q, ...}`, full)
	case l.source.Resolve == nil && len(l.source.References) == 0:
		return "define it before it is used, or name the subject that defines it in the schema's references"
	}
	return fmt.Sprintf("define it before it is used, or in a file of its own such as %s.avsc", unqualified(full))
}

// fetch reads the file that defines a name, if there is one.
func (l *loader) fetch(full string) error {
	for _, r := range l.source.References {
		name := cmp.Or(r.File, r.Name)
		if done, err := l.takeFrom(name, r.Text, full, r.Name == full); done || err != nil {
			return err
		}
	}
	if l.source.Resolve == nil || !validName(full, true) {
		return nil
	}
	for _, guess := range l.guesses(full) {
		name, text, err := l.source.Resolve(guess)
		if err != nil {
			continue // nothing there; the name stays undeclared when all guesses fail
		}
		if done, err := l.takeFrom(name, text, full, true); done || err != nil {
			l.taken = append(l.taken, schema.Reference{Name: full, File: name, Text: text})
			return err
		}
	}
	return nil
}

// takeFrom reads a file if it defines a name. A file that is expected to must be
// readable.
func (l *loader) takeFrom(name string, text []byte, full string, expected bool) (bool, error) {
	if name == l.source.File || l.files[name] != nil {
		return false, nil
	}
	doc, err := document.Parse(name, text)
	if err != nil && expected {
		return false, inputError(err)
	}
	if err != nil || !defines(doc.Value(), full, "") {
		return false, nil
	}
	f := &file{name: name, doc: doc, outer: true}
	l.files[name] = f
	_, err = l.schema(doc.Value(), place{file: f}, "")
	return true, err
}

// defines reports whether a definition of a full name is written in a schema's text.
func defines(value any, full, namespace string) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return defines(e, full, namespace) })
	case map[string]any:
		switch v["type"] {
		case "record", "error", "enum", "fixed":
			name := labelOf(v, namespace)
			if name == full {
				return true
			}
			namespace = namespaceOf(name)
		}
		for _, key := range []string{"type", "items", "values", "fields"} {
			if _, text := v[key].(string); !text && defines(v[key], full, namespace) {
				return true
			}
		}
	}
	return false
}

// guesses lists where a definition may be: under its identifier, and in files
// that are named after it.
func (l *loader) guesses(full string) []string {
	below := strings.ReplaceAll(full, ".", "/") + ".avsc"
	guesses := []string{identifierPrefix + full, unqualified(full) + ".avsc", full + ".avsc", below}
	object, _ := l.main.doc.Value().(map[string]any)
	own := strings.ReplaceAll(namespaceOf(declaredName(object)), ".", "/")
	dir := path.Dir(l.source.File)
	if own != "" && (dir == own || strings.HasSuffix(dir, "/"+own)) {
		guesses = append(guesses, strings.Repeat("../", strings.Count(own, "/")+1)+below)
	}
	return slices.Compact(guesses)
}
