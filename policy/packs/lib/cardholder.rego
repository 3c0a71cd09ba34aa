# Cardholder data in the sense of PCI DSS.
package nexus.lib.cardholder

import data.nexus.lib.declared
import data.nexus.lib.names

# Words of x-data-category and x-regulations.
categories := {
	"payment-card", "card", "cardholder", "pan", "sad", "pci", "pci-dss", "pci dss", "pci_dss", "pcidss",
}

event if count(declared.words & categories) > 0

# An event of the category payment is about cards; a field of it may be an amount.
event if {
	input.event.category != null
	lower(input.event.category) == "payment"
}

# Nobody said whether the event holds cardholder data.
unknown if {
	not event
	not declared.settled
}

scope if event

scope if unknown

# Fields that hold a card number, by category or by name.
pan_fields contains field.path if {
	regex.match(pan_names, names.text)
	some field in names.like(pan_names)
}

pan_fields contains field.path if {
	event # elsewhere, it is a camera's
	regex.match(`(?m)^pan$`, names.text)
	some field in names.like(`(?m)^pan$`)
}

pan_fields contains field.path if {
	"pan" in declared.words
	some field in input.event.fields
	field.category != null
	lower(field.category) == "pan"
}

pan_names := `(?m)^(card(number|no)|cc(number|no)|(credit|debit|payment)card(number|no)?|primaryaccountnumber)$`

# Fields that hold sensitive authentication data: track data, the card's
# verification code, the PIN.
sad_fields contains field.path if {
	regex.match(sad_names, names.text)
	some field in names.like(sad_names)
}

sad_fields contains field.path if {
	event # elsewhere, it is anything
	regex.match(`(?m)^(cid|pin|securitycode)$`, names.text)
	some field in names.like(`(?m)^(cid|pin|securitycode)$`)
}

sad_fields contains field.path if {
	"sad" in declared.words
	some field in input.event.fields
	field.category != null
	lower(field.category) == "sad"
}

sad_names := `(?m)^((cav|cvc|cvn|cvv)2?|card(security|verification)(code|value)|mag(netic)?stripe|pinblock|track[12]?data|track[12])$`
