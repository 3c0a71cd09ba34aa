# METADATA
# title: No field holds sensitive authentication data
# description: Fails when a field is declared or named as track data, a card verification code or a PIN.
# custom:
#   id: pci-dss/no-sensitive-authentication-data
#   code: PCI-SAD-01
#   severity: error
#   controls: ["PCI DSS 3.3.1"]
#   verified: true
#   why: >-
#     Track data (3.3.1.1), the card verification code (3.3.1.2) and the PIN (3.3.1.3) are not kept after authorisation, not
#     even encrypted. An event is kept by everyone who receives it.
#   fix: "Remove the field. When it is something else, such as a door's PIN, rename it."
#   reads: [schema]
package nexus.rules.pci_dss.no_sensitive_authentication_data

import data.nexus.lib.cardholder

applies if count(input.event.fields) > 0

applies if is_null(input.event.schema)

undeclared contains "schemaPath" if {
	is_null(input.event.schema)
	count(input.event.fields) == 0
}

deny contains {"message": message, "field": field.path} if {
	some field in cardholder.sad_fields
	message := sprintf("%v is sensitive authentication data", [field.path])
}
