package protobuf

import (
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// rule is one page about one kind of change. from is the laxest category in
// which such a change can break readers, never for one that breaks nobody.
type rule struct {
	id            string
	kind          compat.Kind
	from          category
	title         string
	why           string
	before, after string
	fix           string
}

// Rules documents every rule that a change of a .proto file may name. Each has
// fixtures in testdata/rules, one for each category.
func (e *Engine) Rules() []report.Rule {
	all := make([]report.Rule, 0, len(rules))
	for _, r := range rules {
		all = append(all, report.Rule{
			ID: r.id, Kind: string(r.kind), Title: r.title, Why: r.why + " " + r.from.words(), Severity: report.Error,
			Controls: []string{}, Before: r.before, After: r.after, Fix: r.fix,
		})
	}
	return slices.Concat(all, registryRules("confluent"), registryRules("glue"))
}

// words says in which categories a rule counts.
func (c category) words() string {
	switch c {
	case wire:
		return "It counts in every category."
	case wireJSON:
		return "It counts in the categories WIRE_JSON and FILE."
	case file:
		return "It counts in the category FILE."
	}
	return "It breaks nobody in any category."
}

// kindOf is the format-neutral kind of a rule's changes.
func kindOf(id string) compat.Kind { return ruleKinds[id] }

var ruleKinds = func() map[string]compat.Kind {
	kinds := map[string]compat.Kind{}
	for _, r := range rules {
		kinds[r.id] = r.kind
	}
	return kinds
}()

const (
	event     = "message OrderPlaced { string id = 1; }"
	withNote  = "message OrderPlaced { string id = 1; string note = 2; }"
	proto3    = "syntax = \"proto3\";\n"
	proto2    = "syntax = \"proto2\";\n"
	withCash  = "enum Payment { UNKNOWN = 0; CARD = 1; CASH = 2; }"
	noCash    = "enum Payment { UNKNOWN = 0; CARD = 1; }"
	edition23 = "edition = \"2023\";\n"
)

var rules = []rule{
	{
		id: "proto/field-added", kind: compat.FieldAdded, from: wire, title: "A field was added",
		why: "Readers of the old version keep a field that they do not know and pass it over; readers of the new one see its default in old messages. " +
			"Only a required field breaks: old messages lack it, and a reader refuses them.",
		before: proto2 + "message OrderPlaced { optional string id = 1; }",
		after:  proto2 + "message OrderPlaced { optional string id = 1; required string shop = 2; }",
		fix:    "Make the field optional.",
	},
	{
		id: "proto/field-removed", kind: compat.FieldRemoved, from: wire, title: "A field was removed",
		why: "Old messages still hold the field. Nothing stops the next author from using its number for something else, and then they are misread; " +
			"the same goes for its name in JSON. Reserving both makes the compiler stop it. Source code that uses the field no longer compiles.",
		before: proto3 + withNote,
		after:  proto3 + event,
		fix:    "Reserve the number and the name, or keep the field and mark it as deprecated.",
	},
	{
		id: "proto/field-renamed", kind: compat.Renamed, from: wireJSON, title: "A field was renamed",
		why:    "On the wire only the number counts. In JSON the name does: a reader passes over the old name and misses the value.",
		before: proto3 + "message OrderPlaced { string order_id = 1; }",
		after:  proto3 + "message OrderPlaced { string number = 1; }",
		fix:    "Keep the name.",
	},
	{
		id: "proto/json-name-changed", kind: compat.Other, from: wireJSON, title: "A field's JSON name changed",
		why:    "A JSON reader knows the field by its name in the language and by its json_name, and by nothing else.",
		before: proto3 + "message OrderPlaced { string order_id = 1; }",
		after:  proto3 + "message OrderPlaced { string order_id = 1 [json_name = \"order\"]; }",
		fix:    "Keep the json_name.",
	},
	{
		id: "proto/type-changed", kind: compat.TypeChanged, from: wire, title: "A field's type changed",
		why: "The number stands for another type now. On the wire, int32, int64, uint32, uint64 and bool can be read for each other, as can sint32 and sint64, " +
			"fixed32 and sfixed32, fixed64 and sfixed64, though values out of range are cut; bytes can be read for string, but not string for bytes. " +
			"JSON reads only types of one width for each other. Source code needs the very type.",
		before: proto3 + "message OrderPlaced { int32 total = 1; }",
		after:  proto3 + "message OrderPlaced { string total = 1; }",
		fix:    "Keep the old type, and give the new one a field of its own.",
	},
	{
		id: "proto/cardinality-changed", kind: compat.TypeChanged, from: wire, title: "A field changed between single, repeated and map",
		why:    "A reader of a single value takes the last of many and loses the others; packed numbers cannot be read as one. In JSON a list is no value. A map is a list of entries on the wire alone.",
		before: proto3 + "message OrderPlaced { repeated string items = 1; }",
		after:  proto3 + "message OrderPlaced { string items = 1; }",
		fix:    "Keep the field as it was and add a second one.",
	},
	{
		id: "proto/presence-changed", kind: compat.Other, from: file, title: "A field changed whether it knows that it is absent",
		why:    "Messages stay readable. Generated code has other accessors, pointers instead of values in some languages.",
		before: proto3 + "message OrderPlaced { string note = 1; }",
		after:  proto3 + "message OrderPlaced { optional string note = 1; }",
		fix:    "Keep the label.",
	},
	{
		id: "proto/made-required", kind: compat.MadeRequired, from: wire, title: "A field became required",
		why:    "A reader refuses every old message that does not hold the field, with all the rest that it holds.",
		before: proto2 + "message OrderPlaced { optional string id = 1; }",
		after:  proto2 + "message OrderPlaced { required string id = 1; }",
		fix:    "Leave the field optional, and check for it where the event is made.",
	},
	{
		id: "proto/made-optional", kind: compat.MadeOptional, from: wire, title: "A field is no longer required",
		why:    "Readers of the old version refuse a message without the field.",
		before: proto2 + "message OrderPlaced { required string id = 1; }",
		after:  proto2 + "message OrderPlaced { optional string id = 1; }",
		fix:    "Keep writing the field, and let nobody read with the old version any more before it is left out.",
	},
	{
		id: "proto/default-changed", kind: compat.Other, from: wire, title: "A default changed",
		why:    "A default is not written: a message without the field means another value to each version.",
		before: proto2 + "message OrderPlaced { optional int32 retries = 1 [default = 3]; }",
		after:  proto2 + "message OrderPlaced { optional int32 retries = 1 [default = 5]; }",
		fix:    "Keep the default.",
	},
	{
		id: "proto/default-removed", kind: compat.DefaultRemoved, from: wire, title: "A default was removed",
		why:    "A default is not written: a message without the field now means the zero value of the type.",
		before: proto2 + "message OrderPlaced { optional int32 retries = 1 [default = 3]; }",
		after:  proto2 + "message OrderPlaced { optional int32 retries = 1; }",
		fix:    "Put the default back.",
	},
	{
		id: "proto/oneof-changed", kind: compat.Other, from: wire, title: "A field moved into, out of or between oneofs",
		why:    "Of the fields of a oneof a reader keeps the last. Messages that hold two of them, which was fine where they stood apart, lose one.",
		before: proto3 + "message OrderPlaced { string card = 1; string cash = 2; }",
		after:  proto3 + "message OrderPlaced { oneof payment { string card = 1; string cash = 2; } }",
		fix:    "Leave the fields where they were; make a oneof of new fields.",
	},
	{
		id: "proto/oneof-removed", kind: compat.Other, from: file, title: "A oneof was removed",
		why:    "Source code that asks which of its fields is set no longer compiles. Fields that stay are reported as moved.",
		before: proto3 + "message OrderPlaced { oneof payment { string card = 1; } reserved 2; }",
		after:  proto3 + "message OrderPlaced { reserved 1, 2; reserved \"card\"; }",
		fix:    "Keep the oneof.",
	},
	{
		id: "proto/reserved-removed", kind: compat.Other, from: wire, title: "A number or name is no longer reserved",
		why:    "It was reserved because old messages hold it. A field that uses it again reads their values as its own.",
		before: proto3 + "message OrderPlaced { string id = 1; reserved 2; }",
		after:  proto3 + event,
		fix:    "Reserve it again, and use a new number.",
	},
	{
		id: "proto/extension-range-removed", kind: compat.Other, from: file, title: "Numbers can no longer be used by extensions",
		why:    "Extensions in other files that use the numbers no longer compile.",
		before: proto2 + "message OrderPlaced { extensions 100 to 199; }",
		after:  proto2 + "message OrderPlaced { extensions 100 to 149; }",
		fix:    "Keep the range.",
	},
	{
		id: "proto/extension-removed", kind: compat.FieldRemoved, from: file, title: "An extension was removed",
		why:    "Messages keep its value among their unknown fields. Source code that uses it no longer compiles.",
		before: proto2 + "message OrderPlaced { extensions 100 to 199; }\nextend OrderPlaced { optional string note = 100; }",
		after:  proto2 + "message OrderPlaced { extensions 100 to 199; }",
		fix:    "Keep the extension and mark it as deprecated.",
	},
	{
		id: "proto/message-removed", kind: compat.Other, from: file, title: "A message was removed",
		why:    "Fields that held it are reported on their own. Source code that uses it no longer compiles.",
		before: proto3 + event + "\nmessage OrderPaid { string id = 1; }",
		after:  proto3 + event,
		fix:    "Keep the message and mark it as deprecated.",
	},
	{
		id: "proto/enum-removed", kind: compat.Other, from: file, title: "An enum was removed",
		why:    "Fields that held it are reported on their own. Source code that uses it no longer compiles.",
		before: proto3 + event + "\n" + withCash,
		after:  proto3 + event,
		fix:    "Keep the enum and mark it as deprecated.",
	},
	{
		id: "proto/enum-value-added", kind: compat.Other, from: never, title: "An enum value was added",
		why:    "Readers of the old version see a number without a name. Where the enum is closed, as in proto2, they keep it among the unknown fields.",
		before: proto3 + noCash,
		after:  proto3 + withCash,
		fix:    "Nothing to fix; make sure that readers can live with a value that they do not know.",
	},
	{
		id: "proto/enum-value-removed", kind: compat.ValuesNarrowed, from: wire, title: "An enum value was removed",
		why: "Old messages still hold the value. Unless its number is reserved, another value may take it; unless its name is, so may another in JSON, " +
			"where a reader cannot make anything of a name that it does not know.",
		before: proto3 + withCash,
		after:  proto3 + noCash,
		fix:    "Keep the value and stop writing it, or reserve its number and name.",
	},
	{
		id: "proto/enum-value-renamed", kind: compat.Other, from: wireJSON, title: "An enum value was renamed",
		why:    "On the wire only the number counts. JSON writes the name, and a reader that does not know it misses the value.",
		before: proto3 + withCash,
		after:  proto3 + "enum Payment { UNKNOWN = 0; CARD = 1; MONEY = 2; }",
		fix:    "Keep the name; a second one can stand beside it with option allow_alias.",
	},
	{
		id: "proto/enum-openness-changed", kind: compat.Other, from: file, title: "An enum became open or closed",
		why:    "An open enum hands numbers without a name to the program, a closed one hides them among the unknown fields.",
		before: edition23 + "enum Payment { UNKNOWN = 0; CARD = 1; }",
		after:  edition23 + "enum Payment { option features.enum_type = CLOSED; UNKNOWN = 0; CARD = 1; }",
		fix:    "Keep the feature enum_type as it was.",
	},
	{
		id: "proto/json-format-changed", kind: compat.Other, from: wireJSON, title: "A type gave up its JSON form",
		why:    "With LEGACY_BEST_EFFORT the compiler no longer checks that the JSON form is unambiguous.",
		before: edition23 + event,
		after:  edition23 + "message OrderPlaced { option features.json_format = LEGACY_BEST_EFFORT; string id = 1; }",
		fix:    "Keep the feature json_format at ALLOW.",
	},
	{
		id: "proto/package-changed", kind: compat.Other, from: wire, title: "The package changed",
		why:    "Every full name changes with it: the type in a google.protobuf.Any, the path of a method, the record name in a registry.",
		before: proto3 + "package shop.v1;\n" + event,
		after:  proto3 + "package shop.v2;\n" + event,
		fix:    "Leave this file as it was and publish the new package as a second one.",
	},
	{
		id: "proto/service-removed", kind: compat.Other, from: file, title: "A service was removed",
		why:    "Clients call methods that nobody answers, and source code that uses it no longer compiles.",
		before: proto3 + event + "\nservice Orders { rpc Place(OrderPlaced) returns (OrderPlaced); }",
		after:  proto3 + event,
		fix:    "Keep the service and mark it as deprecated.",
	},
	{
		id: "proto/method-removed", kind: compat.Other, from: file, title: "A method was removed",
		why:    "Clients call a method that nobody answers, and source code that uses it no longer compiles.",
		before: proto3 + event + "\nservice Orders { rpc Place(OrderPlaced) returns (OrderPlaced); }",
		after:  proto3 + event + "\nservice Orders { }",
		fix:    "Keep the method and mark it as deprecated.",
	},
	{
		id: "proto/method-changed", kind: compat.TypeChanged, from: wire, title: "What a method sends, receives or promises changed",
		why:    "Client and server meet in the middle of an upgrade: one side reads a message of a type that the other did not write, or waits for a stream.",
		before: proto3 + event + "\nservice Orders { rpc Place(OrderPlaced) returns (OrderPlaced); }",
		after:  proto3 + event + "\nservice Orders { rpc Place(OrderPlaced) returns (stream OrderPlaced); }",
		fix:    "Keep the method and add a second one.",
	},
	{
		id: "proto/syntax-changed", kind: compat.Other, from: file, title: "The syntax or edition changed",
		why:    "Presence, openness of enums and generated code follow from it. What changes for messages is reported on its own.",
		before: proto3 + event,
		after:  edition23 + "option features.field_presence = IMPLICIT;\n" + event,
		fix:    "Keep the syntax in this version.",
	},
	{
		id: "proto/file-option-changed", kind: compat.Other, from: file, title: "An option of the file changed",
		why:    "Generated code moves to another package or looks otherwise, and what imports it no longer compiles.",
		before: proto3 + "option go_package = \"example.com/shop/v1\";\n" + event,
		after:  proto3 + "option go_package = \"example.com/shop/v2\";\n" + event,
		fix:    "Keep the option.",
	},
	{
		id: "proto/field-option-changed", kind: compat.Other, from: file, title: "An option of a field that shapes code changed",
		why:    "ctype, jstype and the check of UTF-8 decide the type or the behaviour of generated accessors.",
		before: proto3 + "message OrderPlaced { int64 total = 1; }",
		after:  proto3 + "message OrderPlaced { int64 total = 1 [jstype = JS_STRING]; }",
		fix:    "Keep the option.",
	},
	{
		id: "proto/declaration-added", kind: compat.Other, from: never, title: "A message, enum, extension, service or method was added",
		why:    "Nobody can rely on what was not there.",
		before: proto3 + event,
		after:  proto3 + event + "\nmessage OrderPaid { string id = 1; }",
		fix:    "Nothing to fix.",
	},
}
