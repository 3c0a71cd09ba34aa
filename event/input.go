package event

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// An input is one file of a log.
type input struct {
	name  string
	items int64 // that the export's manifest promises; -1 when nobody says
}

// stdin is the name that stands for Options.Stdin.
const stdin = "-"

// findInputs lists the files that names stand for: files, folders, globs, "-".
func findInputs(names []string) ([]input, error) {
	var inputs []input
	for _, name := range names {
		found, err := expand(name)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, found...)
	}
	if slices.Contains(names, stdin) && len(inputs) > 1 {
		return nil, errors.New(`reading a log: "-" cannot be read together with files`)
	}
	return inputs, nil
}

func expand(name string) ([]input, error) {
	if name == stdin {
		return []input{{stdin, -1}}, nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return expandFolder(name)
	case err == nil && filepath.Base(name) == "manifest-summary.json":
		return exportFiles(filepath.Dir(name))
	case err == nil:
		return []input{{name, -1}}, nil
	case !strings.ContainsAny(name, "*?["):
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	matches, err := filepath.Glob(name)
	if err != nil {
		return nil, fmt.Errorf("reading the log %s: %w", name, err)
	}
	var inputs []input
	for _, match := range matches {
		if info, err := os.Stat(match); err == nil && !info.IsDir() {
			inputs = append(inputs, input{match, -1})
		}
	}
	if len(inputs) == 0 {
		return nil, fmt.Errorf("reading the log %s: no file matches", name)
	}
	return inputs, nil
}

// besides are the endings of what lies beside logs without being one.
var besides = []string{".md", ".txt", ".yaml", ".yml", ".md5", ".sha256", ".crc", ".nxi", ".nxs"}

// expandFolder lists the logs below a folder, sorted. A folder that holds an
// export of DynamoDB is read as its manifest says.
func expandFolder(folder string) ([]input, error) {
	var inputs []input
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		base := entry.Name()
		switch {
		case err != nil:
			return err
		case name != folder && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			if _, err := os.Stat(filepath.Join(name, "manifest-summary.json")); err != nil {
				return nil
			}
			found, err := exportFiles(name)
			inputs = append(inputs, found...)
			return cmp.Or(err, fs.SkipDir)
		case !slices.Contains(besides, filepath.Ext(base)):
			inputs = append(inputs, input{name, -1})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log %s: %w", folder, err)
	}
	if len(inputs) == 0 {
		return nil, fmt.Errorf("reading the log %s: the folder holds no log", folder)
	}
	return inputs, nil
}

// magics are the first bytes of what can be decompressed.
var magics = []struct {
	bytes string
	open  func(io.Reader) (io.Reader, func(), error)
}{
	{"\x1f\x8b", openGzip},
	{"\x28\xb5\x2f\xfd", openZstd},
	{"BZh", func(in io.Reader) (io.Reader, func(), error) { return bzip2.NewReader(in), func() {}, nil }},
}

// foreign are the first bytes of what nexus does not read, and what it is.
var foreign = []struct{ bytes, name string }{
	{"PAR1", "Parquet"}, {"Obj\x01", "an Avro container file"}, {"PK\x03\x04", "a zip archive"},
	{"SQLite format 3", "an SQLite database"}, {"$ion_1_0", "DynamoDB's export in Ion"},
	{"\xe0\x01\x00\xea", "binary Ion"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"}, {"<?xml", "XML"},
}

func openGzip(in io.Reader) (io.Reader, func(), error) {
	z, err := gzip.NewReader(in)
	return z, func() {}, err
}

func openZstd(in io.Reader) (io.Reader, func(), error) {
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// decompress unpacks in by its first bytes, never by a name.
func decompress(in io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(in, 1<<18)
	head, _ := buffered.Peek(16) // a short file has a short head
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m.open(buffered)
		}
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.bytes)) {
			return nil, nil, fmt.Errorf("it is %s, which nexus does not read: export it as JSON, one record a line", f.name)
		}
	}
	return buffered, func() {}, nil
}
