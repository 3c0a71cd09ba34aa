package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/confluent"
	"github.com/nexus-blueprint/nexus/report"
)

const configName = "nexus.yaml"

// config is nexus.yaml, read and checked. The zero value is an absent file.
type config struct {
	file    string // as messages name it, empty when there is none
	dir     string // the folder it stands in, from which its paths count
	text    []byte
	doc     *document.Document // nil for an absent or empty file
	entries map[string]entry   // by setting key
	from    *source            // the baseline that it was read from; nil for the work tree
}

// entry is one value of nexus.yaml.
type entry struct {
	texts []string // one for a text, any number for a list
	rows  []row    // of a table, in the order of the file
	place string   // file:line
}

// row is one line of a table in nexus.yaml.
type row struct {
	name, text, place string
}

// loadConfig reads the file that --config names, else the nexus.yaml nearest to
// the working directory on the way up to the repository root.
func (a *app) loadConfig(flags *pflag.FlagSet) (*config, error) {
	if err := a.checkEnvironment(); err != nil {
		return nil, err
	}
	named := cmp.Or(flagText(flags, "config"), a.env("NEXUS_CONFIG"))
	path := named
	if path == "" {
		path = a.findConfig()
	}
	if path == "" {
		return &config{dir: a.base()}, nil
	}
	full := a.abs(path)
	text, err := os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("reading the configuration: %s does not exist", path).hint("nexus init writes a first nexus.yaml")
	}
	if err != nil {
		return nil, usagef("reading the configuration: %w", err)
	}
	return a.parseConfig(a.display(full), filepath.Dir(full), text)
}

// checkEnvironment refuses a variable that is a setting's but for a letter: as a
// typo it would leave the gate at its default. Other programs have NEXUS_
// variables too, so that a name which is near to nothing is let be.
func (a *app) checkEnvironment() error {
	var known []string
	for _, s := range settings() {
		if env := s.env(); env != "" {
			known = append(known, env)
		}
	}
	known = append(known, confluent.EnvUser, confluent.EnvPassword, confluent.EnvToken)
	for _, variable := range slices.Sorted(slices.Values(a.environ())) {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "NEXUS_") || text == "" || slices.Contains(known, name) {
			continue
		}
		for _, meant := range known {
			if len(name) > len("NEXUS_")+3 && report.Distance(name, meant) == 1 {
				return usagef("reading the environment: %s is no setting", name).hint("did you mean %s?", meant)
			}
		}
	}
	return nil
}

// findConfig walks up from the working directory to the repository root. Outside
// a repository only the working directory counts, so that no stray file in a
// parent folder decides a verdict.
func (a *app) findConfig() string {
	root := a.base()
	for dir := a.dir; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, configName)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		if dir == root || dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// base is the repository root above the working directory, else the working
// directory itself.
func (a *app) base() string {
	for dir := a.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return a.dir
		}
	}
}

// abs resolves a path as the user wrote it.
func (a *app) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(a.dir, path)
}

// display is how reports name a file: relative to the repository root, with /.
func (a *app) display(path string) string {
	rel, err := filepath.Rel(a.base(), a.abs(path))
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

// parseConfig reads the text of a nexus.yaml. Whatever it does not know is an
// error: a mistyped key must not quietly fall back to a default.
func (a *app) parseConfig(file, dir string, text []byte) (*config, error) {
	c := &config{file: file, dir: dir, text: text, entries: map[string]entry{}}
	if len(bytes.TrimSpace(text)) == 0 {
		return c, nil
	}
	doc, err := document.Parse(file, text)
	if err != nil {
		return nil, inDocument("reading the configuration", err)
	}
	c.doc = doc
	r := configReader{app: a, doc: doc, config: c, settings: settings()}
	if err := r.object("", "", doc.Value()); err != nil {
		return nil, err
	}
	return c, nil
}

// table returns the rows of a table of nexus.yaml.
func (c *config) table(key string) []row { return c.entries[key].rows }

// boolean returns a switch of nexus.yaml, or its default.
func (c *config) boolean(key string) bool {
	if e, ok := c.entries[key]; ok {
		return e.texts[0] == "true"
	}
	return settingFor(key).initial == "true"
}

// layout says which files are schemas and what their subjects are called.
func (c *config) layout(a *app) registry.Layout {
	layout := registry.Layout{Kinds: a.kinds()}
	for _, r := range c.table("schema.subjects") {
		layout.Rules = append(layout.Rules, registry.SubjectRule{Glob: r.name, Name: r.text})
	}
	return layout
}

// relative turns paths that count from the file's folder into paths from the
// working directory.
func (c *config) relative(a *app, paths []string) []string {
	list := make([]string, len(paths))
	for i, path := range paths {
		full := filepath.Join(c.dir, filepath.FromSlash(path))
		if rel, err := filepath.Rel(a.dir, full); err == nil {
			full = rel
		}
		list[i] = filepath.ToSlash(full)
	}
	return list
}

// rebase makes a folder that nexus.yaml names as baseline count from that file.
func (c *config) rebase(a *app, against value) value {
	folder, ok := strings.CutPrefix(against.text(), "dir:")
	if e, set := c.entries["schema.against"]; !ok || !set || e.place != against.origin {
		return against
	}
	return value{[]string{"dir:" + c.relative(a, []string{folder})[0]}, against.origin}
}
