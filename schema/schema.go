// Package schema holds one schema document as the rest of nexus sees it: whose
// it is, which version, in which format, and its text. It knows no format.
package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// Format is the language a schema is written in.
type Format string

// The formats nexus knows by name. Which of them are built is cmd's table.
const (
	JSON     Format = "json"
	Avro     Format = "avro"
	Protobuf Format = "protobuf"
)

// Schema is one version of one subject.
type Schema struct {
	Subject  string
	Version  string // as its source writes it: "3", "1.2.0"; empty when the source has none
	Format   Format
	File     string // where a person finds it, relative to the repository root, with /
	Revision string // the git commit or registry version it was read from; empty for the work tree
	Text     []byte
	// References are the other documents this one may refer to, by the URI or
	// relative path it uses. A registry fills them; a directory resolves on demand.
	References []Reference
	// Resolve reads a document that this one refers to by a path relative to
	// its File, nil when the source has no files. It returns the file's name and text.
	Resolve func(path string) (file string, text []byte, err error)
}

// Reference is a document that a schema refers to by name.
type Reference struct {
	Name    string // the name the schema uses
	Subject string
	Version string
	File    string
	Text    []byte
}

// Digest identifies the schema's text: "sha256:" and 64 hex digits.
func (s Schema) Digest() string {
	sum := sha256.Sum256(s.Text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Validator judges documents against one compiled schema.
type Validator interface {
	// Validate returns nil when the document is valid. Numbers are json.Number,
	// objects map[string]any.
	Validate(document any) error
}

// Invalid is the error of a Validator that rejects a document: every reason,
// with its place in the document.
type Invalid struct {
	Reasons []Reason
}

// Reason is one reason why a document is not valid.
type Reason struct {
	Pointer string // into the document
	Keyword string // what of the schema it breaks, the same whatever the document says
	Message string
}

func (e *Invalid) Error() string {
	if len(e.Reasons) == 0 {
		return "invalid"
	}
	first := e.Reasons[0]
	if first.Pointer == "" {
		return first.Message
	}
	return first.Pointer + ": " + first.Message
}

// Reasons lists why a Validator rejected a document. An error that is not an
// Invalid is one reason about the whole document.
func Reasons(err error) []Reason {
	var invalid *Invalid
	if errors.As(err, &invalid) && len(invalid.Reasons) > 0 {
		return invalid.Reasons
	}
	return []Reason{{Message: err.Error()}}
}
