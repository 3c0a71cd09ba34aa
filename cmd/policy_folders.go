package cmd

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/policy"
)

// policyFolders are the folders with the team's own rules, as paths from the
// working directory.
func (o *options) policyFolders() ([]string, error) { return o.paths("policy.paths") }

// paths are the files or folders of a setting, as paths from the working
// directory. Those in nexus.yaml count from that file's folder.
func (o *options) paths(id string) ([]string, error) {
	v, err := o.get(id)
	if err != nil {
		return nil, err
	}
	if e, inFile := o.config.entries[id]; inFile && v.origin == e.place {
		return o.config.relative(o.app, v.texts), nil
	}
	return v.texts, nil
}

// library compiles the packs together with the team's own rules.
func (o *options) library() (*policy.Library, error) {
	folders, err := o.policyFolders()
	if err != nil {
		return nil, err
	}
	return o.openLibrary(folders)
}

// openLibrary compiles the packs together with the rules in folders.
func (o *options) openLibrary(folders []string) (*policy.Library, error) {
	files, below, err := o.policyFiles(folders)
	if err != nil {
		return nil, err
	}
	l, err := policy.Open(files, below...)
	return l, policyFailure(err)
}

// packName is what the pack in a folder is called.
func (o *options) packName(folder string) (string, error) {
	files, below, err := o.policyFiles([]string{folder})
	if err != nil {
		return "", err
	}
	name, err := policy.FolderName(files, below[0])
	return name, policyFailure(err)
}

// policyFiles is where folders of rules are read, with their names there: the
// work tree, or the baseline when that one's gate is in force. What lies outside
// of the repository is no part of a change, and is read where it is.
func (o *options) policyFiles(folders []string) (files fs.FS, below []string, err error) {
	trusted := o.config.from
	if trusted == nil || len(folders) == 0 {
		base, below, err := o.app.rootOf(readingPolicies+" in", folders)
		return os.DirFS(base), below, err
	}
	outside := 0
	for _, folder := range folders {
		name := o.app.display(folder)
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			outside++
		}
		below = append(below, name)
	}
	switch outside {
	case 0:
		files, err = trusted.policies(below)
		return files, below, err
	case len(folders):
		base, below, err := o.app.rootOf(readingPolicies+" in", folders)
		return os.DirFS(base), below, err
	}
	return nil, nil, usagef("%s: of %s some lie in the repository and some do not", readingPolicies, strings.Join(folders, ", ")).
		hint("with --trust base those in the repository are read from %s: keep all of them here, or all elsewhere", trusted.ref)
}

const readingPolicies = "reading the policies"

// policies are the files below folders of the baseline.
func (s *source) policies(folders []string) (fs.FS, error) {
	files, err := s.tree(func(name string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return inFolder(folder, name) })
	})
	if err != nil {
		return nil, unchecked(fmt.Errorf("%s from %s: %w", readingPolicies, s.ref, err))
	}
	for _, folder := range folders {
		if _, err := fs.Stat(files, folder); err != nil {
			return nil, usagef("%s: %s does not hold %s", readingPolicies, s.ref, folder).hint("with --trust base they are read from there")
		}
	}
	return files, nil
}

// inFolder reports whether a file of the repository lies below a folder of it.
func inFolder(folder, name string) bool {
	return folder == "." || strings.HasPrefix(name, path.Clean(folder)+"/")
}

// notePolicies reports which of the work tree's rules differ from those in force.
// Tests of rules judge nobody.
func (c *schemaCheck) notePolicies() error {
	folders, err := c.options.policyFolders()
	if err != nil || len(folders) == 0 {
		return err
	}
	inForce, below, err := c.options.policyFiles(folders)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, folder := range below {
		if !filepath.IsLocal(filepath.FromSlash(folder)) {
			return nil // none of them is in the repository
		}
		collectRules(names, inForce, folder)
		collectRules(names, os.DirFS(c.app.base()), folder)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		text, _ := fs.ReadFile(inForce, name) // none is in force when it is new
		c.noteGate(name, c.trusted, text)
	}
	return nil
}

// collectRules adds the files of a folder that decide what its rules say.
func collectRules(names map[string]bool, files fs.FS, folder string) {
	_ = fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && name != folder && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		isRule := strings.HasSuffix(name, ".rego") && !strings.HasSuffix(name, "_test.rego") || path.Base(name) == "pack.yaml"
		if err == nil && entry.Type().IsRegular() && isRule {
			names[name] = true
		}
		return nil // a folder that is missing on one side has no rule there
	})
}
