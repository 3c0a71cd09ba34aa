# METADATA
# title: External consumers of health information have an agreement
# description: Fails when an external consumer receives health information without a business associate agreement.
# custom:
#   id: hipaa/associate-agreement
#   code: HIPAA-BAA-01
#   severity: error
#   controls: ["45 CFR 164.504(e)", "45 CFR 164.308(b)"]
#   verified: false
#   why: >-
#     A business associate may receive health information only under a contract that binds it to the same safeguards.
#   fix: "Write x-agreement with the contract's reference on the consumer's entry in receives."
#   reads: [catalog]
package nexus.rules.hipaa.associate_agreement

import data.nexus.lib.health

external := [consumer | some consumer in input.event.consumers; consumer.external == true]

applies if {
	health.scope
	count(external) > 0
}

undeclared contains "x-data-category" if health.unknown

deny contains {"message": message, "at": "consumers", "about": consumer.id} if {
	health.event
	some consumer in external
	consumer.agreement == null
	message := sprintf("%v is external and receives health information without an agreement", [consumer.id])
}
