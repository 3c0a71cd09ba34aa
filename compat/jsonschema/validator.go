package jsonschema

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/skeleton/keyword"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// validator is a schema compiled by santhosh-tekuri/jsonschema, the judge of
// every witness.
//
// The library is given the schema as it stands but for what it judges in another
// way than the specification: patterns are translated from ECMA-262, a pattern
// that cannot be compiled is left out (and everything that depends on it is
// unsure), an empty enum accepts nothing, and formats are judged by formats().
// What only the meta-schema minds, such as a repeated enum member, is mended.
type validator struct {
	schema *jsonschema.Schema
	main   *file
}

var libraryDrafts = map[draft]*jsonschema.Draft{
	draft4: jsonschema.Draft4, draft6: jsonschema.Draft6, draft7: jsonschema.Draft7,
	draft2019: jsonschema.Draft2019, draft2020: jsonschema.Draft2020,
}

func newValidator(o Options, l *loader) (v *validator, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compiling %s: %v", l.main.name, r)
		}
	}()
	c := jsonschema.NewCompiler()
	c.Draft = libraryDrafts[l.main.draft]
	c.AssertFormat = o.Formats == "assert"
	for name, f := range formats() {
		c.Formats[name] = keyword.OnStrings(f.judge)
	}
	if o.Formats == "ignore" {
		for name := range c.Formats {
			c.Formats[name] = func(any) bool { return true }
		}
		c.Decoders["base64"] = func(s string) ([]byte, error) { return []byte(s), nil }
		c.MediaTypes["application/json"] = func([]byte) error { return nil }
	}
	c.LoadURL = func(uri string) (io.ReadCloser, error) {
		if f, ok := l.files[uri]; ok {
			return io.NopCloser(strings.NewReader(l.libraryText(f))), nil
		}
		if at, ok := l.ids[uri]; ok && at.pointer == "" {
			return io.NopCloser(strings.NewReader(l.libraryText(at.file))), nil
		}
		return nil, fmt.Errorf("%s is not part of the schema", uri)
	}
	if err := c.AddResource(l.main.uri, strings.NewReader(l.libraryText(l.main))); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(l.main.uri)
	if err != nil {
		return nil, err
	}
	return &validator{compiled, l.main}, nil
}

// Validate returns nil for a valid document, else a *jsonschema.ValidationError.
func (v *validator) Validate(value any) error { return v.schema.Validate(value) }

// libraryText is a document's text as the library needs it. Iglu's and other
// names of a known draft become the draft's own; a schema that means the same in
// draft 7 says that it is of draft 7, whose meta-schema the library checks in a
// fraction of the time.
func (l *loader) libraryText(f *file) string {
	value := rewrite(f.doc.Value(), f.draft, aSchema)
	if object, ok := value.(map[string]any); ok {
		d := f.draft
		if len(l.files) == 1 && l.sameInDraft7(f.doc.Value(), d) {
			d = draft7
		}
		if _, stated := object["$schema"]; stated || f.outer || d != f.draft {
			object["$schema"] = d.metaURI()
		}
	}
	return document.Encode(value)
}

// sameInDraft7 reports whether a schema of a later draft means the same in draft
// 7: it has no keyword that came later, and nothing beside a $ref.
func (l *loader) sameInDraft7(value any, d draft) bool {
	object, ok := value.(map[string]any)
	if !ok {
		return true
	}
	if d <= draft7 {
		return false
	}
	_, refers := object["$ref"]
	for keyword, v := range object {
		as, known := shapes()[d][keyword]
		if !known || keyword == "$defs" || keyword == "definitions" {
			if members, ok := v.(map[string]any); ok && known && !l.eachSameInDraft7(members, d) {
				return false
			}
			continue
		}
		if before, was := shapes()[draft7][keyword]; !was || refers && keyword != "$ref" || !alike(as, before, v) {
			return false
		}
		switch keyword {
		case "$id", "contentEncoding", "contentMediaType":
			return false
		case "format":
			if l.options.Formats == "draft" {
				return false
			}
		case "$ref":
			text, _ := v.(string)
			if text != "#" && !strings.HasPrefix(text, "#/$defs/") && !strings.HasPrefix(text, "#/definitions/") {
				return false // it may lead to what no keyword marks as a schema
			}
		}
		if !l.partsSameInDraft7(v, as, d) {
			return false
		}
	}
	return true
}

// alike reports whether a keyword's value has a shape that both drafts read.
func alike(as, before shape, v any) bool {
	_, isList := v.([]any)
	return as == before || as == aSchema && before == schemaOrList && !isList
}

func (l *loader) partsSameInDraft7(v any, as shape, d draft) bool {
	switch as {
	case aSchema, schemaList, schemaOrList:
		list, ok := v.([]any)
		if !ok {
			return l.sameInDraft7(v, d)
		}
		return !slices.ContainsFunc(list, func(sub any) bool { return !l.sameInDraft7(sub, d) })
	case schemaMap, schemaOrNames:
		members, _ := v.(map[string]any)
		return l.eachSameInDraft7(members, d)
	}
	return true
}

func (l *loader) eachSameInDraft7(members map[string]any, d draft) bool {
	for _, member := range members {
		if _, names := member.([]any); !names && !l.sameInDraft7(member, d) {
			return false
		}
	}
	return true
}

// rewrite copies a schema with its patterns translated and its empty enums made
// to refuse everything.
func rewrite(value any, d draft, as shape) any {
	switch as {
	case schemaList:
		return rewriteList(value, d)
	case schemaOrList:
		if _, ok := value.([]any); ok {
			return rewriteList(value, d)
		}
	case schemaMap, schemaOrNames:
		members, ok := value.(map[string]any)
		if !ok {
			return value
		}
		out := make(map[string]any, len(members))
		for name, member := range members {
			out[name] = rewrite(member, d, aSchema)
		}
		return out
	case aSchema:
	default:
		return value
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(object))
	for keyword, v := range object {
		as, known := shapes()[d][keyword]
		switch {
		case keyword == "title", keyword == "description", keyword == "$comment":
			// They decide nothing, and the meta-schema would look at each.
		case keyword == "pattern":
			if source, ok := v.(string); ok {
				if p := compilePattern(source); p.re != nil {
					out[keyword] = p.goText
				}
				continue
			}
			out[keyword] = v
		case slices.Contains(uriKeywords, keyword) && known:
			out[keyword] = normalURI(v)
		case keyword == "patternProperties" && known:
			out[keyword] = rewritePatterns(v, d)
		case known:
			out[keyword] = rewrite(v, d, as)
		default:
			// A reference may point into a keyword that the draft does not know.
			out[keyword] = rewriteUnknown(v, d)
		}
	}
	tolerate(out, d)
	return out
}

// tolerate brings what the meta-schemas forbid, and authors write all the same,
// to a form that means the same and is allowed: repetitions in lists that are
// sets, empty lists, and draft 4's exclusive limits without a limit.
func tolerate(object map[string]any, d draft) {
	for _, keyword := range []string{"enum", "required", "type"} {
		if list, ok := object[keyword].([]any); ok {
			object[keyword] = unique(list)
		}
	}
	if list, ok := object["required"].([]any); ok && len(list) == 0 {
		delete(object, "required")
	}
	for _, keyword := range []string{"dependencies", "dependentRequired"} {
		given, ok := object[keyword].(map[string]any)
		if !ok {
			continue
		}
		members := maps.Clone(given)
		for name, member := range members {
			if list, ok := member.([]any); ok {
				if members[name] = unique(list); len(list) == 0 {
					delete(members, name)
				}
			}
		}
		object[keyword] = members
	}
	if list, ok := object["items"].([]any); ok && len(list) == 0 {
		delete(object, "items") // a tuple of nothing: every item is an additional one
		if rest, ok := object["additionalItems"]; ok {
			object["items"] = rest
		}
	}
	for exclusive, limit := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if _, ok := object[limit]; !ok && d == draft4 {
			delete(object, exclusive)
		}
	}
	if list, ok := object["enum"].([]any); ok && len(list) == 0 {
		delete(object, "enum")
		all, _ := object["allOf"].([]any)
		object["allOf"] = append(slices.Clip(all), map[string]any{"not": map[string]any{}})
	}
}

// unique drops repeated values.
func unique(list []any) []any {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(v any) bool {
		key := keyOf(v)
		repeated := seen[key]
		seen[key] = true
		return repeated
	})
}

// uriKeywords hold URI references.
var uriKeywords = []string{"$id", "id", "$ref", "$dynamicRef", "$recursiveRef"}

// normalURI writes an absolute URI as net/url does. The library writes some that
// way and takes others as they stand, and without end looks for one by the name
// of the other.
func normalURI(value any) any {
	text, _ := value.(string)
	uri, err := url.Parse(text)
	if err != nil || !uri.IsAbs() {
		return value
	}
	return uri.String()
}

// rewriteUnknown treats what looks like a schema as one.
func rewriteUnknown(value any, d draft) any {
	if object, ok := value.(map[string]any); ok {
		return rewrite(object, d, aSchema)
	}
	return value
}

func rewriteList(value any, d draft) any {
	list, ok := value.([]any)
	if !ok {
		return value
	}
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = rewrite(item, d, aSchema)
	}
	return out
}

func rewritePatterns(value any, d draft) any {
	members, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(members))
	for source, member := range members {
		if p := compilePattern(source); p.re != nil {
			out[p.goText] = rewrite(member, d, aSchema)
		}
	}
	return out
}

// metaSchema is the node of a reference to one of the drafts' own meta-schemas:
// the library has them compiled.
func (b *builder) metaSchema(reference string) *node {
	n := newNode(b.at.file, b.at.pointer, b.at.file.draft)
	text, _ := resolveURI(b.at.base, reference)
	n.opaque = &opaque{name: text, judge: func(v any) truth {
		c := jsonschema.NewCompiler()
		c.LoadURL = func(uri string) (io.ReadCloser, error) { return nil, fmt.Errorf("%s is not part of the schema", uri) }
		source := document.Encode(map[string]any{"$ref": text})
		if err := c.AddResource("nexus:///meta", bytes.NewReader([]byte(source))); err != nil {
			return unsure
		}
		compiled, err := c.Compile("nexus:///meta")
		if err != nil {
			return unsure
		}
		return truthOf(compiled.Validate(v) == nil)
	}}
	return n
}
