# METADATA
# title: Personal data has a finite retention
# description: Fails when an event with personal data declares no retention, or a channel keeps it for longer.
# custom:
#   id: gdpr/finite-retention
#   code: GDPR-RET-01
#   severity: error
#   controls: ["GDPR Art. 5(1)(e)", "GDPR Art. 30(1)(f)"]
#   verified: false
#   why: >-
#     Personal data is kept no longer than necessary, and the record of processing names the time limits for erasure. A
#     stream without an end keeps it for ever.
#   fix: "Write x-retention-days on the event, and keep no channel's retention above it."
#   reads: [catalog]
package nexus.rules.gdpr.finite_retention

import data.nexus.lib.personal

applies if personal.scope

undeclared contains "x-data-category" if personal.unknown

deny contains {"message": "the event holds personal data and has no retention", "at": "retention_days"} if {
	personal.event
	input.event.retention_days == null
}

deny contains {"message": "the event holds personal data and is kept for ever", "at": "retention_days"} if {
	personal.event
	input.event.retention_days != null
	input.event.retention_days < 0
}

deny contains {"message": message, "at": "channels", "about": channel.id} if {
	personal.event
	some channel in input.event.channels
	channel.retention_days != null
	channel.retention_days < 0
	message := sprintf("the channel %v keeps personal data for ever", [channel.id])
}

deny contains {"message": message, "at": "retention_days", "about": channel.id} if {
	personal.event
	input.event.retention_days != null
	some channel in input.event.channels
	channel.retention_days != null
	channel.retention_days > input.event.retention_days
	message := sprintf(
		"the channel %v keeps it for %v days, longer than the %v days declared",
		[channel.id, channel.retention_days, input.event.retention_days],
	)
}
