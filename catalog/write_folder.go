package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// OccupiedError says that files are in the way of those that would be written.
type OccupiedError struct {
	Dir   string
	Files []string // below Dir, sorted
}

func (e *OccupiedError) Error() string {
	return fmt.Sprintf("%s holds files already: %s", e.Dir, strings.Join(e.Files, ", "))
}

// Write writes the files below dir, all of them or none. It never overwrites: a
// dir that holds files in their places is an *OccupiedError. Other files in dir
// stay as they are.
func (f Folder) Write(dir string) error {
	if err := f.Occupied(dir); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err == nil && !isEmptyFolder(dir, info) {
		return f.addTo(dir)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // it is gone when all went well
	if err := f.addTo(scratch); err != nil {
		return err
	}
	if err := os.Chmod(scratch, 0o755); err != nil {
		return err
	}
	if info != nil {
		if err := os.Remove(dir); err != nil {
			return err
		}
	}
	return os.Rename(scratch, dir)
}

// Occupied is an *OccupiedError when files are in the way below dir, and nil when
// dir can take all of them.
func (f Folder) Occupied(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return errors.New("it is a file, and no folder")
	}
	var occupied []string
	for _, file := range f.Files {
		// What is no folder on the way is in the way too, and is no ErrNotExist.
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(file.Name))); !errors.Is(err, fs.ErrNotExist) {
			occupied = append(occupied, file.Name)
		}
	}
	if len(occupied) > 0 {
		return &OccupiedError{dir, occupied}
	}
	return nil
}

func isEmptyFolder(dir string, info fs.FileInfo) bool {
	list, err := os.ReadDir(dir)
	return info.IsDir() && err == nil && len(list) == 0
}

// addTo creates the files in a folder that is there, and takes them back when one
// of them cannot be written. It does not leave the folder, not even by a link.
func (f Folder) addTo(dir string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var written []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range written {
			_ = root.Remove(name) // the first error is the one to tell
		}
	}()
	for _, file := range f.Files {
		if err := root.MkdirAll(path.Dir(file.Name), 0o755); err != nil {
			return err
		}
		out, err := root.OpenFile(file.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		written = append(written, file.Name)
		_, err = out.Write(file.Text)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	return nil
}
