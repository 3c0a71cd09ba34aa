# METADATA
# title: Every personal field can be erased
# description: Fails when a personal field has no strategy of erasure, of its own or of the event.
# custom:
#   id: gdpr/erasure-strategy
#   code: GDPR-ERA-01
#   severity: error
#   controls: ["GDPR Art. 17(1)"]
#   verified: false
#   why: >-
#     A person may ask for erasure, and an immutable log cannot delete a record. It takes a key per person that is thrown
#     away (crypto-shred), a reference to data kept elsewhere, or a tombstone on a compacted topic.
#   fix: "Write x-erasure: crypto-shred, reference or tombstone on the event or on the field."
#   reads: [catalog, schema]
package nexus.rules.gdpr.erasure_strategy

import data.nexus.lib.personal

strategies := {"crypto-shred", "crypto-shredding", "reference", "tombstone"}

applies if personal.scope

undeclared contains "x-data-category" if personal.unknown

undeclared contains "x-pii" if {
	personal.unmarked
	input.event.erasure == null
}

deny contains {"message": message, "field": field.path} if {
	input.event.erasure == null
	some field in personal.fields
	field.erasure == null
	message := sprintf("%v is personal data and cannot be erased from an immutable log", [field.path])
}

deny contains {"message": message, "field": field.path} if {
	some field in personal.fields
	field.erasure != null
	not lower(field.erasure) in strategies
	message := unknown_strategy(field.erasure)
}

deny contains {"message": message, "at": "erasure"} if {
	personal.event
	input.event.erasure != null
	not lower(input.event.erasure) in strategies
	message := unknown_strategy(input.event.erasure)
}

unknown_strategy(name) := sprintf("%v is no strategy of erasure: crypto-shred, reference or tombstone", [name])
