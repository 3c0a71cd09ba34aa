package scaffold

import (
	"io/fs"
	"sync"
)

// A recorder is a file system that remembers which files were opened. It shows links
// as such, as the file system below does.
type recorder struct {
	fsys  fs.FS
	mu    sync.Mutex
	names map[string]bool
}

func (r *recorder) Open(name string) (fs.File, error) {
	file, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		r.mu.Lock()
		r.names[name] = true
		r.mu.Unlock()
	}
	return file, nil
}

func (r *recorder) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.fsys, name) }
func (r *recorder) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(r.fsys, name) }
func (r *recorder) ReadLink(name string) (string, error)       { return fs.ReadLink(r.fsys, name) }
