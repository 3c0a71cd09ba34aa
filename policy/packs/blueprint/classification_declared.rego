# METADATA
# title: The event's classification is declared
# description: Fails when the classification is missing, or was inferred and not declared.
# custom:
#   id: blueprint/classification-declared
#   code: META-01-CLS
#   severity: error
#   controls: ["SOC 2 CC2.1"]
#   verified: true
#   why: >-
#     Who may see an event, how long it is kept and how it is disposed of follow from its classification. A guess by a
#     tool is no decision.
#   fix: "Write x-data-classification: public, internal, confidential or restricted."
#   reads: [catalog]
package nexus.rules.blueprint.classification_declared

applies := true

deny contains {"message": "the classification is not declared", "at": "classification"} if input.event.classification == null

deny contains {"message": message, "at": "classification"} if {
	"classification" in input.event.inferred
	message := sprintf("the classification %v is inferred, not declared", [input.event.classification])
}
