# METADATA
# title: Recorded events with health information name actor, time and transaction
# description: Fails when recorded events with health information lack the actor, the time or the correlation id.
# custom:
#   id: hipaa/audit-observed
#   code: HIPAA-AUD-01-LOG
#   severity: error
#   controls: ["45 CFR 164.312(b)"]
#   verified: true
#   why: >-
#     The log is the audit trail. What the catalog declares counts only as far as the records carry it.
#   fix: "Let the producer fill authid, time and correlationid in every event."
#   reads: [catalog, log]
package nexus.rules.hipaa.audit_observed

import data.nexus.lib.health

applies if {
	health.scope
	input.observed.count > 0
}

undeclared contains "x-data-category" if health.unknown

deny contains {"message": message} if {
	health.event
	some what in ["actor", "correlation", "time"]
	missing := input.observed.missing[what]
	missing > 0
	message := sprintf("%v of %v recorded events have no %v", [missing, input.observed.count, what])
}
