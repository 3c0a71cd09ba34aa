package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// An OccupiedError says that a folder holds what a new app would have to leave alone
// or to write over.
type OccupiedError struct {
	Dir   string
	Files []string // below Dir, sorted; a folder ends in a slash
}

func (e *OccupiedError) Error() string {
	return fmt.Sprintf("%s holds %s", e.Dir, strings.Join(e.Files, ", "))
}

// Write writes a new app into dir: all files, or none when one of them cannot be
// written or ctx ends. A dir that is there may hold what a fresh repository has, such
// as .git and LICENSE, and files of the app with the same text; anything else is an
// *OccupiedError. A .gitignore that is there gets the lines that it lacks.
func Write(ctx context.Context, dir string, files Tree) error {
	err := Occupied(dir, files)
	if errors.Is(err, fs.ErrNotExist) {
		return create(ctx, dir, files)
	}
	if err != nil {
		return err
	}
	if files, err = addable(dir, files); err != nil {
		return err
	}
	return place(ctx, dir, files, nil)
}

// create writes the files beside dir, and moves them there in one step.
func create(ctx context.Context, dir string, files Tree) (err error) {
	dir = filepath.Clean(dir)
	home := filepath.Dir(dir) // the nearest folder above that is there
	for {
		if _, err := os.Stat(home); err == nil || home == filepath.Dir(home) {
			break
		}
		home = filepath.Dir(home)
	}
	staging, err := os.MkdirTemp(home, stagingPrefix+"*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	app := filepath.Join(staging, "app") // MkdirTemp's own folder is closed to others
	if err := stage(ctx, app, files); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	return os.Rename(app, dir)
}

// stagingPrefix begins the names of folders that exist only while files are written.
const stagingPrefix = ".nexus-staging-"

// stage writes files into a folder that nobody looks at yet.
func stage(ctx context.Context, dir string, files Tree) error {
	for _, name := range files.Names() {
		if err := ctx.Err(); err != nil {
			return err
		}
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// place puts files into a folder that is there, over those of the same names, and
// takes those of gone away. When a step fails it undoes the ones before. Nothing
// outside of dir is touched, not even through a link.
func place(ctx context.Context, dir string, files Tree, gone []string) (err error) {
	staging, err := os.MkdirTemp(dir, stagingPrefix+"*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	if err := stage(ctx, filepath.Join(staging, "new"), files); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	p := &placer{root: root, staging: filepath.Base(staging)}
	if err := p.run(files.Names(), gone); err != nil {
		p.undo()
		return err
	}
	for _, name := range gone {
		p.prune(path.Dir(name))
	}
	return nil
}

// A placer moves staged files into their places, and what was there aside.
type placer struct {
	root    *os.Root
	staging string
	steps   []func() // that undo what was done, the last one first
}

func (p *placer) run(names, gone []string) error {
	for _, name := range slices.Concat(names, gone) {
		if err := p.setAside(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := p.makeFolder(path.Dir(name)); err != nil {
			return err
		}
		if err := p.root.Rename(path.Join(p.staging, "new", name), name); err != nil {
			return err
		}
		p.steps = append(p.steps, func() { _ = p.root.Remove(name) }) // the error that led here is the one to tell
	}
	return nil
}

// setAside moves a file out of the way, if there is one.
func (p *placer) setAside(name string) error {
	old := path.Join(p.staging, "old", name)
	if err := p.root.MkdirAll(path.Dir(old), 0o755); err != nil {
		return err
	}
	err := p.root.Rename(name, old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	p.steps = append(p.steps, func() { _ = p.root.Rename(old, name) })
	return err
}

// makeFolder makes a folder and those above it, one by one, so that each can be
// taken back.
func (p *placer) makeFolder(dir string) error {
	if dir == "." {
		return nil
	}
	if err := p.makeFolder(path.Dir(dir)); err != nil {
		return err
	}
	err := p.root.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil // a file in the place of a folder fails at the next step
	}
	p.steps = append(p.steps, func() { _ = p.root.Remove(dir) })
	return err
}

// prune takes a folder away that has become empty, and those above it.
func (p *placer) prune(dir string) {
	for dir != "." && p.root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
}

func (p *placer) undo() {
	for _, step := range slices.Backward(p.steps) {
		step()
	}
}

// harmless are the names that a new app may find in its folder: those of version
// control, licences, editors and documents, none of which an app writes.
var harmless = []string{
	".DS_Store", ".editorconfig", ".git", ".gitattributes", ".github", ".gitignore", ".gitkeep", ".hg", ".hgignore",
	".idea", ".jj", ".svn", ".vscode", "AUTHORS", "CODEOWNERS", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "COPYING",
	"LICENSE", "LICENSE.md", "LICENSE.txt", "NOTICE", "SECURITY.md", "Thumbs.db", "docs",
}

// ignoreFile is the one file that an app shares with what it finds.
const ignoreFile = ".gitignore"

// Occupied is nil when Write could write into dir, an *OccupiedError when something
// is in the way, and fs.ErrNotExist when there is no dir yet.
func Occupied(dir string, files Tree) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var inTheWay []string
	for _, entry := range entries {
		name := entry.Name()
		if !slices.Contains(harmless, name) && !sameBelow(dir, name, files) {
			if entry.IsDir() {
				name += "/"
			}
			inTheWay = append(inTheWay, name)
		}
	}
	for _, name := range files.Names() {
		top, _, _ := strings.Cut(name, "/")
		if slices.Contains(harmless, top) && name != ignoreFile && !sameBelow(dir, name, files) {
			inTheWay = append(inTheWay, name)
		}
	}
	if len(inTheWay) > 0 {
		slices.Sort(inTheWay)
		return &OccupiedError{Dir: dir, Files: inTheWay}
	}
	return nil
}

// sameBelow reports whether every file at or below a name has the text that files
// have for it. It is true where there is nothing.
func sameBelow(dir, name string, files Tree) bool {
	err := fs.WalkDir(os.DirFS(dir), name, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if want, ok := files[file]; err != nil || !ok || !bytes.Equal(text, want) {
			return errInTheWay
		}
		return nil
	})
	return err == nil
}

var errInTheWay = errors.New("another file is in the way")

// addable are the files that dir lacks, and its .gitignore with the lines that it
// lacks.
func addable(dir string, files Tree) (Tree, error) {
	missing := Tree{}
	for name, text := range files {
		old, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing[name] = text
		case err != nil:
			return nil, err
		case name == ignoreFile:
			missing[name] = withLines(old, text)
		}
	}
	return missing, nil
}

// withLines is a text with the lines of another that it does not have, at its end.
func withLines(text, more []byte) []byte {
	have := lines(text)
	for i := range have {
		have[i] = strings.TrimSuffix(have[i], "\n")
	}
	out := slices.Clone(text)
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	for _, line := range lines(more) {
		if !slices.Contains(have, strings.TrimSuffix(line, "\n")) {
			out = append(out, line...)
		}
	}
	return out
}
