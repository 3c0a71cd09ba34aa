# METADATA
# title: Recorded events lead back to their cause
# description: Fails when recorded events lack the correlation id, all lack the causation id, or a named cause is missing.
# custom:
#   id: soc2/causal-chain-observed
#   code: SOC2-AUD-01-LOG
#   severity: error
#   controls: ["SOC 2 CC7.2", "SOC 2 PI1.3–1.5"]
#   verified: false
#   why: >-
#     A chain with a missing link proves nothing. Some events have no cause, since a person or a clock began them, so a
#     missing causation id counts only when every event of the type lacks it.
#   fix: "Let the producer pass on both ids, and export the log whole."
#   reads: [log]
package nexus.rules.soc2.causal_chain_observed

applies if input.observed.count > 0

deny contains {"message": message, "at": "correlation"} if {
	input.observed.missing.correlation > 0
	message := sprintf(
		"%v of %v recorded events have no correlation id",
		[input.observed.missing.correlation, input.observed.count],
	)
}

deny contains {"message": message, "at": "causation"} if {
	input.observed.missing.causation >= input.observed.count
	message := sprintf("none of %v recorded events has a causation id", [input.observed.count])
}

deny contains {"message": message, "at": "causation", "about": "dangling"} if {
	input.observed.dangling_causation > 0
	message := sprintf(
		"%v of %v recorded events name a cause that the log lacks",
		[input.observed.dangling_causation, input.observed.count],
	)
}
