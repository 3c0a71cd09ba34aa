package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An Action is what happens to a file of an app.
type Action string

// The actions.
const (
	Create   Action = "create"
	Replace  Action = "replace"  // nobody changed it since nexus wrote it
	Merge    Action = "merge"    // both changed it, in different places
	Conflict Action = "conflict" // both changed the same lines; both stand in it, between git's markers
	Remove   Action = "remove"   // nexus has it no more, and nobody changed it
	Keep     Action = "keep"     // nexus has it no more, and somebody changed it: it is the user's now
	Absent   Action = "absent"   // somebody deleted it, and it stays deleted
)

// A Change is an action on one file.
type Change struct {
	File   string
	Action Action
	Places int // of conflict
}

// A Plan is how an app gets from what it is to what it should be. Nothing has
// happened yet.
type Plan struct {
	Changes []Change // sorted by file; files that stay as they are have none
	files   Tree     // to write
	gone    []string // to take away
}

// Conflicts lists the files that a person has to look at.
func (p Plan) Conflicts() []string { return p.having(Conflict) }

func (p Plan) having(action Action) []string {
	var names []string
	for _, c := range p.Changes {
		if c.Action == action {
			names = append(names, c.File)
		}
	}
	return names
}

// Apply carries a plan out below dir, all of it or nothing.
func (p Plan) Apply(ctx context.Context, dir string) error { return place(ctx, dir, p.files, p.gone) }

// A MergeError says that files cannot be merged, and why.
type MergeError struct {
	Message string
	Files   []string // sorted
	Hint    string
	noBase  bool
}

func (e *MergeError) Error() string { return e.Message + ": " + strings.Join(e.Files, ", ") }

// sides are the three versions of the files that a plan is about.
type sides struct {
	app      fs.FS             // the files as they are
	manifest Manifest          // the files as nexus wrote them: their hashes
	base     Tree              // and their texts, as far as they are known
	theirs   Tree              // the files as they should be
	about    func(string) bool // tells which files of the manifest take part
	name     string            // of theirs, at the end of a conflict
}

// plan goes through every file that one of the sides has.
func (s sides) plan() (Plan, error) {
	plan := Plan{files: Tree{}}
	names := s.theirs.Names()
	for name := range s.manifest.Files {
		if s.about(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var unknown []string
	for _, name := range slices.Compact(names) {
		ours, err := fs.ReadFile(s.app, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Plan{}, fmt.Errorf("reading %s: %w", name, err)
		}
		change, text, err := s.decide(name, ours, err == nil)
		if errors.Is(err, errNoBase) {
			unknown = append(unknown, name)
			continue
		}
		if err != nil {
			return Plan{}, err
		}
		plan.add(change, text)
	}
	if len(unknown) > 0 {
		return Plan{}, &MergeError{Message: "these files were changed, and what they were before is not known", Files: unknown, noBase: true}
	}
	return plan, nil
}

func (p *Plan) add(change Change, text []byte) {
	switch change.Action {
	case "":
		return
	case Remove:
		p.gone = append(p.gone, change.File)
	case Keep, Absent:
	default:
		p.files[change.File] = text
	}
	i, _ := slices.BinarySearchFunc(p.Changes, change, func(a, b Change) int { return strings.Compare(a.File, b.File) })
	p.Changes = slices.Insert(p.Changes, i, change)
}

var errNoBase = errors.New("the text that nexus wrote is not known")

// decide says what becomes of one file; no action leaves it as it is.
func (s sides) decide(name string, ours []byte, exists bool) (Change, []byte, error) {
	theirs, wanted := s.theirs[name]
	written, known := s.manifest.Files[name]
	base, hasBase := s.base[name]
	untouched := known && (written.SHA256 == hash(ours) || written.SHA256 == hash(unixLines(ours))) || hasBase && sameLines(ours, base)
	switch {
	case !exists && known:
		if !wanted || hasBase && sameLines(base, theirs) || written.SHA256 == hash(theirs) {
			return Change{}, nil, nil
		}
		return Change{File: name, Action: Absent}, nil, nil
	case !exists:
		return Change{File: name, Action: Create}, theirs, nil
	case !wanted && untouched:
		return Change{File: name, Action: Remove}, nil, nil
	case !wanted:
		return Change{File: name, Action: Keep}, nil, nil
	case sameLines(ours, theirs), hasBase && sameLines(base, theirs):
		return Change{}, nil, nil
	case untouched:
		return Change{File: name, Action: Replace}, theirs, nil
	case known && !hasBase:
		return Change{}, nil, errNoBase
	}
	return s.merge(name, base, ours, theirs)
}

func (s sides) merge(name string, base, ours, theirs []byte) (Change, []byte, error) {
	if marked(ours) {
		return Change{}, nil, &MergeError{
			Message: "an earlier conflict is not settled yet", Files: []string{name},
			Hint: "decide for one of the sides between the markers, and remove the markers",
		}
	}
	merged, places := merge3(base, ours, theirs, "yours", s.name)
	switch {
	case places > 0:
		return Change{File: name, Action: Conflict, Places: places}, merged, nil
	case sameLines(merged, ours):
		return Change{}, nil, nil
	}
	return Change{File: name, Action: Merge}, merged, nil
}

// sameLines compares texts, whatever ends their lines.
func sameLines(a, b []byte) bool { return string(unixLines(a)) == string(unixLines(b)) }

// FindApp is the folder of the app that dir lies in: the nearest one, upwards, that
// has a manifest.
func FindApp(dir string) (string, bool) {
	for {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(manifestFile))); err == nil {
			return dir, true
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", false
		}
		dir = above
	}
}
