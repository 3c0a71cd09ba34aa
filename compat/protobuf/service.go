package protobuf

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// services pairs services and their methods by name.
func (d *differ) services(old, fresh protoreflect.FileDescriptor) {
	before, after := byName(old.Services()), byName(fresh.Services())
	for i := range old.Services().Len() {
		s := old.Services().Get(i)
		if n := after.find(i, s.Name()); n != nil {
			d.methods(s, n)
			continue
		}
		d.add(difference{
			rule: "proto/service-removed", pointer: servicePointer(s), newAt: "/package", before: local(s), breaks: file,
			message: fmt.Sprintf("service %s was removed", local(s)),
		})
	}
	for i := range fresh.Services().Len() {
		if s := fresh.Services().Get(i); before.find(i, s.Name()) == nil {
			d.added("service", s, servicePointer(s))
		}
	}
}

func servicePointer(s protoreflect.Descriptor) string { return "/services/" + string(s.Name()) }

func methodPointer(m protoreflect.MethodDescriptor) string {
	return servicePointer(m.Parent()) + "/methods/" + string(m.Name())
}

func (d *differ) methods(old, fresh protoreflect.ServiceDescriptor) {
	before, after := byName(old.Methods()), byName(fresh.Methods())
	for i := range old.Methods().Len() {
		m := old.Methods().Get(i)
		if d.interrupted() {
			return
		}
		if n := after.find(i, m.Name()); n != nil {
			d.method(m, n)
			continue
		}
		d.add(difference{
			rule: "proto/method-removed", pointer: methodPointer(m), newAt: servicePointer(fresh), before: local(m), breaks: file,
			message: fmt.Sprintf("method %s was removed", local(m)),
		})
	}
	for i := range fresh.Methods().Len() {
		if m := fresh.Methods().Get(i); before.find(i, m.Name()) == nil {
			d.added("method", m, methodPointer(m))
		}
	}
}

// method compares what a call sends and receives.
func (d *differ) method(old, fresh protoreflect.MethodDescriptor) {
	note := func(what, detail, before, after string) {
		x := difference{
			rule: "proto/method-changed", pointer: methodPointer(fresh), before: what + " " + before, after: what + " " + after, breaks: wire,
			message: fmt.Sprintf("the %s of method %s changed from %s to %s", what, local(fresh), before, after),
		}
		if detail != "" {
			x.oldAt, x.newAt = x.pointer+"/"+detail, x.pointer+"/"+detail
		}
		d.add(x)
	}
	if !d.sameType(old.Input(), fresh.Input()) {
		note("request", "input", string(old.Input().FullName()), string(fresh.Input().FullName()))
	} else {
		d.imported(old.Input(), fresh.Input())
	}
	if !d.sameType(old.Output(), fresh.Output()) {
		note("response", "output", string(old.Output().FullName()), string(fresh.Output().FullName()))
	} else {
		d.imported(old.Output(), fresh.Output())
	}
	if before, after := streaming(old), streaming(fresh); before != after {
		note("streaming", "", before, after)
	}
	if before, after := idempotency(old), idempotency(fresh); before != after {
		note("idempotency level", "", before, after)
	}
}

func streaming(m protoreflect.MethodDescriptor) string {
	switch {
	case m.IsStreamingClient() && m.IsStreamingServer():
		return "both ways"
	case m.IsStreamingClient():
		return "from the client"
	case m.IsStreamingServer():
		return "from the server"
	}
	return "none"
}

func idempotency(m protoreflect.MethodDescriptor) string {
	o, _ := m.Options().(*descriptorpb.MethodOptions)
	return o.GetIdempotencyLevel().String()
}

// syntaxOf is the language a file is written in: proto2, proto3 or an edition.
func syntaxOf(f protoreflect.FileDescriptor) string {
	if f.Syntax() != protoreflect.Editions {
		return f.Syntax().String()
	}
	if result, ok := f.(interface {
		FileDescriptorProto() *descriptorpb.FileDescriptorProto
	}); ok {
		return "edition " + strings.TrimPrefix(result.FileDescriptorProto().GetEdition().String(), "EDITION_")
	}
	return f.Syntax().String()
}

// fileOptionNames are the options that decide where generated code lies and what
// it looks like.
var fileOptionNames = []protoreflect.Name{
	"cc_enable_arenas", "cc_generic_services", "csharp_namespace", "go_package",
	"java_generic_services", "java_multiple_files", "java_outer_classname", "java_package", "java_string_check_utf8",
	"objc_class_prefix", "optimize_for", "php_class_prefix", "php_metadata_namespace", "php_namespace",
	"py_generic_services", "ruby_package", "swift_prefix",
}

// fileOptions compares the options of the file, each with its default where it
// is not set.
func (d *differ) fileOptions(old, fresh protoreflect.FileDescriptor) {
	before, _ := old.Options().(*descriptorpb.FileOptions)
	after, _ := fresh.Options().(*descriptorpb.FileOptions)
	if proto.Equal(before, after) {
		return
	}
	for _, name := range fileOptionNames {
		f := before.ProtoReflect().Descriptor().Fields().ByName(name)
		a, b := optionText(before.ProtoReflect(), f), optionText(after.ProtoReflect(), f)
		if a == b {
			continue
		}
		d.add(difference{
			rule: "proto/file-option-changed", pointer: "/options/" + string(name), before: a, after: b, breaks: file,
			message: fmt.Sprintf("option %s changed from %s to %s", name, a, b),
		})
	}
}

func optionText(m protoreflect.Message, f protoreflect.FieldDescriptor) string {
	return scalarText(f, m.Get(f))
}
