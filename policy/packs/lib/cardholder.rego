# Cardholder data in the sense of PCI DSS. What counts as such is said with
# input.event.facts in the schema of the input.
package nexus.lib.cardholder

event if input.event.facts.cardholder == true

# Nobody said whether the event holds cardholder data.
unknown if input.event.facts.cardholder == null

scope if input.event.facts.cardholder in {true, null}

# Fields that hold a card number, by category or by name.
pan_fields := input.event.facts.card_number_fields

# Fields that hold sensitive authentication data: track data, the card's
# verification code, the PIN.
sad_fields := input.event.facts.sensitive_authentication_fields
