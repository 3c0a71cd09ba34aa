# METADATA
# title: The event has an example
# description: Fails when the catalog holds a schema of the event, and no example document.
# custom:
#   id: blueprint/example-given
#   code: META-01-EXA
#   severity: note
#   controls: ["SOC 2 CC2.1"]
#   verified: true
#   why: >-
#     An example is what a consumer's developer copies first, and what a check can hold against the schema.
#   fix: "Add an example document to the event's folder, or to examples of its schema."
#   reads: [catalog, schema]
package nexus.rules.blueprint.example_given

applies if not is_null(input.event.schema)

deny contains {"message": "the event has no example", "at": "schema"} if input.event.examples == 0
