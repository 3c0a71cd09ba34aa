# METADATA
# title: Documentation required by HIPAA is kept for six years
# description: Fails when an audit or documentation stream in the scope of HIPAA is kept for less than 2,190 days.
# custom:
#   id: hipaa/documentation-retention
#   code: HIPAA-RET-01
#   severity: error
#   controls: ["45 CFR 164.316(b)(2)(i)"]
#   verified: true
#   why: >-
#     Six years bind the documentation of policies, procedures, actions and assessments, and so the streams that hold it.
#     They do not bind health information itself: no rule of HIPAA says that PHI is kept for six years. So this rule asks
#     only streams with x-audit: true.
#   fix: "Raise x-retention-days to 2190 or more, or write x-audit: false when the stream is no documentation."
#   reads: [catalog]
package nexus.rules.hipaa.documentation_retention

import data.nexus.lib.health

six_years := 2190 # days

applies if {
	input.event.audit in {true, null}
	health.scope
}

# A stream that is kept for long enough may be one.
undeclared contains "x-audit" if {
	health.event
	input.event.audit == null
	not long_enough
}

long_enough if {
	input.event.retention_days != null
	input.event.retention_days >= six_years
}

long_enough if {
	input.event.retention_days != null
	input.event.retention_days < 0
}

undeclared contains "x-data-category" if health.unknown

undeclared contains "x-retention-days" if {
	health.event
	input.event.audit == true
	input.event.retention_days == null
}

deny contains {"message": message, "at": "retention_days"} if {
	health.event
	input.event.audit == true
	days := input.event.retention_days
	days != null
	days >= 0 # below 0 is for ever
	days < six_years
	message := sprintf("the audit stream is kept for %v days, less than the %v days of documentation", [days, six_years])
}
