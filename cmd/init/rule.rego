# METADATA
# title: A critical event has a runbook
# description: Fails when an event of high criticality names no runbook.
# custom:
#   id: FAMILY/RULE
#   severity: error
#   controls: []
#   verified: true
#   why: Whoever is woken up by this event needs to know what to do.
#   fix: Add x-runbook with a link to the event's frontmatter.
#   reads: [catalog]
package PACKAGE

critical if input.event.criticality in {"high", "critical"}

# In scope? The rule is not applicable to other events.
applies if critical

# An event that does not say is not out of scope: the question stays open until
# somebody declares the key.
applies if input.event.criticality == null

undeclared contains "x-criticality" if input.event.criticality == null

# What is wrong. x-* keys that nexus does not know are in input.event.ext.
deny contains {"message": sprintf("%s has no runbook", [input.event.id])} if {
	critical
	not input.event.ext.runbook
}
