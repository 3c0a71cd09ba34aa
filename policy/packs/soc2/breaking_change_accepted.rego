# METADATA
# title: A breaking change is accepted by the consumers it breaks
# description: Fails when one of the breaking changes lacks a valid waiver of an owner of each broken consumer.
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

applies if input.change.verdict in {"breaking", "undecided"}

undeclared contains "the change" if input.change.verdict == "undecided"

deny contains {"message": message, "about": consumer.id} if {
	input.change.verdict == "breaking"
	some consumer in input.event.consumers
	consumer.id in input.change.broken_consumers
	not accepted_by_one_of(consumer.owners)
	message := sprintf("the change breaks %v, and none of its owners (%v) accepted all of it", [consumer.id, names(consumer.owners)])
}

deny contains {"message": "the change breaks the schema, and no valid waiver accepts it"} if {
	input.change.verdict == "breaking"
	not input.change.waived
	count(input.change.broken_consumers) == 0
}

# One owner may accept one break, and another owner of the same consumer the next.
accepted_by_one_of(owners) if {
	count(breaks) > 0
	every broken in breaks {
		some waiver in input.waivers
		waiver.expired == false
		waiver.rule == broken.rule
		waiver.pointer == broken.pointer
		waiver.owner in owners
	}
}

# What breaks the other direction only is no break at the level in force.
breaks := [change | some change in input.change.changes; not harmless(change)]

harmless(change) if is_null(change.direction)

harmless(change) if {
	change.direction == "forward"
	input.change.level in {"BACKWARD", "BACKWARD_TRANSITIVE"}
}

harmless(change) if {
	change.direction == "backward"
	input.change.level in {"FORWARD", "FORWARD_TRANSITIVE"}
}

names(owners) := concat(", ", owners) if count(owners) > 0

names(owners) := "nobody is declared" if count(owners) == 0
