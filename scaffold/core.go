package scaffold

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/skeleton"
)

const (
	// skeletonPath is the import path of the core's packages where they are written,
	// and coreFolder the folder of an app that they are copied to.
	skeletonPath = "github.com/nexus-blueprint/nexus/skeleton"
	coreFolder   = "internal/nexus"

	// The module files of an app, as the core has them.
	coreGoMod = "app/go.mod.txt"
	coreGoSum = "app/go.sum.txt"
)

// Core is the generic core as an app of a module has it: every file of skeleton but
// tests and what they read, below internal/nexus, with imports of the app's own.
func Core(module string) Tree { return present().In(module) }

// A CoreTree is a core as it is written and released, by paths below skeleton, with
// the module files that it needs.
type CoreTree Tree

// present is the core that this nexus carries.
var present = sync.OnceValue(func() CoreTree {
	core := CoreTree{}
	err := fs.WalkDir(skeleton.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !inCore(name) {
			return err
		}
		core[name], err = fs.ReadFile(skeleton.Files, name)
		return err
	})
	if err != nil {
		panic("reading the embedded core: " + err.Error()) // an embed.FS has no error of its own
	}
	return core
})

// inCore reports whether a file of skeleton belongs to what apps get.
func inCore(name string) bool {
	dir := path.Dir(name)
	return dir != "." && !strings.HasSuffix(name, "_test.go") && !slices.Contains(strings.Split(dir, "/"), "testdata")
}

// In is the core as an app of a module has it, without module files.
func (c CoreTree) In(module string) Tree {
	tree := Tree{}
	for name, text := range c {
		switch {
		case name == coreGoMod, name == coreGoSum:
		case path.Ext(name) == ".go":
			tree[path.Join(coreFolder, name)] = moved(name, text, module+"/"+coreFolder)
		default:
			tree[path.Join(coreFolder, name)] = text
		}
	}
	return tree
}

// Digest identifies the core: SHA-256 over the sorted paths and their texts, the
// length of each before it.
func (c CoreTree) Digest() string {
	sum := sha256.New()
	for _, name := range Tree(c).Names() {
		for _, part := range [][]byte{[]byte(name), c[name]} {
			sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			sum.Write(part)
		}
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// moved is a Go file of the core with the packages of the core below another path:
// in import specs and in comments, nowhere else.
func moved(name string, text []byte, to string) []byte {
	if !bytes.Contains(text, []byte(skeletonPath)) {
		return text
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		panic("reading the embedded core: " + err.Error()) // its tests compile it
	}
	// Up to the last import there are only specs and comments, which may sort otherwise
	// under their new paths.
	imports := 0
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.IMPORT {
			imports = files.Position(d.End()).Offset
		}
	}
	head, err := format.Source(renamed(text[:imports], to))
	if err != nil {
		panic(fmt.Sprintf("sorting the imports of %s for %s: %v", name, to, err))
	}
	out := bytes.NewBuffer(bytes.TrimRight(head, "\n"))
	last := imports
	for _, group := range file.Comments {
		from, end := files.Position(group.Pos()).Offset, files.Position(group.End()).Offset
		if from >= imports {
			out.Write(text[last:from])
			out.Write(renamed(text[from:end], to))
			last = end
		}
	}
	out.Write(text[last:])
	return out.Bytes()
}

// renamed is a text with the path of the core's packages replaced.
func renamed(text []byte, to string) []byte {
	return bytes.ReplaceAll(text, []byte(skeletonPath+"/"), []byte(to+"/"))
}

// cutFolder is the path of a file from a folder that it lies in.
func cutFolder(name, folder string) (string, bool) { return strings.CutPrefix(name, folder+"/") }
