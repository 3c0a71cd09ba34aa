package protobuf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// annotations are the custom options of a field by their names without the
// package. Where two share a name, the one of the smaller number has it.
func annotations(f protoreflect.FieldDescriptor) map[string]any {
	var all map[string]any
	numbers := map[string]protoreflect.FieldNumber(nil)
	f.Options().ProtoReflect().Range(func(option protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := string(option.Name())
		if known, taken := numbers[name]; !option.IsExtension() || taken && known < option.Number() {
			return true
		}
		if all == nil {
			all, numbers = map[string]any{}, map[string]protoreflect.FieldNumber{}
		}
		all[name], numbers[name] = optionValue(option, v), option.Number()
		return true
	})
	return all
}

// optionValue is the value of an option as JSON values.
func optionValue(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch {
	case f.IsList():
		list := make([]any, v.List().Len())
		for i := range list {
			list[i] = singleValue(f, v.List().Get(i))
		}
		return list
	case f.IsMap():
		members := map[string]any{}
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			members[key.String()] = singleValue(f.MapValue(), value)
			return true
		})
		return members
	}
	return singleValue(f, v)
}

func singleValue(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return v.Bool()
	case protoreflect.StringKind:
		return v.String()
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		if x := v.Float(); math.IsInf(x, 0) || math.IsNaN(x) {
			return v.String() // no JSON number
		}
	case protoreflect.BytesKind:
		return string(v.Bytes())
	case protoreflect.EnumKind:
		if named := f.Enum().Values().ByNumber(v.Enum()); named != nil {
			return string(named.Name())
		}
		return json.Number(number(v.Enum()))
	case protoreflect.MessageKind, protoreflect.GroupKind:
		members := map[string]any{}
		v.Message().Range(func(member protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			members[string(member.Name())] = optionValue(member, value)
			return true
		})
		return members
	}
	return json.Number(v.String())
}

// commentsOf lists what comments say about the fields of a file, by pointer. Only
// a file with comments is parsed for them.
func (o *outliner) commentsOf(f *source) map[string]string {
	known, ok := o.comments[f]
	if !ok {
		known = map[string]string{}
		o.comments[f] = known
		if bytes.Contains(f.text, []byte("//")) || bytes.Contains(f.text, []byte("/*")) {
			if tree, err := f.parse(); err == nil {
				c := commented{tree, known}
				for _, declaration := range tree.Decls {
					if m, ok := declaration.(*ast.MessageNode); ok {
						c.message(m.Name.Val, m.Decls)
					}
				}
			}
		}
	}
	return known
}

// commented gathers the comments of a syntax tree.
type commented struct {
	tree *ast.FileNode
	said map[string]string
}

func (c commented) message(name string, declarations []ast.MessageElement) {
	for _, declaration := range declarations {
		switch d := declaration.(type) {
		case *ast.MessageNode:
			c.message(name+"."+d.Name.Val, d.Decls)
		case *ast.OneofNode:
			for _, choice := range d.Decls {
				switch choice := choice.(type) {
				case *ast.FieldNode:
					c.field(name, choice.Tag, choice)
				case *ast.GroupNode:
					c.group(name, choice)
				}
			}
		case *ast.GroupNode:
			c.group(name, d)
		case *ast.FieldNode:
			c.field(name, d.Tag, d)
		case *ast.MapFieldNode:
			c.field(name, d.Tag, d)
		}
	}
}

func (c commented) group(name string, g *ast.GroupNode) {
	c.field(name, g.Tag, g)
	c.message(name+"."+g.Name.Val, g.Decls)
}

func (c commented) field(message string, tag *ast.UintLiteralNode, f ast.Node) {
	info := c.tree.NodeInfo(f)
	leading := info.LeadingComments()
	text := commentText(leading, attached(leading, info.Start().Line))
	if text == "" {
		text = commentText(info.TrailingComments(), 0)
	}
	if text != "" {
		c.said[fmt.Sprintf("%s/fields/%d", messagePointer(message), tag.Val)] = text
	}
}

// attached is the index of the first comment that is about what begins at a line.
// A blank line detaches all the comments before it.
func attached(comments ast.Comments, line int) int {
	first := comments.Len()
	for first > 0 && comments.Index(first-1).End().Line >= line-1 {
		first--
		line = comments.Index(first).Start().Line
	}
	return first
}

// commentText is the comments from the index first on without their marks, in one
// line.
func commentText(comments ast.Comments, first int) string {
	var words []string
	for i := first; i < comments.Len(); i++ {
		text := comments.Index(i).RawText()
		if inner, ok := strings.CutPrefix(text, "//"); ok {
			words = append(words, strings.Fields(inner)...)
			continue
		}
		for line := range strings.Lines(strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/")) {
			words = append(words, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "*"))...)
		}
	}
	return strings.Join(words, " ")
}
