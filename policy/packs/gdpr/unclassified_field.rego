# METADATA
# title: A field that looks personal is declared to be so, or not
# description: Warns when a field's name looks like personal data and nobody said whether it is.
# custom:
#   id: gdpr/unclassified-field
#   code: GDPR-CLS-01
#   severity: warning
#   controls: ["GDPR Art. 4(1)", "GDPR Art. 30(1)(c)"]
#   verified: false
#   why: >-
#     The record of processing lists the categories of personal data. A field that nobody classified is missing there, and
#     every other check passes it over. A name is only a hint, so this never is more than a warning.
#   fix: "Write x-pii: true on the field, or x-pii: false when it holds no personal data."
#   reads: [schema]
package nexus.rules.gdpr.unclassified_field

applies if count(input.event.fields) > 0

applies if is_null(input.event.schema)

undeclared contains "schemaPath" if {
	is_null(input.event.schema)
	count(input.event.fields) == 0
}

deny contains {"message": message, "field": field.path} if {
	some field in input.event.facts.unclassified_fields
	message := sprintf("%v looks like personal data, and nobody declared whether it is", [field.path])
}
