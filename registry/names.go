package registry

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/schema"
)

// SubjectName says whose version a file is.
type SubjectName struct {
	Subject string
	Version string // empty when nobody gave one
}

// Inline is a schema that is written inside another document, and known to somebody
// who reads such documents.
type Inline struct {
	SubjectName
	Format schema.Format
	File   string // the document, from the repository root
	// Pointer is where in the document it is written.
	Pointer string
	Text    []byte // the schema alone, with all that it refers to
}

// Name is what reports call the schema: asyncapi.yaml#/components/messages/X/payload.
func (i Inline) Name() string { return i.File + inlineMark + i.Pointer }

// inlineMark stands between a document and the pointer of a schema in it.
const inlineMark = "#"

// Document is the name of the document that a schema of that name is written in,
// and whether it is written in one.
func Document(name string) (string, bool) {
	document, _, inline := strings.Cut(name, inlineMark+"/")
	return document, inline
}

// Names says what the subjects of files are called, by somebody who knows: the
// event catalog. The zero Names knows no file.
//
// A file is known by its name from the repository root, or by its path below the
// compared root when that path ends the name of only one known file. So a copy of
// the catalog's folder, or a folder beside it with the same files, holds the same
// subjects. One file may hold the schema of several subjects.
type Names struct {
	byName map[string][]SubjectName
	byTail map[string][]string // names of files
	inline []Inline
}

// Add notes a file, by its name from the repository root.
func (n *Names) Add(file string, name SubjectName) {
	if n.byName == nil {
		n.byName, n.byTail = map[string][]SubjectName{}, map[string][]string{}
	}
	known := n.byName[file]
	if slices.Contains(known, name) {
		return
	}
	n.byName[file] = append(known, name)
	if len(known) > 0 {
		return // its tails are known, too
	}
	for tail := file; ; {
		n.byTail[tail] = append(n.byTail[tail], file)
		_, rest, ok := strings.Cut(tail, "/")
		if !ok {
			return
		}
		tail = rest
	}
}

// AddInline notes a schema that is no file.
func (n *Names) AddInline(i Inline) { n.inline = append(n.inline, i) }

// Inline lists the schemas that are no files, in the order in which they were added.
func (n Names) Inline() []Inline { return n.inline }

// Files is n without the schemas that are no files.
func (n Names) Files() Names {
	n.inline = nil
	return n
}

// Or is n with the files that only other knows.
func (n Names) Or(other Names) Names {
	all := Names{inline: n.inline}
	for _, names := range []Names{n, other} {
		known := maps.Clone(all.byName)
		for _, file := range slices.Sorted(maps.Keys(names.byName)) {
			if known[file] != nil {
				continue
			}
			for _, name := range names.byName[file] {
				all.Add(file, name)
			}
		}
	}
	return all
}

// Len is the number of schemas that are known.
func (n Names) Len() int { return len(n.byName) + len(n.inline) }

// Find says whose version a file is: of nobody, or of one subject or more.
func (n Names) Find(file File) []SubjectName {
	if names, ok := n.byName[file.Name]; ok {
		return names
	}
	var found []SubjectName
	for i, name := range n.byTail[file.Path] {
		if i > 0 && !slices.Equal(n.byName[name], found) {
			return nil // it may be either
		}
		found = n.byName[name]
	}
	return found
}

// named adds the files whose subjects Names gives. A version names nothing where
// the subject is one file: it is the latest, whatever it is called.
func (t *Tree) named(files map[string][]namedFile) {
	for subject, list := range files {
		slices.SortFunc(list, func(a, b namedFile) int { return cmp.Compare(a.file.Path, b.file.Path) })
		for _, f := range list {
			e := entry{version: f.version, format: f.kind.Format, identify: f.kind.Identify, file: f.file}
			if len(list) == 1 {
				e.version = ""
			}
			t.add(subject, e)
		}
	}
}

// namedFile is a schema file on its way to the subject that Names gives it.
type namedFile struct {
	file    File
	kind    Kind
	version string
}
