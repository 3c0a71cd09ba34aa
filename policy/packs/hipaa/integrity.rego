# METADATA
# title: A change or loss of health information is noticed
# description: Fails when an event with health information declares no hash, sequence or signature.
# custom:
#   id: hipaa/integrity
#   code: HIPAA-INT-01
#   severity: error
#   controls: ["45 CFR 164.312(c)(1)"]
#   verified: true
#   why: >-
#     Health information is protected from improper alteration and destruction. A gap in a sequence shows a loss, a hash or
#     signature shows a change; without any of them neither shows.
#   fix: "Write x-integrity: hash, sequence or signature."
#   reads: [catalog]
package nexus.rules.hipaa.integrity

import data.nexus.lib.health

applies if health.scope

undeclared contains "x-data-category" if health.unknown

deny contains {"message": "nothing shows a change or loss of the health information", "at": "integrity"} if {
	health.event
	input.event.integrity == null
}

deny contains {"message": message, "at": "integrity"} if {
	health.event
	input.event.integrity != null
	not lower(input.event.integrity) in {"hash", "sequence", "signature"}
	message := sprintf("%v is no means of integrity: hash, sequence or signature", [input.event.integrity])
}
