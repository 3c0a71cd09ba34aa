package gate

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// SchemaFile is one version of the JSON Schema of a type.
type SchemaFile struct {
	Type    string
	Version string
	File    string // its name in the file system, with slashes
}

// Schemas judge documents, each by the schema of its type and version. They are
// compiled once and never changed, so any number of goroutines may use them.
//
// They give the verdict that `nexus schema validate` gives: drafts 4, 6, 7, 2019-09
// and 2020-12, draft 7 for a schema that does not say; formats asserted in all of
// them; patterns as ECMA-262 means them. There is one difference: a pattern that
// nobody can judge in Go, with look-around or a back reference, is refused when
// the schemas are compiled, since a gate lets nothing pass unseen.
type Schemas struct {
	types map[string]*versions
}

// versions are the schemas of one type.
type versions struct {
	listed  []string // in the order in which they were given
	schemas map[string]*schema
}

// SchemaError says what is wrong with a schema's file.
type SchemaError struct {
	File    string
	Pointer string // JSON pointer into it, may be empty
	Message string
	cause   error
}

func (e *SchemaError) Error() string {
	place := e.File
	if e.Pointer != "" {
		place += "#" + e.Pointer
	}
	return fmt.Sprintf("compiling schemas: %s: %s", place, e.Message)
}

// Unwrap returns what the file system or the validator said, if it was they.
func (e *SchemaError) Unwrap() error { return e.cause }

// CompileSchemas compiles the schemas that files names. The last version of a type
// is its current one. A reference is followed to a file, by a path relative to the
// file that holds it, or to the $id of a file that is listed; nothing is fetched.
// The error joins one *SchemaError for each fault.
func CompileSchemas(fsys fs.FS, files []SchemaFile) (*Schemas, error) {
	l := &library{fsys: fsys, files: map[string]*resource{}, ids: map[string][]string{}}
	if len(files) == 0 {
		return nil, errors.New("compiling schemas: no file is listed, so nothing would be accepted")
	}
	if err := errors.Join(l.readAll(files)...); err != nil {
		return nil, err
	}
	s := &Schemas{types: map[string]*versions{}}
	var faults []error
	for _, f := range files {
		if err := s.add(l, f); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Schemas) add(l *library, f SchemaFile) error {
	v := s.types[f.Type]
	if v == nil {
		v = &versions{schemas: map[string]*schema{}}
		s.types[f.Type] = v
	}
	switch {
	case f.Type == "":
		return &SchemaError{File: f.File, Message: "it is listed without the type that it describes"}
	case v.schemas[f.Version] != nil:
		return &SchemaError{File: f.File, Message: fmt.Sprintf("version %q of %s is listed twice", f.Version, f.Type)}
	}
	compiled, err := l.compile(f.File)
	if err != nil {
		return err
	}
	v.listed = append(v.listed, f.Version)
	v.schemas[f.Version] = compiled
	return nil
}

// Types lists the types that have a schema.
func (s *Schemas) Types() []string { return slices.Sorted(maps.Keys(s.types)) }

// Current is the version of a type that new documents are written in: the last one
// listed. It is false for a type without a schema.
func (s *Schemas) Current(typ string) (version string, ok bool) {
	v, ok := s.types[typ]
	if !ok {
		return "", false
	}
	return v.listed[len(v.listed)-1], true
}

// Versions lists the versions of a type in the order in which they were given.
func (s *Schemas) Versions(typ string) []string {
	if v := s.types[typ]; v != nil {
		return slices.Clone(v.listed)
	}
	return nil
}

// UnknownSchemaError is a type, or a version of one, that has no schema.
type UnknownSchemaError struct {
	Type    string
	Version string
	Hint    string
}

func (e *UnknownSchemaError) Error() string {
	if e.Version == "" {
		return fmt.Sprintf("there is no schema of %.100q; %s", e.Type, e.Hint)
	}
	return fmt.Sprintf("there is no schema of %.100q in version %.100q; %s", e.Type, e.Version, e.Hint)
}

// InvalidError is a document that its schema refuses.
type InvalidError struct {
	Type    string
	Version string
	Reasons []SchemaReason // sorted by place
	Omitted int            // reasons beyond those that are listed
}

// SchemaReason is one reason why a document is not valid. It tells nothing that
// the document holds but names of properties.
type SchemaReason struct {
	Pointer string // JSON pointer into the document
	Keyword string // JSON pointer into the schema, through its references
	Message string
}

func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		lines[i] = fmt.Sprintf("%q: %s", r.Pointer, r.Message)
	}
	if e.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("and %d reasons more", e.Omitted))
	}
	return fmt.Sprintf("the document is no %s of version %s: %s", e.Type, e.Version, strings.Join(lines, "; "))
}

// Validate judges a document, as Decode returns it, by the schema of a type and a
// version. It returns nil, an *InvalidError that lists every reason, or an
// *UnknownSchemaError.
func (s *Schemas) Validate(typ, version string, document any) error {
	v := s.types[typ]
	if v == nil {
		return &UnknownSchemaError{Type: typ, Hint: didYouMean(typ, s.Types())}
	}
	schema := v.schemas[version]
	if schema == nil {
		return &UnknownSchemaError{Type: typ, Version: version, Hint: "valid: " + strings.Join(v.listed, ", ")}
	}
	err := schema.compiled.Validate(document)
	if err == nil {
		return nil
	}
	invalid := &InvalidError{Type: typ, Version: version}
	if refusal, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		invalid.Reasons, invalid.Omitted = schema.reasons(refusal)
	} else { // such as a schema that refers to itself without end
		invalid.Reasons = []SchemaReason{{Message: "it cannot be judged: " + err.Error()}}
	}
	return invalid
}
