package git

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Files is a view of the commit's files whose names wants accepts, as a file
// system. They are read at once, in one question to git.
func (r *Registry) Files(wants func(name string) bool) (fs.FS, error) {
	var names []string
	for name := range r.entries {
		if wants(name) && !skipped(name) {
			names = append(names, name)
		}
	}
	texts, err := r.texts(names)
	if err != nil {
		return nil, err
	}
	return newFileSystem(texts), nil
}

// fileSystem is files in memory with the folders above them.
type fileSystem struct {
	texts   map[string][]byte
	folders map[string][]fs.DirEntry // sorted by name
}

func newFileSystem(texts map[string][]byte) *fileSystem {
	s := &fileSystem{texts, map[string][]fs.DirEntry{".": nil}}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		s.enter(name, fileInfo{name: path.Base(name), size: int64(len(texts[name]))})
	}
	return s
}

// enter adds an entry to its folder, which is made with those above it.
func (s *fileSystem) enter(name string, info fileInfo) {
	folder := path.Dir(name)
	if _, known := s.folders[folder]; !known {
		s.enter(folder, fileInfo{name: path.Base(folder), folder: true})
		s.folders[folder] = nil
	}
	s.folders[folder] = append(s.folders[folder], fs.FileInfoToDirEntry(info))
}

// Open is for readers of single files; ReadFile and ReadDir are what fs calls.
func (s *fileSystem) Open(name string) (fs.File, error) {
	if _, ok := s.folders[name]; ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("it is a folder")}
	}
	text, err := s.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return openFile{fileInfo{name: path.Base(name), size: int64(len(text))}, bytes.NewReader(text)}, nil
}

// ReadFile returns a file's text, which must not be changed.
func (s *fileSystem) ReadFile(name string) ([]byte, error) {
	text, ok := s.texts[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return text, nil
}

// ReadDir lists a folder, sorted.
func (s *fileSystem) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, ok := s.folders[name]
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	return slices.SortedFunc(slices.Values(entries), func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) }), nil
}

// Stat tells a file from a folder.
func (s *fileSystem) Stat(name string) (fs.FileInfo, error) {
	if _, ok := s.folders[name]; ok {
		return fileInfo{name: path.Base(name), folder: true}, nil
	}
	text, err := s.ReadFile(name)
	return fileInfo{name: path.Base(name), size: int64(len(text))}, err
}

type openFile struct {
	info fileInfo
	*bytes.Reader
}

func (f openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f openFile) Close() error               { return nil }

// fileInfo is what a commit knows about a file. It has no time of its own.
type fileInfo struct {
	name   string
	size   int64
	folder bool
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.folder }
func (i fileInfo) Sys() any           { return nil }

func (i fileInfo) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
