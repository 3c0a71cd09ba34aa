# METADATA
# title: Personal data leaves the EEA only with a transfer mechanism
# description: Fails when personal data is kept in a region without an adequacy decision, and no mechanism is declared.
# custom:
#   id: gdpr/transfer-mechanism
#   code: GDPR-XBR-01
#   severity: error
#   controls: ["GDPR Art. 44–46"]
#   verified: false
#   why: >-
#     A transfer to a third country needs an adequacy decision or safeguards, such as standard contractual clauses (scc) or
#     binding corporate rules (bcr). A replicated topic is a transfer.
#   fix: "Write x-transfer-mechanism: scc, bcr or dpf (for companies certified in the United States), or leave the region."
#   reads: [catalog]
package nexus.rules.gdpr.transfer_mechanism

import data.nexus.lib.geography
import data.nexus.lib.personal

mechanisms := {"scc", "standard-contractual-clauses", "bcr", "binding-corporate-rules", "dpf"}

applies if personal.scope

undeclared contains "x-data-category" if personal.unknown

undeclared contains "x-regions" if {
	personal.event
	geography.open
}

deny contains {"message": message, "at": "transfer_mechanism"} if {
	personal.event
	input.event.transfer_mechanism == null
	count(geography.outside) > 0
	message := sprintf("personal data goes to %v without a transfer mechanism", [concat(", ", geography.outside)])
}

deny contains {"message": message, "at": "transfer_mechanism"} if {
	personal.event
	input.event.transfer_mechanism != null
	count(geography.outside) > 0
	not lower(input.event.transfer_mechanism) in mechanisms
	message := sprintf("%v is no transfer mechanism: scc, bcr or dpf", [input.event.transfer_mechanism])
}

deny contains {"message": message, "at": "transfer_mechanism"} if {
	personal.event
	input.event.transfer_mechanism != null
	lower(input.event.transfer_mechanism) == "dpf"
	elsewhere := geography.outside - geography.united_states
	count(elsewhere) > 0
	message := sprintf("dpf permits transfers to the United States only, and personal data goes to %v", [concat(", ", elsewhere)])
}
