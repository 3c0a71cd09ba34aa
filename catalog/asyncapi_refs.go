package catalog

import (
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// The codes of this loader's problems.
const (
	codeDanglingRef = "asyncapi-dangling-ref"
	codeCyclicRef   = "asyncapi-cyclic-ref"
	codeRemoteRef   = "asyncapi-remote-ref"
	codeMalformed   = "asyncapi-malformed"
	codeTooLarge    = "asyncapi-too-large"
)

// asyncFile is a file that was read once, or could not be.
type asyncFile struct {
	text []byte
	page *page // nil until it is opened as JSON or YAML
	err  error
}

// open reads a file as JSON or YAML.
func (r *asyncReader) open(name string) *asyncFile {
	file := r.text(name)
	if file.page != nil || file.err != nil {
		return file
	}
	parsed, err := document.Parse(name, file.text)
	if err != nil {
		file.err = err
		return file
	}
	file.page = &page{file: name, text: file.text, document: parsed}
	return file
}

// text reads a file that need not be JSON or YAML.
func (r *asyncReader) text(name string) *asyncFile {
	if file, ok := r.files[name]; ok {
		return file
	}
	file := &asyncFile{}
	if file.err = r.ctx.Err(); file.err == nil {
		file.text, file.err = r.read(name)
	}
	r.files[name] = file
	return file
}

// resolve follows references until a value that is none. The hops are every
// layer on the way, the first and the last one included. What cannot be followed
// is a problem, told once; the value is then left out.
func (r *asyncReader) resolve(l entry) (target entry, hops []entry, ok bool) {
	for {
		seen := slices.ContainsFunc(hops, func(hop entry) bool { return hop.identity() == l.identity() })
		hops = append(hops, l)
		ref, is := l.ref()
		if !is {
			return l, hops, true
		}
		if seen {
			r.cycle(hops)
			return l, hops, false
		}
		if len(hops) > maxHops {
			r.problem(codeCyclicRef, hops[0].child("$ref"), "refer to the value itself", "$ref leads over more than %d other references", maxHops)
			return l, hops, false
		}
		r.checkBesideRef(l)
		if l, ok = r.follow(l, ref, len(hops)); !ok {
			return l, hops, false
		}
	}
}

// cycle tells of references of which the last one leads back to one before. It
// is told once, at the same one of them, wherever it is entered.
func (r *asyncReader) cycle(hops []entry) {
	last := hops[len(hops)-1].identity()
	from := slices.IndexFunc(hops, func(l entry) bool { return l.identity() == last })
	at := slices.MinFunc(hops[from:], func(a, b entry) int { return strings.Compare(describe(a), describe(b)) })
	ref, _ := at.ref()
	r.problem(codeCyclicRef, at.child("$ref"), "let one of them hold the value itself", "$ref %q leads back to itself", ref)
}

// checkBesideRef tells of extensions beside a $ref, which AsyncAPI ignores: a
// classification that is written there would be lost without a word.
func (r *asyncReader) checkBesideRef(l entry) {
	if object, _ := l.value.(map[string]any); len(object) == 1 {
		return
	}
	for _, member := range l.children() {
		if strings.HasPrefix(member.name(), "x-") {
			member.odd(RuleUnknownKey, "move it to the object that the $ref names", "%s stands beside a $ref, where AsyncAPI ignores it", member.name())
		}
	}
}

// maxHops bounds references that lead to references. Nobody writes as many, and
// inside the pointer of another one a loop has no identity of its own.
const maxHops = 64

// followed is where one reference leads, if anywhere.
type followed struct {
	target entry
	ok     bool
}

// follow finds what one reference names. depth counts the references that led to
// this one. Each is followed once: where a pointer passes through references that
// pass through others, the ways multiply.
func (r *asyncReader) follow(from entry, ref string, depth int) (entry, bool) {
	known, ok := r.followed[from.identity()]
	if !ok {
		known.target, known.ok = r.followRef(from, ref, depth)
		r.followed[from.identity()] = known
	}
	return known.target, known.ok
}

func (r *asyncReader) followRef(from entry, ref string, depth int) (entry, bool) {
	at := from.child("$ref")
	target, ok := r.fileOf(at, ref)
	if !ok {
		return target, false
	}
	_, fragment, _ := strings.Cut(ref, "#")
	pointer, err := url.PathUnescape(fragment)
	if err != nil || pointer != "" && pointer[0] != '/' {
		r.problem(codeDanglingRef, at, "a reference into a document is a JSON pointer, such as #/components/messages/Name", "$ref %q has no JSON pointer behind the #", ref)
		return target, false
	}
	for _, token := range document.Split(pointer) {
		if inner, is := target.ref(); is && target.child(token).value == nil {
			if depth++; depth > maxHops {
				r.problem(codeCyclicRef, at, "refer to the value itself", "$ref %q passes through more than %d other references", ref, maxHops)
				return target, false
			}
			if target, ok = r.follow(target, inner, depth); !ok {
				return target, false
			}
		}
		next := target.child(token)
		if next.value == nil {
			r.problem(codeDanglingRef, at, r.missingHint(target), "$ref %q names nothing: %s has no %q", ref, describe(target), token)
			return next, false
		}
		target = next
	}
	return target, true
}

// describe names a place inside a document in a sentence.
func describe(l entry) string {
	if l.pointer == "" {
		return l.page.file
	}
	return l.page.file + "#" + l.pointer
}

// missingHint lists what is there instead, as far as a person would read it.
func (r *asyncReader) missingHint(l entry) string {
	members, _ := l.value.(map[string]any)
	names := r.advise(members)
	switch {
	case len(names) == 0:
		return "define it, or correct the reference"
	case len(names) > 8:
		names = append(names[:8], "...")
	}
	return "it has " + strings.Join(names, ", ")
}

// advise lists the keys that stand where something else was looked for. It falls
// silent after some: each list is as long as the document.
func (r *asyncReader) advise(members map[string]any) []string {
	if r.advised++; r.advised > maxAdvice {
		return nil
	}
	return sortedKeys(members)
}

// fileOf opens the file of a reference. Relative paths count from the file that
// the reference stands in, as in the specification.
func (r *asyncReader) fileOf(at entry, ref string) (entry, bool) {
	name, ok := r.refPath(at, ref)
	if !ok {
		return entry{}, false
	}
	file := r.open(name)
	if file.err == nil {
		return file.page.root(), true
	}
	var broken *document.Error
	if errors.As(file.err, &broken) {
		r.brokenFile(broken)
	} else {
		r.problem(codeDanglingRef, at, "paths count from the folder of the file that refers", "$ref %q: reading %s: %v", ref, name, file.err)
	}
	return entry{}, false
}

// refPath is the path of a reference's file from the repository root.
func (r *asyncReader) refPath(at entry, ref string) (string, bool) {
	file, _, _ := strings.Cut(ref, "#")
	u, err := url.Parse(file)
	switch {
	case err != nil:
		r.problem(codeDanglingRef, at, "", "$ref %q is no URI reference: %v", ref, err)
		return "", false
	case u.Scheme != "" || u.Host != "":
		r.problem(codeRemoteRef, at, "copy the document into the repository and refer to the copy", "$ref %q is remote: nexus reads no document over the network", ref)
		return "", false
	case u.Path == "":
		return at.page.file, true
	}
	name := path.Join(path.Dir(at.page.file), u.Path)
	if path.IsAbs(u.Path) || name == ".." || strings.HasPrefix(name, "../") {
		r.problem(codeDanglingRef, at, "refer to a file of the repository by a relative path", "$ref %q leads out of the repository", ref)
		return "", false
	}
	return name, true
}

// brokenFile is the problem of a file that is no JSON or YAML, where it breaks.
func (r *asyncReader) brokenFile(e *document.Error) {
	if !r.once("broken " + e.File) {
		return
	}
	p := report.Problem{Code: e.Code, Message: e.Message, Hints: []string{}}
	if e.Hint != "" {
		p.Hints = append(p.Hints, e.Hint)
	}
	location := Place{File: e.File, Line: e.Line, Column: e.Column}.Location()
	p.Location = &location
	r.catalog.Problems = append(r.catalog.Problems, p)
}
