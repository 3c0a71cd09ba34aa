# METADATA
# title: Every consumer of health information states its need
# description: Fails when a consumer of an event with health information states no need, or is a wildcard.
# custom:
#   id: hipaa/minimum-necessary
#   code: HIPAA-MIN-01
#   severity: error
#   controls: ["45 CFR 164.502(b)", "45 CFR 164.514(d)"]
#   verified: false
#   why: >-
#     Health information is disclosed in the minimum that the purpose needs. That cannot be judged for a consumer who does
#     not say what it needs, nor for one that is anybody.
#   fix: "Write x-need on the consumer's entry in receives, and name each service instead of a wildcard."
#   reads: [catalog]
package nexus.rules.hipaa.minimum_necessary

import data.nexus.lib.health

applies if {
	health.scope
	count(input.event.consumers) > 0
}

undeclared contains "x-data-category" if health.unknown

deny contains {"message": message, "at": "consumers", "about": consumer.id} if {
	health.event
	some consumer in input.event.consumers
	consumer.need == null
	message := sprintf("%v receives health information and states no need", [consumer.id])
}

deny contains {"message": message, "at": "consumers", "about": sprintf("wildcard %v", [consumer.id])} if {
	health.event
	some consumer in input.event.consumers
	contains(consumer.id, "*")
	message := sprintf("the wildcard %v lets anybody receive health information", [consumer.id])
}
