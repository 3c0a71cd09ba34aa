# METADATA
# title: An event that must arrive within a second does not travel the standard path
# description: Warns when the maximum latency is below 1,000 ms and the path is SNS or SQS, as the founding document has it.
# custom:
#   id: route/latency-path
#   code: ROUTE-LAT-01
#   severity: warning
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     The founding document sends such events to Kinesis. What was measured end to end into a function (eu-west-1, 1,024
#     messages a service) says the opposite: the 99th percentile is 105 ms for SQS, 225 ms for SNS, 497 ms for SNS FIFO to
#     SQS FIFO, 1,580 ms for Kinesis that is polled (its median is 627 ms) and 109 ms for Kinesis with enhanced fan-out. So
#     this is a warning, and polled Kinesis is no cure.
#   fix: "Measure the path you have. When it is too slow, take Kinesis with enhanced fan-out; otherwise waive the finding."
#   reads: [catalog]
package nexus.rules.route.latency_path

import data.nexus.lib.path

applies if input.event.max_latency_ms == null

applies if urgent

urgent if {
	input.event.max_latency_ms != null
	input.event.max_latency_ms < 1000
}

# On another path it does not matter how urgent the event is.
undeclared contains "x-max-latency-ms" if {
	input.event.max_latency_ms == null
	not elsewhere
}

elsewhere if {
	path.known
	not path.standard
}

undeclared contains path.undeclared if {
	urgent
	not path.known
}

deny contains {"message": message, "at": "path"} if {
	urgent
	path.standard
	message := sprintf(
		"the event must arrive within %v ms, and the founding document asks for Kinesis, not %v; %v",
		[input.event.max_latency_ms, path.name, measured],
	)
}

measured := "measured at the 99th percentile: SQS 105 ms, SNS 225 ms, Kinesis polled 1,580 ms, with enhanced fan-out 109 ms"
