// Package dir is a directory tree, or one file, seen as a registry.
//
// Which files are schemas and what their subjects are called is decided by
// registry.Tree, as for a git revision; this package only finds and reads the
// files. It passes over vendor, node_modules, .git and what the caller says is
// ignored, does not follow links to folders but lists them, and never reads
// outside the root, not even through a link: the work tree of a pull request is
// untrusted input.
//
// A folder with a nexus.lock is a copy of a registry (see Mirror). Its lock says
// which files are which versions, that nobody has edited them, and which levels
// the registry demands.
package dir

import (
	"cmp"
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

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
)

// Options steer Open.
type Options struct {
	registry.Layout
	// Root is the repository root. Files are named relative to it, and references
	// may reach all of it. Empty, or when the opened path is not below it: the
	// opened folder itself, named as it was given.
	Root string
	// Shown is how the user wrote the opened path; the names of what lies outside
	// of Root begin with it. Empty is the path itself. A caller that made the path
	// absolute sets it, so that a report reads the same on every machine.
	Shown string
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
	links    []string
	lock     *registry.Lock
	levels   map[string]compat.Level
	unlocked []string
}

// readers is how many files are read at the same time: enough to hide the
// latency of a disk, too few to run out of file descriptors.
const readers = 16

// Open reads the schemas below a directory, or the one schema in a file. Two
// files that claim one subject are a *registry.ConflictError.
func Open(target string, o Options) (*Registry, error) {
	info, err := os.Stat(target)
	if err != nil {
		return nil, openError(cmp.Or(o.Shown, target), err)
	}
	where, err := locate(target, info.IsDir(), o)
	if err != nil {
		return nil, openError(cmp.Or(o.Shown, target), err)
	}
	root, err := os.OpenRoot(where.base)
	if err != nil {
		return nil, openError(cmp.Or(o.Shown, target), err)
	}
	r := &Registry{root: root}
	w := walk{place: where, root: root, options: o}
	if err := r.readLock(where); err != nil {
		_ = root.Close() // it was only read
		return nil, err
	}
	w.find()
	if r.lock != nil {
		r.unlocked = w.keepLocked(r.lock)
	}
	w.read()
	if r.lock != nil {
		w.adopt(r.lock)
	}
	r.problems, r.links = w.problems, w.links
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

// Links lists the links to folders, and those that lead out of the tree or
// nowhere and may be meant for folders, in the order of their names. They were
// not followed, so that schemas below them were not seen.
func (r *Registry) Links() []string { return r.links }

// Close releases the root. References cannot be resolved afterwards.
func (r *Registry) Close() error { return r.root.Close() }

// place is where a target lies.
type place struct {
	base   string // the folder beyond which nothing is read
	below  string // the compared folder below base, "." for base itself
	file   string // the one file, below base; empty for a folder
	prefix string // what stands before names below base when they are shown
	name   string // the last segment of the compared folder, or registry.Root
}

func locate(target string, isDir bool, o Options) (place, error) {
	absolute, err := filepath.Abs(target)
	if err != nil {
		return place{}, err
	}
	folder := absolute
	if !isDir {
		folder = filepath.Dir(absolute)
	}
	p := place{base: folder, below: ".", name: filepath.Base(folder)}
	shown := filepath.ToSlash(filepath.Clean(cmp.Or(o.Shown, target)))
	if !isDir {
		shown = path.Dir(shown)
	}
	if below, ok := inside(o.Root, folder); ok {
		p.base, p.below = o.Root, below
		if below == "." {
			p.name = registry.Root
		}
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
	found    []found
	files    []registry.File
	problems []*registry.FileError
	links    []string
}

// found is a file to read, by its name below base, or why it must not be opened.
type found struct {
	name string
	err  error
}

// find lists the files to read.
func (w *walk) find() {
	if w.file != "" {
		w.found = []found{{name: w.file}}
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
		case w.ignored(name):
		default:
			w.visit(name, d)
		}
		return nil
	})
	slices.SortFunc(w.found, func(a, b found) int { return cmp.Compare(a.name, b.name) })
}

func (w *walk) ignored(name string) bool {
	return w.options.Ignored != nil && w.options.Ignored(name)
}

// visit notes what is not a folder. What is named like a schema and cannot be
// one is kept, with the reason, so that its subject is not passed over in
// silence; of what is only perhaps a schema, the text cannot be asked.
func (w *walk) visit(name string, d fs.DirEntry) {
	mode, err := d.Type(), error(nil)
	if mode&fs.ModeSymlink != 0 {
		var info fs.FileInfo
		if info, err = w.root.Stat(name); err == nil {
			mode = info.Mode()
		} else {
			err = fmt.Errorf("following the link: %w", plainCause(err))
		}
	}
	switch {
	case err == nil && mode.IsDir():
		if !registry.Skips(d.Name()) {
			w.links = append(w.links, w.shown(name))
		}
	case !w.options.Wants(name):
		if err != nil {
			w.links = append(w.links, w.shown(name)) // a folder, for all that can be known
		}
	case err == nil && mode.IsRegular():
		w.found = append(w.found, found{name: name})
	case w.options.Certain(w.describe(name)):
		if err == nil {
			err = errors.New("it is not a regular file") // a pipe would keep nexus waiting
		}
		w.found = append(w.found, found{name, err})
	}
}

// read reads the files that find listed, a few at a time, each into its place.
func (w *walk) read() {
	w.files = make([]registry.File, len(w.found))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(readers, len(w.found)) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(w.found) {
					return
				}
				w.files[i] = w.open(w.found[i])
			}
		})
	}
	wait.Wait()
}

func (w *walk) open(f found) registry.File {
	file := w.describe(f.name)
	if file.Err = f.err; f.err != nil {
		return file
	}
	text, err := w.root.ReadFile(f.name)
	if err != nil {
		file.Err = plainCause(err)
	}
	file.Text = text
	return file
}

// describe is a file without its text.
func (w *walk) describe(name string) registry.File {
	return registry.File{Path: strings.TrimPrefix(name, w.below+"/"), Name: w.shown(name), Given: w.file != ""}
}

// plainCause drops the path that the system's error repeats.
func plainCause(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
