# Protected health information in the sense of HIPAA.
package nexus.lib.health

import data.nexus.lib.declared

# Words of x-data-category and x-regulations.
categories := {"health", "phi", "medical", "hipaa"}

event if count(declared.words & categories) > 0

fields := [field |
	event
	some field in input.event.fields
	field.category != null
	lower(field.category) in categories
]

# Nobody said whether the event holds health information.
unknown if {
	not event
	not declared.settled
}

scope if event

scope if unknown
