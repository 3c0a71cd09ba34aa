# METADATA
# title: No direct identifier is a key or part of an address
# description: Fails when a personal field is the partition key, or a parameter of a channel's address, in clear.
# custom:
#   id: gdpr/identifier-as-key
#   code: GDPR-KEY-01
#   severity: error
#   controls: ["GDPR Art. 25", "GDPR Art. 32(1)(a)"]
#   verified: false
#   why: >-
#     Keys and addresses stay readable where the payload is encrypted: in brokers, in metrics, in access logs. They also
#     outlive an erasure, since a key cannot be shredded.
#   fix: "Use a pseudonymous id as the key; mark it x-hashed, x-tokenized or x-data-category: pseudonym when it is one."
#   reads: [catalog, schema]
package nexus.rules.gdpr.identifier_as_key

import data.nexus.lib.personal

applies if {
	personal.scope
	count(keys) > 0
}

undeclared contains "x-data-category" if personal.unknown

undeclared contains "x-pii" if personal.unmarked

# A key that is none of the fields may hold anything.
undeclared contains "x-partition-key" if {
	personal.event
	count(input.event.fields) > 0
	some key in partition_keys
	not is_field(key)
}

is_field(key) if key in paths

is_field(key) if last_name(key) in {field.name | some field in input.event.fields}

# $message.payload#/customer/email means email
last_name(key) := regex.replace(key, `^.*[./#]`, "")

deny contains {"message": message, "field": field.path} if {
	some key, use in keys
	some field in personal.direct
	field.name == last_name(key)
	is_meant(field, key)
	message := sprintf("%v is personal data and is %v", [field.path, use])
}

keys[key] := use if {
	some key in partition_keys
	use := {true: "the partition key", false: "a part of the partition key"}[key == input.event.partition_key]
}

# A key that is put together is as telling as its parts: "tenant,email".
partition_keys contains trim_space(key) if {
	input.event.partition_key != null
	some key in regex.split(`[,;|+]|\s+`, input.event.partition_key)
	trim_space(key) != ""
}

keys[parameter] := "in the address of a channel" if {
	some channel in input.event.channels
	some parameter in channel.parameters
	not parameter in partition_keys
}

is_meant(field, key) if field.path == key

is_meant(_, key) if not key in paths # a key that is some field's path means that field only

paths := [path | path := input.event.fields[_].path]
