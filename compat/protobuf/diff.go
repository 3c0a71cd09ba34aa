package protobuf

import (
	"context"
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// change is one difference, with the category from which on it breaks readers in
// each direction.
type change struct {
	compat.Change
	backward, forward category
	probes            []probe // where a message could show the harm
}

// differ lists the differences between two versions.
type differ struct {
	ctx      context.Context
	old, new *parsed
	changes  []change
	outside  map[pair]bool // pairs of imported types that were compared
	carriers map[protoreflect.FullName]carrier
}

// pair is two versions of one type.
type pair struct{ old, new protoreflect.Descriptor }

func newDiffer(ctx context.Context, old, fresh *parsed) *differ {
	return &differ{ctx: ctx, old: old, new: fresh, outside: map[pair]bool{}}
}

// interrupted reports whether the walk should end where it is. What it found so
// far is no comparison then.
func (d *differ) interrupted() bool { return d.ctx.Err() != nil }

// difference is what the walk says about a change.
type difference struct {
	rule          string
	pointer       string // what identifies it
	oldAt, newAt  string // the places to show, pointer when empty
	before, after any
	message       string
	breaks        category // in both directions
	probes        []probe
}

func (d *differ) add(x difference) *change {
	if x.oldAt == "" {
		x.oldAt = x.pointer
	}
	if x.newAt == "" {
		x.newAt = x.pointer
	}
	d.changes = append(d.changes, change{
		Change: compat.Change{
			Rule: x.rule, Kind: kindOf(x.rule), Pointer: x.pointer, OldPointer: x.oldAt, NewPointer: x.newAt,
			Before: x.before, After: x.after, Message: x.message,
		},
		backward: x.breaks, forward: x.breaks, probes: x.probes,
	})
	return &d.changes[len(d.changes)-1]
}

// files compares the two files. The same closure, compiled once, is the same.
func (d *differ) files() {
	old, fresh := d.old.descriptor(), d.new.descriptor()
	if old == fresh {
		return
	}
	d.filePackage(old, fresh)
	d.syntax(old, fresh)
	d.fileOptions(old, fresh)
	d.messages(old, fresh)
	d.enums(old, fresh)
	d.extensions(old, fresh)
	d.services(old, fresh)
}

func (d *differ) filePackage(old, fresh protoreflect.FileDescriptor) {
	if old.Package() == fresh.Package() {
		return
	}
	d.add(difference{
		rule: "proto/package-changed", pointer: "/package", before: string(old.Package()), after: string(fresh.Package()), breaks: wire,
		message: fmt.Sprintf("the package changed from %q to %q, so every full name did", old.Package(), fresh.Package()),
	})
}

func (d *differ) syntax(old, fresh protoreflect.FileDescriptor) {
	before, after := syntaxOf(old), syntaxOf(fresh)
	if before == after {
		return
	}
	d.add(difference{
		rule: "proto/syntax-changed", pointer: "/syntax", before: before, after: after, breaks: file,
		message: fmt.Sprintf("the syntax changed from %s to %s", before, after),
	})
}

// holder is what declares messages, enums and extensions: a file or a message.
type holder interface {
	Messages() protoreflect.MessageDescriptors
	Enums() protoreflect.EnumDescriptors
	Extensions() protoreflect.ExtensionDescriptors
}

// messages pairs the messages of two holders by name.
func (d *differ) messages(old, fresh holder) {
	before, after := byName(old.Messages()), byName(fresh.Messages())
	for i := range old.Messages().Len() {
		m := old.Messages().Get(i)
		if d.interrupted() {
			return
		}
		if m.IsMapEntry() {
			continue
		}
		if n := after.find(i, m.Name()); n != nil && !n.IsMapEntry() {
			d.message(m, n, where{})
			continue
		}
		d.messageRemoved(m)
	}
	for i := range fresh.Messages().Len() {
		if m := fresh.Messages().Get(i); !m.IsMapEntry() && before.find(i, m.Name()) == nil {
			d.added("message", m, messagePointer(local(m)))
		}
	}
}

// messageRemoved reports a message that is gone from its place. When it moved to
// an imported file, its data still have to be readable.
func (d *differ) messageRemoved(m protoreflect.MessageDescriptor) {
	text := fmt.Sprintf("message %s was removed", local(m))
	moved, _ := d.new.find(m.FullName()).(protoreflect.MessageDescriptor)
	if moved != nil {
		text = fmt.Sprintf("message %s moved out of the file", local(m))
	}
	d.add(difference{
		rule: "proto/message-removed", pointer: messagePointer(local(m)), newAt: around(messagePointer(local(m))), before: local(m), breaks: file, message: text,
	})
	if moved != nil {
		d.imported(m, moved)
	}
}

// added notes a new declaration, which never breaks anybody.
func (d *differ) added(noun string, x protoreflect.Descriptor, pointer string) {
	d.add(difference{
		rule: "proto/declaration-added", pointer: pointer, oldAt: around(pointer), after: local(x),
		message: fmt.Sprintf("%s %s was added", noun, local(x)),
	})
}

func (d *differ) enums(old, fresh holder) {
	before, after := byName(old.Enums()), byName(fresh.Enums())
	for i := range old.Enums().Len() {
		e := old.Enums().Get(i)
		if d.interrupted() {
			return
		}
		if n := after.find(i, e.Name()); n != nil {
			d.enum(e, n, where{})
			continue
		}
		d.add(difference{
			rule: "proto/enum-removed", pointer: enumPointer(local(e)), newAt: around(enumPointer(local(e))), before: local(e), breaks: file,
			message: fmt.Sprintf("enum %s was removed", local(e)),
		})
	}
	for i := range fresh.Enums().Len() {
		if e := fresh.Enums().Get(i); before.find(i, e.Name()) == nil {
			d.added("enum", e, enumPointer(local(e)))
		}
	}
}

// extensions compares what the files add to messages of other files.
func (d *differ) extensions(old, fresh holder) {
	before, after := byName(old.Extensions()), byName(fresh.Extensions())
	for i := range old.Extensions().Len() {
		x := old.Extensions().Get(i)
		n := after.find(i, x.Name())
		if n != nil && n.Number() == x.Number() && n.ContainingMessage().FullName() == x.ContainingMessage().FullName() {
			d.fieldType(fieldPair{old: x, new: n, pointer: "/extensions/" + local(x)})
			continue
		}
		d.add(difference{
			rule: "proto/extension-removed", pointer: "/extensions/" + local(x), newAt: around("/extensions/" + local(x)),
			before: fieldText(x), breaks: file,
			message: fmt.Sprintf("extension %s of %s (%d) was removed", local(x), x.ContainingMessage().FullName(), x.Number()),
		})
	}
	for i := range fresh.Extensions().Len() {
		if x := fresh.Extensions().Get(i); before.find(i, x.Name()) == nil {
			d.added("extension", x, "/extensions/"+local(x))
		}
	}
}

// where leads to an imported file: its declarations are shown there.
type where struct{ oldFile, newFile string }

func (p where) old(pointer string) string { return inFile(p.oldFile, pointer) }
func (p where) new(pointer string) string { return inFile(p.newFile, pointer) }

func inFile(name, pointer string) string {
	if name == "" {
		return pointer
	}
	return name + "#" + pointer
}

// imported compares two versions of a type that at least one version imports,
// once.
func (d *differ) imported(old, fresh protoreflect.Descriptor) {
	if old == fresh || d.outside[pair{old, fresh}] {
		return
	}
	d.outside[pair{old, fresh}] = true
	at := where{d.old.fileName(old), d.new.fileName(fresh)}
	if at == (where{}) {
		return // declared in the files themselves, where they are compared anyway
	}
	switch old := old.(type) {
	case protoreflect.MessageDescriptor:
		d.message(old, fresh.(protoreflect.MessageDescriptor), at)
	case protoreflect.EnumDescriptor:
		d.enum(old, fresh.(protoreflect.EnumDescriptor), at)
	}
}

// fileName is the import name of the file that declares x, empty for the
// version's own file.
func (p *parsed) fileName(x protoreflect.Descriptor) string {
	for _, f := range p.files {
		if f.linked.Path() == x.ParentFile().Path() {
			return f.name
		}
	}
	if p.root.linked.Path() == x.ParentFile().Path() {
		return ""
	}
	return x.ParentFile().Path() // a file that comes with Protobuf
}

// find looks a full name up in the file and all it imports.
func (p *parsed) find(name protoreflect.FullName) protoreflect.Descriptor {
	if x := p.root.linked.FindDescriptorByName(name); x != nil {
		return x
	}
	for _, imported := range p.files {
		if x := imported.linked.FindDescriptorByName(name); x != nil {
			return x
		}
	}
	return nil
}

// local is a declaration's name below its package.
func local(x protoreflect.Descriptor) string {
	pkg := string(x.ParentFile().Package())
	return strings.TrimPrefix(strings.TrimPrefix(string(x.FullName()), pkg), ".")
}

// sameType reports whether two types are versions of one: they have one full
// name, or one name below the package of their file, which may have changed.
func (d *differ) sameType(old, fresh protoreflect.Descriptor) bool {
	if old.FullName() == fresh.FullName() {
		return true
	}
	return local(old) == local(fresh) && d.old.fileName(old) == "" && d.new.fileName(fresh) == ""
}
