package jsonschema

import (
	"bytes"
	"path"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// Recognise reports whether the text of a file says that it is a JSON Schema, by
// its top-level $schema. A draft that nexus does not know counts, and so does a
// text that is malformed further on: both are then reported and not passed over.
func Recognise(name string, text []byte) bool {
	if !bytes.Contains(text, []byte("$schema")) {
		return false
	}
	uri := statedSchema(text)
	if extension := strings.ToLower(path.Ext(name)); uri == "" && (extension == ".yaml" || extension == ".yml") {
		uri = statedSchemaYAML(text)
	}
	return IsMetaSchema(uri) || strings.Contains(uri, "://json-schema.org/")
}

// statedSchema is the value of the $schema of a JSON object, or "". It reads
// brackets and strings only.
func statedSchema(text []byte) string {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := closingQuote(text, i)
			if depth == 1 && string(text[i:end]) == `"$schema"` {
				return stringAfterColon(text[end:])
			}
			i = end - 1
		}
	}
	return ""
}

// closingQuote is the offset after the string that opens at start.
func closingQuote(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func stringAfterColon(text []byte) string {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte(":"))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if !ok || len(rest) == 0 || rest[0] != '"' {
		return ""
	}
	return strings.Trim(string(rest[:closingQuote(rest, 0)]), `"`)
}

// statedSchemaYAML is the value of an unindented $schema key, or "".
func statedSchemaYAML(text []byte) string {
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(string(line), ":")
		if ok && strings.Trim(key, "\"' \t") == "$schema" && !strings.HasPrefix(key, " ") {
			value, _, _ = strings.Cut(value, " #")
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// RefersElsewhere reports whether a schema may have a reference that leaves its
// file, without reading it as a schema. A false yes costs one comparison; a
// false no would hide a break.
func RefersElsewhere(text []byte) bool {
	if spelled(text) {
		return true
	}
	for _, keyword := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		for rest := text; ; {
			at := bytes.Index(rest, []byte(keyword))
			if at < 0 {
				break
			}
			rest = bytes.TrimLeft(rest[at+len(keyword):], "\"' \t\r\n:")
			if !bytes.HasPrefix(rest, []byte("#")) {
				return true
			}
		}
	}
	return false
}

// spelled reports whether the letters of a keyword may be written as escapes: \u
// in JSON, and in YAML also \x, \U and a line that continues.
func spelled(text []byte) bool {
	for rest := text; ; {
		at := bytes.IndexByte(rest, '\\')
		if at < 0 || at+1 == len(rest) {
			return false
		}
		switch rest[at+1] {
		case 'u', 'U', 'x', '\n', '\r':
			return true
		}
		rest = rest[at+2:]
	}
}

// MayBeSchema reports whether a file that somebody calls a schema can be meant
// as one: it is named like one, or it holds a keyword that says something about
// documents. An object without any, such as an event, would accept everything.
// A text that cannot be read may be one, and is reported when it is.
func MayBeSchema(name string, text []byte) bool {
	if strings.Contains(path.Base(name), ".schema.") {
		return true
	}
	doc, err := document.Parse(name, text)
	if err != nil {
		return true
	}
	object, ok := doc.Value().(map[string]any)
	if !ok || len(object) == 0 {
		return true // true, false and {} are schemas; what else it is, reading it says
	}
	if _, stated := object["$schema"].(string); stated {
		return true
	}
	for _, keyword := range keywords {
		// An event has an id, and often a format, too.
		if _, has := object[keyword.name]; has && keyword.name != "id" && keyword.name != "format" {
			return true
		}
	}
	return false
}
