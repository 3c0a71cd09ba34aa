# Personal data in the sense of the GDPR. What counts as such is said with
# input.event.facts in the schema of the input.
package nexus.lib.personal

event if input.event.facts.personal == true

# Nobody said whether the event holds personal data.
unknown if input.event.facts.personal == null

scope if input.event.facts.personal in {true, null}

special if input.event.facts.special == true

fields := input.event.facts.personal_fields

# Fields that name a person to whoever reads them.
direct := input.event.facts.direct_fields

# The event holds personal data, and nobody said in which fields.
unmarked if {
	input.event.facts.personal == true
	input.event.facts.personal_fields == []
}
