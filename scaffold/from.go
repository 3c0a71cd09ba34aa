package scaffold

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// Taken is what an app takes over from a catalog or a registry that there is.
type Taken struct {
	Spec Spec
	// Files are the app's catalog, by their paths below it. Files that were taken over
	// are there byte for byte; a schema inside a document is also in a file of its own,
	// where its keys are sorted.
	Files Tree
	// Notes say in sentences what was guessed or left out.
	Notes []string

	commands []string // that have pages by nexus, since the catalog lacked them
}

// sourceFolder holds, below the catalog of an app, the files that its pages were
// written from. The catalog's loader reads no pages there.
const sourceFolder = "source"

// From makes a spec of a catalog: a folder in EventCatalog's layout, which becomes the
// app's catalog as it is; or an AsyncAPI document, a folder of such, or a plain
// catalog, of which pages are written, since an app reads each schema from a file of
// its own. Their files are kept beside the pages.
//
// source counts from the root of o.FS. Messages that a spec cannot do with are an
// error; what was guessed is among the notes.
func From(ctx context.Context, source, name string, o catalog.Options) (Taken, error) {
	read := &recorder{fsys: o.FS, names: map[string]bool{}}
	o.FS = read
	c, err := catalog.Load(ctx, []string{source}, o)
	if err != nil {
		return Taken{}, err
	}
	if err := whole(source, c); err != nil {
		return Taken{}, err
	}
	original, err := read.taken(source)
	if err != nil {
		return Taken{}, err
	}
	if hasPages(original) {
		t, err := takeOver(ctx, name, original, nil)
		if err != nil {
			return Taken{}, err
		}
		return t, t.declareCommands(ctx)
	}
	files, notes := laidOut(c)
	for file, text := range original {
		files[path.Join(sourceFolder, file)] = text
	}
	return written(ctx, name, files, notes)
}

// FromRegistry makes a spec of a registry's subjects: each is an event. The texts of
// their schemas become the app's unchanged.
func FromRegistry(ctx context.Context, name string, subjects []catalog.Subject) (Taken, error) {
	c := catalog.FromSubjects(subjects)
	if len(c.Events) == 0 {
		return Taken{}, fmt.Errorf("making an app of a registry: it holds no subject")
	}
	files, notes := laidOut(c)
	return written(ctx, name, files, notes)
}

// written takes a catalog over whose pages nexus has just written, so that it may add
// to them what it knows of any app that it makes.
func written(ctx context.Context, name string, files Tree, notes []string) (Taken, error) {
	t, err := takeOver(ctx, name, files, notes)
	if err != nil {
		return Taken{}, err
	}
	return t, t.declare(ctx)
}

// laidOut are the pages of a catalog. AsyncAPI and folders of schemas know no version
// of a message; an app stores one with each event, so that the pages get a first one.
func laidOut(c *catalog.Catalog) (Tree, []string) {
	notes := asCommands(c)
	for _, e := range c.Events {
		if !e.Version.Known() {
			e.Version = catalog.Value[string]{Get: firstVersion, Source: catalog.Inferred}
			notes = append(notes, e.ID+" has no version in the source: the catalog calls it "+firstVersion)
		}
	}
	folder := c.Folder()
	files := Tree{}
	for _, file := range folder.Files {
		files[file.Name] = file.Text
	}
	for _, left := range folder.Left {
		notes = append(notes, "left out of the catalog: "+left)
	}
	return files, notes
}

// asCommands makes a command of each message that is only received, and that is called
// like one event that is sent: AsyncAPI tells the two kinds apart by nothing else.
func asCommands(c *catalog.Catalog) (notes []string) {
	for e := range c.Current() {
		if e.Kind != catalog.EventKind || len(e.Producers) > 0 || len(e.Consumers) == 0 {
			continue
		}
		var led []string
		for other := range c.Current() {
			if len(other.Producers) > 0 && calledAlike(e.ID, other.ID) {
				led = append(led, other.ID)
			}
		}
		if len(led) == 1 {
			e.Kind = catalog.CommandKind
			notes = append(notes, e.ID+" is taken to be a command, since it is only received, and "+led[0]+" is called like it")
		}
	}
	return notes
}

// hasPages reports whether the files are an EventCatalog folder.
func hasPages(files Tree) bool {
	return slices.ContainsFunc(files.Names(), func(name string) bool {
		ext := strings.ToLower(path.Ext(name))
		return (ext == ".mdx" || ext == ".md") && strings.HasPrefix(path.Base(name), "index.")
	})
}

// takeOver reads the files as the app will, makes the spec of them, and adds pages for
// the commands that they lack.
func takeOver(ctx context.Context, name string, files Tree, notes []string) (Taken, error) {
	below := Tree{}
	for file, text := range files {
		below[path.Join(lock.CatalogDir, file)] = text
	}
	fsys, err := below.FS()
	if err != nil {
		return Taken{}, err
	}
	c, err := catalog.Load(ctx, []string{lock.CatalogDir}, catalog.Options{FS: fsys})
	if err != nil {
		return Taken{}, err
	}
	if err := whole("its copy", c); err != nil {
		return Taken{}, err
	}
	s, more, err := FromCatalog(c, name)
	if err != nil {
		return Taken{}, err
	}
	t := Taken{Spec: s, Files: files, Notes: append(notes, more...)}
	t.describeCommands(c)
	return t, nil
}

// whole refuses a catalog of which a part cannot be read.
func whole(source string, c *catalog.Catalog) error {
	if len(c.Problems) == 0 {
		return nil
	}
	p := c.Problems[0]
	if p.Location != nil {
		return fmt.Errorf("taking %s over: %s:%d: %s", source, p.Location.File, p.Location.Line, p.Message)
	}
	return fmt.Errorf("taking %s over: %s", source, p.Message)
}

// describeCommands adds a page and the schema of its event for each command that the
// catalog lacks.
func (t *Taken) describeCommands(c *catalog.Catalog) {
	for _, a := range t.Spec.Aggregates {
		for _, command := range a.Commands {
			e := c.Event(command.Event, "")
			if e == nil || c.Event(command.Name, "") != nil {
				continue
			}
			dir := "commands/" + command.Name
			version := cmp.Or(e.Version.Get, firstVersion)
			front := []member{{"id", command.Name}, {"name", titleOfMessage(command.Name)}, {"version", version}, {"summary", command.Summary}}
			front = append(front, ownersOf(e)...)
			schemaPath := "schema.json"
			if text := e.Schema.Get.Text; jsonschema.RefersElsewhere(text) { // by paths that hold in its own folder
				schemaPath = path.Join("../..", strings.TrimPrefix(e.Schema.Get.File, lock.CatalogDir+"/"))
			} else {
				t.Files[dir+"/"+schemaPath] = text
			}
			front = append(front, member{"schemaPath", schemaPath}, member{"x-aggregate", a.Name}, member{"x-produces", []any{command.Event}})
			p := pages{files: Tree{}}
			p.add(dir+"/index.mdx", front, command.Summary+"\n\nWritten by nexus, since the catalog has no command that leads to `"+command.Event+"`. Its schema is that of the event.")
			t.Files[dir+"/index.mdx"] = p.files[path.Join(lock.CatalogDir, dir, "index.mdx")]
			t.commands = append(t.commands, command.Name)
		}
	}
}

func ownersOf(e *catalog.Event) []member {
	ids := e.OwnerIDs()
	if len(ids) == 0 {
		return nil
	}
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return []member{{"owners", list}}
}

// The bounds of what an app takes over.
const (
	maxTakenFiles = 20_000
	maxTakenBytes = 256 << 20
)

// taken are the files of a source: all of a folder, or those that were read of a file
// and with it, by their paths from the folder that holds them all.
func (r *recorder) taken(source string) (Tree, error) {
	info, err := fs.Stat(r.fsys, path.Clean(source))
	if err != nil {
		return nil, fmt.Errorf("taking %s over: %w", source, err)
	}
	names := sortedKeys(r.names)
	root := commonFolder(names)
	if info.IsDir() {
		root = path.Clean(source)
		if names, err = listed(r.fsys, root); err != nil {
			return nil, fmt.Errorf("taking %s over: %w", source, err)
		}
	}
	files, size := Tree{}, 0
	for _, name := range names {
		text, err := fs.ReadFile(r.fsys, name)
		if err != nil {
			return nil, fmt.Errorf("taking %s over: %w", source, err)
		}
		if size += len(text); size > maxTakenBytes || len(files) >= maxTakenFiles {
			return nil, fmt.Errorf("taking %s over: it holds more than %d files or %d MiB: name the folder of the catalog alone", source, maxTakenFiles, maxTakenBytes>>20)
		}
		below := name
		if root != "." {
			below = strings.TrimPrefix(name, root+"/")
		}
		files[below] = text
	}
	return files, nil
}

// listed are the regular files below a folder, without what is hidden or was fetched.
func listed(fsys fs.FS, root string) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// commonFolder is the deepest folder that holds all files.
func commonFolder(names []string) string {
	if len(names) == 0 {
		return "."
	}
	common := path.Dir(names[0])
	for _, name := range names[1:] {
		for common != "." && !strings.HasPrefix(name, common+"/") {
			common = path.Dir(common)
		}
	}
	return common
}
