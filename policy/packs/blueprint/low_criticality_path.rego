# METADATA
# title: An event of low criticality does not travel over Kinesis
# description: Fails when an event of low criticality travels over Kinesis.
# custom:
#   id: route/low-criticality-path
#   code: ROUTE-CRI-02
#   severity: warning
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     The founding document reserves Kinesis for what needs it. Whether the other path is cheaper depends on rate, size and
#     batching: a provisioned stream that is shared can cost less than SNS and SQS, so ask nexus cost estimate first.
#   fix: "Compare both paths with nexus cost estimate, then write x-path: sns-sqs or waive the finding with the figures."
#   reads: [catalog]
package nexus.rules.route.low_criticality_path

import data.nexus.lib.path

applies if input.event.criticality in {"low", null}

undeclared contains "x-criticality" if input.event.criticality == null

undeclared contains path.undeclared if {
	input.event.criticality == "low"
	not path.known
}

deny contains {"message": message, "at": "path"} if {
	input.event.criticality == "low"
	path.kinesis
	message := sprintf("criticality is low, but the path is %v", [path.name])
}
