package index

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// A File is a file of the log as it was when it was indexed.
type File struct {
	Name     string // without its folder: log and index may move together
	Size     int64
	Modified time.Time
	Ends     [sha256.Size]byte // SHA-256 of its first and last 64 KiB
}

// endSize is how much of each end of a file is hashed.
const endSize = 64 << 10

// examine describes a file that can be indexed.
func examine(name string) (File, error) {
	if name == "-" {
		return File{}, &InputError{File: name, Why: "standard input has no place to find an event again", Hint: "write it to a file first"}
	}
	file, err := os.Open(name)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = file.Close() }() // opened for reading: nothing can be lost
	info, err := file.Stat()
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() {
		return File{}, &InputError{File: name, Why: "it is no regular file", Hint: "write it to a file first"}
	}
	head, err := readPart(file, 0, min(endSize, info.Size()))
	if err != nil {
		return File{}, err
	}
	if event.IsCompressed(head) {
		return File{}, &InputError{
			File: name, Why: "it is compressed, and an index points into plain text",
			Hint: fmt.Sprintf("export it first: nexus replay export %s --as ndjson --show-data -o FILE", name),
		}
	}
	tail, err := readPart(file, max(0, info.Size()-endSize), min(endSize, info.Size()))
	if err != nil {
		return File{}, err
	}
	f := File{Name: filepath.Base(name), Size: info.Size(), Modified: info.ModTime().UTC()}
	h := sha256.New()
	h.Write(head) // a hash never fails
	h.Write(tail)
	h.Sum(f.Ends[:0])
	return f, nil
}

func readPart(file io.ReaderAt, offset, length int64) ([]byte, error) {
	part := make([]byte, length)
	n, err := file.ReadAt(part, offset)
	if errors.Is(err, io.EOF) { // it shrank meanwhile: its hash will differ
		err = nil
	}
	return part[:n], err
}

// An InputError is a log that cannot be indexed, and what to do.
type InputError struct {
	File string
	Why  string
	Hint string
}

func (e *InputError) Error() string {
	return fmt.Sprintf("indexing %s: %s: %s", e.File, e.Why, e.Hint)
}

// sources examines the files of a log.
func sources(log *event.Log) ([]File, error) {
	names := log.Files()
	files := make([]File, len(names))
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, &InputError{File: name, Why: "the log names it twice", Hint: "name it once"}
		}
		var err error
		if files[i], err = examine(name); err != nil {
			if _, ok := errors.AsType[*InputError](err); ok {
				return nil, err
			}
			return nil, fmt.Errorf("indexing the log: %w", err)
		}
	}
	return files, nil
}

// changed says how a file differs from what it was; empty when it does not.
func (f File) changed(now File) string {
	switch {
	case f.Name != now.Name:
		return fmt.Sprintf("it was made of %s, not of %s", f.Name, now.Name)
	case now.Size > f.Size:
		return fmt.Sprintf("%s has grown by %d bytes", f.Name, now.Size-f.Size)
	case now.Size < f.Size:
		return fmt.Sprintf("%s has shrunk by %d bytes", f.Name, f.Size-now.Size)
	case f.Ends != now.Ends:
		return f.Name + " has other content at its start or end"
	case !f.Modified.Equal(now.Modified):
		return f.Name + " was written to since"
	}
	return ""
}

// changes says how the files of a log differ from what they were.
func changes(was, now []File) string {
	if len(was) != len(now) {
		return fmt.Sprintf("it was made of %d files, the log has %d", len(was), len(now))
	}
	for i := range was {
		if change := was[i].changed(now[i]); change != "" {
			return change
		}
	}
	return ""
}

// fingerprint is the hash of how a log is read: the format, and the place of
// each attribute.
func fingerprint(m event.Mapping) [sha256.Size]byte {
	text := appendString(nil, m.Format)
	places := slices.SortedFunc(slices.Values(m.Attributes), func(a, b event.Placement) int { return cmp.Compare(a.Name, b.Name) })
	for _, a := range places {
		text = appendString(appendString(text, a.Name), a.Path)
	}
	return sha256.Sum256(text)
}

// Fresh reports whether the index describes the log as it is now, and if not,
// why. A file that was only touched counts as changed: its middle may be.
func (x *Index) Fresh(log *event.Log) (fresh bool, reason string) {
	now, err := sources(log)
	if err != nil {
		return false, err.Error()
	}
	reason = changes(x.meta.files, now)
	if reason == "" && fingerprint(log.Mapping()) != x.meta.mapping {
		reason = "the log was read with another format or mapping"
	}
	return reason == "", reason
}
