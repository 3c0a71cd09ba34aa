package catalog

import (
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// writtenAt is where a field of the schema is written, without its line. An
// inline schema is a copy that holds what it refers to under the pointer that it
// has in its own document, and what lies in other files below x-files.
func (e *Event) writtenAt(f schema.Field) Place {
	s := e.Schema.Get
	switch {
	case f.File != "":
		return Place{File: f.File, Pointer: f.Pointer}
	case e.documents == nil:
		return Place{File: s.File, Pointer: s.Pointer + f.Pointer}
	}
	if rest, ok := strings.CutPrefix(f.Pointer, bundledFiles+"/"); ok {
		name, pointer, _ := strings.Cut(rest, "/")
		if pointer != "" {
			pointer = "/" + pointer
		}
		if file := document.Last(name); e.documents[file] != nil {
			return Place{File: file, Pointer: pointer}
		}
	}
	inside := Place{File: s.File, Pointer: s.Pointer + f.Pointer}
	if d := e.document(s.File); d != nil {
		_, within := d.Range(inside.Pointer)
		if _, elsewhere := d.Range(f.Pointer); !within && elsewhere {
			inside.Pointer = f.Pointer
		}
	}
	return inside
}

// FieldPlace completes a place in the event's own schema by its line and column.
// They are not computed before, since most fields are never pointed at.
func (e *Event) FieldPlace(at Place) Place {
	s := e.Schema.Get
	d := e.document(at.File)
	switch {
	case at.Line > 0:
		return at
	case d != nil:
	case s.Pointer != "":
		return e.Schema.Place
	case s.File == "" || at.File != s.File:
		return at
	default:
		var err error
		if d, err = document.ParseLocated(s.File, s.Text); err != nil {
			at.Line, at.Column = 1, 1 // a language that is neither JSON nor YAML
			return at
		}
	}
	found, _ := d.Member(at.Pointer)
	at.Line, at.Column = found.Start.Line, found.Start.Column
	return at
}

// document is one of those that an inline schema is written in, or nil.
func (e *Event) document(name string) *document.Document {
	if file := e.documents[name]; file != nil && file.page != nil {
		return file.page.document
	}
	return nil
}
