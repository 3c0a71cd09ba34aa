package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nexus-blueprint/nexus/document"
)

// files reads the repository and remembers what was read, for the digest. It
// never follows a symbolic link: a catalog could else show files that are not
// the repository's. It is safe for concurrent use.
type files struct {
	fsys   fs.FS
	listed tree // what walk found to be regular files

	mu   sync.Mutex
	sums map[string][sha256.Size]byte // of what was read, by name
	real map[string]bool              // folders on whose way no link stands
}

func newFiles(fsys fs.FS) *files {
	return &files{fsys: fsys, sums: map[string][sha256.Size]byte{}, real: map[string]bool{".": true}, listed: tree{dirs: map[string][]string{}}}
}

var (
	errLink      = errors.New("it is, or lies behind, a symbolic link, which nexus does not follow")
	errIrregular = errors.New("it is no regular file")
	errOutside   = errors.New("the path leaves the repository")
)

// read returns the text of a file, and takes it into the digest.
func (f *files) read(name string) ([]byte, error) {
	text, err := f.peek(name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	f.mu.Lock()
	f.sums[name] = sum
	f.mu.Unlock()
	return text, nil
}

// peek reads a file that may turn out to be none of the catalog's.
func (f *files) peek(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, errOutside
	}
	if f.listed.has(path.Dir(name), path.Base(name)) {
		return f.text(name)
	}
	if !f.isReal(path.Dir(name)) {
		return nil, errLink
	}
	info, err := fs.Lstat(f.fsys, name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, errLink
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errIrregular // a pipe would block for ever
	}
	return f.text(name)
}

func (f *files) text(name string) ([]byte, error) {
	file, err := f.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.Size() > document.MaxSize:
		return nil, fmt.Errorf("it is larger than %d MiB", document.MaxSize>>20)
	}
	text := make([]byte, info.Size())
	n, err := io.ReadFull(file, text)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return text[:n], nil
}

// isReal reports whether no part of a folder's path is a symbolic link.
func (f *files) isReal(dir string) bool {
	f.mu.Lock()
	real, known := f.real[dir]
	f.mu.Unlock()
	if known {
		return real
	}
	info, err := fs.Lstat(f.fsys, dir)
	real = f.isReal(path.Dir(dir)) && (err != nil || info.Mode()&fs.ModeSymlink == 0)
	f.mu.Lock()
	f.real[dir] = real
	f.mu.Unlock()
	return real
}

// digest is over the names and texts of all files that were read.
func (f *files) digest() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.sums)) {
		part := f.sums[name]
		fmt.Fprintf(sum, "%d:%s", len(name), name)
		sum.Write(part[:])
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// tree is the folders below a root, with the regular files that they hold.
type tree struct {
	root string
	dirs map[string][]string // file names, sorted, by folder
}

// walk lists a folder, level by level, many folders at a time.
func (f *files) walk(ctx context.Context, root string) (*tree, error) {
	t := &tree{root: root, dirs: map[string][]string{}}
	if !f.isReal(root) {
		return nil, errLink
	}
	for level := []string{root}; len(level) > 0; {
		lists := make([][]fs.DirEntry, len(level))
		failures := make([]error, len(level))
		parallel(ctx, len(level), func(i int) { lists[i], failures[i] = fs.ReadDir(f.fsys, level[i]) })
		if err := errors.Join(append(failures, ctx.Err())...); err != nil {
			return nil, err
		}
		var next []string
		for i, dir := range level {
			f.real[dir] = true
			names := make([]string, 0, len(lists[i]))
			for _, entry := range lists[i] {
				switch {
				case entry.IsDir() && !passedOver(root, dir, entry.Name()):
					next = append(next, path.Join(dir, entry.Name()))
				case entry.Type().IsRegular():
					names = append(names, entry.Name())
				}
			}
			t.dirs[dir], f.listed.dirs[dir] = names, names
		}
		level = next
	}
	return t, nil
}

// passedOver reports whether a folder is none of the catalog's: what tools keep
// in hidden folders, what package managers fetched, what a site was built into.
// A service may be called vendor all the same.
func passedOver(root, dir, name string) bool {
	switch {
	case strings.HasPrefix(name, "."), name == "node_modules":
		return true
	case name == "vendor":
		_, inCollection := collections[path.Base(dir)]
		return !inCollection
	case name == "dist", name == "out":
		return dir == root
	}
	return false
}

func (t *tree) has(dir, name string) bool {
	_, found := slices.BinarySearch(t.dirs[dir], name)
	return found
}

// dataFiles lists the files that may be AsyncAPI documents, sorted.
func (t *tree) dataFiles() []string {
	var names []string
	for dir, files := range t.dirs {
		for _, name := range files {
			if isData(name) {
				names = append(names, path.Join(dir, name))
			}
		}
	}
	slices.Sort(names)
	return names
}

// parallel calls work for 0 to n-1 on all cores. When the context ends, the rest
// is left out.
func parallel(ctx context.Context, n int, work func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wait.Wait()
}
