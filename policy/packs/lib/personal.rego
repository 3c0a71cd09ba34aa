# Personal data in the sense of the GDPR.
package nexus.lib.personal

import data.nexus.lib.declared

# Words of x-data-category and x-regulations.
special_categories := {
	"special", "health", "phi", "medical", "biometric", "genetic", "ethnicity", "political",
	"religion", "sexual", "trade-union",
}

ordinary_categories := {"personal", "contact", "identity", "location", "pseudonym", "gdpr", "uk-gdpr"}

fields := [field | some field in input.event.fields; field.pii == true]

# Fields that name a person to whoever reads them.
direct := [field |
	some field in fields
	field.encrypted != true
	field.hashed != true
	field.tokenized != true
	field.category != "pseudonym"
]

event if count(fields) > 0

event if count(declared.words & ordinary_categories) > 0

event if special

special if count(declared.words & special_categories) > 0

# Nobody said whether the event holds personal data.
unknown if {
	not event
	not declared.settled
	not every_field_judged
}

every_field_judged if {
	count(input.event.fields) > 0
	every field in input.event.fields { field.pii == false }
}

scope if event

scope if unknown

# The event holds personal data, and nobody said in which fields.
unmarked if {
	event
	count(fields) == 0
}
