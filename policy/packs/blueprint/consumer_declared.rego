# METADATA
# title: Somebody consumes the event
# description: Fails when no service of the catalog receives the event. Deprecated events are left out.
# custom:
#   id: blueprint/consumer-declared
#   code: META-01-CON
#   severity: warning
#   controls: ["SOC 2 CC2.1"]
#   verified: true
#   why: >-
#     An event that nobody receives is either waste, or its consumers are unknown and a change will break them unseen.
#   fix: "List the event in receives of every service that reads it, or deprecate it."
#   reads: [catalog]
package nexus.rules.blueprint.consumer_declared

applies if input.event.deprecated == null

deny contains {"message": "no service receives the event"} if count(input.event.consumers) == 0
