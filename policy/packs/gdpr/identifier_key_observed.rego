# METADATA
# title: No recorded key holds a direct identifier
# description: Fails when keys or stream names of the log hold direct identifiers, such as e-mail addresses.
# custom:
#   id: gdpr/identifier-key-observed
#   code: GDPR-KEY-01-LOG
#   severity: error
#   controls: ["GDPR Art. 25", "GDPR Art. 32(1)(a)"]
#   verified: false
#   why: >-
#     Keys stay readable where the payload is encrypted, and they outlive an erasure. The log shows what the catalog did not
#     say.
#   fix: "Use a pseudonymous id as the key, and rewrite or expire the streams that are named after persons."
#   reads: [log]
package nexus.rules.gdpr.identifier_key_observed

applies if input.observed.count > 0

deny contains {"message": message, "at": "partition_key"} if {
	input.observed.keys_with_identifier > 0
	message := sprintf(
		"%v of %v recorded events have a direct identifier as key",
		[input.observed.keys_with_identifier, input.observed.count],
	)
}
