# Protected health information in the sense of HIPAA. What counts as such is said
# with input.event.facts in the schema of the input.
package nexus.lib.health

event if input.event.facts.health == true

# Nobody said whether the event holds health information.
unknown if input.event.facts.health == null

scope if input.event.facts.health in {true, null}

fields := input.event.facts.health_fields
