# METADATA
# title: Confidential events have a retention and a disposal
# description: Fails when a confidential, restricted or regulated event declares no retention or no disposal.
# custom:
#   id: soc2/confidential-disposal
#   code: SOC2-CNF-01
#   severity: error
#   controls: ["SOC 2 C1.1", "SOC 2 C1.2"]
#   verified: false
#   why: >-
#     Confidential information is identified, protected while it is retained, and disposed of when the time is over. All
#     three have to be decided beforehand.
#   fix: "Write x-retention-days and x-disposal, such as x-disposal: delete."
#   reads: [catalog]
package nexus.rules.soc2.confidential_disposal

# A word that nobody knows counts as confidential.
confidential if not input.event.classification in {"public", "internal", null}

applies if confidential

applies if input.event.classification == null

undeclared contains "x-data-classification" if input.event.classification == null

deny contains {"message": message, "at": "retention_days"} if {
	confidential
	input.event.retention_days == null
	message := sprintf("the event is %v and has no retention", [input.event.classification])
}

deny contains {"message": message, "at": "disposal"} if {
	confidential
	input.event.disposal == null
	message := sprintf("the event is %v and nobody declared how it is disposed of", [input.event.classification])
}
