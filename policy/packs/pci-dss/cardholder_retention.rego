# METADATA
# title: Cardholder data has a retention and is purged
# description: Fails when an event with cardholder data declares no finite retention or no disposal.
# custom:
#   id: pci-dss/cardholder-retention
#   code: PCI-RET-01
#   severity: error
#   controls: ["PCI DSS 3.2.1"]
#   verified: true
#   why: >-
#     Storage of account data is kept to a minimum: a limit of time that the business needs, and a process that deletes what
#     exceeds it.
#   fix: "Write x-retention-days and x-disposal on the event."
#   reads: [catalog]
package nexus.rules.pci_dss.cardholder_retention

import data.nexus.lib.cardholder

applies if cardholder.scope

undeclared contains "x-data-category" if cardholder.unknown

deny contains {"message": "the event holds cardholder data and has no retention", "at": "retention_days"} if {
	cardholder.event
	input.event.retention_days == null
}

deny contains {"message": "the event holds cardholder data and is kept for ever", "at": "retention_days"} if {
	cardholder.event
	input.event.retention_days != null
	input.event.retention_days < 0
}

deny contains {"message": "the event holds cardholder data and nobody declared how it is purged", "at": "disposal"} if {
	cardholder.event
	input.event.disposal == null
}
