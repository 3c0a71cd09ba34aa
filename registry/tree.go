package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// File is one file below a compared root.
type File struct {
	Path string // below the compared root, with /
	Name string // from the repository root, with /; what reports show
	Text []byte
	Err  error // why it could not be read, nil when it was
	// Given is true for a file that the user named: it is a schema whatever it holds.
	Given bool
	// Locked says whose version the file is, when a Lock does; nil leaves that to
	// the file's name.
	Locked *LockedFile
}

// LockedFile is what a Lock knows about a file.
type LockedFile struct {
	Subject    string
	Version    string
	Format     schema.Format
	References []schema.Reference
}

// FileError says that a file could not be read.
type FileError struct {
	File string
	Err  error
}

// Error is what was done, to which file, and why it failed.
func (e *FileError) Error() string { return fmt.Sprintf("reading %s: %v", e.File, e.Err) }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// ConflictError says that two files claim one version of one subject.
type ConflictError struct {
	Subject string
	Version string // empty when the files have none
	First   string
	Second  string
}

// Error names the subject and both files.
func (e *ConflictError) Error() string {
	subject := fmt.Sprintf("subject %q", e.Subject)
	if e.Version != "" {
		subject += " version " + e.Version
	}
	return fmt.Sprintf("two files hold %s: %s and %s", subject, e.First, e.Second)
}

// Layout says which files are schemas and what their subjects are called.
type Layout struct {
	Kinds []Kind
	Rules []SubjectRule // the first that matches wins
	// Given are names of files, from the repository root, that the user named:
	// they are schemas whatever they hold.
	Given []string
	// Names are the subjects that the event catalog gives to files. A rule goes
	// before them.
	Names Names
}

// Root is the subject of a repository whose root is itself a folder of versions.
// The folder's own name would not do: it differs from clone to clone, and with
// it every fingerprint.
const Root = "root"

// Certain reports whether a file is a schema whatever it holds: by its suffix,
// or because the user or a rule names it.
func (l Layout) Certain(file File) bool {
	_, suffix, certain := suffixOf(l.Kinds, file.Path)
	return suffix != "" && (certain || file.Given || slices.Contains(l.Given, file.Name) || l.rule(file) != nil || l.knows(file))
}

// knows reports whether the catalog names the file's subject.
func (l Layout) knows(file File) bool {
	return len(l.Names.Find(file)) > 0
}

// rule is the first rule that matches a file, or nil.
func (l Layout) rule(file File) *SubjectRule {
	i := slices.IndexFunc(l.Rules, func(r SubjectRule) bool { return r.Matches(file.Name) || r.Matches(file.Path) })
	if i < 0 {
		return nil
	}
	return &l.Rules[i]
}

// Wants reports whether a file may be a schema, by its names alone. Files that
// are not wanted need not be read.
func (l Layout) Wants(name string) bool {
	_, suffix, _ := suffixOf(l.Kinds, name)
	return suffix != ""
}

// Skips reports whether a folder is passed over with all it holds: what package
// managers and git itself keep there is not the project's.
func Skips(folder string) bool {
	switch folder {
	case ".git", "node_modules", "vendor":
		return true
	}
	return false
}

// Tree is a set of files seen as a Registry. A file is one version of a
// subject; the subject is the file's path without the suffix of its kind. In a
// folder whose schema files are all named by versions, the folder is the
// subject and the files are its versions.
type Tree struct {
	subjects  map[string][]entry // oldest version first
	conflicts map[string]*ConflictError
	passed    []string
	whole     string
	revision  string
	resolve   func(name string) ([]byte, error)

	identify   sync.Once
	identified map[string]File // by the identifier that the file claims
}

type entry struct {
	version  string
	format   schema.Format
	identify func(name string, text []byte) string
	file     File
}

// TreeOptions is what a Tree needs beside its files.
type TreeOptions struct {
	Layout
	Name     string // the subject when the root itself is a folder of versions, or a single file
	Revision string // for schema.Schema
	// Resolve reads a file by its name from the repository root, for references.
	Resolve func(name string) ([]byte, error)
}

// candidate is a schema file on its way to a subject.
type candidate struct {
	File
	kind Kind
	stem string // the path without its suffix
	rule *SubjectRule
}

// NewTree arranges files into subjects. Files that claim the same place make
// their subject unreadable; Conflict tells.
func NewTree(files []File, o TreeOptions) *Tree {
	t := &Tree{subjects: map[string][]entry{}, conflicts: map[string]*ConflictError{}, revision: o.Revision, resolve: o.Resolve}
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	folders := map[string][]candidate{}
	named := map[string][]namedFile{}
	for _, file := range files {
		if locked := file.Locked; locked != nil {
			t.add(locked.Subject, entry{version: locked.Version, format: locked.Format, file: file})
			continue
		}
		c, ok := o.recognise(file)
		if !ok {
			t.passed = append(t.passed, file.Name)
			continue
		}
		if names := o.Names.Find(file); len(names) > 0 && c.rule == nil {
			for _, name := range names {
				named[name.Subject] = append(named[name.Subject], namedFile{file, c.kind, name.Version})
			}
			continue
		}
		dir := path.Dir(c.stem)
		folders[dir] = append(folders[dir], c)
	}
	for _, i := range o.Names.Inline() {
		file := File{Path: i.Name(), Name: i.Name(), Text: i.Text}
		named[i.Subject] = append(named[i.Subject], namedFile{file, Kind{Format: i.Format}, i.Version})
	}
	t.named(named)
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		t.place(dir, folders[dir], o.Name)
	}
	for _, entries := range t.subjects {
		slices.SortFunc(entries, func(a, b entry) int { return compareVersions(a.version, b.version) })
	}
	return t
}

// Conflict returns the first subject, in sorted order, that two files claim, or nil.
func (t *Tree) Conflict() *ConflictError {
	for _, subject := range slices.Sorted(maps.Keys(t.conflicts)) {
		return t.conflicts[subject]
	}
	return nil
}

// recognise decides whether a file is a schema. A file that could not be read
// counts as one, so that its absence is noticed.
func (l Layout) recognise(file File) (candidate, bool) {
	kind, suffix, _ := suffixOf(l.Kinds, file.Path)
	if suffix == "" {
		return candidate{}, false
	}
	c := candidate{File: file, kind: kind, stem: strings.TrimSuffix(file.Path, suffix), rule: l.rule(file)}
	return c, l.Certain(file) || file.Err != nil || kind.Sniff != nil && kind.Sniff(file.Name, file.Text)
}

// place adds the schema files of one folder.
func (t *Tree) place(dir string, files []candidate, rootName string) {
	versions := !slices.ContainsFunc(files, func(c candidate) bool {
		_, ok := parseVersion(path.Base(c.stem))
		return !ok
	})
	for _, c := range files {
		subject, version := c.stem, ""
		if versions {
			subject, version = dir, path.Base(c.stem)
			if dir == "." {
				subject = rootName
			}
		}
		if c.rule != nil {
			var err error
			if subject, err = c.rule.subject(subject, c); err != nil {
				c.Err = err
			}
		} else if versions && dir == "." {
			t.whole = subject
		}
		t.add(subject, entry{version: version, format: c.kind.Format, identify: c.kind.Identify, file: c.File})
	}
}

// add notes a second file for a version. A subject that has versions and a file
// without one is the same mistake: nobody could say which is the latest.
func (t *Tree) add(subject string, e entry) {
	for _, other := range t.subjects[subject] {
		if t.conflicts[subject] == nil && (other.version == e.version || other.version == "" || e.version == "") {
			t.conflicts[subject] = &ConflictError{Subject: subject, Version: e.version, First: other.file.Name, Second: e.file.Name}
		}
	}
	t.subjects[subject] = append(t.subjects[subject], e)
}

// PassedOver lists the files that could have been schemas by their name and are
// not by their text, sorted. It is for the message that nothing was found.
func (t *Tree) PassedOver() []string { return t.passed }

// Whole is the subject that the compared root itself is, when it is a folder of
// versions, else empty. Two such roots hold one subject, whatever the folders
// are called.
func (t *Tree) Whole() string { return t.whole }

// Subjects lists the subjects in sorted order.
func (t *Tree) Subjects(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(t.subjects)), nil
}

// Versions lists the versions of a subject, oldest first. A file that stands
// alone is one version whose name is empty.
func (t *Tree) Versions(_ context.Context, subject string) ([]string, error) {
	entries, ok := t.subjects[subject]
	if !ok {
		return nil, ErrNotFound
	}
	if conflict := t.conflicts[subject]; conflict != nil {
		return nil, conflict
	}
	versions := make([]string, len(entries))
	for i, e := range entries {
		versions[i] = e.version
	}
	return versions, nil
}

// Schema returns one version of a subject, the latest when version is empty.
// A file that could not be read is a *FileError.
func (t *Tree) Schema(_ context.Context, subject, version string) (schema.Schema, error) {
	if conflict := t.conflicts[subject]; conflict != nil {
		return schema.Schema{}, conflict
	}
	entries := t.subjects[subject]
	i := len(entries) - 1
	if version != "" {
		i = slices.IndexFunc(entries, func(e entry) bool { return e.version == version })
	}
	if i < 0 {
		return schema.Schema{}, ErrNotFound
	}
	e := entries[i]
	if e.file.Err != nil {
		return schema.Schema{}, &FileError{File: e.file.Name, Err: e.file.Err}
	}
	s := schema.Schema{
		Subject: subject, Version: e.version, Format: e.format,
		File: e.file.Name, Revision: t.revision, Text: e.file.Text,
	}
	if e.file.Locked != nil {
		s.References = e.file.Locked.References
	} else {
		s.Resolve = t.resolver(e.file.Name)
	}
	return s, nil
}

// resolver reads what a file refers to: by path, or by the identifier that
// another file of the tree claims.
func (t *Tree) resolver(name string) func(string) (string, []byte, error) {
	document, _ := Document(name)
	byPath := Resolver(document, t.resolve)
	return func(reference string) (string, []byte, error) {
		if !strings.Contains(reference, ":") {
			if byPath == nil {
				return reference, nil, &FileError{File: reference, Err: ErrOutside}
			}
			return byPath(reference)
		}
		t.identify.Do(t.indexIdentifiers)
		file, ok := t.identified[reference]
		if !ok {
			return reference, nil, ErrNotFound
		}
		return file.Name, file.Text, nil
	}
}

// indexIdentifiers notes which file claims which identifier. Of two that claim
// one, the first by name counts.
func (t *Tree) indexIdentifiers() {
	t.identified = map[string]File{}
	for _, subject := range slices.Sorted(maps.Keys(t.subjects)) {
		for _, e := range t.subjects[subject] {
			if e.identify == nil || e.file.Err != nil {
				continue
			}
			id := e.identify(e.file.Name, e.file.Text)
			if _, taken := t.identified[id]; id != "" && !taken {
				t.identified[id] = e.file
			}
		}
	}
}

// Compatibility is empty: files demand no level.
func (t *Tree) Compatibility(context.Context, string) (compat.Level, error) { return "", nil }

// ErrOutside is the cause when a reference points to where nothing may be read.
var ErrOutside = errors.New("it lies outside of the checked tree")

// Resolver returns a schema.Schema's Resolve for the file of that name. Paths
// are relative to the file's folder; read takes names from the repository root
// and refuses, with ErrOutside, those that lead out of it.
func Resolver(name string, read func(name string) ([]byte, error)) func(string) (string, []byte, error) {
	if read == nil {
		return nil
	}
	return func(reference string) (string, []byte, error) {
		target := path.Join(path.Dir(name), reference)
		if path.IsAbs(reference) {
			return reference, nil, &FileError{File: reference, Err: ErrOutside}
		}
		text, err := read(target)
		if err != nil {
			return target, nil, &FileError{File: target, Err: err}
		}
		return target, text, nil
	}
}
