# METADATA
# title: Recorded health information carries its sequence or hash
# description: Fails when recorded events with health information lack both a sequence and a hash, or the one declared.
# custom:
#   id: hipaa/integrity-observed
#   code: HIPAA-INT-01-LOG
#   severity: error
#   controls: ["45 CFR 164.312(c)(1)"]
#   verified: true
#   why: >-
#     A record without sequence and hash can be changed or taken away, and nobody will see it.
#   fix: "Let the producer fill the sequence, or a hash of the payload, in every event."
#   reads: [catalog, log]
package nexus.rules.hipaa.integrity_observed

import data.nexus.lib.health

applies if {
	health.scope
	input.observed.count > 0
}

undeclared contains "x-data-category" if health.unknown

deny contains {"message": message} if {
	health.event
	missing > 0
	message := sprintf("%v of %v recorded events lack %v", [missing, input.observed.count, means])
}

default means := "both sequence and hash"

means := "the declared sequence" if input.event.integrity == "sequence"

means := "the declared hash or signature" if input.event.integrity in {"hash", "signature"}

missing := input.observed.missing.sequence if input.event.integrity == "sequence"

missing := input.observed.missing.integrity if input.event.integrity in {"hash", "signature"}

# At least so many records lack both.
missing := (counts.sequence + counts.integrity) - input.observed.count if {
	not input.event.integrity in {"hash", "sequence", "signature"}
	counts := input.observed.missing
}
