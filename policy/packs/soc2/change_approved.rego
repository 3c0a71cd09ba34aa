# METADATA
# title: A changed event was approved by somebody else
# description: Fails when a new or changed event has no approval, or its approver is its author.
# custom:
#   id: soc2/change-approved
#   code: SOC2-CHG-01
#   severity: error
#   controls: ["SOC 2 CC8.1"]
#   verified: true
#   why: >-
#     Changes are authorised before they are implemented, by somebody else than their author. The approval's reference is the
#     evidence that an auditor asks for.
#   fix: "Write x-approval with reference, approver and author."
#   reads: [catalog, change]
package nexus.rules.soc2.change_approved

applies if input.change.verdict != "unchanged"

deny contains {"message": "the change has no approval", "at": "approval"} if is_null(input.event.approval)

deny contains {"message": "the approval has no reference", "at": "approval", "about": "reference"} if input.event.approval.reference in {null, ""}

deny contains {"message": message, "at": "approval", "about": "approver"} if {
	not input.event.approval.approver in {null, ""}
	input.event.approval.approver == input.event.approval.author
	message := sprintf("%v approved a change of their own", [input.event.approval.author])
}

undeclared contains "x-approval.approver" if input.event.approval.approver in {null, ""}

undeclared contains "x-approval.author" if input.event.approval.author in {null, ""}
