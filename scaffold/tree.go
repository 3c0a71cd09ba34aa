package scaffold

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/tools/txtar"
)

// A Tree is a folder of files: their texts by path, with slashes.
type Tree map[string][]byte

// Names are the paths of the files, sorted.
func (t Tree) Names() []string { return slices.Sorted(maps.Keys(t)) }

// FS shows the tree as a file system. The tree must not change while it is in use.
func (t Tree) FS() (fs.FS, error) {
	shown, err := txtar.FS(t.archive())
	if err != nil {
		return nil, fmt.Errorf("laying out %d files: %w", len(t), err)
	}
	return shown, nil
}

// Sub are the files below folder, by their paths from there.
func (t Tree) Sub(folder string) Tree {
	sub := Tree{}
	for name, text := range t {
		if below, ok := cutFolder(name, folder); ok {
			sub[below] = text
		}
	}
	return sub
}

// only are the files of these names, as far as there are any.
func (t Tree) only(names ...string) Tree {
	some := Tree{}
	for _, name := range names {
		if text, ok := t[name]; ok {
			some[name] = text
		}
	}
	return some
}

// without are the files that other does not have, whatever their texts.
func (t Tree) without(other Tree) Tree {
	rest := maps.Clone(t)
	maps.DeleteFunc(rest, func(name string, _ []byte) bool {
		_, both := other[name]
		return both
	})
	return rest
}

// add puts the files of other into t, over those of the same path.
func (t Tree) add(other Tree) { maps.Copy(t, other) }

func (t Tree) archive() *txtar.Archive {
	archive := &txtar.Archive{}
	for _, name := range t.Names() {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: t[name]})
	}
	return archive
}

// hash is the SHA-256 of a text, as the manifest has it.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
