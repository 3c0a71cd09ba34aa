# METADATA
# title: The event says where its correlation id travels
# description: Fails when no place of the correlation id is declared.
# custom:
#   id: blueprint/correlation-declared
#   code: META-01-COR
#   severity: error
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     The correlation id ties together all events of one business transaction. Without it, a trace ends at the first queue.
#   fix: "Write x-correlation with the attribute that carries it, such as correlationid."
#   reads: [catalog]
package nexus.rules.blueprint.correlation_declared

applies := true

deny contains {"message": "no correlation id is declared", "at": "correlation"} if input.event.correlation == null
