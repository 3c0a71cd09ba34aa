package catalog

import (
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// fieldAttributes are the facts about one field, as x-fields writes them. A
// schema writes them on the property, with the prefix x-, where the category is
// x-data-category.
var fieldAttributes = map[string]func(f *Field, value any, at Place) bool{
	"pii":          func(f *Field, value any, at Place) bool { return setFlag(&f.own().PII, value, at) },
	"category":     func(f *Field, value any, at Place) bool { return setText(&f.own().Category, value, at) },
	"purpose":      func(f *Field, value any, at Place) bool { return setText(&f.own().Purpose, value, at) },
	"lawful-basis": func(f *Field, value any, at Place) bool { return setText(&f.own().LawfulBasis, value, at) },
	"erasure":      func(f *Field, value any, at Place) bool { return setText(&f.own().Erasure, value, at) },
	"encrypted":    func(f *Field, value any, at Place) bool { return setFlag(&f.own().Encrypted, value, at) },
	"tokenized":    func(f *Field, value any, at Place) bool { return setFlag(&f.own().Tokenized, value, at) },
	"truncated":    func(f *Field, value any, at Place) bool { return setFlag(&f.own().Truncated, value, at) },
	"hashed":       func(f *Field, value any, at Place) bool { return setFlag(&f.own().Hashed, value, at) },
}

func setFlag(target *Value[bool], value any, at Place) bool {
	flag, ok := asFlag(value)
	if ok {
		*target = Value[bool]{Get: flag, Source: Declared, Place: at}
	}
	return ok
}

func setText(target *Value[string], value any, at Place) bool {
	text, ok := value.(string)
	if ok = ok && strings.TrimSpace(text) != ""; ok {
		*target = Value[string]{Get: strings.TrimSpace(text), Source: Declared, Place: at}
	}
	return ok
}

// fields reads what stands beside an event about its payload's fields.
func (e entry) fields() []Field {
	var list []Field
	for _, m := range e.members() {
		f := Field{Path: m.name(), Place: m.keyPlace()}
		for _, attribute := range m.members() {
			name := fieldAttribute(attribute.name())
			set, known := fieldAttributes[name]
			switch {
			case !known:
				attribute.unknown(prefixed("", fieldAttributes))
			case attribute.is() && !set(&f, attribute.value, attribute.place()):
				attribute.invalid("the field's " + name)
			}
		}
		list = append(list, f)
	}
	return list
}

// fieldAttribute is the name of a field's attribute without what a schema adds.
// Names in Avro and Protobuf cannot hold a hyphen.
func fieldAttribute(key string) string {
	key = strings.ReplaceAll(key, "_", "-")
	return strings.TrimPrefix(strings.TrimPrefix(key, "x-"), "data-")
}

// AddFields takes the fields of the event's schema over: their order is the
// schema's, what its annotations say is declared, and what stands beside the
// event has the last word. A field that is declared beside the event and that
// the schema lacks stays at the end, without a type.
//
// What is declared about a field with members holds for these too, unless they
// say otherwise; such a field needs no declaration of its own. What follows so is
// Inferred.
//
// The places of annotations have a pointer and no line: FieldPlace finds it when
// somebody asks.
func (e *Event) AddFields(list []schema.Field) {
	beside := make(map[string]int, len(e.Fields))
	for i, f := range e.Fields {
		beside[f.Path] = i
	}
	fields := make([]Field, 0, max(len(list), len(e.Fields)))
	for _, from := range list {
		f := e.schemaField(from)
		if i, declared := beside[f.Path]; declared {
			f.declare(e.Fields[i])
			delete(beside, f.Path)
		}
		fields = append(fields, f)
	}
	for i, f := range e.Fields {
		if at, left := beside[f.Path]; left && at == i {
			fields = append(fields, f)
		}
	}
	e.Fields = fields
	inheritFields(fields)
}

func (e *Event) schemaField(from schema.Field) Field {
	at := e.writtenAt(from)
	f := Field{Path: from.Path, Type: from.Type, Required: from.Required, Description: from.Description, Place: at}
	for key, value := range from.Annotations {
		if set, known := fieldAttributes[fieldAttribute(key)]; known {
			set(&f, value, Place{File: at.File, Pointer: document.Join(at.Pointer, key)})
		}
	}
	return f
}

// declare lays what was declared beside the event over a field of the schema.
// What an earlier call inferred is inferred anew.
func (f *Field) declare(by Field) {
	if by.facts == nil {
		return
	}
	facts, said := f.own(), by.Facts()
	over(&facts.PII, onlyDeclared(said.PII))
	over(&facts.Category, onlyDeclared(said.Category))
	over(&facts.Purpose, onlyDeclared(said.Purpose))
	over(&facts.LawfulBasis, onlyDeclared(said.LawfulBasis))
	over(&facts.Erasure, onlyDeclared(said.Erasure))
	over(&facts.Encrypted, onlyDeclared(said.Encrypted))
	over(&facts.Tokenized, onlyDeclared(said.Tokenized))
	over(&facts.Truncated, onlyDeclared(said.Truncated))
	over(&facts.Hashed, onlyDeclared(said.Hashed))
}

func over[T any](value *Value[T], by Value[T]) {
	if by.Known() {
		*value = by
	}
}

func onlyDeclared[T any](v Value[T]) Value[T] {
	if v.Source != Declared {
		return Value[T]{}
	}
	return v
}
