package cmd

import (
	"bytes"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// format is one schema language: how its files are found and which engine
// judges them.
type format struct {
	kind   registry.Kind
	family string // of its rules' ids
	engine func(engineOptions) (compat.Engine, error)
	// refers reports whether a text may refer to other documents, so that equal
	// bytes may still mean something else. nil is never.
	refers func(text []byte) bool
}

// engineOptions are the settings that engines read.
type engineOptions struct {
	draft       string
	formats     string
	remoteHosts []string
	get         func(uri string) ([]byte, error) // fetches from those hosts
}

// formats is the one table from schema format to engine. A further format is
// one more row.
var formats = []format{
	{
		kind: registry.Kind{
			Format:   schema.JSON,
			Suffixes: []string{".schema.json", ".schema.yaml", ".schema.yml"},
			Maybe:    []string{".json", ".yaml", ".yml"},
			Sniff:    isJSONSchema,
			Identify: jsonschema.Identifier,
		},
		family: "json",
		engine: func(o engineOptions) (compat.Engine, error) {
			return jsonschema.New(jsonschema.Options{Draft: o.draft, Formats: o.formats, RemoteHosts: o.remoteHosts, Get: o.get})
		},
		refers: refersElsewhere,
	},
}

// kinds lists how the files of every format are found.
func (a *app) kinds() []registry.Kind {
	kinds := make([]registry.Kind, len(a.formats))
	for i, f := range a.formats {
		kinds[i] = f.kind
	}
	return kinds
}

// family is the first part of the rule ids of a format.
func (a *app) family(name schema.Format) string {
	i := slices.IndexFunc(a.formats, func(f format) bool { return f.kind.Format == name })
	if i < 0 {
		return string(name)
	}
	return a.formats[i].family
}

// refers reports whether a schema may refer to other documents.
func (a *app) refers(s schema.Schema) bool {
	return slices.ContainsFunc(a.formats, func(f format) bool {
		return f.kind.Format == s.Format && f.refers != nil && f.refers(s.Text)
	})
}

// invalidDocument is the rule of `schema validate`.
func (f format) invalidDocument() report.Rule {
	return report.Rule{
		ID: f.family + "/invalid-document", Severity: report.Error,
		Title:  "A document is not valid under the schema",
		Why:    "A consumer that validates refuses it; one that does not meets values that its author never expected.",
		Before: `{"type": "object", "required": ["id"]}`,
		After:  `{"total": 12}`,
		Fix:    "Correct the document, or the schema if it is the one that is wrong.",
	}
}

// isJSONSchema recognises a JSON Schema by its top-level $schema. A draft that
// nexus does not know counts, so that it is reported and not passed over.
func isJSONSchema(name string, text []byte) bool {
	if !bytes.Contains(text, []byte("$schema")) {
		return false
	}
	uri := topLevelSchema(text)
	if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		uri = yamlSchema(text)
	}
	return jsonschema.IsMetaSchema(uri) || strings.Contains(uri, "://json-schema.org/")
}

// topLevelSchema is the value of the $schema of a JSON object, or "". It reads
// brackets and strings only: a text that is malformed further on is still
// recognised, and then reported.
func topLevelSchema(text []byte) string {
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

// yamlSchema is the value of an unindented $schema key, or "".
func yamlSchema(text []byte) string {
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(string(line), ":")
		if ok && strings.Trim(key, `"'`) == "$schema" {
			value, _, _ = strings.Cut(value, " #")
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// refersElsewhere reports whether a JSON Schema has a reference that leaves its
// file. A false yes costs one comparison; a false no would hide a break.
func refersElsewhere(text []byte) bool {
	if bytes.Contains(text, []byte(`\u`)) {
		return true // a keyword may be written in escapes
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
