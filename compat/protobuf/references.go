package protobuf

import "github.com/nexus-blueprint/nexus/schema"

// References lists the files that the file imports itself, without those that
// come with Protobuf.
func (p *parsed) References() []schema.Reference {
	var list []schema.Reference
	for _, f := range p.root.imports {
		if _, err := standard.FindFileByPath(f.name); err == nil {
			continue
		}
		list = append(list, schema.Reference{Name: f.name, File: f.shown, Text: f.text})
	}
	return list
}
