package cmd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
)

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
