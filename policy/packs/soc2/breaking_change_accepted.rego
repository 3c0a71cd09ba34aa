# METADATA
# title: A breaking change is accepted by the consumers it breaks
# description: Fails when a breaking change lacks a valid waiver of an owner of each broken consumer.
# custom:
#   id: soc2/breaking-change-accepted
#   code: SOC2-CHG-02
#   severity: error
#   controls: ["SOC 2 CC8.1", "SOC 2 CC3.4"]
#   verified: true
#   why: >-
#     The risk of a breaking change falls on its consumers, so it is theirs to accept. A waiver by the producer's own team is
#     no acceptance.
#   fix: "Let an owner of each broken consumer sign a waiver for the change, or publish a new event type."
#   reads: [catalog, change]
package nexus.rules.soc2.breaking_change_accepted

applies if input.change.verdict == "breaking"

deny contains {"message": message} if {
	some consumer in input.event.consumers
	consumer.id in input.change.broken_consumers
	not accepted_by_one_of(consumer.owners)
	message := sprintf("the change breaks %v, and none of its owners (%v) accepted it", [consumer.id, names(consumer.owners)])
}

deny contains {"message": "the change breaks the schema, and no valid waiver accepts it"} if {
	not input.change.waived
	count(input.change.broken_consumers) == 0
}

changed := {change.rule | some change in input.change.changes}

accepted_by_one_of(owners) if {
	some waiver in input.waivers
	waiver.expired == false
	waiver.rule in changed
	waiver.owner in owners
}

names(owners) := concat(", ", owners) if count(owners) > 0

names(owners) := "nobody is declared" if count(owners) == 0
