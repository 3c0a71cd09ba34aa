package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/scaffold"
)

// This file holds what new, add and upgrade share: how they find an app, what they
// say of its files, and how they fail.

// openedApp is the app that a command works on.
type openedApp struct {
	dir   string // its folder
	files *os.Root
}

// openApp finds the app that a folder lies in. It has to be closed.
func (a *app) openApp(doing, dir string) (*openedApp, error) {
	full := a.abs(dir)
	if _, err := os.Stat(full); err != nil {
		return nil, a.missingFor(doing, dir)
	}
	home, ok := scaffold.FindApp(full)
	if !ok {
		return nil, usagef("%s: %s lies in no app that nexus made: there is no .nexus/manifest.json in it or above", doing, dir).
			hint("go to the folder of the app; nexus new NAME makes one")
	}
	root, err := os.OpenRoot(home)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", doing, reason(err)))
	}
	return &openedApp{home, root}, nil
}

func (o *openedApp) Close() error { return o.files.Close() }

// fileChange is a change of an app, in JSON.
type fileChange struct {
	File   string          `json:"file"`
	Action scaffold.Action `json:"action"`
	Places int             `json:"conflicts"`
}

func fileChanges(plan scaffold.Plan) []fileChange {
	list := make([]fileChange, len(plan.Changes))
	for i, c := range plan.Changes {
		list[i] = fileChange{c.File, c.Action, c.Places}
	}
	return list
}

// tellChanges lists what happens to the files of an app. Of the core's own files,
// which nobody reads one by one, only those are listed that somebody changed.
func tellChanges(w io.Writer, plan scaffold.Plan, dryRun bool) {
	word := func(done, would string) string {
		if dryRun {
			return would
		}
		return done
	}
	said := map[scaffold.Action]string{
		scaffold.Create:   word("wrote", "would write"),
		scaffold.Replace:  word("replaced", "would replace"),
		scaffold.Merge:    word("merged", "would merge"),
		scaffold.Conflict: word("conflict in", "would leave a conflict in"),
		scaffold.Remove:   word("removed", "would remove"),
		scaffold.Keep:     "kept, since it was changed:",
		scaffold.Absent:   "left out, since it was deleted:",
	}
	quiet := map[scaffold.Action]int{}
	for _, c := range plan.Changes {
		plain := c.Action == scaffold.Create || c.Action == scaffold.Replace || c.Action == scaffold.Remove
		if plain && strings.HasPrefix(c.File, "internal/nexus/") {
			quiet[c.Action]++
			continue
		}
		places := ""
		if c.Places > 0 {
			places = " (" + report.Count(c.Places, "place") + ")"
		}
		fmt.Fprintf(w, "%s %s%s\n", said[c.Action], printable(c.File), places)
	}
	for _, action := range []scaffold.Action{scaffold.Create, scaffold.Replace, scaffold.Remove} {
		if n := quiet[action]; n > 0 {
			fmt.Fprintf(w, "%s %s of the core\n", said[action], report.Count(n, "file"))
		}
	}
}

// conflictFailure is exit 1 for files in which somebody has to decide.
func conflictFailure(plan scaffold.Plan) error {
	names := plan.Conflicts()
	if len(names) == 0 {
		return nil
	}
	failure := &exitError{code: exitFindings, err: fmt.Errorf("merging: you and nexus changed the same lines of %s", report.Count(len(names), "file"))}
	for _, name := range names {
		failure.hint("decide between the markers <<<<<<< and >>>>>>> in %s", printable(name))
	}
	return failure
}

// scaffoldFailure tells a person why an app could not be made or changed.
func (a *app) scaffoldFailure(doing string, err error) error {
	if known, ok := errors.AsType[*exitError](err); ok {
		return known
	}
	if _, ok := errors.AsType[*catalog.LoadError](err); ok {
		return catalogFailure(err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	var hint string
	switch {
	case errors.Is(err, scaffold.ErrBehind):
		hint = "nexus upgrade moves the app's core to this nexus"
	case errors.Is(err, scaffold.ErrNewer):
		hint = "use that nexus, or a later one"
	}
	if e, ok := errors.AsType[*scaffold.FlagError](err); ok {
		hint = e.Hint
	}
	if e, ok := errors.AsType[*scaffold.SpecError](err); ok {
		hint = e.Hint
	}
	if e, ok := errors.AsType[*scaffold.LockError](err); ok {
		hint = e.Hint
	}
	if e, ok := errors.AsType[*scaffold.MergeError](err); ok {
		hint = e.Hint
	}
	if e, ok := errors.AsType[*document.Error](err); ok {
		hint = e.Hint
	}
	failure := usage(fmt.Errorf("%s: %w", doing, reason(err)))
	if hint != "" {
		failure.hints = append(failure.hints, hint)
	}
	return failure
}

// occupiedFailure lists what is in the way of a new app.
func occupiedFailure(dir string, occupied *scaffold.OccupiedError) error {
	failure := usagef("writing %s: the folder is not empty, and nothing was written", dir)
	for _, name := range occupied.Files[:min(len(occupied.Files), maxListed)] {
		failure.hint("in the way: %s", printable(name))
	}
	if rest := len(occupied.Files) - maxListed; rest > 0 {
		failure.hint("and %d more", rest)
	}
	if slices.Contains(occupied.Files, ".nexus/") {
		return failure.hint("it is an app already: nexus add extends it")
	}
	return failure.hint("name another folder with --dir, or move these away")
}

// ownersOf counts the files of a new app by whose they are.
func countOwners(files scaffold.Tree, owner scaffold.Owner) int {
	return len(slices.DeleteFunc(files.Names(), func(name string) bool { return scaffold.OwnerOf(name) != owner }))
}
