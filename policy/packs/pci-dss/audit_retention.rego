# METADATA
# title: Audit streams of cardholder data are kept for twelve months
# description: Fails when an audit stream in the scope of PCI DSS is kept for less than 365 days.
# custom:
#   id: pci-dss/audit-retention
#   code: PCI-LOG-01
#   severity: error
#   controls: ["PCI DSS 10.5.1"]
#   verified: false
#   why: >-
#     An intrusion is often found months later, and the audit log is what tells how far it went.
#   fix: "Raise x-retention-days to 365 or more, or write x-audit: false when the stream is no audit trail."
#   reads: [catalog]
package nexus.rules.pci_dss.audit_retention

import data.nexus.lib.cardholder

twelve_months := 365 # days

applies if {
	input.event.audit in {true, null}
	cardholder.scope
}

# A stream that is kept for long enough may be one.
undeclared contains "x-audit" if {
	cardholder.event
	input.event.audit == null
	not long_enough
}

long_enough if {
	input.event.retention_days != null
	input.event.retention_days >= twelve_months
}

long_enough if {
	input.event.retention_days != null
	input.event.retention_days < 0
}

undeclared contains "x-data-category" if cardholder.unknown

undeclared contains "x-retention-days" if {
	cardholder.event
	input.event.audit == true
	input.event.retention_days == null
}

deny contains {"message": message, "at": "retention_days"} if {
	cardholder.event
	input.event.audit == true
	days := input.event.retention_days
	days != null
	days >= 0 # below 0 is for ever
	days < twelve_months
	message := sprintf("the audit stream is kept for %v days, less than %v", [days, twelve_months])
}
