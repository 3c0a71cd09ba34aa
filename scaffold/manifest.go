package scaffold

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
	"golang.org/x/tools/txtar"
)

const (
	// manifestFile lists what nexus wrote of an app, and renderedFile holds what it last
	// wrote of the files that are the user's: the base that changes of both are merged
	// over.
	manifestFile = ".nexus/manifest.json"
	renderedFile = ".nexus/rendered.txtar"

	manifestVersion = 1
)

// An Owner says who changes a file of an app.
type Owner string

// The owners. A file of the core and one that is yours may be edited: what nexus
// changes later is merged into it.
const (
	CoreOwner      Owner = "core"      // `nexus upgrade` changes it
	GeneratedOwner Owner = "generated" // made of other files, and always written whole
	YourOwner      Owner = "yours"     // `nexus add` changes it
)

// A Manifest says what nexus wrote of an app, so that it can tell later what was
// changed since.
type Manifest struct {
	Version int                     `json:"version"`
	Nexus   string                  `json:"nexus"` // the version that wrote the app last
	Core    CoreVersion             `json:"core"`
	Files   map[string]ManifestFile `json:"files"`
}

// A CoreVersion identifies a core.
type CoreVersion struct {
	Version string `json:"version"` // of the nexus that carries it, for people
	Digest  string `json:"digest"`
}

// A ManifestFile is a file as nexus last wrote it.
type ManifestFile struct {
	SHA256 string `json:"sha256"`
	Owner  Owner  `json:"owner"`
}

// newManifest describes the files of a whole app.
func newManifest(version string, files Tree) Manifest {
	m := Manifest{
		Version: manifestVersion, Nexus: version,
		Core:  CoreVersion{version, present().Digest()},
		Files: map[string]ManifestFile{},
	}
	m.record(files)
	return m
}

// record notes files as they are written now.
func (m *Manifest) record(files Tree) {
	for name, text := range files {
		m.Files[name] = ManifestFile{hash(text), OwnerOf(name)}
	}
}

// replace notes that the files of a kind are others now.
func (m *Manifest) replace(kind func(string) bool, files Tree) {
	maps.DeleteFunc(m.Files, func(name string, _ ManifestFile) bool { return kind(name) })
	m.record(files)
}

// OwnerOf tells by its path who changes a file.
func OwnerOf(name string) Owner {
	switch name {
	case "go.mod", "go.sum":
		return CoreOwner
	case lock.File:
		return GeneratedOwner
	}
	if _, ok := cutFolder(name, coreFolder); ok {
		return CoreOwner
	}
	return YourOwner
}

func (m Manifest) text() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return nil, fmt.Errorf("writing %s: %w", manifestFile, err)
	}
	return out.Bytes(), nil
}

// ReadManifest reads the manifest of an app.
func ReadManifest(app fs.FS) (Manifest, error) {
	text, err := fs.ReadFile(app, manifestFile)
	if err != nil {
		return Manifest{}, fmt.Errorf("reading %s: %w", manifestFile, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	var m Manifest
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("reading %s: %w: take it from version control as nexus wrote it", manifestFile, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, fmt.Errorf("reading %s: something follows its end: take it from version control as nexus wrote it", manifestFile)
	}
	if m.Version != manifestVersion {
		return Manifest{}, fmt.Errorf("reading %s: it has the form %d, and this nexus reads %d: use the nexus that wrote it (%s), or a later one", manifestFile, m.Version, manifestVersion, m.Nexus)
	}
	for name, file := range m.Files {
		if !fs.ValidPath(name) || path.Clean(name) == "." || file.SHA256 == "" {
			return Manifest{}, fmt.Errorf("reading %s: %q is no file of an app: take it from version control as nexus wrote it", manifestFile, name)
		}
	}
	return m, nil
}

// rendered are the files that are the user's, as an archive that a person can read.
func rendered(files Tree) []byte {
	kept := Tree{}
	for name, text := range files {
		if OwnerOf(name) == YourOwner && name != specFile {
			kept[name] = text
		}
	}
	return txtar.Format(kept.archive())
}

// readRendered reads what rendered wrote. An app without it has no base.
func readRendered(app fs.FS) (Tree, error) {
	text, err := fs.ReadFile(app, renderedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Tree{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", renderedFile, err)
	}
	files := Tree{}
	for _, file := range txtar.Parse(unixLines(text)).Files {
		files[file.Name] = file.Data
	}
	return files, nil
}
