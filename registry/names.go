package registry

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// SubjectName says whose version a file is.
type SubjectName struct {
	Subject string
	Version string // empty when nobody gave one
}

// Names says what the subjects of files are called, by somebody who knows: the
// event catalog. The zero Names knows no file.
//
// A file is known by its name from the repository root, or by its path below the
// compared root when that path ends the name of only one known file. So a copy of
// the catalog's folder, or a folder beside it with the same files, holds the same
// subjects.
type Names struct {
	byName map[string]SubjectName
	byTail map[string]SubjectName // the empty SubjectName where two files share the tail
}

// Add notes a file, by its name from the repository root.
func (n *Names) Add(file string, name SubjectName) {
	if n.byName == nil {
		n.byName, n.byTail = map[string]SubjectName{}, map[string]SubjectName{}
	}
	n.byName[file] = name
	for tail := file; ; {
		if known, taken := n.byTail[tail]; taken && known != name {
			n.byTail[tail] = SubjectName{}
		} else {
			n.byTail[tail] = name
		}
		_, rest, ok := strings.Cut(tail, "/")
		if !ok {
			return
		}
		tail = rest
	}
}

// Or is n with the files that only other knows.
func (n Names) Or(other Names) Names {
	var all Names
	for _, names := range []Names{n, other} {
		for _, file := range slices.Sorted(maps.Keys(names.byName)) {
			if _, known := all.byName[file]; !known {
				all.Add(file, names.byName[file])
			}
		}
	}
	return all
}

// Len is the number of files that are known.
func (n Names) Len() int { return len(n.byName) }

// Find says whose version a file is.
func (n Names) Find(file File) (SubjectName, bool) {
	if name, ok := n.byName[file.Name]; ok {
		return name, true
	}
	name := n.byTail[file.Path]
	return name, name.Subject != ""
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
