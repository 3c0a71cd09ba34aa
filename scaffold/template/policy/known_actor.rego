# METADATA
# title: Every event says who caused it
# description: Fails when an event is appended without an actor.
# custom:
#   id: store/known-actor
#   severity: error
#   controls: []
#   verified: true
#   why: An event is never changed. Who caused it is written down with it, or nobody will know.
#   fix: Send the request with a key of its own, whose actor is the person or the program behind it.
#   reads: [record]
package nexus.rules.store.known_actor

deny contains {"message": "nobody says who caused the event"} if input.record.actor == null

deny contains {"message": "the name of the actor is empty"} if {
	is_string(input.record.actor)
	trim_space(input.record.actor) == ""
}
