package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// Options steer Open.
type Options struct {
	registry.Layout
	// Path is the compared folder or file, from the repository root and with /;
	// empty or "." for all of it.
	Path string
	// Names asks for the subjects that the commit's own catalog gives to files; nil
	// when there is none to ask, and then Layout.Names stands.
	Names func(*Registry) (registry.Names, error)
}

// Registry is the schemas of one commit. The versions of a subject are the
// states its file had on the way there, along first parents, and are named by
// commit; renames are followed.
type Registry struct {
	tree    *registry.Tree
	root    string
	commit  string
	short   string
	options Options
	objects *objects
	entries map[string]entry // every file of the commit

	history func() (map[string][]state, error) // by name at the commit, oldest first
	linked  func() (map[string][]byte, error)  // what references may reach beyond the tree
}

// entry is a file in a commit.
type entry struct {
	mode string
	blob string
}

const symlink = "120000"

// Open reads the schemas of a revision of the repository that dir lies in. Two
// files that claim one subject fail when that subject is asked for, and not
// here: the rest of a large repository is not the change's fault.
func Open(ctx context.Context, dir, rev string, o Options) (*Registry, error) {
	place, err := Locate(ctx, dir)
	if err != nil {
		return nil, err
	}
	commit, err := Resolve(ctx, place.Root, rev)
	if err != nil {
		return nil, err
	}
	return Base{Commit: commit, root: place.Root}.Open(ctx, o)
}

// Open reads the schemas of the base that MergeBase chose, as the function Open
// does.
func (b Base) Open(ctx context.Context, o Options) (*Registry, error) {
	o.Path = path.Clean(o.Path)
	r := &Registry{root: b.root, commit: b.Commit, short: b.Commit[:min(12, len(b.Commit))], options: o, objects: &objects{ctx: ctx, dir: b.root}}
	r.history = sync.OnceValues(func() (map[string][]state, error) { return r.log(ctx) })
	r.linked = sync.OnceValues(r.readLinked)
	var err error
	if r.entries, err = list(ctx, b.root, b.Commit); err != nil {
		return nil, err
	}
	if o.Names != nil {
		if o.Layout.Names, err = o.Names(r); err != nil {
			r.Close()
			return nil, err
		}
	}
	files, err := r.files()
	if err != nil {
		r.Close()
		return nil, err
	}
	r.tree = registry.NewTree(files, registry.TreeOptions{
		Layout: o.Layout, Name: r.rootName(), Revision: r.short, Resolve: r.reference(files),
	})
	return r, nil
}

// Close ends the git process that reads objects, if one runs. Older versions
// and references cannot be read afterwards.
func (r *Registry) Close() { r.objects.close() }

// Commit is the full name of the commit.
func (r *Registry) Commit() string { return r.commit }

// list reads the names of all files in a commit.
func list(ctx context.Context, root, commit string) (map[string]entry, error) {
	out, err := run(ctx, root, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, failed("listing the files of "+commit, err)
	}
	entries := make(map[string]entry, strings.Count(out, "\x00"))
	for record := range strings.SplitSeq(out, "\x00") {
		// MODE TYPE OBJECT, a tab, the name. Submodules are commits, not blobs.
		about, name, ok := strings.Cut(record, "\t")
		if fields := strings.Fields(about); ok && len(fields) == 3 && fields[1] == "blob" {
			entries[name] = entry{mode: fields[0], blob: fields[2]}
		}
	}
	return entries, nil
}

// files reads what may be a schema below the compared path.
func (r *Registry) files() ([]registry.File, error) {
	var files []registry.File
	for name := range r.entries {
		if below, ok := r.below(name); ok && r.options.Wants(name) && !skipped(below) {
			files = append(files, registry.File{Path: below, Name: name, Given: name == r.options.Path})
		}
	}
	slices.SortFunc(files, func(a, b registry.File) int { return cmp.Compare(a.Name, b.Name) })
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file.Name
	}
	texts, err := r.texts(names)
	if err != nil {
		return nil, err
	}
	kept := files[:0]
	for _, file := range files {
		text, ok := texts[file.Name]
		if !ok {
			continue // a link that leads nowhere
		}
		if file.Text = text; text == nil {
			file.Err = errors.New("the object is missing from the repository")
		}
		kept = append(kept, file)
	}
	return kept, nil
}

// below is a name's path below the compared one.
func (r *Registry) below(name string) (string, bool) {
	switch r.options.Path {
	case ".":
		return name, true
	case name:
		return path.Base(name), true
	}
	return strings.CutPrefix(name, r.options.Path+"/")
}

func skipped(name string) bool {
	segments := strings.Split(name, "/")
	return slices.ContainsFunc(segments[:len(segments)-1], registry.Skips)
}

// rootName names the subject when the compared path is a folder of versions.
func (r *Registry) rootName() string {
	_, isFile := r.entries[r.options.Path]
	switch {
	case isFile && path.Dir(r.options.Path) != ".":
		return path.Base(path.Dir(r.options.Path))
	case isFile || r.options.Path == ".":
		return registry.Root
	}
	return path.Base(r.options.Path)
}

// texts reads files by name, in one batch, and follows links within the commit.
func (r *Registry) texts(names []string) (map[string][]byte, error) {
	texts := make(map[string][]byte, len(names))
	wanted := map[string][]string{} // a name to those that link to it
	for _, name := range names {
		wanted[name] = append(wanted[name], name)
	}
	// Every round resolves one level of links; a circle of them ends here.
	for range 8 {
		next := map[string][]string{}
		targets := make([]string, 0, len(wanted))
		blobs := make([]string, 0, len(wanted))
		for name := range wanted {
			if e, ok := r.entries[name]; ok {
				targets, blobs = append(targets, name), append(blobs, e.blob)
			}
		}
		contents, err := r.objects.read(blobs)
		if err != nil {
			return nil, err
		}
		for i, name := range targets {
			if r.entries[name].mode == symlink {
				target := path.Join(path.Dir(name), string(contents[i]))
				next[target] = append(next[target], wanted[name]...)
				continue
			}
			for _, asked := range wanted[name] {
				texts[asked] = contents[i]
			}
		}
		if wanted = next; len(wanted) == 0 {
			break
		}
	}
	return texts, nil
}

// reference reads the files that schemas refer to. Most were read already; the
// first that was not brings all that are named like schemas, so that there is
// never a question to git for each file.
func (r *Registry) reference(files []registry.File) func(string) ([]byte, error) {
	known := make(map[string][]byte, len(files))
	for _, file := range files {
		known[file.Name] = file.Text
	}
	return func(name string) ([]byte, error) {
		if !fs.ValidPath(name) {
			return nil, registry.ErrOutside
		}
		if text, ok := known[name]; ok && text != nil {
			return text, nil
		}
		if _, ok := r.entries[name]; !ok {
			return nil, fs.ErrNotExist
		}
		linked, err := r.linked()
		if err != nil {
			return nil, err
		}
		if text := linked[name]; text != nil {
			return text, nil
		}
		return r.File(name)
	}
}

func (r *Registry) readLinked() (map[string][]byte, error) {
	var names []string
	for name := range r.entries {
		if r.options.Wants(name) && !skipped(name) {
			names = append(names, name)
		}
	}
	return r.texts(names)
}

// File reads any file of the commit by its name from the repository root, or
// fails with fs.ErrNotExist.
func (r *Registry) File(name string) ([]byte, error) {
	texts, err := r.texts([]string{name})
	if err != nil {
		return nil, err
	}
	if texts[name] == nil {
		return nil, fs.ErrNotExist
	}
	return texts[name], nil
}

// Subjects lists the subjects that the commit holds, sorted.
func (r *Registry) Subjects(ctx context.Context) ([]string, error) { return r.tree.Subjects(ctx) }

// Schema returns a version of a subject: the commit's own when version is
// empty, else what Versions listed.
func (r *Registry) Schema(ctx context.Context, subject, version string) (schema.Schema, error) {
	if version == "" {
		return r.tree.Schema(ctx, subject, "")
	}
	if s, err := r.tree.Schema(ctx, subject, version); err == nil || !errors.Is(err, registry.ErrNotFound) {
		return s, err
	}
	current, err := r.tree.Schema(ctx, subject, "")
	if err != nil {
		return schema.Schema{}, err
	}
	history, err := r.history()
	if err != nil {
		return schema.Schema{}, err
	}
	states := history[current.File]
	i := slices.IndexFunc(states, func(s state) bool { return s.version == version })
	if i < 0 {
		return schema.Schema{}, registry.ErrNotFound
	}
	return r.past(current, states[i])
}

// past is a schema as a state of its history had it. What it refers to is read
// from the commit of this registry: the files of every earlier commit would
// have to be listed for anything else.
func (r *Registry) past(current schema.Schema, s state) (schema.Schema, error) {
	texts, err := r.objects.read([]string{s.blob})
	if err != nil {
		return schema.Schema{}, err
	}
	if texts[0] == nil {
		return schema.Schema{}, &registry.FileError{File: s.name, Err: fmt.Errorf("the object of commit %s is missing from the repository", s.version)}
	}
	current.Version, current.Revision, current.Text = s.version, s.version, texts[0]
	return current, nil
}

// Versions lists a subject's versions, oldest first: the files of its folder
// when it is a folder of versions, else the commits that changed its file. It
// fails in a shallow clone, where the oldest are not known.
func (r *Registry) Versions(ctx context.Context, subject string) ([]string, error) {
	files, err := r.tree.Versions(ctx, subject)
	if err != nil || files[len(files)-1] != "" {
		return files, err
	}
	current, err := r.tree.Schema(ctx, subject, "")
	if err != nil {
		return nil, err
	}
	history, err := r.history()
	if err != nil {
		return nil, err
	}
	var versions []string
	for _, s := range history[current.File] {
		versions = append(versions, s.version)
	}
	if len(versions) == 0 {
		return files, nil // a link: its own history does not tell its text's
	}
	return versions, nil
}

// Compatibility is empty: git demands no level.
func (r *Registry) Compatibility(context.Context, string) (compat.Level, error) { return "", nil }
