# METADATA
# title: The event has a schema
# description: Fails when the event refers to no schema.
# custom:
#   id: blueprint/schema-declared
#   code: META-01-SCH
#   severity: error
#   controls: ["SOC 2 CC2.1"]
#   verified: true
#   why: >-
#     Only a schema says what the event holds: without one, nobody can check its documents, its changes or its personal data.
#   fix: "Put the schema beside the event and name it in schemaPath."
#   reads: [catalog]
package nexus.rules.blueprint.schema_declared

applies := true

deny contains {"message": "the event has no schema", "at": "schema"} if is_null(input.event.schema)
