# METADATA
# title: Every personal field has a purpose
# description: Fails when a field of personal data declares no purpose.
# custom:
#   id: gdpr/purpose-declared
#   code: GDPR-PUR-01
#   severity: error
#   controls: ["GDPR Art. 5(1)(b)", "GDPR Art. 30(1)(b)"]
#   verified: false
#   why: >-
#     Personal data is collected for a specified purpose and not used for another. Consumers of an event cannot keep to a
#     purpose that is written nowhere.
#   fix: "Write x-purpose on the field, such as x-purpose: delivery."
#   reads: [catalog, schema]
package nexus.rules.gdpr.purpose_declared

import data.nexus.lib.personal

applies if personal.scope

undeclared contains "x-data-category" if personal.unknown

undeclared contains "x-pii" if personal.unmarked

deny contains {"message": message, "field": field.path} if {
	some field in personal.fields
	field.purpose == null
	message := sprintf("%v is personal data and has no purpose", [field.path])
}
