# METADATA
# title: No consumer receives personal fields that it does not read
# description: Warns when a consumer lists the fields it reads, and a readable personal field of the event is not among them.
# custom:
#   id: gdpr/field-minimisation
#   code: GDPR-MIN-01
#   severity: warning
#   controls: ["GDPR Art. 5(1)(c)", "GDPR Art. 25"]
#   verified: false
#   why: >-
#     Personal data is limited to what is necessary for the purpose. A consumer that receives a field it does not need holds
#     data that it can lose and has to erase.
#   fix: "Split the event, filter the field on the consumer's channel, or encrypt or tokenize it."
#   reads: [catalog, schema]
package nexus.rules.gdpr.field_minimisation

import data.nexus.lib.personal

applies if {
	personal.scope
	count(input.event.consumers) > 0
}

undeclared contains "x-data-category" if personal.unknown

undeclared contains "x-pii" if personal.unmarked

undeclared contains "receives.fields" if {
	personal.event
	some consumer in input.event.consumers
	is_null(consumer.fields)
}

deny contains {"message": message, "field": path} if {
	some consumer in input.event.consumers
	not is_null(consumer.fields)
	unread := readable - {path | path := consumer.fields[_]}
	count(unread) > 0
	reads := [steps(path) | some path in consumer.fields]
	some path in unread
	own := steps(path)
	not strings.any_prefix_match(own, reads) # it reads what is around the field
	not strings.any_prefix_match(reads, own) # or a part of it
	message := sprintf("%v receives %v, but does not read it", [consumer.id, path])
}

readable := {field.path | some field in personal.direct}

# The path without [] and with a dot behind every step, so that a prefix is made of
# whole steps.
steps(path) := concat("", [concat("", split(path, "[]")), "."])
