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

deny contains {"message": message, "field": field.path} if {
	some key, use in keys
	name := regex.replace(key, `^.*[./#]`, "") # $message.payload#/customer/email means email
	some field in personal.direct
	field.name == name
	is_meant(field, key)
	message := sprintf("%v is personal data and is %v", [field.path, use])
}

keys[input.event.partition_key] := "the partition key" if input.event.partition_key != null

keys[parameter] := "in the address of a channel" if {
	some channel in input.event.channels
	some parameter in channel.parameters
	parameter != input.event.partition_key
}

is_meant(field, key) if field.path == key

is_meant(_, key) if not key in paths # a key that is some field's path means that field only

paths := [path | path := input.event.fields[_].path]
