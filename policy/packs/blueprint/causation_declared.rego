# METADATA
# title: The event says where its causation id travels
# description: Fails when no place of the causation id is declared.
# custom:
#   id: blueprint/causation-declared
#   code: META-01-CAU
#   severity: error
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     The causation id names the message that led to this event. With it, a log tells why something happened, and not only
#     when.
#   fix: "Write x-causation with the attribute that carries it, such as causationid."
#   reads: [catalog]
package nexus.rules.blueprint.causation_declared

applies := true

deny contains {"message": "no causation id is declared", "at": "causation"} if input.event.causation == null
