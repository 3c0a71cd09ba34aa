# METADATA
# title: Special categories have a condition and an impact assessment
# description: Fails when an event with a special category of data lacks the condition of Art. 9(2) or the assessment.
# custom:
#   id: gdpr/special-category
#   code: GDPR-SPC-01
#   severity: error
#   controls: ["GDPR Art. 9", "GDPR Art. 35(3)(b)"]
#   verified: false
#   why: >-
#     Processing data on health, biometrics, beliefs and the like is forbidden unless a condition of Art. 9(2) holds, and on
#     a large scale it needs an impact assessment first.
#   fix: "Write x-special-condition with the condition, and x-impact-assessment with a link to the assessment."
#   reads: [catalog, schema]
package nexus.rules.gdpr.special_category

import data.nexus.lib.personal

applies if personal.special

applies if personal.unknown

undeclared contains "x-data-category" if personal.unknown

deny contains {"message": message, "at": "special_condition"} if {
	personal.special
	input.event.special_condition == null
	message := "the event holds a special category of personal data, and no condition of Art. 9(2) is named"
}

deny contains {"message": message, "at": "impact_assessment"} if {
	personal.special
	input.event.impact_assessment == null
	message := "the event holds a special category of personal data, and no impact assessment is linked"
}
