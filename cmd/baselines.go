package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/dir"
	"github.com/nexus-blueprint/nexus/registry/git"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// baseline is one kind of place that --against can name.
type baseline struct {
	kind  string
	title string
	// open is nil for a kind that is known and not built yet. An empty ref asks
	// for the kind's own choice.
	open func(ctx context.Context, o *options, ref string, layout registry.Layout) (*source, error)
}

// baselines is the one table from KIND to registry. A further registry is one
// more row. The first row is the default.
var baselines = []baseline{
	{"git", "a revision of the repository, such as git:main", openGit},
	{"dir", "a folder, or one file", openDir},
	{"confluent", "a registry with Confluent's interface, by its URL or its name in nexus.yaml", openConfluent},
	{"glue", "a registry in AWS Glue, such as glue:default-registry", openGlue},
}

// source is an opened baseline.
type source struct {
	registry.Registry
	ref      string // as --against would name it
	resolved string // the commit, or the folder
	note     string // why this one, when nobody named it
	// files is true for a place that holds files, so that what is missing was
	// deleted or renamed. A registry may hold the subjects of other teams.
	files           bool
	remote          bool           // it is asked over a network, where waiting for one answer leaves time for others
	wholeRepository bool           // its subjects are named from the repository root
	isFile          bool           // it is one file
	empty           bool           // it holds no subject at all, so that nothing could break
	whole           string         // the one subject that its root is, when that is a folder of versions
	root            string         // of its files, as reports name them
	lock            *registry.Lock // of a folder that is a copy of a registry, else nil
	unlocked        []string       // the files of such a folder that its lock does not name
	unread          string         // why the schemas inside other documents are not all known, empty when they are
	// read returns another file of the baseline, by its name from the repository
	// root; nil when there are none.
	read func(file string) ([]byte, error)
	// tree holds the files of the baseline whose names are wanted, from the
	// repository root; nil when there are none.
	tree func(wants func(file string) bool) (fs.FS, error)
	// ask lets the registry itself judge a schema, with its reasons; nil when it
	// cannot be asked, and mute says why.
	ask  func(context.Context, schema.Schema) (compatible bool, reasons []string, err error)
	mute string
}

// describe names the source for a person.
func (s *source) describe() string {
	text := s.ref
	if s.note != "" {
		text += ": " + s.note
	}
	return text
}

// baselineKinds lists the kinds that are built, each with an ending.
func (a *app) baselineKinds(ending string) []string {
	var kinds []string
	for _, b := range a.baselines {
		if b.open != nil {
			kinds = append(kinds, b.kind+ending)
		}
	}
	return kinds
}

// openBaseline opens what --against names, or without it the first kind's own
// choice.
func (a *app) openBaseline(ctx context.Context, o *options, against string, layout registry.Layout) (*source, error) {
	s, err := a.openKind(ctx, o, against, layout)
	if err != nil {
		return nil, err
	}
	if endpoint, err := o.get("endpoint-url"); err == nil && strings.HasPrefix(endpoint.origin, "flag ") && !s.remote {
		return nil, usagef("opening %s: it is no registry, and --endpoint-url is the address of one", s.ref).
			hint("leave --endpoint-url out, or name the registry: --against glue:NAME or confluent:URL")
	}
	return s, nil
}

// openKind opens the kind of place that against begins with.
func (a *app) openKind(ctx context.Context, o *options, against string, layout registry.Layout) (*source, error) {
	if against == "" {
		return a.baselines[0].open(ctx, o, "", layout)
	}
	kind, ref, ok := strings.Cut(against, ":")
	if !ok || ref == "" {
		return nil, usagef("reading --against: %q is not KIND:REF", against).hint("for example --against git:main or --against dir:released")
	}
	for _, b := range a.baselines {
		if b.kind != kind {
			continue
		}
		if b.open == nil {
			return nil, unchecked(fmt.Errorf("opening %s: this version of nexus cannot reach %s", against, b.title),
				"built in are "+strings.Join(a.baselineKinds(":"), " and "))
		}
		return b.open(ctx, o, ref, layout)
	}
	return nil, unknown("kind in --against", kind, a.baselineKinds(""))
}

func openDir(ctx context.Context, o *options, ref string, layout registry.Layout) (*source, error) {
	a := o.app
	full := a.abs(ref)
	info, err := os.Stat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, a.missingFor("opening the baseline", ref)
	}
	if err != nil {
		return nil, unchecked(fmt.Errorf("opening the baseline dir:%s: %w", ref, reason(err)))
	}
	shown := a.display(ref)
	layout.Given = mirroredFiles(shown, layout.Given)
	var unread string
	if layout.Names, unread = o.folderNames(ctx, full, shown, layout.Names); !info.IsDir() {
		unread = ref + " is one file"
	}
	r, err := dir.Open(full, dir.Options{Layout: layout, Root: a.base(), Shown: ref})
	if err != nil {
		return nil, openFailure(err)
	}
	if problems := r.Problems(); len(problems) > 0 {
		return nil, unchecked(fmt.Errorf("opening the baseline dir:%s: %w", ref, problems[0]))
	}
	return &source{
		Registry: r, ref: "dir:" + filepath.ToSlash(ref), resolved: shown, root: shown,
		files: r.Lock() == nil, isFile: !info.IsDir(), whole: r.Whole(),
		lock: r.Lock(), unlocked: r.Unlocked(), unread: unread,
	}, nil
}

// mirroredFiles lists where in a folder the counterparts of files may lie. What
// was given on the command line is a schema on both sides, whatever it holds.
func mirroredFiles(folder string, files []string) []string {
	var list []string
	for _, file := range files {
		for _, tail := range tails(file) {
			list = append(list, path.Join(folder, tail))
		}
	}
	return list
}

func openGit(ctx context.Context, o *options, ref string, layout registry.Layout) (*source, error) {
	a := o.app
	s := &source{ref: "git:" + ref, files: true, wholeRepository: true, root: "."}
	var r *git.Registry
	options := git.Options{Layout: layout}
	var err error
	if options.Names, err = o.revisionNames(ctx, layout.Names, s); err != nil {
		return nil, err
	}
	if ref == "" {
		base, noBase := git.MergeBase(ctx, a.dir, a.env)
		if noBase != nil {
			return nil, a.gitFailure(noBase, "")
		}
		s.ref, s.note = "git:"+shortRevision(base.Commit), base.Explanation
		r, err = base.Open(ctx, options)
	} else {
		r, err = git.Open(ctx, a.dir, ref, options)
	}
	if err != nil {
		return nil, a.gitFailure(err, ref)
	}
	s.Registry, s.resolved, s.read, s.tree = r, r.Commit(), r.File, r.Files
	return s, nil
}

// gitFailure tells a revision that does not exist, which is a mistake on the
// command line, from a repository that cannot be looked at. The folder is left
// out of the message: a report reads the same on every machine.
func (a *app) gitFailure(err error, ref string) error {
	known, ok := errors.AsType[*git.Error](err)
	if !ok {
		return openFailure(err)
	}
	hints := slices.Clone(known.Hints)
	if near := report.Nearest(ref, known.Candidates); near != "" {
		hints = slices.Insert(hints, 0, fmt.Sprintf("did you mean git:%s?", near))
	}
	if known.Code == git.CodeUnknownRevision {
		return usage(err, hints...)
	}
	message := strings.ReplaceAll(known.Message, a.dir, "the working directory")
	failure := unchecked(errors.New(message), hints...)
	failure.problem = known.Code
	return failure
}

// ignored tells which files git ignores, outside of a repository none.
func (a *app) ignored(ctx context.Context) func(string) bool {
	if _, err := os.Stat(filepath.Join(a.base(), ".git")); err != nil {
		return nil
	}
	ignored, err := git.Ignored(ctx, a.base(), ".")
	if err != nil {
		return nil // without git nothing is passed over, which errs on the side of looking
	}
	return ignored
}

// shortRevision is a commit as people write it.
func shortRevision(revision string) string {
	if len(revision) >= 40 && strings.Trim(revision, "0123456789abcdef") == "" {
		return revision[:12]
	}
	return revision
}
