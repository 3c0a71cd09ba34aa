package cmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
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

// configReader walks the tree of a nexus.yaml along the table of settings.
type configReader struct {
	app      *app
	doc      *document.Document
	config   *config
	settings []setting
}

// object reads the mapping at a key: "" is the whole file.
func (r *configReader) object(key, pointer string, value any) error {
	members, ok := value.(map[string]any)
	if !ok {
		return r.wrong(pointer, cmp.Or(key, "the file"), "a mapping")
	}
	valid := r.children(key)
	for _, name := range r.ordered(pointer, members) {
		child := strings.TrimPrefix(key+"."+name, ".")
		at := document.Join(pointer, name)
		if !slices.Contains(valid, name) {
			return r.unknownKey(at, child, name, valid)
		}
		if err := r.value(child, at, members[name]); err != nil {
			return err
		}
	}
	return nil
}

// children lists the keys that may stand below key.
func (r *configReader) children(key string) []string {
	var names []string
	for _, s := range r.settings {
		rest, below := strings.CutPrefix(s.key, key+".")
		if key == "" {
			rest, below = s.key, s.key != ""
		}
		if name, _, _ := strings.Cut(rest, "."); below && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ordered lists the names of a mapping in the order of the file.
func (r *configReader) ordered(pointer string, members map[string]any) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, _ := r.doc.Member(document.Join(pointer, a))
		y, _ := r.doc.Member(document.Join(pointer, b))
		return cmp.Or(cmp.Compare(x.Start.Line, y.Start.Line), cmp.Compare(x.Start.Column, y.Start.Column), cmp.Compare(a, b))
	})
	return names
}

func (r *configReader) value(key, pointer string, value any) error {
	i := slices.IndexFunc(r.settings, func(s setting) bool { return s.key == key })
	if i < 0 {
		return r.object(key, pointer, value)
	}
	s := r.settings[i]
	e := entry{place: r.place(pointer)}
	var err error
	switch s.shape {
	case listShape:
		e.texts, err = r.list(s, pointer, value)
	case tableShape:
		e.rows, err = r.table(s, pointer, value)
	case recordsShape:
		e.rows, err = r.records(s, pointer, value)
	case boolShape:
		e.texts, err = r.boolean(pointer, key, value)
	case versionShape:
		e.texts, err = r.version(pointer, value)
	case textShape:
		e.texts, err = r.text(s, pointer, key, value)
	}
	r.config.entries[key] = e
	return err
}

func (r *configReader) text(s setting, pointer, key string, value any) ([]string, error) {
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case json.Number: // draft: 7
		text = v.String()
	default: // YAML's plain off is a text in 1.2, but true and false are not
		return nil, r.wrong(pointer, key, "a text")
	}
	text = s.canonical(text)
	if s.values != nil && text != "" {
		if valid := s.values(r.app); !slices.Contains(valid, text) {
			return nil, r.invalid(pointer, key, text, valid)
		}
	}
	return []string{text}, nil
}

func (r *configReader) list(s setting, pointer string, value any) ([]string, error) {
	items, ok := value.([]any)
	if !ok {
		return nil, r.wrong(pointer, s.key, "a list of texts")
	}
	texts := make([]string, len(items))
	for i, item := range items {
		at := document.Join(pointer, fmt.Sprint(i))
		text, ok := item.(string)
		if !ok {
			return nil, r.wrong(at, s.key, "a list of texts")
		}
		if s.values != nil {
			if valid := s.values(r.app); !slices.Contains(valid, text) {
				return nil, r.invalid(at, s.key, text, valid)
			}
		}
		texts[i] = text
	}
	return texts, nil
}

func (r *configReader) table(s setting, pointer string, value any) ([]row, error) {
	members, ok := value.(map[string]any)
	if !ok {
		return nil, r.wrong(pointer, s.key, "a mapping")
	}
	var rows []row
	for _, name := range r.ordered(pointer, members) {
		at := document.Join(pointer, name)
		if s.names != nil {
			if valid := s.names(r.app); !slices.Contains(valid, name) {
				return nil, r.unknownKey(at, s.key+"."+name, name, valid)
			}
		}
		texts, err := r.text(s, at, s.key+"."+name, value.(map[string]any)[name])
		if err != nil {
			return nil, err
		}
		if s.key == "schema.subjects" {
			if err := (registry.SubjectRule{Glob: name, Name: texts[0]}).Check(); err != nil {
				return nil, usagef("%s: %s: %w", r.place(at), s.key, err)
			}
		}
		rows = append(rows, row{name, texts[0], r.place(at)})
	}
	return rows, nil
}

// records reads a mapping of mappings. A row is called RECORD.KEY.
func (r *configReader) records(s setting, pointer string, value any) ([]row, error) {
	members, ok := value.(map[string]any)
	if !ok {
		return nil, r.wrong(pointer, s.key, "a mapping")
	}
	var rows []row
	for _, name := range r.ordered(pointer, members) {
		at := document.Join(pointer, name)
		record, ok := members[name].(map[string]any)
		if !ok {
			return nil, r.wrong(at, s.key+"."+name, "a mapping")
		}
		for _, key := range r.ordered(at, record) {
			text, err := r.field(s, name+"."+key, document.Join(at, key), record[key])
			if err != nil {
				return nil, err
			}
			rows = append(rows, row{name + "." + key, text, r.place(document.Join(at, key))})
		}
	}
	return rows, nil
}

// field reads one key of a record. What is wrong with its text is said without
// the text, which may hold a secret.
func (r *configReader) field(s setting, name, pointer string, value any) (string, error) {
	key := name[strings.LastIndex(name, ".")+1:]
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.key == key })
	if i < 0 {
		err := r.unknownKey(pointer, s.key+"."+name, key, fieldKeys(s.fields))
		return "", usage(err, append(hintsOf(err), secretsHint)...)
	}
	texts, err := r.text(setting{}, pointer, s.key+"."+name, value)
	if err != nil {
		return "", err
	}
	if check := s.fields[i].check; check != nil {
		if err := check(texts[0]); err != nil {
			return "", usagef("%s: %s.%s %w", r.place(pointer), s.key, name, err)
		}
	}
	return texts[0], nil
}

func (r *configReader) boolean(pointer, key string, value any) ([]string, error) {
	b, ok := value.(bool)
	if !ok {
		return nil, r.wrong(pointer, key, "true or false")
	}
	return []string{fmt.Sprint(b)}, nil
}

func (r *configReader) version(pointer string, value any) ([]string, error) {
	if text := fmt.Sprint(value); text != "1" {
		return nil, usagef("%s: version is %s, and this nexus reads version 1", r.place(pointer), text)
	}
	return []string{"1"}, nil
}

// place is file:line of the key at pointer.
func (r *configReader) place(pointer string) string {
	at, _ := r.doc.Member(pointer)
	return fmt.Sprintf("%s:%d", r.config.file, at.Start.Line)
}

func (r *configReader) unknownKey(pointer, key, name string, valid []string) error {
	err := usagef("%s: unknown key %q", r.place(pointer), key)
	if near := report.Nearest(name, valid); near != "" {
		return err.hint("did you mean %q?", near)
	}
	if len(valid) > 20 {
		return err.hint("nexus config schema lists every key, nexus explain every rule")
	}
	return err.hint("one of: %s", strings.Join(valid, ", "))
}

func (r *configReader) invalid(pointer, key, text string, valid []string) error {
	err := unknown(key, text, valid)
	return usage(fmt.Errorf("%s: %w", r.place(pointer), err), hintsOf(err)...)
}

func (r *configReader) wrong(pointer, key, want string) error {
	return usagef("%s: %s must be %s", r.place(pointer), key, want)
}

func hintsOf(err error) []string {
	var known *exitError
	if errors.As(err, &known) {
		return known.hints
	}
	return nil
}

// canonical spells a value the way the table does, where case does not matter.
func (s setting) canonical(text string) string {
	if s.key == "schema.level" || s.key == "schema.category" {
		return strings.ToUpper(text)
	}
	return text
}

// value is what a setting amounts to in one run.
type value struct {
	texts  []string
	origin string // flag --level, environment NEXUS_LEVEL, nexus.yaml:7, default
}

// text is the one text of a setting that is no list.
func (v value) text() string {
	if len(v.texts) == 0 {
		return ""
	}
	return v.texts[0]
}

// given reports whether somebody set it.
func (v value) given() bool { return v.origin != "default" }

// options answers what every setting amounts to: flags over environment over
// nexus.yaml over default.
type options struct {
	app    *app
	flags  *pflag.FlagSet
	config *config
	// catalog is the catalog that the command's argument names, if it takes one.
	catalog string
}

// options are what a command is told: its flags, the environment, nexus.yaml.
func (a *app) options(cmd *cobra.Command) (*options, error) {
	config, err := a.loadConfig(cmd.Flags())
	if err != nil {
		return nil, err
	}
	return &options{app: a, flags: cmd.Flags(), config: config}, nil
}

// get returns the value of the setting with that id.
func (o *options) get(id string) (value, error) {
	s := settingFor(id)
	v := o.find(s)
	if s.values == nil || s.shape == tableShape {
		return v, nil
	}
	for i, text := range v.texts {
		v.texts[i] = s.canonical(text)
		if text == "" {
			continue
		}
		if err := oneOf(strings.TrimPrefix(v.origin, "flag "), v.texts[i], s.values(o.app)); err != nil {
			return value{}, err
		}
	}
	return v, nil
}

// texts returns the one text of each of several settings.
func (o *options) texts(ids ...string) (map[string]string, error) {
	texts := make(map[string]string, len(ids))
	for _, id := range ids {
		v, err := o.get(id)
		if err != nil {
			return nil, err
		}
		texts[id] = v.text()
	}
	return texts, nil
}

func (o *options) find(s setting) value {
	if s.flag != "" && o.flags != nil {
		if f := o.flags.Lookup(s.flag); f != nil && f.Changed {
			return value{flagTexts(f), "flag --" + s.flag}
		}
	}
	if env := s.env(); env != "" {
		if text := o.app.env(env); text != "" {
			return value{split(s, text), "environment " + env}
		}
	}
	if e, ok := o.config.entries[s.key]; ok && s.key != "" {
		return value{slices.Clone(e.texts), e.place}
	}
	return value{split(s, s.initial), "default"}
}

// split cuts the text of a list at commas, as an environment variable writes it.
func split(s setting, text string) []string {
	switch {
	case s.shape != listShape:
		return []string{text}
	case text == "":
		return nil
	}
	return strings.Split(text, ",")
}

func flagTexts(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

func flagText(flags *pflag.FlagSet, name string) string {
	if flags == nil {
		return ""
	}
	if f := flags.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
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
