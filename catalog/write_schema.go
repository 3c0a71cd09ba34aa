package catalog

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// schema writes an event's schema beside its page, and names it there. One that
// was found by its place alone is found so again.
func (w *writer) schema(f *frontmatter, dir string, e *Event) {
	s := e.Schema.Get
	switch {
	case !e.Schema.Known():
		return
	case len(s.Text) == 0:
		w.leave("the schema of %s, whose text could not be read", e.ID)
		return
	}
	name, text := schemaCopy(s)
	w.add(path.Join(dir, name), text)
	switch {
	case e.Schema.Source == Inferred:
	case schemaFormat("", name) == s.Format:
		f.word("schemaPath", name)
	default:
		f.declared.WriteString("schemas:\n  - path: " + scalar(name) + "\n    format: " + scalar(s.Format) + "\n")
	}
	if others := refersTo(s); len(others) > 0 {
		w.leave("what the schema of %s refers to: copy %s, or mend the references in %s", e.ID, strings.Join(others, ", "), path.Join(dir, name))
	}
}

// suffixes are those of files in a format.
var suffixes = map[string]string{"json": ".json", "avro": ".avsc", "protobuf": ".proto"}

// schemaCopy is the file that holds a schema: its own, byte for byte, or for a
// part of another document a new one.
func schemaCopy(s Schema) (name string, text []byte) {
	name = fileName(path.Base(s.File))
	isJSON := json.Valid(s.Text)
	gathered := isJSON && !slices.Contains([]string{".json", ".avsc", ".avro"}, path.Ext(name)) // from several files
	if s.Pointer == "" && !gathered && !isMarkdown(name) {
		return name, s.Text
	}
	name = "schema" + suffixes[s.Format]
	if !isJSON {
		return name, s.Text
	}
	var b bytes.Buffer
	if err := json.Indent(&b, s.Text, "", "  "); err != nil {
		return name, s.Text
	}
	b.WriteByte('\n')
	return name, b.Bytes()
}

// imported finds the files that a Protobuf schema imports.
var imported = regexp.MustCompile(`(?m)^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"`)

// refersTo lists the other files that a schema refers to, sorted. Those of
// Protobuf itself are everywhere.
func refersTo(s Schema) []string {
	var found []string
	if s.Format == "protobuf" {
		for _, match := range imported.FindAllSubmatch(s.Text, -1) {
			if name := string(match[1]); !strings.HasPrefix(name, "google/protobuf/") {
				found = append(found, name)
			}
		}
	} else if d, err := document.Parse(s.File, s.Text); err == nil {
		found = fileReferences(d.Value(), nil)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// fileReferences adds the files that the $refs in a value lead to.
func fileReferences(value any, found []string) []string {
	switch value := value.(type) {
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok && !strings.HasPrefix(ref, "#") && !strings.Contains(ref, ":") {
			file, _, _ := strings.Cut(ref, "#")
			found = append(found, file)
		}
		for _, member := range value {
			found = fileReferences(member, found)
		}
	case []any:
		for _, element := range value {
			found = fileReferences(element, found)
		}
	}
	return found
}
