# METADATA
# title: An event has happened already
# description: Fails when the day on which an event happened is after today, in UTC.
# custom:
#   id: store/not-from-the-future
#   severity: error
#   controls: []
#   verified: true
#   why: An event is a fact. One from the future sorts behind what will happen, and no state at a time is right until then.
#   fix: Correct the sender's clock, or write a plan as an event of its own that happens now.
#   reads: [record]
package nexus.rules.store.not_from_the_future

deny contains {"message": message} if {
	day := substring(input.record.time, 0, 10)
	day > input.as_of
	message := sprintf("the event is of %s, and today is %s", [day, input.as_of])
}
