# METADATA
# title: An event on SNS or SQS is at most 256 KB
# description: Fails when the declared or the largest recorded payload exceeds 262,144 bytes on SNS or SQS.
# custom:
#   id: route/payload-path
#   code: ROUTE-SIZ-01
#   severity: error
#   controls: ["Nexus Blueprint 3.0"]
#   verified: true
#   why: >-
#     SNS refuses a message above 256 KB unless its limit was raised, and SQS did so for years: queues that nobody touched
#     still may. The producer learns of it in production, with the one event that is too large.
#   fix: "Send a reference to the bulk of the payload in object storage, or raise the limits to 1 MiB and waive the finding."
#   reads: [catalog]
#   optional: [log]
package nexus.rules.route.payload_path

import data.nexus.lib.path

limit := 262144

applies if path.standard

applies if not path.known

# An event that is small enough may travel any path.
undeclared contains path.undeclared if {
	not path.known
	not small
}

small if {
	input.event.payload_bytes != null
	input.event.payload_bytes <= limit
	not recorded_large
}

small if {
	input.event.payload_bytes == null
	recorded
	not recorded_large
}

recorded_large if {
	recorded
	input.observed.payload_bytes.max > limit
}

undeclared contains "x-payload-bytes" if {
	input.event.payload_bytes == null
	not recorded
}

recorded if input.observed.payload_bytes.max != null

deny contains {"message": message, "at": "payload_bytes"} if {
	path.standard
	input.event.payload_bytes != null
	input.event.payload_bytes > limit
	message := sprintf(
		"the payload has %v bytes, more than the %v that %v takes",
		[input.event.payload_bytes, limit, path.name],
	)
}

deny contains {"message": message, "at": "payload_bytes"} if {
	path.standard
	recorded_large
	message := sprintf(
		"the largest recorded payload has %v bytes, more than the %v that %v takes",
		[input.observed.payload_bytes.max, limit, path.name],
	)
}
