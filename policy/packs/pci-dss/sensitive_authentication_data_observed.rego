# METADATA
# title: No recorded event holds sensitive authentication data
# description: Fails when recorded events hold values of track data, a card verification code or a PIN.
# custom:
#   id: pci-dss/sensitive-authentication-data-observed
#   code: PCI-SAD-01-LOG
#   severity: error
#   controls: ["PCI DSS 3.3.1"]
#   verified: true
#   why: >-
#     Track data (3.3.1.1), the card verification code (3.3.1.2) and the PIN (3.3.1.3) are not kept after authorisation, and
#     a log is kept. The schema need not know of them: a free text or a map can hold them too.
#   fix: "Stop the producer from sending it, and purge it from every copy of the log."
#   reads: [log]
package nexus.rules.pci_dss.sensitive_authentication_data_observed

applies if input.observed.count > 0

deny contains {"message": message} if {
	found := input.observed.values.sad
	found.count > 0
	message := sprintf(
		"%v of %v recorded events hold sensitive authentication data in %v, the first at offset %v",
		[found.count, input.observed.count, concat(", ", found.fields), found.first_offset],
	)
}
