package protobuf

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bufbuild/protocompile/sourceinfo"
	"github.com/nexus-blueprint/nexus/report"
	"google.golang.org/protobuf/types/descriptorpb"
)

// A pointer names a declaration by what survives reordering and reformatting:
//
//	/package                                /options/go_package
//	/messages/OrderPlaced                   /enums/OrderPlaced.Status
//	/messages/OrderPlaced/fields/3          /enums/OrderPlaced.Status/values/2
//	/messages/OrderPlaced/oneofs/payment    /services/Orders/methods/Place
//	/messages/OrderPlaced/reserved          /extensions/OrderPlaced.note
//
// Messages and enums are named below the package, nested ones after the message
// around them. A last token type, name, label, json_name, default, input or
// output narrows a field or method down.

func messagePointer(name string) string { return "/messages/" + name }
func enumPointer(name string) string    { return "/enums/" + name }

// place is a position in a text, in lines and code points from 1.
type place struct {
	line, column       int
	endLine, endColumn int
	from, to           int // offsets in bytes
}

// positionOf is the place of one offset.
func positionOf(text []byte, offset int) place {
	offset = min(max(offset, 0), len(text))
	start := bytes.LastIndexByte(text[:offset], '\n') + 1
	line := bytes.Count(text[:offset], []byte("\n")) + 1
	column := utf8.RuneCount(text[start:offset]) + 1
	return place{line: line, column: column, endLine: line, endColumn: column, from: offset, to: offset}
}

// places finds declarations in a file. It parses the text once more: only files
// with something to report pay for positions.
type places struct {
	source *source
	lines  []int             // where each line begins
	spans  map[string]extent // by the path of the descriptor, see descriptor.proto on SourceCodeInfo
	paths  map[string]trail
}

// extent is a place as descriptors say it: lines and columns from 0. Of the many
// in a file few are ever asked for.
type extent struct{ line, column, endLine, endColumn int32 }

// trail leads to an element of a file's descriptor.
type trail []int32

func (p trail) key() string {
	key := make([]byte, 0, 4*len(p))
	for _, n := range p {
		key = binary.BigEndian.AppendUint32(key, uint32(n))
	}
	return string(key)
}

func (p trail) child(numbers ...int32) trail { return append(slices.Clone(p), numbers...) }

// Field numbers of descriptor.proto, which make up the paths.
const (
	filePackage, fileMessages, fileEnums, fileServices, fileExtensions, fileOptions, fileSyntax, fileEdition = 2, 4, 5, 6, 7, 8, 12, 14

	messageFields, messageNested, messageEnums, messageRanges, messageExtensions, messageOneofs, messageReserved, messageReservedNames = 2, 3, 4, 5, 6, 8, 9, 10

	enumValues, enumReserved, enumReservedNames = 2, 4, 5
	serviceMethods                              = 2
)

// details are the last tokens of pointers to a part of a field or method. A type
// is either a keyword or a name.
var details = map[string][]int32{
	"name": {1}, "label": {4}, "type": {6, 5}, "default": {7}, "json_name": {10}, "input": {2}, "output": {3},
}

func newPlaces(f *source) *places {
	p := &places{source: f, spans: map[string]extent{}, paths: map[string]trail{}}
	if f.text == nil {
		return p
	}
	tree, err := f.parse()
	if err != nil {
		return p
	}
	for i := range f.text {
		if i == 0 || f.text[i-1] == '\n' {
			p.lines = append(p.lines, i)
		}
	}
	for _, l := range sourceinfo.GenerateSourceInfo(tree, nil).GetLocation() {
		key := trail(l.GetPath()).key()
		if _, known := p.spans[key]; !known {
			p.spans[key] = extentOf(l.GetSpan())
		}
	}
	if result, ok := f.linked.(interface {
		FileDescriptorProto() *descriptorpb.FileDescriptorProto
	}); ok {
		p.index(result.FileDescriptorProto())
	}
	return p
}

// extentOf reads a location's three numbers, or four where it spans lines.
func extentOf(numbers []int32) extent {
	e := extent{numbers[0], numbers[1], numbers[0], numbers[len(numbers)-1]}
	if len(numbers) == 4 {
		e.endLine = numbers[2]
	}
	return e
}

// at gives the place of a path.
func (p *places) at(path trail) (place, bool) {
	e, ok := p.spans[path.key()]
	if !ok {
		return place{}, false
	}
	at, to := p.position(e.line, e.column), p.position(e.endLine, e.endColumn)
	at.endLine, at.endColumn, at.to = to.line, to.column, to.to
	return at, true
}

// position undoes how descriptors count columns: a tab reaches to the next
// multiple of eight.
func (p *places) position(line, column int32) place {
	if int(line) >= len(p.lines) {
		return positionOf(p.source.text, len(p.source.text))
	}
	offset, runes := p.lines[line], 0
	for width := int32(0); width < column && offset < len(p.source.text); runes++ {
		r, size := utf8.DecodeRune(p.source.text[offset:])
		if r == '\t' {
			width += 8 - width%8
		} else {
			width++
		}
		offset += size
	}
	at := place{line: int(line) + 1, column: runes + 1, from: offset, to: offset}
	at.endLine, at.endColumn = at.line, at.column
	return at
}

// index notes the path of every declaration under its pointer.
func (p *places) index(f *descriptorpb.FileDescriptorProto) {
	p.paths["/package"] = trail{filePackage}
	p.paths["/syntax"] = trail{fileSyntax}
	if _, ok := p.spans[p.paths["/syntax"].key()]; !ok {
		p.paths["/syntax"] = trail{fileEdition}
	}
	for i, m := range f.GetMessageType() {
		p.message(m.GetName(), m, trail{fileMessages, int32(i)})
	}
	for i, e := range f.GetEnumType() {
		p.enum(e.GetName(), e, trail{fileEnums, int32(i)})
	}
	for i, x := range f.GetExtension() {
		p.paths["/extensions/"+x.GetName()] = trail{fileExtensions, int32(i)}
	}
	for i, s := range f.GetService() {
		at, pointer := trail{fileServices, int32(i)}, "/services/"+s.GetName()
		p.paths[pointer] = at
		for j, m := range s.GetMethod() {
			p.paths[pointer+"/methods/"+m.GetName()] = at.child(serviceMethods, int32(j))
		}
	}
}

func (p *places) message(name string, m *descriptorpb.DescriptorProto, at trail) {
	pointer := messagePointer(name)
	p.paths[pointer] = at
	for i, f := range m.GetField() {
		p.paths[pointer+"/fields/"+number(f.GetNumber())] = at.child(messageFields, int32(i))
	}
	for i, o := range m.GetOneofDecl() {
		p.paths[pointer+"/oneofs/"+o.GetName()] = at.child(messageOneofs, int32(i))
	}
	p.paths[pointer+"/reserved"] = p.either(at, messageReserved, messageReservedNames)
	p.paths[pointer+"/ranges"] = at.child(messageRanges)
	for i, n := range m.GetNestedType() {
		p.message(name+"."+n.GetName(), n, at.child(messageNested, int32(i)))
	}
	for i, e := range m.GetEnumType() {
		p.enum(name+"."+e.GetName(), e, at.child(messageEnums, int32(i)))
	}
	for i, x := range m.GetExtension() {
		p.paths["/extensions/"+name+"."+x.GetName()] = at.child(messageExtensions, int32(i))
	}
}

func (p *places) enum(name string, e *descriptorpb.EnumDescriptorProto, at trail) {
	pointer := enumPointer(name)
	p.paths[pointer] = at
	for i, v := range e.GetValue() {
		key := pointer + "/values/" + number(v.GetNumber())
		if _, alias := p.paths[key]; !alias {
			p.paths[key] = at.child(enumValues, int32(i))
		}
		p.paths[key+"/"+v.GetName()] = at.child(enumValues, int32(i))
	}
	p.paths[pointer+"/reserved"] = p.either(at, enumReserved, enumReservedNames)
}

// either is the first path below at that the file holds.
func (p *places) either(at trail, first, second int32) trail {
	if _, ok := p.spans[at.child(first).key()]; ok {
		return at.child(first)
	}
	return at.child(second)
}

// find gives the place of a pointer itself.
func (p *places) find(pointer string) (place, bool) {
	if path, ok := p.paths[pointer]; ok {
		return p.at(path)
	}
	cut := strings.LastIndexByte(pointer, '/')
	if cut < 0 {
		return place{}, false
	}
	for _, number := range details[pointer[cut+1:]] {
		if path, ok := p.paths[pointer[:cut]]; ok {
			if at, ok := p.at(path.child(number)); ok {
				return at, true
			}
		}
	}
	if option, ok := strings.CutPrefix(pointer, "/options/"); ok {
		return p.option(option)
	}
	return place{}, false
}

// option finds the statement that sets an option of the file.
func (p *places) option(name string) (place, bool) {
	for i := 0; ; i++ {
		span, ok := p.at(trail{fileOptions, uninterpreted, int32(i)})
		if !ok {
			return place{}, false
		}
		words := strings.Fields(string(p.source.text[span.from:span.to]))
		if len(words) > 1 && strings.TrimSuffix(strings.SplitN(words[1], "=", 2)[0], ";") == name {
			return span, true
		}
	}
}

// uninterpreted is the field of an options message that holds what the syntax
// tree alone says of an option.
const uninterpreted = 999

// locate gives the place of a pointer, or of the nearest declaration around it.
func (p *places) locate(pointer string) report.Location {
	at, ok := p.find(pointer)
	for !ok && pointer != "" {
		if pointer = around(pointer); pointer == "" {
			break
		}
		at, ok = p.find(pointer)
	}
	if !ok {
		at = p.top()
	}
	return report.Location{File: p.source.shown, Line: at.line, Column: at.column, EndLine: at.endLine, EndColumn: at.endColumn}
}

// around is the pointer of what encloses a declaration: a nested message lies in
// the one that its name begins with.
func around(pointer string) string {
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if len(tokens) > 2 {
		keep := len(tokens) - 1
		if keep%2 == 1 {
			keep-- // a list is no declaration
		}
		return "/" + strings.Join(tokens[:keep], "/")
	}
	if len(tokens) == 2 {
		if cut := strings.LastIndexByte(tokens[1], '.'); cut > 0 {
			return messagePointer(tokens[1][:cut])
		}
	}
	return ""
}

// top is the file's own place: its package or syntax statement, else its start.
func (p *places) top() place {
	for _, pointer := range []string{"/package", "/syntax"} {
		if at, ok := p.find(pointer); ok {
			return at
		}
	}
	return place{line: 1, column: 1, endLine: 1, endColumn: 1}
}

// text is a declaration as it was written.
func (p *places) text(at place) string { return string(p.source.text[at.from:at.to]) }

func number[N ~int32](n N) string { return strconv.Itoa(int(n)) }
