# METADATA
# title: The event has an owner
# description: Fails when the event names no owner.
# custom:
#   id: blueprint/owner-declared
#   code: META-01-OWN
#   severity: error
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     Whoever finds a fault in an event needs somebody to ask, and a change needs somebody to agree to it.
#   fix: "Add the team or user to owners."
#   reads: [catalog]
package nexus.rules.blueprint.owner_declared

applies := true

deny contains {"message": "the event has no owner"} if count(input.event.owners) == 0
