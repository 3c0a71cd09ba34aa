# METADATA
# title: Personal data has a lawful basis
# description: Fails when neither the event nor each of its personal fields names one of the six bases of Art. 6(1).
# custom:
#   id: gdpr/lawful-basis
#   code: GDPR-LAW-01
#   severity: error
#   controls: ["GDPR Art. 6(1)"]
#   verified: false
#   why: >-
#     Processing without one of the six bases is unlawful, and which one it is decides whether a person may object, withdraw
#     or take the data along.
#   fix: "Write x-lawful-basis: consent, contract, legal-obligation, vital-interests, public-task or legitimate-interests."
#   reads: [catalog, schema]
package nexus.rules.gdpr.lawful_basis

import data.nexus.lib.personal

bases := {"consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"}

applies if personal.scope

undeclared contains "x-data-category" if personal.unknown

deny contains {"message": "the event holds personal data and has no lawful basis", "at": "lawful_basis"} if {
	personal.event
	input.event.lawful_basis == null
	not on_every_field
}

deny contains {"message": message, "at": "lawful_basis"} if {
	personal.event
	basis := input.event.lawful_basis
	basis != null
	not normal(basis) in bases
	message := sprintf("%v is none of the lawful bases: %v", [basis, concat(", ", bases)])
}

deny contains {"message": message, "field": field.path} if {
	some field in personal.fields
	field.lawful_basis != null
	not normal(field.lawful_basis) in bases
	message := sprintf("%v is none of the lawful bases: %v", [field.lawful_basis, concat(", ", bases)])
}

on_every_field if {
	count(personal.fields) > 0
	every field in personal.fields { field.lawful_basis != null }
}

normal(basis) := replace(replace(lower(basis), "_", "-"), " ", "-")
