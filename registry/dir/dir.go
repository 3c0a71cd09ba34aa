// Package dir is a directory tree, or one file, seen as a registry.
//
// Which files are schemas and what their subjects are called is decided by
// registry.Tree, as for a git revision; this package only finds and reads the
// files. It passes over vendor, node_modules, .git and what the caller says is
// ignored, does not follow links to folders, and never reads outside the root,
// not even through a link: the work tree of a pull request is untrusted input.
package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nexus-blueprint/nexus/registry"
)

// Options steer Open.
type Options struct {
	registry.Layout
	// Root is the repository root. Files are named relative to it, and references
	// may reach all of it. Empty, or when the opened path is not below it: the
	// opened folder itself, named as it was given.
	Root string
	// Ignored reports whether a file or folder, by its name from Root, is passed
	// over. Folders end in /. nil ignores nothing.
	Ignored func(name string) bool
}

// Registry is an opened directory. Its files were read by Open; only references
// are read later.
type Registry struct {
	*registry.Tree
	root     *os.Root
	problems []*registry.FileError
}

// readers is how many files are read at the same time: enough to hide the
// latency of a disk, too few to run out of file descriptors.
const readers = 16

// Open reads the schemas below a directory, or the one schema in a file. Two
// files that claim one subject are a *registry.ConflictError.
func Open(target string, o Options) (*Registry, error) {
	info, err := os.Stat(target)
	if err != nil {
		return nil, openError(target, err)
	}
	where, err := locate(target, info.IsDir(), o.Root)
	if err != nil {
		return nil, openError(target, err)
	}
	root, err := os.OpenRoot(where.base)
	if err != nil {
		return nil, openError(target, err)
	}
	r := &Registry{root: root}
	w := walk{place: where, root: root, options: o}
	w.find()
	w.read()
	r.problems = w.problems
	r.Tree = registry.NewTree(w.files, registry.TreeOptions{Layout: o.Layout, Name: where.name, Resolve: r.resolve(where)})
	if conflict := r.Conflict(); conflict != nil {
		_ = root.Close() // it was only read
		return nil, conflict
	}
	return r, nil
}

// resolve reads references. The root refuses to leave itself, through links
// too; plain ways out are caught before, for the better message.
func (r *Registry) resolve(where place) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		below, ok := strings.CutPrefix(name, where.prefix)
		if !ok || !fs.ValidPath(below) {
			return nil, registry.ErrOutside
		}
		text, err := r.root.ReadFile(below)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist // the system's own text differs by platform
		} else if err != nil {
			return nil, plainCause(err)
		}
		return text, nil
	}
}

func openError(target string, err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("no such file or directory")
	}
	return fmt.Errorf("opening %s: %w", target, err)
}

// Problems lists the folders that could not be read, in the order of their
// names. A file that could not be read is reported by Schema, under its subject.
func (r *Registry) Problems() []*registry.FileError { return r.problems }

// Close releases the root. References cannot be resolved afterwards.
func (r *Registry) Close() error { return r.root.Close() }

// place is where a target lies.
type place struct {
	base   string // the folder beyond which nothing is read
	below  string // the compared folder below base, "." for base itself
	file   string // the one file, below base; empty for a folder
	prefix string // what stands before names below base when they are shown
	name   string // the last segment of the compared folder
}

func locate(target string, isDir bool, root string) (place, error) {
	absolute, err := filepath.Abs(target)
	if err != nil {
		return place{}, err
	}
	folder := absolute
	if !isDir {
		folder = filepath.Dir(absolute)
	}
	p := place{base: folder, below: ".", name: filepath.Base(folder)}
	shown := filepath.ToSlash(filepath.Clean(target))
	if !isDir {
		shown = path.Dir(shown)
	}
	if below, ok := inside(root, folder); ok {
		p.base, p.below = root, below
	} else if shown != "." {
		p.prefix = strings.TrimSuffix(shown, "/") + "/"
	}
	if !isDir {
		p.file = path.Join(p.below, filepath.Base(absolute))
	}
	return p, nil
}

// inside gives the path of a folder below root. Both may be reached through
// links, as temporary folders on some systems are.
func inside(root, folder string) (string, bool) {
	if root == "" {
		return "", false
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", false
	}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	below, err := filepath.Rel(root, folder)
	if err != nil || !filepath.IsLocal(below) {
		return "", false
	}
	return filepath.ToSlash(below), true
}

// shown is the name under which a path below base is reported.
func (p place) shown(name string) string { return p.prefix + name }

// walk collects files.
type walk struct {
	place
	root     *os.Root
	options  Options
	paths    []string // below base
	files    []registry.File
	problems []*registry.FileError
}

// find lists the files to read.
func (w *walk) find() {
	if w.file != "" {
		w.paths = []string{w.file}
		return
	}
	// The function never fails, so neither does the walk.
	_ = fs.WalkDir(w.root.FS(), w.below, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			w.problems = append(w.problems, &registry.FileError{File: w.shown(name), Err: plainCause(err)})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
			if name != w.below && (registry.Skips(d.Name()) || w.ignored(name+"/")) {
				return fs.SkipDir
			}
		case w.options.Wants(name) && !w.ignored(name) && w.isFile(name, d):
			w.paths = append(w.paths, name)
		}
		return nil
	})
}

func (w *walk) ignored(name string) bool {
	return w.options.Ignored != nil && w.options.Ignored(name)
}

// isFile reports whether an entry is a file, or a link to one inside the root.
// Links that lead out, to a folder or nowhere are not followed.
func (w *walk) isFile(name string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := w.root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// read reads the files that find listed, a few at a time, each into its place.
func (w *walk) read() {
	slices.Sort(w.paths)
	w.files = make([]registry.File, len(w.paths))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(readers, len(w.paths)) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(w.paths) {
					return
				}
				w.files[i] = w.open(w.paths[i])
			}
		})
	}
	wait.Wait()
}

func (w *walk) open(name string) registry.File {
	file := registry.File{Path: strings.TrimPrefix(name, w.below+"/"), Name: w.shown(name), Given: w.file != ""}
	text, err := w.root.ReadFile(name)
	if err != nil {
		file.Err = plainCause(err)
	}
	file.Text = text
	return file
}

// plainCause drops the path that the system's error repeats.
func plainCause(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
