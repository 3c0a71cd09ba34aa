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

import data.nexus.lib.names

applies if count(input.event.fields) > 0

applies if is_null(input.event.schema)

undeclared contains "schemaPath" if {
	is_null(input.event.schema)
	count(input.event.fields) == 0
}

deny contains {"message": message, "field": field.path} if {
	regex.match(looks_personal, names.text)
	some i, field in input.event.fields
	field.pii == null
	regex.match(looks_personal, names.list[i])
	message := sprintf("%v looks like personal data, and nobody declared whether it is", [field.path])
}

looks_personal := concat("", ["(?m)^(", concat("|", personal_names), ")$"])

# Names that identify a person, in lower case and without - and _.
personal_names := [
	`(first|last|given|family|middle|maiden|full|sur|user|customer|person|patient|employee|recipient)name`,
	`(customer|user|patient|contact|billing|recipient|home|work)?(email(address)?|mailaddress|mobile(number)?)`,
	`(customer|user|patient|contact|billing|recipient|home|work|mobile)?(phone|telephone|fax)(number)?`,
	`(customer|user|patient|home|billing|shipping|delivery|postal|mailing)?(street)?address(line[0-9])?`,
	`(customer|user|patient|home|billing|shipping|delivery)?(street(name)?|post(al)?code|zip(code)?)`,
	`(customer|user|patient)?(birth(date|day|place|year)|dateofbirth|dob|gender|nationality|maritalstatus)`,
	`(customer|user|patient)?(ssn|socialsecuritynumber|national(id|insurance)(number)?|tax(payer)?id|iban)`,
	`passport(number)?|drivers?licen[cs]e(number)?|licen[cs]eplate|(client|remote|source|user)?ip(address)?`,
]
