# What the event declares as a whole.
package nexus.lib.declared

# The kinds of data and the regulations, of the event and of its fields. One set
# answers most questions of scope with one intersection.
words := {lower(word) |
	of_fields := {category | category := input.event.fields[_].category}
	of_event := {regulation | regulation := input.event.regulations[_]} | {input.event.category}
	some word in ((of_fields | of_event) - {null})
}

# Somebody said what kind of data the event carries, so that what is not marked
# as personal, health or card data is none.
settled if input.event.category != null

settled if input.event.classification == "public"
