package protobuf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"sync"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/options"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// cache keeps what was compiled, by the bytes of the whole import closure. Both
// versions of a tree, and all files of one, import the same few files.
type cache struct {
	mu       sync.Mutex
	imports  map[digest][]string // the imports of a text, by its digest
	linked   map[digest]*linking
	builtins map[string]*source
	proposed map[digest]bool // the texts that fixes made, of which nothing else is kept
	homes    universes
}

// linking is one closure, compiled by whoever asks first.
type linking struct {
	once  sync.Once
	by    *source
	file  linker.File
	names []string
	err   error
}

func newCache() *cache {
	return &cache{imports: map[digest][]string{}, linked: map[digest]*linking{}, builtins: map[string]*source{}, proposed: map[digest]bool{}}
}

// importsOf lists the imports of a file in the order of their statements, by the
// digest of its text. For a text that is new it returns the syntax tree too.
func (c *cache) importsOf(f *source, sum digest) ([]string, *ast.FileNode, error) {
	c.mu.Lock()
	names, ok := c.imports[sum]
	c.mu.Unlock()
	if ok {
		return names, nil, nil
	}
	if err := f.bounded(); err != nil {
		return nil, nil, err
	}
	tree, err := f.parse()
	if err != nil {
		return nil, nil, err
	}
	names = importsIn(tree)
	c.mu.Lock()
	c.imports[sum] = names
	c.mu.Unlock()
	return names, tree, nil
}

func importsIn(tree *ast.FileNode) []string {
	var names []string
	for _, declaration := range tree.Decls {
		if statement, ok := declaration.(*ast.ImportNode); ok {
			names = append(names, statement.Name.AsString())
		}
	}
	return names
}

// link compiles a file whose imports are compiled, unless its closure was
// compiled before. tree may be nil.
func (c *cache) link(f *source, text digest, tree *ast.FileNode) (linker.File, error) {
	c.mu.Lock()
	l, proposed := c.linked[f.key], c.proposed[text]
	if l == nil && !proposed {
		l = &linking{by: f}
		c.linked[f.key] = l
	}
	c.mu.Unlock()
	if l == nil {
		return f.compile(tree, alone)
	}
	l.once.Do(func() {
		if l.file, l.err = f.compile(tree, c.homes.home); l.err != nil {
			l.file, l.err = f.compile(nil, alone)
		}
		if result, ok := l.file.(linker.Result); ok {
			l.names = declared(result.FileDescriptorProto())
			l.by = nil // its text need not stay
		}
	})
	if l.err != nil && l.by != f {
		return f.compile(tree, alone) // the same error, but under this file's name
	}
	f.names = l.names
	return l.file, l.err
}

// propose notes a text that will be read once, to check a fix, and need not be
// kept then.
func (c *cache) propose(text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proposed[sha256.Sum256(text)] = true
}

// builtin is a file that comes with Protobuf, such as
// google/protobuf/timestamp.proto, or nil.
func (c *cache) builtin(name string) *source {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.builtins[name]; ok {
		return known
	}
	found, err := standard.FindFileByPath(name)
	if err != nil {
		return nil
	}
	linked, err := linker.NewFileRecursive(found.Desc)
	if err != nil {
		return nil
	}
	f := &source{name: name, shown: name, key: sha256.Sum256([]byte(name)), linked: linked}
	c.builtins[name] = f
	return f
}

var standard = protocompile.WithStandardImports(protocompile.ResolverFunc(func(string) (protocompile.SearchResult, error) {
	return protocompile.SearchResult{}, protoregistry.NotFound
}))

// parse reads the syntax tree.
func (f *source) parse() (tree *ast.FileNode, err error) {
	defer f.guard(&err)
	tree, err = parser.Parse(f.shown, bytes.NewReader(f.text), reporter.NewHandler(nil))
	if err != nil {
		return nil, f.syntaxFault(err)
	}
	return tree, nil
}

// guard turns a panic of the compiler, which hostile input may provoke, into an
// error about the file.
func (f *source) guard(err *error) {
	if p := recover(); p != nil {
		*err = f.fault("malformed-schema", place{}, fmt.Sprintf("the compiler cannot cope with the file: %v", p))
	}
}

// compile links the file with its imports.
//
// A compiled file may serve under several names, and two files of one name may
// meet in a run, so every file is compiled under a name made of its digest, and
// the imports of the descriptor are renamed to match. Errors still show the
// names that people know: they come from the syntax tree.
func (f *source) compile(tree *ast.FileNode, home homeFunc) (linked linker.File, err error) {
	defer f.guard(&err)
	if tree == nil {
		if tree, err = f.parse(); err != nil {
			return nil, err
		}
	}
	handler := reporter.NewHandler(nil)
	result, err := parser.ResultFromAST(tree, true, handler)
	if err != nil {
		return nil, f.syntaxFault(err)
	}
	dependencies, symbols := f.rename(result), home(f, result.FileDescriptorProto())
	file, err := linker.Link(result, dependencies, symbols, handler)
	if err != nil {
		return nil, f.syntaxFault(err)
	}
	if _, err := options.InterpretOptions(file, handler); err != nil {
		return nil, f.syntaxFault(err)
	}
	if err := file.ValidateOptions(handler, symbols); err != nil {
		return nil, f.syntaxFault(err)
	}
	file.RemoveAST()
	return file, nil
}

// rename gives the descriptor, and the imports in it, their names by digest.
func (f *source) rename(result parser.Result) linker.Files {
	descriptor := result.FileDescriptorProto()
	descriptor.Name = proto.String(hex.EncodeToString(f.key[:8]) + "/" + path.Base(f.shown))
	dependencies := make(linker.Files, len(f.imports))
	for i, imported := range f.imports {
		dependencies[i] = imported.linked
		descriptor.Dependency[i] = imported.linked.Path()
	}
	return dependencies
}

// homeFunc finds the symbols among which a file is linked.
type homeFunc func(*source, *descriptorpb.FileDescriptorProto) *linker.Symbols

// alone gives a file a universe of its own.
func alone(*source, *descriptorpb.FileDescriptorProto) *linker.Symbols { return &linker.Symbols{} }
