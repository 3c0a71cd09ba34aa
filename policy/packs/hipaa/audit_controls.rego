# METADATA
# title: Events with health information name the actor and the transaction
# description: Fails when an event with health information declares no actor or no correlation id.
# custom:
#   id: hipaa/audit-controls
#   code: HIPAA-AUD-01
#   severity: error
#   controls: ["45 CFR 164.312(b)"]
#   verified: true
#   why: >-
#     Audit controls record and examine activity. An event that does not say who acted, and in which transaction, records
#     half of it.
#   fix: "Write x-actor with the attribute that carries the acting user, such as authid, and x-correlation."
#   reads: [catalog]
package nexus.rules.hipaa.audit_controls

import data.nexus.lib.health

applies if health.scope

undeclared contains "x-data-category" if health.unknown

deny contains {"message": "the event holds health information and names no actor", "at": "actor"} if {
	health.event
	input.event.actor == null
}

deny contains {"message": "the event holds health information and has no correlation id", "at": "correlation"} if {
	health.event
	input.event.correlation == null
}
