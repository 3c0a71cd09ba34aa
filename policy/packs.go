package policy

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

//go:embed packs
var embedded embed.FS

// InputSchema is the JSON Schema of what a rule sees as input.
//
//go:embed input.schema.json
var InputSchema []byte

// DataSchema is the JSON Schema of data.catalog.
//
//go:embed data.schema.json
var DataSchema []byte

// Pack is a named and versioned set of rules.
type Pack struct {
	Name        string `json:"name"`
	Version     string `json:"version"` // empty for a folder without pack.yaml
	Title       string `json:"title"`
	Description string `json:"description"`
	// Digest is "sha256:..." over the names and texts of its policies and of those
	// that it shares with other packs.
	Digest string `json:"digest"`
}

// The folders of packs.
const (
	packsFolder  = "packs"
	sharedFolder = "packs/lib"
	packFile     = "pack.yaml"
)

// PackNames lists the names of the packs that nexus brings along, sorted. They are
// those of their folders, so that no pack has to be read for them.
func PackNames() []string {
	entries, err := embedded.ReadDir(packsFolder)
	if err != nil {
		panic(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && path.Join(packsFolder, entry.Name()) != sharedFolder {
			names = append(names, entry.Name())
		}
	}
	return names
}

// A folder is a pack with its files.
type folder struct {
	Pack
	files []file
	own   bool // the user's, not one that nexus brings along
}

// A file is one file of a pack.
type file struct {
	name string // as messages call it
	text []byte
}

// is tells the kind of the file by the end of its name.
func (f file) is(suffix string) bool { return strings.HasSuffix(f.name, suffix) }

// embeddedPacks reads what was compiled in. It is the same for every run, so a
// fault in it is a fault of the program; the tests of this package read it.
func embeddedPacks() []folder {
	var packs []folder
	for _, name := range PackNames() {
		p, err := readFolder(embedded, path.Join(packsFolder, name))
		if err != nil {
			panic(err)
		}
		p.files = mark(p.files)
		p.Digest = digest(append(sharedFiles(), p.files...))
		packs = append(packs, p)
	}
	return packs
}

// sharedFiles are the helper policies that rules of every pack may import.
func sharedFiles() []file {
	shared, err := readFiles(embedded, sharedFolder)
	if err != nil {
		panic(err)
	}
	return mark(shared)
}

// mark names files so that no folder of the user's can hold files of the same
// names.
func mark(files []file) []file {
	for i := range files {
		files[i].name = "nexus:" + files[i].name
	}
	return files
}

// ownFolder reads a folder of the user's policies.
func ownFolder(fsys fs.FS, name string) (folder, error) {
	f, err := readFolder(fsys, path.Clean(name))
	if err != nil {
		return folder{}, &Error{Usage: true, Code: CodeBadPack, Err: err,
			Message: fmt.Sprintf("reading the policies in %s: %v", name, err)}
	}
	if !slices.ContainsFunc(f.files, func(f file) bool { return f.is(".rego") }) {
		return folder{}, &Error{Usage: true, Code: CodeBadPack,
			Message: fmt.Sprintf("reading the policies in %s: the folder holds no .rego file", name),
			Hints:   []string{"nexus policy init writes a rule to start from"}}
	}
	f.own = true
	f.Digest = digest(append(sharedFiles(), f.files...))
	return f, nil
}

// FolderName is what the pack in a folder of policies is called: as its pack.yaml
// says, else like the folder.
func FolderName(fsys fs.FS, folder string) (string, error) {
	f, err := ownFolder(fsys, folder)
	return f.Name, err
}

// readFolder reads the files of a pack and its pack.yaml, without which the pack
// is called like its folder.
func readFolder(fsys fs.FS, name string) (folder, error) {
	f := folder{Pack: Pack{Name: path.Base(name), Title: name}}
	files, err := readFiles(fsys, name)
	if err != nil {
		return f, err
	}
	f.files = files
	about := slices.IndexFunc(files, func(f file) bool { return f.name == path.Join(name, packFile) })
	if about >= 0 {
		err = f.describe(files[about])
	}
	return f, err
}

// describe reads pack.yaml.
func (f *folder) describe(about file) error {
	d, err := document.Parse(about.name, about.text)
	if err != nil {
		return err
	}
	facts, ok := d.Value().(map[string]any)
	if !ok {
		return fmt.Errorf("%s:1:1: expected the keys name, version, title and description", about.name)
	}
	known := map[string]*string{"name": &f.Name, "version": &f.Version, "title": &f.Title, "description": &f.Description}
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		place, _ := d.Member(document.Join("", key))
		to, ok := known[key]
		if !ok {
			return fmt.Errorf("%s:%d:%d: unknown key %q; known are name, version, title and description",
				about.name, place.Start.Line, place.Start.Column, key)
		}
		text, ok := facts[key].(string)
		if !ok {
			return fmt.Errorf("%s:%d:%d: write %s in quotes", about.name, place.Start.Line, place.Start.Column, key)
		}
		*to = text
	}
	return nil
}

// readFiles reads what a folder holds of policies, their cases and their pack, at
// any depth and by name. It follows no symbolic links.
func readFiles(fsys fs.FS, root string) ([]file, error) {
	var files []file
	err := fs.WalkDir(fsys, root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !isPolicyFile(entry.Name()):
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err == nil && len(text) > document.MaxSize {
			err = fmt.Errorf("%s is larger than %d MB", name, document.MaxSize>>20)
		}
		files = append(files, file{name, text})
		return err
	})
	return files, err
}

func isPolicyFile(name string) bool {
	return name == packFile || strings.HasSuffix(name, ".rego") || strings.HasSuffix(name, casesSuffix)
}

// digest is over the names and texts of files, in their order.
func digest(files []file) string {
	sum := sha256.New()
	for _, f := range files {
		if f.is(".rego") || f.is(packFile) {
			fmt.Fprintf(sum, "%d:%s%d:%s", len(f.name), f.name, len(f.text), f.text)
		}
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// modules are the policies among files, without their tests.
func modules(files []file) []gate.Module {
	var list []gate.Module
	for _, f := range files {
		if f.is(".rego") && !f.is(testSuffix) {
			list = append(list, gate.Module{File: f.name, Text: string(f.text)})
		}
	}
	return list
}

// nearestHint suggests what was meant, or lists what there is.
func nearestHint(word string, known []string) []string {
	if near := report.Nearest(word, known); near != "" {
		return []string{"did you mean " + near + "?"}
	}
	return []string{"there are " + strings.Join(known, ", ")}
}
