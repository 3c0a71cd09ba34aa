package catalog

import (
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// maxSchemaText bounds the schema texts of one document together: each message's
// holds all that its payload refers to, so that many messages over one large set
// of schemas multiply it.
const maxSchemaText = 128 << 20

// payloadFormats are the media types of schemaFormat, without parameters.
var payloadFormats = map[string]string{
	"":                                  "json",
	"application/vnd.aai.asyncapi":      "json",
	"application/vnd.aai.asyncapi+json": "json",
	"application/vnd.aai.asyncapi+yaml": "json",
	"application/schema+json":           "json",
	"application/schema+yaml":           "json",
	"application/vnd.apache.avro":       "avro",
	"application/vnd.apache.avro+json":  "avro",
	"application/vnd.apache.avro+yaml":  "avro",
	"application/vnd.google.protobuf":   "protobuf",
	"application/x-protobuf":            "protobuf",
}

// payloadFormat names the format of a schema; what nexus does not know keeps the
// media type.
func payloadFormat(mediaType string) string {
	base, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	if format, ok := payloadFormats[strings.TrimSpace(base)]; ok {
		return format
	}
	return strings.TrimSpace(mediaType)
}

// readPayload takes the message's schema. Since 3.0 the payload may be a Multi
// Format Schema Object, which says the format beside the schema.
func (r *asyncReader) readPayload(e *Event, message asyncNode, target entry) {
	at := target.child("payload")
	if at.value == nil {
		return
	}
	place := at.place()
	mediaType := r.firstText(message, "schemaFormat")
	if multi, ok := r.multiFormat(at); ok {
		mediaType = multi.child("schemaFormat").plain()
		at = multi.child("schema")
	}
	format := payloadFormat(mediaType)
	schema, ok := r.schemaText(at, format)
	if ok {
		e.Schema = Value[Schema]{Get: schema, Source: Declared, Place: place}
		e.documents = r.files
	}
}

// multiFormat looks for a schema with its format. A reference to a file that is
// no JSON or YAML cannot be one, and is not opened as such.
func (r *asyncReader) multiFormat(at entry) (entry, bool) {
	if ref, is := at.ref(); is && isSchemaLanguage(ref) {
		return at, false
	}
	target, _, ok := r.resolve(at)
	return target, ok && target.child("schemaFormat").value != nil && target.child("schema").value != nil
}

// isSchemaLanguage reports whether a reference leads to a file of a language of
// its own, such as .proto, which is text and no document.
func isSchemaLanguage(ref string) bool {
	file, _, _ := strings.Cut(ref, "#")
	switch strings.ToLower(path.Ext(file)) {
	case ".proto", ".avdl", ".xsd", ".raml", ".graphql", ".fbs", ".thrift":
		return true
	}
	return false
}

// schemaText reads the schema at a place into a text that stands on its own.
func (r *asyncReader) schemaText(at entry, format string) (Schema, bool) {
	if ref, is := at.ref(); is && isSchemaLanguage(ref) {
		return r.languageFile(at, ref, format)
	}
	target, _, ok := r.resolve(at)
	if !ok {
		return Schema{}, false
	}
	s := Schema{File: target.page.file, Format: format, Pointer: target.pointer}
	switch value := target.value.(type) {
	case string:
		// Protobuf is written as a block of text, and Avro now and then.
		s.Text = []byte(value)
	case map[string]any, []any, bool:
		s.Text = r.boundedBundle(target)
	default:
		r.problem(codeMalformed, target, "", "the payload is %s, want a schema", asyncKind(value))
		return Schema{}, false
	}
	return s, true
}

// boundedBundle is bundle within the bounds of one schema and of all. The first
// schema that is too large for all is told, and those after it have no text.
func (r *asyncReader) boundedBundle(at entry) []byte {
	text, ok := r.bundles[at.identity()]
	if ok || r.bundled > maxSchemaText {
		return text
	}
	text = r.bundle(at)
	r.bundled += len(text)
	switch {
	case r.bundled > maxSchemaText:
		r.problem(codeTooLarge, at, "split the document", "the schemas of this document are larger than %d MiB together, each with all that it refers to: from this one on they are not read", maxSchemaText>>20)
		return nil
	case len(text) > document.MaxSize:
		r.problem(codeTooLarge, at, "split the schema", "this schema is larger than %d MiB with all that it refers to", document.MaxSize>>20)
		return nil
	}
	r.bundles[at.identity()] = text
	return text
}

// languageFile takes a file's text as it is.
func (r *asyncReader) languageFile(at entry, ref, format string) (Schema, bool) {
	at = at.child("$ref")
	name, ok := r.refPath(at, ref)
	if !ok {
		return Schema{}, false
	}
	file := r.text(name)
	if file.err != nil {
		r.problem(codeDanglingRef, at, "paths count from the folder of the file that refers", "$ref %q: reading %s: %v", ref, name, file.err)
		return Schema{}, false
	}
	if format == "json" { // the default, when nobody wrote a schemaFormat
		format = schemaFormat("", name)
	}
	return Schema{File: name, Format: format, Text: file.text}, true
}

// bundle is the text of a schema with everything that it refers to.
//
// A whole file that refers to nothing outside is given as it is written.
// Otherwise the schema is copied as JSON, and what it refers to is laid into the
// copy under the very pointer that it has in its file, so that references within
// a document stay as their author wrote them and a pointer into the copy still
// says where it comes from. What lies in other files goes below x-files, by the
// file's name.
func (r *asyncReader) bundle(root entry) []byte {
	b := &bundler{r: r, root: root}
	text := b.copy(root, schemaHere)
	for i := 0; i < len(b.wanted); i++ { // copying a part may want more
		b.parts = append(b.parts, b.copy(b.wanted[i], schemaHere))
	}
	if root.pointer == "" && len(b.wanted) == 0 && len(root.page.text) > 0 {
		return root.page.text
	}
	top, ok := text.(map[string]any)
	if !ok {
		return []byte(document.Encode(text))
	}
	b.lay(top)
	return []byte(document.Encode(top))
}

// bundler gathers what one schema refers to.
type bundler struct {
	r      *asyncReader
	root   entry
	wanted []entry // the targets of references outside the root, each once
	parts  []any   // their copies
	have   map[identity]bool
}

// bundledFiles is where a bundle has what lies in other files.
const bundledFiles = "/x-files"

// where says what the members of a mapping in a schema are.
type where int

const (
	schemaHere where = iota // keywords
	namesHere               // names of schemas, such as those of properties
	dataHere                // values, such as a default: a $ref in them is text
)

// below is what stands under a keyword.
func (w where) below(key string) where {
	if w == dataHere {
		return dataHere
	}
	if w == namesHere {
		return schemaHere
	}
	switch key {
	case "properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas":
		return namesHere
	case "enum", "const", "default", "example", "examples":
		return dataHere
	}
	return schemaHere
}

// copy copies a part of a schema and leads its references to where the bundle
// has their targets. A reference that leads nowhere is a problem, and stays.
func (b *bundler) copy(at entry, w where) any {
	switch value := at.value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for _, key := range sortedKeys(value) {
			if _, text := value[key].(string); text && key == "$id" && w == schemaHere && at.identity() != b.root.identity() {
				continue // it would give the references below it another base
			}
			child := entry{page: at.page, pointer: document.Join(at.pointer, key), value: value[key]}
			copied[key] = b.copy(child, w.below(key))
		}
		if ref, is := at.ref(); is && w == schemaHere {
			copied["$ref"] = b.lead(at, ref)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, child := range at.elements() {
			copied[i] = b.copy(child, w)
		}
		return copied
	}
	return at.value
}

// lead is the reference that stands for another one in the bundle.
func (b *bundler) lead(at entry, ref string) string {
	target, ok := b.r.follow(at, ref, 1)
	if !ok {
		return ref
	}
	if b.cyclic(at) {
		return ref
	}
	if inside, ok := strings.CutPrefix(target.pointer, b.root.pointer); ok && target.page == b.root.page && (inside == "" || inside[0] == '/') {
		return "#" + fragment(inside)
	}
	if !b.have[target.identity()] {
		if b.have == nil {
			b.have = map[identity]bool{}
		}
		b.have[target.identity()] = true
		b.wanted = append(b.wanted, target)
	}
	return "#" + fragment(b.pointerOf(target))
}

// cyclic reports a reference that leads back to itself with nothing between,
// which no schema can mean. One that leads back through a property is a
// recursive schema, and legal.
func (b *bundler) cyclic(at entry) bool {
	_, _, ok := b.r.resolve(at)
	return !ok
}

// pointerOf is where the bundle has a target.
func (b *bundler) pointerOf(target entry) string {
	if target.page == b.root.page {
		return target.pointer
	}
	return document.Join(bundledFiles, target.page.file) + target.pointer
}

// lay puts the parts into the copy of the root. The outer ones come first: what
// lies inside another part is there already.
func (b *bundler) lay(top map[string]any) {
	order := make([]int, len(b.wanted))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return strings.Compare(b.pointerOf(b.wanted[i]), b.pointerOf(b.wanted[j]))
	})
	for _, i := range order {
		at := top
		tokens := document.Split(b.pointerOf(b.wanted[i]))
		for n, token := range tokens {
			if n == len(tokens)-1 {
				if _, there := at[token]; !there {
					at[token] = b.parts[i]
				}
				break
			}
			next, there := at[token]
			inner, mapping := next.(map[string]any)
			if !there {
				inner, mapping = map[string]any{}, true
				at[token] = inner
			}
			if !mapping { // it lies in a list of another part
				break
			}
			at = inner
		}
	}
}

// fragment writes a pointer as the fragment of a URI.
func fragment(pointer string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?"
	var b strings.Builder
	for _, c := range []byte(pointer) {
		if strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
