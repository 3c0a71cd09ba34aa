# METADATA
# title: Recorded events carry the declared classification
# description: Fails when events of the log name another classification than the catalog.
# custom:
#   id: blueprint/classification-observed
#   code: META-01-CLS-LOG
#   severity: error
#   controls: ["SOC 2 CC2.1"]
#   verified: true
#   why: >-
#     Producer and catalog disagree about who may see the data, and every gate on the way follows one of the two.
#   fix: "Agree on one classification, and correct the producer's dataclassification or the catalog."
#   reads: [catalog, log]
package nexus.rules.blueprint.classification_observed

applies if count(input.observed.classifications) > 0

undeclared contains "x-data-classification" if input.event.classification == null

deny contains {"message": message, "at": "classification"} if {
	input.event.classification != null
	some found in input.observed.classifications
	lower(found) != lower(input.event.classification)
	message := sprintf("recorded events say %v, the catalog says %v", [found, input.event.classification])
}
