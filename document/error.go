package document

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The codes of an Error, for machines.
const (
	CodeSyntax       = "document-syntax"
	CodeEmpty        = "document-empty"
	CodeDuplicateKey = "document-duplicate-key"
	CodeEncoding     = "document-encoding"
	CodeTooDeep      = "document-too-deep"
	CodeTooLarge     = "document-too-large"
	CodeUnsupported  = "document-unsupported" // YAML that has no JSON meaning
)

// Error says why and where a text could not be read.
type Error struct {
	File         string
	Line, Column int // 1-based, in code points
	Message      string
	Hint         string // what to try, or empty
	Code         string
}

// Error is "file:line:column: message".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// deepHint is what to try when a document nests too deep.
const deepHint = "move inner parts to definitions of their own and refer to them by $ref"

// fail is an Error at a byte offset of body.
func fail(file, body string, at int, code, message string) *Error {
	p := positionIn(body, at)
	return &Error{File: file, Line: p.Line, Column: p.Column, Code: code, Message: message}
}

// positionIn counts lines up to an offset; for errors, where no line table exists.
func positionIn(body string, at int) Position {
	before := body[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return Position{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[start:]) + 1,
	}
}
