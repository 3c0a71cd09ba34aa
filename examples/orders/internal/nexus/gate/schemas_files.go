package gate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"example.com/orders/internal/nexus/keyword"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// library holds the files that schemas are made of.
type library struct {
	fsys  fs.FS
	files map[string]*resource
	ids   map[string][]string // the files that claim an identifier
}

// resource is one file as the validator is given it.
type resource struct {
	file       string
	value      any
	text       string
	references map[string]string // by absolute URI, the file that holds it
}

// schema is a compiled file and those that it refers to.
type schema struct {
	compiled  *jsonschema.Schema
	resources map[string]*resource // by URI
}

// fileURI names a file for the validator. Relative references between files then
// resolve as they do on disk.
func fileURI(file string) string { return (&url.URL{Scheme: "file", Path: "/" + file}).String() }

// readAll reads the files that are listed, then those that they refer to.
func (l *library) readAll(files []SchemaFile) (faults []error) {
	for _, f := range files {
		if err := l.read(f.File); err != nil {
			faults = append(faults, err)
		}
	}
	for _, f := range files {
		if r := l.files[f.File]; r != nil {
			if err := l.readReferences(r); err != nil {
				faults = append(faults, err)
			}
		}
	}
	return faults
}

func (l *library) read(file string) error {
	if l.files[file] != nil {
		return nil
	}
	text, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return &SchemaError{File: file, Message: err.Error(), cause: err}
	}
	value, err := Decode(text)
	if err != nil {
		return &SchemaError{File: file, Message: err.Error(), cause: err}
	}
	r := &resource{file: file, references: map[string]string{}}
	if err := r.adapt(value); err != nil {
		return err
	}
	l.files[file] = r
	if id := rootID(value); id != "" {
		l.ids[id] = append(l.ids[id], file)
	}
	return nil
}

// readReferences reads the files that lie where a reference of r points to. One
// that does not may be found by its identifier.
func (l *library) readReferences(r *resource) error {
	for uri, file := range r.references {
		if l.files[file] != nil {
			continue
		}
		if _, err := fs.Stat(l.fsys, file); err != nil {
			delete(r.references, uri)
			continue
		}
		if err := l.read(file); err != nil {
			return err
		}
		if err := l.readReferences(l.files[file]); err != nil {
			return err
		}
	}
	return nil
}

func rootID(value any) string {
	object, _ := value.(map[string]any)
	id, ok := object["$id"].(string)
	if !ok {
		id, _ = object["id"].(string)
	}
	return strings.TrimSuffix(id, "#")
}

// compile compiles a file that was read.
func (l *library) compile(file string) (_ *schema, err error) {
	defer func() { // the validator panics on some schemas that contradict themselves
		if r := recover(); r != nil {
			err = &SchemaError{File: file, Message: fmt.Sprint(r)}
		}
	}()
	s := &schema{resources: map[string]*resource{}}
	find := l.finder(file)
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	c.AssertFormat = true
	for name, judge := range keyword.Formats {
		c.Formats[name] = keyword.OnStrings(judge)
	}
	c.LoadURL = func(uri string) (io.ReadCloser, error) {
		r, err := find(uri)
		if err != nil {
			return nil, err
		}
		s.resources[uri] = r
		return io.NopCloser(strings.NewReader(r.text)), nil
	}
	if s.compiled, err = c.Compile(fileURI(file)); err != nil {
		return nil, compileError(file, err)
	}
	return s, nil
}

// finder finds the file of a URI that a schema refers to. Its own references, and
// those of the files that they lead to, stand before identifiers: two versions of
// a type may claim one identifier, and each has its own neighbours.
func (l *library) finder(file string) func(uri string) (*resource, error) {
	found := map[string]*resource{fileURI(file): l.files[file]}
	for queue := []*resource{l.files[file]}; len(queue) > 0; queue = queue[1:] {
		for _, uri := range slices.Sorted(maps.Keys(queue[0].references)) {
			if next := l.files[queue[0].references[uri]]; found[uri] == nil {
				found[uri] = next
				queue = append(queue, next)
			}
		}
	}
	return func(uri string) (*resource, error) {
		named := l.ids[uri]
		switch {
		case found[uri] != nil:
			return found[uri], nil
		case len(named) == 1:
			return l.files[named[0]], nil
		case len(named) > 1:
			return nil, fmt.Errorf("%s is the $id of %s: refer to one of them by its path", uri, strings.Join(named, " and "))
		}
		return nil, fmt.Errorf("%s is neither a file nor the $id of one that is listed, and nothing is fetched", uri)
	}
}

// compileError takes what the validator wraps around a cause off.
func compileError(file string, err error) error {
	failed := &SchemaError{File: file, Message: err.Error(), cause: err}
	if outer, ok := errors.AsType[*jsonschema.SchemaError](err); ok {
		failed.Message = outer.Err.Error()
		if invalid, ok := errors.AsType[*jsonschema.ValidationError](outer.Err); ok {
			for len(invalid.Causes) > 0 {
				invalid = invalid.Causes[0]
			}
			failed.Pointer, failed.Message = plainPointer(invalid.InstanceLocation), invalid.Message
		}
	}
	return failed
}

// reference notes where a reference may lead: to the file of that name beside r.
func (r *resource) reference(base *url.URL, text string) {
	relative, err := url.Parse(text)
	if err != nil || relative.IsAbs() || relative.Path == "" || strings.HasPrefix(relative.Path, "/") {
		return
	}
	file := path.Join(path.Dir(r.file), relative.Path)
	if uri := base.ResolveReference(relative); fs.ValidPath(file) {
		uri.Fragment, uri.RawFragment = "", ""
		r.references[uri.String()] = file
	}
}
