package catalog

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// schemaFormats are the names that people and file suffixes have for the formats.
var schemaFormats = map[string]string{
	"json": "json", "jsonschema": "json", "json-schema": "json", "yaml": "json", "yml": "json",
	"avro": "avro", "avsc": "avro",
	"protobuf": "protobuf", "proto": "protobuf", "proto3": "protobuf",
}

// schemaSuffixes are those of files that may be a schema without being named one.
var schemaSuffixes = []string{".avsc", ".proto", ".json", ".yaml", ".yml"}

// schemaFormat names a format, by what was written or else by the file's suffix.
func schemaFormat(written, file string) string {
	if written == "" {
		written = strings.TrimPrefix(path.Ext(file), ".")
	}
	if known, ok := schemaFormats[strings.ToLower(written)]; ok {
		return known
	}
	return strings.ToLower(written)
}

// schema finds the event's schema: the one that the frontmatter names, the
// default one of several, else the file beside it that can only be the schema.
func (r *resourceReader) schema() Value[Schema] {
	dir := path.Dir(r.file)
	for _, item := range schemaEntries(r.root) {
		at := item.first("path", "file", "ref")
		if !item.isMapping() {
			at = item
		}
		if name := at.text(); name.Known() {
			return r.loader.schemaFile(at, dir, name, item.member("format").plain())
		}
	}
	if at := r.root.member("schemaPath"); at.is() {
		if name := at.text(); name.Known() {
			return r.loader.schemaFile(at, dir, name, "")
		}
	}
	return r.schemaBeside(dir)
}

// schemaEntries lists schemas[], the default one first.
func schemaEntries(root entry) []entry {
	list := root.member("schemas").items()
	slices.SortStableFunc(list, func(a, b entry) int {
		return strings.Compare(written(b.member("default").value == true), written(a.member("default").value == true))
	})
	return list
}

// schemaFile reads the file that an entry names, relative to dir.
func (l *loader) schemaFile(at entry, dir string, name Value[string], format string) Value[Schema] {
	if strings.Contains(name.Get, "://") {
		at.odd(RuleMissingSchema, "copy the schema into the repository and name the copy", "the schema %s is not in the repository, and nexus fetches nothing", name.Get)
		return Value[Schema]{}
	}
	file := path.Join(dir, name.Get)
	text, err := l.files.read(file)
	if err != nil {
		reason := "the schema " + name.Get + " cannot be read: " + cause(err)
		if errors.Is(err, fs.ErrNotExist) {
			reason = "there is no file " + file
		}
		at.odd(RuleMissingSchema, "the path counts from the folder of the file that names it", "%s", reason)
		return Value[Schema]{}
	}
	return Value[Schema]{Get: Schema{File: file, Format: schemaFormat(format, file), Text: text}, Source: name.Source, Place: name.Place}
}

// schemaBeside takes the one file beside the event that may be its schema.
func (r *resourceReader) schemaBeside(dir string) Value[Schema] {
	candidates := schemaCandidates(r.tree.dirs[dir])
	switch {
	case len(candidates) == 0:
		return Value[Schema]{}
	case len(candidates) > 1:
		r.root.odd(RuleAmbiguousSchema, "name it: schemaPath: "+candidates[0], "each of %s may be the schema of %s", strings.Join(candidates, ", "), r.page.subject)
		return Value[Schema]{}
	}
	return r.loader.schemaFile(r.root, dir, Value[string]{Get: candidates[0], Source: Inferred, Place: r.place()}, "")
}

// schemaCandidates are the files that are called schema, else all that may be one.
func schemaCandidates(names []string) []string {
	var called, others []string
	for _, name := range names {
		lower := strings.ToLower(name)
		stem := strings.TrimSuffix(lower, path.Ext(lower))
		switch {
		case !slices.Contains(schemaSuffixes, path.Ext(lower)), strings.Contains(stem, "example"), strings.Contains(stem, "sample"),
			stem == "category", stem == "_category_", stem == "asyncapi", stem == "openapi":
		case stem == "schema", strings.HasSuffix(stem, ".schema"):
			called = append(called, name)
		default:
			others = append(others, name)
		}
	}
	if len(called) > 0 {
		return called
	}
	return others
}
