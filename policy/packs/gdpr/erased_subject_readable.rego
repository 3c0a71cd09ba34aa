# METADATA
# title: Data of erased persons cannot be read
# description: Fails when the log holds readable personal data of persons that are listed as erased.
# custom:
#   id: gdpr/erased-subject-readable
#   code: GDPR-ERA-02
#   severity: error
#   controls: ["GDPR Art. 17"]
#   verified: false
#   why: >-
#     The erasure was confirmed to the person, and the data is still there: a key was kept, or a field was never encrypted.
#   fix: "Destroy the persons' keys, and rewrite the records whose fields were never encrypted."
#   reads: [log]
package nexus.rules.gdpr.erased_subject_readable

applies if input.observed.count > 0

deny contains {"message": message} if {
	input.observed.erased_readable > 0
	message := sprintf("%v recorded events of erased persons can still be read", [input.observed.erased_readable])
}
