# METADATA
# title: A critical event does not travel the standard path
# description: Fails when an event of high or critical criticality travels over SNS or SQS.
# custom:
#   id: route/high-criticality-path
#   code: ROUTE-CRI-01
#   severity: error
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     The founding document routes critical events to Kinesis. What speaks for it is that a stream can be read again: Kinesis
#     keeps what was delivered for its whole retention, a queue deletes it.
#   fix: "Write x-path: kinesis, or lower x-criticality."
#   reads: [catalog]
package nexus.rules.route.high_criticality_path

import data.nexus.lib.path

# A word that nobody knows counts as high.
critical if not input.event.criticality in {"low", "medium", null}

applies if critical

applies if input.event.criticality == null

undeclared contains "x-criticality" if input.event.criticality == null

undeclared contains path.undeclared if {
	critical
	not path.known
}

deny contains {"message": message, "at": "path"} if {
	critical
	path.standard
	message := sprintf("criticality is %v, but the path is %v", [input.event.criticality, path.name])
}
