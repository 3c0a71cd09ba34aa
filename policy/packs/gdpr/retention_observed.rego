# METADATA
# title: The log keeps no personal data beyond its retention
# description: Fails when the log still holds personal events that are older than the declared retention.
# custom:
#   id: gdpr/retention-observed
#   code: GDPR-RET-01-LOG
#   severity: error
#   controls: ["GDPR Art. 5(1)(e)", "GDPR Art. 30(1)(f)"]
#   verified: false
#   why: >-
#     A retention that is declared and not carried out is a promise broken. What counts is what can still be read.
#   fix: "Purge or crypto-shred what is older, or correct x-retention-days."
#   reads: [catalog, log]
package nexus.rules.gdpr.retention_observed

import data.nexus.lib.personal

applies if {
	personal.scope
	input.observed.first != null
}

undeclared contains "x-data-category" if personal.unknown

undeclared contains "x-retention-days" if {
	personal.event
	input.event.retention_days == null
}

deny contains {"message": message, "at": "retention_days"} if {
	personal.event
	input.event.retention_days != null
	input.event.retention_days >= 0
	age > input.event.retention_days
	message := sprintf(
		"the log holds an event of %v, %v days old, and the retention is %v days",
		[input.observed.first, age, input.event.retention_days],
	)
}

# Whole days since the earliest event.
age := floor((today - time.parse_rfc3339_ns(input.observed.first)) / nanoseconds_a_day)

today := time.parse_ns("2006-01-02", input.as_of)

nanoseconds_a_day := ((24 * 60) * 60) * 1000000000
