# METADATA
# title: Every card number is unreadable
# description: Fails when a card number is not truncated, tokenized, hashed with a key or encrypted.
# custom:
#   id: pci-dss/pan-unreadable
#   code: PCI-PAN-02
#   severity: error
#   controls: ["PCI DSS 3.4.1", "PCI DSS 3.5.1", "PCI DSS 3.5.1.1"]
#   verified: true
#   why: >-
#     3.5.1 wants a stored card number unreadable: truncated, as a token, as a keyed hash (3.5.1.1) or under strong
#     cryptography. 3.4.1 concerns its display: at most the BIN and the last four digits.
#   fix: "Send a token or the last four digits, and write x-tokenized, x-truncated, x-hashed or x-encrypted: true."
#   reads: [catalog, schema]
package nexus.rules.pci_dss.pan_unreadable

import data.nexus.lib.cardholder

applies if count(cardholder.pan_fields) > 0

applies if cardholder.unknown

applies if unread

# An event with cardholder data, of which nobody knows the fields.
unread if {
	cardholder.event
	count(input.event.fields) == 0
}

undeclared contains "schemaPath" if unread

undeclared contains "x-data-category" if cardholder.unknown

deny contains {"message": message, "field": field.path} if {
	some field in cardholder.pan_fields
	not true in [field.truncated, field.tokenized, field.hashed, field.encrypted, input.event.encrypted]
	message := sprintf("%v is a card number that anybody can read", [field.path])
}
