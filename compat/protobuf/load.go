package protobuf

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/reporter"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// Bounds on what is read. protoc refuses messages nested deeper than 32.
const (
	maxText    = 16 << 20
	maxDepth   = 100
	maxImports = 10000
)

// source is one file of an import closure.
type source struct {
	name    string // as import statements call it; empty for the schema's own file
	shown   string // for people, relative to the repository root
	text    []byte
	imports []*source // as its import statements name them, in order; nil for the files that come with Protobuf
	key     digest    // of the text and of everything imported
	linked  linker.File
	names   []string // the full names at the top of the file
}

// digest identifies an import closure by its bytes, whatever its files are called.
type digest [sha256.Size]byte

// loader reads one schema and everything it imports.
type loader struct {
	cache   *cache
	schema  schema.Schema
	byPlace map[string]*source // by shown; nil while the file is being read
	files   []*source          // the imports
	path    []string           // the files being read, outermost first
}

func (l *loader) root() (*source, error) {
	return l.read("", cmp.Or(l.schema.File, l.schema.Subject), l.schema.Text)
}

// read loads the imports of a file, depth first, and then compiles it.
func (l *loader) read(name, shown string, text []byte) (*source, error) {
	f := &source{name: name, shown: shown, text: text}
	l.byPlace[shown] = nil
	l.path = append(l.path, shown)
	sum := digest(sha256.Sum256(text))
	names, tree, err := l.cache.importsOf(f, sum)
	if err != nil {
		return nil, err
	}
	for _, imported := range names {
		dependency, err := l.load(f, imported)
		if err != nil {
			return nil, err
		}
		f.imports = append(f.imports, dependency)
	}
	f.key = f.closure(sum)
	if f.linked, err = l.cache.link(f, sum, tree); err != nil {
		return nil, err
	}
	l.path = l.path[:len(l.path)-1]
	l.byPlace[shown] = f
	if name != "" {
		l.files = append(l.files, f)
	}
	return f, nil
}

// closure is the digest of the file and all it imports, in the order in which the
// text names them.
func (f *source) closure(text digest) digest {
	if len(f.imports) == 0 {
		return text
	}
	all := slices.Clone(text[:])
	for _, imported := range f.imports {
		all = append(all, imported.key[:]...)
	}
	return sha256.Sum256(all)
}

// bounded refuses what would cost too much to parse. The depth is judged before
// parsing, since the parser's consumers recurse.
func (f *source) bounded() error {
	if len(f.text) > maxText {
		return f.fault("schema-too-large", place{}, fmt.Sprintf("the file has %d bytes, more than the %d that are read", len(f.text), maxText), "split the file")
	}
	if at, deep := tooDeep(f.text); deep {
		return f.fault("schema-too-large", positionOf(f.text, at), fmt.Sprintf("nested deeper than %d levels", maxDepth), "flatten the messages")
	}
	return nil
}

// tooDeep finds the first bracket beyond maxDepth, outside of comments and strings.
func tooDeep(text []byte) (offset int, deep bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '/' && bytes.HasPrefix(text[i:], []byte("//")):
			i += lengthUntil(text[i:], "\n")
		case c == '/' && bytes.HasPrefix(text[i:], []byte("/*")):
			i += 2 + lengthUntil(text[i+2:], "*/")
		case c == '"' || c == '\'':
			i = endOfString(text, i)
		case c == '{' || c == '[' || c == '<':
			if depth++; depth > maxDepth {
				return i, true
			}
		case c == '}' || c == ']' || c == '>':
			depth--
		}
	}
	return 0, false
}

func lengthUntil(text []byte, end string) int {
	if i := bytes.Index(text, []byte(end)); i >= 0 {
		return i
	}
	return len(text)
}

// endOfString is the offset of the quote that closes the one at start, or of the
// end of the line for a string that nothing closes.
func endOfString(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[start], '\n':
			return i
		}
	}
	return len(text)
}

// load finds an imported file and reads it, once.
func (l *loader) load(from *source, name string) (*source, error) {
	if known := l.cache.builtin(name); known != nil {
		return known, nil
	}
	shown, text, err := l.find(from, name)
	if err != nil {
		return nil, from.importFault("unresolved-reference", name, err.Error(), l.searched(from)...)
	}
	known, met := l.byPlace[shown]
	switch {
	case known != nil:
		return known, nil
	case met:
		circle := append(slices.Clone(l.path[slices.Index(l.path, shown):]), shown)
		return nil, from.importFault("unresolved-reference", name, "the imports form a cycle: "+strings.Join(circle, " -> "), "move what both files need into a third one")
	case len(l.byPlace) >= maxImports:
		return nil, from.importFault("schema-too-large", name, fmt.Sprintf("more than %d files are imported", maxImports))
	}
	return l.read(name, shown, text)
}

func (l *loader) searched(from *source) []string {
	if l.schema.Resolve == nil {
		return []string{"register the imported file and refer to it under exactly this name"}
	}
	folders := ancestors(path.Dir(from.shown))
	for i, folder := range folders {
		folders[i] = cmp.Or(strings.TrimSuffix(folder, "/"), ".")
	}
	return []string{"an import is looked up in the folder of the file that has it and in every folder above it: " + strings.Join(folders, ", ")}
}

// find looks an import up: among the references that a registry gave, then in
// the tree. Imports are written relative to a root that no file names, so the
// nearest folder at or above the importing file that holds the name is taken.
func (l *loader) find(from *source, name string) (shown string, text []byte, err error) {
	for _, r := range l.schema.References {
		if r.Name == name {
			return cmp.Or(r.File, r.Name), r.Text, nil
		}
	}
	notFound := fmt.Errorf("import %q was not found", name)
	if l.schema.Resolve == nil {
		return "", nil, notFound
	}
	if path.IsAbs(name) || name != path.Clean(name) || strings.HasPrefix(name, "..") {
		return "", nil, fmt.Errorf("import %q is no path below a root: it may hold neither . nor .. and no leading /", name)
	}
	for _, folder := range ancestors(path.Dir(from.shown)) {
		shown, text, err := l.schema.Resolve(relative(path.Dir(l.schema.File), folder+name))
		if err == nil {
			return shown, text, nil
		}
		if unreadable := (*fs.PathError)(nil); errors.As(err, &unreadable) && !errors.Is(err, fs.ErrNotExist) {
			return "", nil, fmt.Errorf("import %q: %w", name, err)
		}
	}
	return "", nil, notFound
}

// ancestors lists a folder and those above it, each with a final slash, the root
// as "".
func ancestors(folder string) []string {
	var all []string
	for folder != "." && folder != "/" && folder != "" {
		all = append(all, folder+"/")
		folder = path.Dir(folder)
	}
	return append(all, "")
}

// relative writes a name from the repository root as seen from a folder.
func relative(folder, name string) string {
	if folder == "." || folder == "" {
		return name
	}
	base, target := strings.Split(folder, "/"), strings.Split(name, "/")
	shared := 0
	for shared < len(base) && shared < len(target)-1 && base[shared] == target[shared] {
		shared++
	}
	return strings.Repeat("../", len(base)-shared) + strings.Join(target[shared:], "/")
}

// fault is an error about a file.
func (f *source) fault(code string, at place, message string, hints ...string) *compat.InputError {
	return &compat.InputError{
		Code: code, Message: message, Hints: hints,
		Location: report.Location{
			File: f.shown, Line: max(at.line, 1), Column: max(at.column, 1), EndLine: max(at.endLine, at.line, 1), EndColumn: max(at.endColumn, at.column, 1),
		},
	}
}

// importFault is an error about an import, at its statement.
func (f *source) importFault(code, name, message string, hints ...string) error {
	tree, err := f.parse()
	if err != nil {
		return err
	}
	for _, declaration := range tree.Decls {
		if statement, ok := declaration.(*ast.ImportNode); ok && statement.Name.AsString() == name {
			return f.fault(code, f.spanned(tree.NodeInfo(statement.Name)), message, hints...)
		}
	}
	return f.fault(code, place{}, message, hints...)
}

// spanned is the place of a span of the syntax tree.
func (f *source) spanned(span ast.SourceSpan) place {
	start, end := span.Start(), span.End()
	at := positionOf(f.text, start.Offset)
	to := positionOf(f.text, end.Offset)
	at.endLine, at.endColumn = to.line, to.column
	return at
}

// syntaxFault turns an error of the compiler into one about the file.
func (f *source) syntaxFault(err error) error {
	var placed reporter.ErrorWithPos
	if !errors.As(err, &placed) {
		return f.fault("malformed-schema", place{}, err.Error())
	}
	start := placed.GetPosition()
	at := place{line: start.Line, column: start.Col}
	if start.Filename == f.shown {
		at = positionOf(f.text, start.Offset)
	}
	fault := f.fault("malformed-schema", at, f.shownNames(placed.Unwrap().Error()))
	fault.Location.File = cmp.Or(start.Filename, f.shown)
	return fault
}

// shownNames gives imported files back the names that people know.
func (f *source) shownNames(message string) string {
	for _, imported := range f.imports {
		message = imported.shownNames(strings.ReplaceAll(message, imported.linked.Path(), imported.shown))
	}
	return message
}
