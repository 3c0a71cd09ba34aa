package protobuf

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/bufbuild/protocompile/ast"
	"github.com/nexus-blueprint/nexus/schema"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Validator judges documents in the JSON form of the file's first message, which
// is the one that registries take for the event. Names that the message does not
// know are refused.
func (p *parsed) Validator() (schema.Validator, error) {
	messages := p.descriptor().Messages()
	if messages.Len() == 0 {
		return nil, p.root.fault("no-message", place{}, "the file declares no message that a document could be checked against", "name the file that declares the event's message")
	}
	return validator{messages.Get(0)}, nil
}

// validator judges documents by one message.
type validator struct {
	message protoreflect.MessageDescriptor
}

// Validate returns nil when the document is a message.
func (v validator) Validate(document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing the document as JSON: %w", err)
	}
	if err := protojson.Unmarshal(text, dynamicpb.NewMessage(v.message)); err != nil {
		return &schema.Invalid{Reasons: []schema.Reason{{Message: plain(err)}}}
	}
	return nil
}

// Refers reports whether a text may import other files. A file that does can
// change its meaning while its own bytes stay the same.
func Refers(text []byte) bool {
	f := source{text: text}
	tree, err := f.parse()
	if err != nil {
		return true
	}
	for _, name := range importsIn(tree) {
		if _, err := standard.FindFileByPath(name); err != nil {
			return true
		}
	}
	return false
}

// RecordName is the full name of the first message of a file, which registries
// take for the event, or "": what their record naming strategies make a subject of.
func RecordName(_ string, text []byte) string {
	f := source{text: text}
	tree, err := f.parse()
	if err != nil {
		return ""
	}
	prefix, name := "", ""
	for _, declaration := range tree.Decls {
		switch d := declaration.(type) {
		case *ast.PackageNode:
			prefix = string(d.Name.AsIdentifier()) + "."
		case *ast.MessageNode:
			name = cmp.Or(name, d.Name.Val)
		}
	}
	if name == "" {
		return ""
	}
	return prefix + name
}
