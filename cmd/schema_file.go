package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/dir"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// readSchema reads one file that the user named as a schema, whatever it is
// called.
func (a *app) readSchema(ctx context.Context, name string) (schema.Schema, error) {
	info, err := os.Stat(a.abs(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return schema.Schema{}, a.missing(name)
	case err == nil && info.IsDir():
		return schema.Schema{}, usagef("reading %s: it is a folder, not a schema file", name)
	}
	r, err := dir.Open(a.abs(name), dir.Options{Layout: registry.Layout{Kinds: a.kinds()}, Root: a.base(), Shown: name})
	if err != nil {
		return schema.Schema{}, unchecked(err)
	}
	subjects, _ := r.Subjects(ctx)
	if len(subjects) == 0 {
		return schema.Schema{}, usagef("reading %s: no schema format has this file extension", name).hint("known: %s", strings.Join(a.suffixes(), ", "))
	}
	s, err := r.Schema(ctx, subjects[0], "")
	if err != nil {
		return schema.Schema{}, unchecked(err)
	}
	if !a.plausible(s) {
		return schema.Schema{}, usagef("reading %s: no schema: it holds no keyword that says something about documents", name).
			hint("a schema comes before the documents that it judges: nexus schema validate SCHEMA FILE...")
	}
	return s, nil
}

// suffixes lists the endings of schema files.
func (a *app) suffixes() []string {
	var list []string
	for _, kind := range a.kinds() {
		list = append(append(list, kind.Suffixes...), kind.Maybe...)
	}
	return list
}

// readInput reads a file argument. A name that does not exist is the user's
// mistake; one that cannot be read was not checked.
func (a *app) readInput(name string) ([]byte, error) {
	text, err := os.ReadFile(a.abs(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, a.missing(name)
	case err != nil:
		return nil, unchecked(fmt.Errorf("reading %s: %w", name, reason(err)))
	}
	return text, nil
}

// missing says that a file or folder does not exist, with the nearest that does.
func (a *app) missing(name string) error { return a.missingFor("reading", name) }

// missingFor is missing with what the file was wanted for.
func (a *app) missingFor(doing, name string) error {
	err := usagef("%s %s: no such file or folder", doing, name)
	entries, _ := os.ReadDir(filepath.Dir(a.abs(name)))
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if near := report.Nearest(filepath.Base(name), names); near != "" {
		return err.hint("did you mean %s?", filepath.ToSlash(filepath.Join(filepath.Dir(name), near)))
	}
	return err
}

// reason is the cause of a file error without the path, which the message names
// already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// isFolder reports whether a path below the repository root is a folder.
func (a *app) isFolder(path string) bool {
	info, err := os.Stat(filepath.Join(a.base(), filepath.FromSlash(path)))
	return err == nil && info.IsDir()
}
