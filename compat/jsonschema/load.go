package jsonschema

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// file is one document that a schema is made of: its own, or one it refers to.
type file struct {
	name  string // for people, relative to the repository root
	uri   string // how references find it before any "$id"
	doc   *document.Document
	draft draft
	outer bool // not the schema's own document
}

// place is a schema's position: a file and a JSON pointer.
type place struct {
	file    *file
	pointer string
	base    string // the URI that relative references start from
}

// loader reads one schema and everything it refers to, and builds its nodes.
type loader struct {
	options Options
	source  schema.Schema
	main    *file
	files   map[string]*file // by URI
	ids     map[string]place // by absolute URI, with "#anchor" for an anchor
	dynamic map[string][]string
	nodes   map[string]*node
	faults  []fault
	taken   []schema.Reference // what the schema's own file refers to
}

// fault is a part that cannot be reasoned about.
type fault struct {
	place  place
	reason string
}

// ownURI is the URI of a schema's own file. Its path lets relative references
// between files resolve as they do on disk. A URI cannot climb above its root,
// so that the folders above it, where a file outside of the repository lies, get
// a name.
func ownURI(name string) string {
	segments := strings.Split(strings.TrimPrefix(name, "/"), "/")
	for i, segment := range segments {
		if segment == ".." {
			segments[i] = "above"
		}
	}
	return (&url.URL{Scheme: "nexus", Host: "", Path: "/" + strings.Join(segments, "/")}).String()
}

func newLoader(o Options, s schema.Schema) (*loader, error) {
	l := &loader{
		options: o, source: s,
		files: map[string]*file{}, ids: map[string]place{}, dynamic: map[string][]string{}, nodes: map[string]*node{},
	}
	main, err := l.add(ownURI(s.File), s.File, s.Text)
	if err != nil {
		return nil, err
	}
	l.main = main
	return l, nil
}

// add parses a document and files it with all the identifiers in it.
func (l *loader) add(uri, name string, text []byte) (*file, error) {
	doc, err := document.Parse(name, text)
	if err != nil {
		return nil, inputError(err)
	}
	f := &file{name: name, uri: uri, doc: doc, outer: l.main != nil}
	if f.draft, err = l.draftOf(f); err != nil {
		return nil, err
	}
	l.files[uri] = f
	l.ids[uri] = place{f, "", uri}
	return f, l.index(place{f, "", uri}, doc.Value(), true)
}

// inputError carries a document's error to the report.
func inputError(err error) error {
	var e *document.Error
	if !errors.As(err, &e) {
		return err
	}
	input := &compat.InputError{Code: e.Code, Message: e.Message, Location: report.Location{File: e.File, Line: e.Line, Column: e.Column, EndLine: e.Line, EndColumn: e.Column}}
	if e.Hint != "" {
		input.Hints = []string{e.Hint}
	}
	return input
}

// fail reports a malformed schema at a place.
func (p place) fail(code, message string, hints ...string) error {
	return &compat.InputError{Code: code, Message: message, Hints: hints, Location: p.file.locate(p.pointer)}
}

// Identifier returns the identifier that a schema claims at its root ("$id", in
// draft 4 "id"), without an empty fragment, or "" when it claims none.
func Identifier(name string, text []byte) string {
	if !bytes.Contains(text, []byte("id")) {
		return ""
	}
	doc, err := document.Parse(name, text)
	if err != nil {
		return ""
	}
	object, _ := doc.Value().(map[string]any)
	id, ok := object["$id"].(string)
	if !ok {
		id, _ = object["id"].(string)
	}
	return strings.TrimSuffix(id, "#")
}

// RecordName is a schema's "title", or "": what the record naming strategies of
// registries make a subject of.
func RecordName(name string, text []byte) string {
	doc, err := document.Parse(name, text)
	if err != nil {
		return ""
	}
	object, _ := doc.Value().(map[string]any)
	title, _ := object["title"].(string)
	return title
}

// draftOf reads "$schema", or takes the default draft.
func (l *loader) draftOf(f *file) (draft, error) {
	object, _ := f.doc.Value().(map[string]any)
	at := place{f, "/$schema", ""}
	value, stated := object["$schema"]
	if !stated {
		return parseDraft(l.options.Draft)
	}
	if uri, ok := value.(string); ok {
		if d, ok := draftOf(uri); ok {
			return d, nil
		}
		return 0, at.fail("unknown-draft", fmt.Sprintf("unknown draft %q", uri),
			"nexus knows JSON Schema drafts "+strings.Join(DraftNames, ", ")+"; a file without $schema is read as draft 7 (see --draft)")
	}
	return 0, at.fail("malformed-schema", "$schema must be a string")
}

// locate turns a pointer into a place to show.
func (f *file) locate(pointer string) report.Location {
	r, _ := f.doc.Range(pointer)
	return report.Location{
		File: f.name, Pointer: pointer,
		Line: r.Start.Line, Column: r.Start.Column, EndLine: r.End.Line, EndColumn: r.End.Column,
	}
}

// index walks every sub-schema below a place, checks the shapes of its keywords
// and notes its identifiers.
func (l *loader) index(at place, value any, root bool) error {
	object, ok := value.(map[string]any)
	if !ok {
		if _, isBool := value.(bool); isBool && (at.file.draft >= draft6 || !root) {
			return nil
		}
		return at.fail("malformed-schema", fmt.Sprintf("a schema must be an object or a boolean, not %s", describe(value)))
	}
	d := at.file.draft
	if d < draft2019 {
		if _, ok := object["$ref"].(string); ok {
			return l.checkRef(at, object) // what stands beside $ref is not a schema
		}
	}
	for _, keyword := range sortedKeys(object) {
		shape, known := shapes()[d][keyword]
		if !known {
			continue
		}
		if err := l.checkShape(at.member(keyword), object[keyword], keyword, shape); err != nil {
			return err
		}
	}
	base, err := l.identify(at, object)
	if err != nil {
		return err
	}
	at.base = base
	for _, keyword := range sortedKeys(object) {
		if shape, known := shapes()[d][keyword]; known {
			if err := l.indexBelow(at.member(keyword), object[keyword], shape); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) checkRef(at place, object map[string]any) error {
	if _, err := url.Parse(object["$ref"].(string)); err != nil {
		return at.member("$ref").fail("malformed-schema", fmt.Sprintf("$ref %q is not a URI reference", object["$ref"]))
	}
	if defs, ok := object["definitions"].(map[string]any); ok && at.pointer == "" {
		return l.indexBelow(at.member("definitions"), defs, schemaMap)
	}
	return nil
}

func (l *loader) indexBelow(at place, value any, shape shape) error {
	switch shape {
	case aSchema:
		return l.index(at, value, false)
	case schemaList:
		return l.indexList(at, value.([]any))
	case schemaOrList:
		if list, ok := value.([]any); ok {
			return l.indexList(at, list)
		}
		return l.index(at, value, false)
	case schemaMap, schemaOrNames:
		members := value.(map[string]any)
		for _, name := range sortedKeys(members) {
			if _, names := members[name].([]any); names && shape == schemaOrNames {
				continue
			}
			if err := l.index(at.member(name), members[name], false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) indexList(at place, list []any) error {
	for i, item := range list {
		if err := l.index(at.element(i), item, false); err != nil {
			return err
		}
	}
	return nil
}

// identify notes the identifiers of one sub-schema and returns its base URI.
func (l *loader) identify(at place, object map[string]any) (string, error) {
	keyword := "$id"
	if at.file.draft == draft4 {
		keyword = "id"
	}
	base := at.base
	if id, ok := object[keyword].(string); ok {
		resolved, err := resolveURI(base, id)
		if err != nil {
			return "", at.member(keyword).fail("malformed-schema", fmt.Sprintf("%s %q is not a URI reference", keyword, id))
		}
		uri, fragment, _ := strings.Cut(resolved, "#")
		switch {
		case fragment != "" && at.file.draft < draft2019:
			l.ids[uri+"#"+fragment] = at // "#name" names the schema as $anchor does later
		case strings.TrimSuffix(id, "#") != "":
			base = uri
			l.ids[base] = place{at.file, at.pointer, base}
		}
	}
	at.base = base
	for _, keyword := range []string{"$anchor", "$dynamicAnchor"} {
		if name, ok := object[keyword].(string); ok && at.file.draft >= draft2019 {
			if !isAnchor(name) {
				return "", at.member(keyword).fail("malformed-schema", fmt.Sprintf("%s %q must be a letter or underscore, then letters, digits, and any of - . : _", keyword, name))
			}
			l.ids[base+"#"+name] = at
			if keyword == "$dynamicAnchor" {
				l.dynamic[base] = append(l.dynamic[base], name)
			}
		}
	}
	if recursive, _ := object["$recursiveAnchor"].(bool); recursive && at.file.draft == draft2019 {
		l.dynamic[base] = append(l.dynamic[base], "")
	}
	return base, nil
}

// isAnchor reports whether name can be one: what either draft with anchors takes.
func isAnchor(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789-.:", r)) {
			return false
		}
	}
	return name != ""
}

func (p place) member(name string) place {
	return place{p.file, document.Join(p.pointer, name), p.base}
}

func (p place) element(i int) place { return p.member(fmt.Sprint(i)) }

func resolveURI(base, reference string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	r, err := url.Parse(reference)
	if err != nil {
		return "", err
	}
	return b.ResolveReference(r).String(), nil
}

// find follows a reference from a place to the schema it names. A nil place
// with no error is one of the drafts' own meta-schemas.
func (l *loader) find(from place, reference string) (*place, error) {
	resolved, err := resolveURI(from.base, reference)
	if err != nil {
		return nil, from.fail("malformed-schema", fmt.Sprintf("$ref %q is not a URI reference", reference))
	}
	uri, fragment, _ := strings.Cut(resolved, "#")
	if fragment, err = url.PathUnescape(fragment); err != nil {
		return nil, from.fail("malformed-schema", fmt.Sprintf("$ref %q has a malformed fragment", reference))
	}
	if fragment != "" && !strings.HasPrefix(fragment, "/") {
		if at, ok := l.ids[uri+"#"+fragment]; ok {
			return &at, nil
		}
	}
	target, ok := l.ids[uri]
	if !ok {
		if IsMetaSchema(uri) && fragment == "" {
			return nil, nil
		}
		if target, err = l.fetch(from, uri, reference); err != nil {
			return nil, err
		}
	}
	if fragment == "" {
		return &target, nil
	}
	if !strings.HasPrefix(fragment, "/") {
		if at, ok := l.ids[target.base+"#"+fragment]; ok {
			return &at, nil
		}
		return nil, from.fail("unresolved-reference", fmt.Sprintf("$ref %q names no schema: no anchor %q in %s", reference, fragment, target.file.name))
	}
	return l.descend(from, target, fragment, reference)
}

// descend follows a JSON pointer, changing the base where it enters a schema
// with an identifier of its own.
func (l *loader) descend(from, at place, pointer, reference string) (*place, error) {
	value, _ := valueAt(at.file.doc.Value(), at.pointer)
	for _, token := range document.Split(pointer) {
		next, ok := step(value, token)
		if !ok {
			return nil, from.fail("unresolved-reference", fmt.Sprintf("$ref %q points to nothing: %s has no %q", reference, at.file.name, document.Join(at.pointer, token)), whatIsThere(value)...)
		}
		at, value = at.member(token), next
		if object, ok := value.(map[string]any); ok {
			if id, ok := object[idKeyword(at.file.draft)].(string); ok && !strings.HasPrefix(id, "#") {
				if base, err := resolveURI(at.base, id); err == nil && l.ids[strings.TrimSuffix(base, "#")].pointer == at.pointer {
					at.base = strings.TrimSuffix(base, "#")
				}
			}
		}
	}
	return &at, nil
}

// whatIsThere is a hint that lists what is there instead of what a reference names.
func whatIsThere(value any) []string {
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 {
		return nil
	}
	names := sortedKeys(object)
	more := ""
	if len(names) > 10 {
		names, more = names[:10], ", ..."
	}
	return []string{"there are " + strings.Join(names, ", ") + more}
}

func idKeyword(d draft) string {
	if d == draft4 {
		return "id"
	}
	return "$id"
}

func valueAt(value any, pointer string) (any, bool) {
	for _, token := range document.Split(pointer) {
		next, ok := step(value, token)
		if !ok {
			return nil, false
		}
		value = next
	}
	return value, true
}

func step(value any, token string) (any, bool) {
	switch v := value.(type) {
	case map[string]any:
		next, ok := v[token]
		return next, ok
	case []any:
		for i := range v {
			if fmt.Sprint(i) == token {
				return v[i], true
			}
		}
	}
	return nil, false
}

// fetch reads a document that the schema refers to and does not hold: by the
// name its registry gives, by the path on disk, or by the identifier that a
// neighbouring file claims.
func (l *loader) fetch(from place, uri, reference string) (place, error) {
	for _, r := range l.source.References {
		if r.Name == reference || r.Name == uri || ownURI(r.Name) == uri {
			return l.adopt(uri, r.File, r.Text)
		}
	}
	asPath, _, _ := strings.Cut(reference, "#")
	parsed, err := url.Parse(uri)
	if err != nil {
		return place{}, from.fail("malformed-schema", fmt.Sprintf("$ref %q is not a URI reference", reference))
	}
	if l.source.Resolve != nil {
		for _, candidate := range l.candidates(from, parsed, asPath) {
			name, text, err := l.source.Resolve(candidate)
			if err == nil {
				if from.file == l.main {
					l.taken = append(l.taken, schema.Reference{Name: asPath, File: name, Text: text})
				}
				return l.adopt(uri, name, text)
			}
		}
	}
	if parsed.Scheme == "http" || parsed.Scheme == "https" {
		return l.download(from, parsed, uri, reference)
	}
	return place{}, from.fail("unresolved-reference", fmt.Sprintf("$ref %q cannot be resolved: no file %q and no schema with that identifier", reference, asPath),
		"paths are relative to the file that holds the $ref")
}

// candidates are the names under which a neighbouring file may hold the
// document: a path relative to the schema's own file, and the absolute URI.
func (l *loader) candidates(from place, uri *url.URL, reference string) []string {
	var all []string
	if r, err := url.Parse(reference); err == nil && !r.IsAbs() && r.Path != "" && !strings.HasPrefix(r.Path, "/") {
		dir := path.Dir(l.source.File)
		all = append(all, relative(dir, path.Join(path.Dir(from.file.name), r.Path)))
	}
	if uri.Scheme != "nexus" {
		all = append(all, uri.String())
	}
	return slices.Compact(all)
}

// relative is the path from dir to target, both with slashes and relative to
// the same root.
func relative(dir, target string) string {
	up := strings.Split(path.Clean(dir), "/")
	if path.Clean(dir) == "." {
		up = nil
	}
	down := strings.Split(path.Clean(target), "/")
	for len(up) > 0 && len(down) > 1 && up[0] == down[0] {
		up, down = up[1:], down[1:]
	}
	return strings.Repeat("../", len(up)) + strings.Join(down, "/")
}

func (l *loader) adopt(uri, name string, text []byte) (place, error) {
	f, err := l.add(uri, name, text)
	if err != nil {
		return place{}, err
	}
	return place{f, "", l.baseOf(f)}, nil
}

// baseOf is the base URI at the root of a file: its "$id" if it has one.
func (l *loader) baseOf(f *file) string {
	for uri, at := range l.ids {
		if at.file == f && at.pointer == "" && uri != f.uri && !strings.Contains(uri, "#") {
			return uri
		}
	}
	return f.uri
}

// download gets a document from a host that the user allowed.
func (l *loader) download(from place, uri *url.URL, text, reference string) (place, error) {
	if !slices.Contains(l.options.RemoteHosts, uri.Host) {
		return place{}, from.fail("unresolved-reference", fmt.Sprintf("$ref %q would be fetched from %s, which is not allowed", reference, uri.Host),
			"allow the host with --allow-remote "+uri.Host+", or keep a copy in the tree with that $id")
	}
	body, err := l.options.Get(text)
	if err != nil {
		return place{}, from.fail("unresolved-reference", fmt.Sprintf("$ref %q cannot be fetched: %v", reference, err))
	}
	return l.adopt(text, text, body)
}

// split reads a pointer that may name another file.
func (l *loader) split(pointer string) (*file, string) {
	if name, rest, other := strings.Cut(pointer, "#"); other && !strings.HasPrefix(pointer, "/") {
		for _, uri := range sortedKeys(l.files) {
			if f := l.files[uri]; f.name == name {
				return f, rest
			}
		}
	}
	return l.main, pointer
}
