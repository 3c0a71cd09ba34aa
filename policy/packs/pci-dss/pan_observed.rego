# METADATA
# title: No recorded event holds a readable card number
# description: Fails when recorded events hold numbers of 13 to 19 digits that are card numbers by their check digit.
# custom:
#   id: pci-dss/pan-observed
#   code: PCI-PAN-01
#   severity: error
#   controls: ["PCI DSS 3.5.1"]
#   verified: true
#   why: >-
#     A card number is unreadable wherever it is stored, and a log is storage. One that holds card numbers in clear puts
#     every system that reads it into the scope of the assessment.
#   fix: "Tokenize or truncate the number at the producer, and purge what was recorded."
#   reads: [log]
package nexus.rules.pci_dss.pan_observed

applies if input.observed.count > 0

deny contains {"message": message} if {
	found := input.observed.values.pan
	found.count > 0
	message := sprintf(
		"%v of %v recorded events hold a card number in %v, the first at offset %v",
		[found.count, input.observed.count, concat(", ", found.fields), found.first_offset],
	)
}
