# METADATA
# title: The event's owner can be found
# description: Fails when the event has no owner, or names one that is no user or team of the catalog.
# custom:
#   id: soc2/resolvable-owner
#   code: SOC2-OWN-01
#   severity: error
#   controls: ["SOC 2 CC1.3", "SOC 2 CC1.5"]
#   verified: true
#   why: >-
#     Responsibility is assigned to somebody who can be asked. A team that was renamed or dissolved answers to nobody.
#   fix: "Add the team or user to the catalog, or correct the id in owners."
#   reads: [catalog]
package nexus.rules.soc2.resolvable_owner

applies := true

deny contains {"message": "nobody is responsible for the event", "at": "owners"} if count(input.event.owners) == 0

deny contains {"message": message, "at": "owners", "about": owner.id} if {
	some owner in input.event.owners
	owner.known == false
	message := sprintf("the owner %v is no user or team of the catalog", [owner.id])
}
