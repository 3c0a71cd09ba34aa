# METADATA
# title: An event that needs ordering travels an ordered path
# description: Fails when ordering is required and the path is a standard SNS topic, a standard SQS queue or EventBridge.
# custom:
#   id: route/ordering-path
#   code: ROUTE-ORD-01
#   severity: error
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     On these paths a later event overtakes an earlier one, and a consumer ends in a state that never was. SNS and SQS keep
#     the order within a message group when both are FIFO; Kinesis and Kafka keep it within a partition key.
#   fix: "Write x-path: kinesis or sns-sqs-fifo, or x-requires-ordering: false when consumers can put events in order."
#   reads: [catalog]
package nexus.rules.route.ordering_path

import data.nexus.lib.path

applies if input.event.requires_ordering in {true, null}

# An ordered path serves both.
undeclared contains "x-requires-ordering" if {
	input.event.requires_ordering == null
	not path.ordered
}

undeclared contains path.undeclared if {
	input.event.requires_ordering == true
	not path.ordered
	not path.unordered
}

deny contains {"message": message, "at": "path"} if {
	input.event.requires_ordering == true
	path.unordered
	message := sprintf("ordering is required, but %v does not keep the order", [path.name])
}
