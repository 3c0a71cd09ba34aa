package protobuf

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Refusals predicts Confluent Schema Registry's verdict on Protobuf, for its
// policies STRICT and LENIENT alike: the policy is about JSON Schema. AWS Glue
// is taken to judge by the same table.
//
// The registry compares declarations, field by field and by number. It looks at
// neither enum values nor reserved numbers, services, options or defaults.
func (e *Engine) Refusals(name string, previous, next compat.Parsed) ([]compat.Refusal, bool) {
	family, ok := registries[name]
	old, fresh, err := versions(previous, next)
	if !ok || err != nil {
		return nil, false
	}
	r := &registryDiff{family: family, old: old, new: fresh, met: map[pair]bool{}}
	r.files(old.descriptor(), fresh.descriptor())
	slices.SortStableFunc(r.refusals, func(a, b compat.Refusal) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule))
	})
	return slices.Compact(r.refusals), true
}

// registries maps what Refusals knows to the family of its rules.
var registries = map[string]string{"confluent": "confluent", "confluent-lenient": "confluent", "glue": "glue"}

// registryDiff collects what a registry refuses.
type registryDiff struct {
	family   string
	old, new *parsed
	at       where
	met      map[pair]bool
	refusals []compat.Refusal
}

func (r *registryDiff) refuse(rule, pointer, format string, args ...any) {
	r.refusals = append(r.refusals, compat.Refusal{
		Rule: r.family + "/" + rule, Message: fmt.Sprintf(format, args...),
		Pointer: r.at.new(pointer), OldPointer: r.at.old(pointer),
	})
}

func (r *registryDiff) files(old, fresh protoreflect.FileDescriptor) {
	if old == fresh {
		return
	}
	if old.Package() != fresh.Package() {
		r.refuse("package-changed", "/package", "the package changed from %q to %q", old.Package(), fresh.Package())
	}
	r.messages(old, fresh)
}

// messages pairs messages by name. One that moved within its file is the same.
func (r *registryDiff) messages(old, fresh holder) {
	after := byName(fresh.Messages())
	for i := range old.Messages().Len() {
		m := old.Messages().Get(i)
		if m.IsMapEntry() {
			continue
		}
		n := after.find(i, m.Name())
		if n == nil {
			r.refuse("message-removed", messagePointer(local(m)), "message %s was removed", local(m))
			continue
		}
		r.message(m, n)
		r.messages(m, n)
	}
}

func (r *registryDiff) message(old, fresh protoreflect.MessageDescriptor) {
	r.oneofs(old, fresh)
	pointer := messagePointer(local(fresh))
	before, after := byNumber(old.Fields()), byNumber(fresh.Fields())
	for i := range old.Fields().Len() {
		f := old.Fields().Get(i)
		at := pointer + "/fields/" + number(f.Number())
		if n := after.find(i, f.Number()); n != nil {
			r.field(at, f, n)
		} else {
			r.fieldRemoved(at, f, fresh)
		}
	}
	for i := range fresh.Fields().Len() {
		f := fresh.Fields().Get(i)
		if f.Cardinality() == protoreflect.Required && before.find(i, f.Number()) == nil {
			r.refuse("required-field-added", pointer+"/fields/"+number(f.Number()), "required field %s (%d) was added", f.Name(), f.Number())
		}
	}
}

// fieldRemoved refuses a required field that is gone, and a member of a oneof of
// which other members stay: then a message may hold a choice that nobody knows.
func (r *registryDiff) fieldRemoved(at string, f protoreflect.FieldDescriptor, fresh protoreflect.MessageDescriptor) {
	if f.Cardinality() == protoreflect.Required {
		r.refuse("required-field-removed", at, "required field %s (%d) was removed", f.Name(), f.Number())
	}
	if o := realOneof(f); o != nil && !vanished(o, fresh) {
		r.refuse("oneof-field-removed", at, "field %s (%d) was removed from oneof %s", f.Name(), f.Number(), o.Name())
	}
}

// vanished reports whether neither a oneof's name nor any of its members is left.
func vanished(o protoreflect.OneofDescriptor, fresh protoreflect.MessageDescriptor) bool {
	if n := fresh.Oneofs().ByName(o.Name()); n != nil && !n.IsSynthetic() {
		return false
	}
	for i := range o.Fields().Len() {
		if fresh.Fields().ByNumber(o.Fields().Get(i).Number()) != nil {
			return false
		}
	}
	return true
}

// oneofs refuses fields that exclude each other and did not before. A single
// field in a new oneof excludes nothing, and a oneof may change its name.
func (r *registryDiff) oneofs(old, fresh protoreflect.MessageDescriptor) {
	for i := range fresh.Oneofs().Len() {
		o := fresh.Oneofs().Get(i)
		if o.IsSynthetic() {
			continue
		}
		origins, alone := map[string]bool{}, 0
		for j := range o.Fields().Len() {
			f := old.Fields().ByNumber(o.Fields().Get(j).Number())
			switch {
			case f == nil:
			case realOneof(f) != nil:
				origins["oneof "+string(realOneof(f).Name())] = true
			default:
				origins["field "+number(f.Number())] = true
				alone++
			}
		}
		pointer := messagePointer(local(fresh)) + "/oneofs/" + string(o.Name())
		switch {
		case len(origins) < 2:
		case alone > 1:
			r.refuse("multiple-fields-moved-to-oneof", pointer, "oneof %s joins %d fields that stood apart", o.Name(), alone)
		default:
			r.refuse("field-moved-to-existing-oneof", pointer, "oneof %s has members that did not exclude each other", o.Name())
		}
	}
}

func (r *registryDiff) field(at string, old, fresh protoreflect.FieldDescriptor) {
	holder := fmt.Sprintf("field %s (%d)", fresh.Name(), fresh.Number())
	if r.value(at, holder, old, fresh) && old.Message() == nil && label(old) != label(fresh) && registryGroups[old.Kind()] != stringOrBytes {
		r.refuse("field-numeric-label-changed", at, "%s changed from %s to %s", holder, label(old), label(fresh))
	}
}

// label is the label that the registry compares; a field of proto3 without one
// counts as optional.
func label(f protoreflect.FieldDescriptor) string { return f.Cardinality().String() }

// value compares the types of what holder names, and reports whether the registry
// finds them alike.
func (r *registryDiff) value(at, holder string, old, fresh protoreflect.FieldDescriptor) bool {
	switch before, after := shapeOf(old), shapeOf(fresh); {
	case before != after:
		r.refuse("field-kind-changed", at, "the type of %s changed from a %s to a %s", holder, before, after)
		return false
	case before == "map":
		keys := r.value(at, "the keys of "+holder, old.MapKey(), fresh.MapKey())
		return r.value(at, "the values of "+holder, old.MapValue(), fresh.MapValue()) && keys
	case before == "message":
		return r.messageType(at, holder, old.Message(), fresh.Message())
	case registryGroups[old.Kind()] != registryGroups[fresh.Kind()]:
		r.refuse("field-scalar-kind-changed", at, "the type of %s changed from %s to %s", holder, typeName(old), typeName(fresh))
		return false
	}
	return true
}

// shapeOf is the coarsest class of a type.
func shapeOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return "map"
	case f.Message() != nil:
		return "message"
	}
	return "scalar"
}

const stringOrBytes = 3

// registryGroups are the scalar types that the registry takes for each other.
var registryGroups = map[protoreflect.Kind]int{
	protoreflect.Int32Kind: 1, protoreflect.Int64Kind: 1, protoreflect.Uint32Kind: 1, protoreflect.Uint64Kind: 1, protoreflect.BoolKind: 1, protoreflect.EnumKind: 1,
	protoreflect.Sint32Kind: 2, protoreflect.Sint64Kind: 2,
	protoreflect.StringKind: stringOrBytes, protoreflect.BytesKind: stringOrBytes,
	protoreflect.Fixed32Kind: 4, protoreflect.Sfixed32Kind: 4,
	protoreflect.Fixed64Kind: 5, protoreflect.Sfixed64Kind: 5,
	protoreflect.FloatKind: 6, protoreflect.DoubleKind: 7,
}

// messageType compares types by their name below the package, and looks into
// those that come from other files, which may have changed there.
func (r *registryDiff) messageType(at, holder string, old, fresh protoreflect.MessageDescriptor) bool {
	if local(old) != local(fresh) {
		r.refuse("field-named-type-changed", at, "the type of %s changed from %s to %s", holder, old.FullName(), fresh.FullName())
		return false
	}
	if old == fresh || r.met[pair{old, fresh}] {
		return true
	}
	r.met[pair{old, fresh}] = true
	if r.imported(old, fresh) {
		r.refuse("field-named-type-changed", at, "the type of %s, %s, changed in the file that declares it", holder, fresh.FullName())
		return false
	}
	return true
}

// imported compares two versions of a message outside of the files themselves,
// and reports whether something in them is refused.
func (r *registryDiff) imported(old, fresh protoreflect.MessageDescriptor) bool {
	at := where{r.old.fileName(old), r.new.fileName(fresh)}
	if at == (where{}) {
		return false // compared as a message of the file
	}
	outer, refused := r.at, len(r.refusals)
	r.at = at
	r.message(old, fresh)
	r.at = outer
	return len(r.refusals) > refused
}
