package scaffold

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/mod/semver"
	"golang.org/x/tools/txtar"
)

// The cores of releases, compressed; see cores/README.md.
//
//go:embed cores
var releases embed.FS

// maxCore bounds an unpacked core, which is about 1 MB.
const maxCore = 64 << 20

// releaseTag is the tag of a release, such as v1.2.3, of what its program calls
// itself, with or without the v. It is empty for whatever else nexus was built of.
func releaseTag(version string) string {
	tag := tagged(version)
	if semver.Canonical(tag) != tag || semver.Prerelease(tag) != "" {
		return ""
	}
	return tag
}

// released is the core with a digest that the manifest of an app holds. It is false
// for a core that no release carried.
func released(digest string) (CoreTree, bool, error) {
	if digest == present().Digest() {
		return present(), true, nil
	}
	archive, err := fs.ReadFile(releases, releaseFile(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	core, err := unpackCore(archive)
	if err != nil {
		return nil, false, fmt.Errorf("reading the released core %s: %w", digest, err)
	}
	return core, core.Digest() == digest, nil
}

// releaseFile is the name of the archive of a core.
func releaseFile(digest string) string {
	name := strings.TrimPrefix(digest, "sha256:")
	return path.Join("cores", path.Base(name[:min(len(name), 16)])+".txtar.gz")
}

// pack writes a core as the archive of a release.
func (c CoreTree) pack(version string) ([]byte, error) {
	archive := Tree(c).archive()
	archive.Comment = []byte("The core of nexus " + version + ", " + c.Digest() + ".\n")
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(txtar.Format(archive)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	back, err := unpackCore(out.Bytes())
	if err == nil && back.Digest() != c.Digest() {
		err = errors.New("a file of it ends without a line feed or has a line that separates files of an archive")
	}
	if err != nil {
		return nil, fmt.Errorf("packing the core: %w", err)
	}
	return out.Bytes(), nil
}

func unpackCore(archive []byte) (CoreTree, error) {
	r, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxCore))
	if err != nil {
		return nil, err
	}
	core := CoreTree{}
	for _, file := range txtar.Parse(text).Files {
		core[file.Name] = file.Data
	}
	return core, nil
}
