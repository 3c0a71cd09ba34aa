# METADATA
# title: Health information is encrypted at rest and on the way
# description: Fails when a field with health information is not encrypted, or a channel of the event has no TLS.
# custom:
#   id: hipaa/phi-encrypted
#   code: HIPAA-ENC-01
#   severity: error
#   controls: ["45 CFR 164.312(a)(2)(iv)", "45 CFR 164.312(e)(2)(ii)"]
#   verified: true
#   why: >-
#     Encryption is addressable, which means done, or the reason why not written down. Encrypted health information that is
#     lost is also no reportable breach.
#   fix: "Write x-encrypted: true on the event or on each field with health information, and x-tls: true on its channels."
#   reads: [catalog, schema]
package nexus.rules.hipaa.phi_encrypted

import data.nexus.lib.health
import data.nexus.lib.transport

applies if health.scope

undeclared contains "x-data-category" if health.unknown

undeclared contains key if {
	health.event
	some key in transport.undeclared
}

deny contains {"message": message, "field": field.path} if {
	input.event.encrypted != true
	some field in health.fields
	field.encrypted != true
	message := sprintf("%v is health information and is not encrypted", [field.path])
}

deny contains {"message": "the event holds health information and is not encrypted", "at": "encrypted"} if {
	health.event
	count(health.fields) == 0
	input.event.encrypted != true
}

deny contains {"message": message, "at": "channels", "about": channel} if {
	health.event
	some channel in transport.open
	message := sprintf("health information travels the channel %v without TLS", [channel])
}
