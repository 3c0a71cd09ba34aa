# METADATA
# title: Every consumer of the log is registered
# description: Fails when the log names a consumer of the event that the catalog does not list.
# custom:
#   id: soc2/unregistered-consumer
#   code: SOC2-ACC-01
#   severity: error
#   controls: ["SOC 2 CC6.1", "SOC 2 CC6.3"]
#   verified: true
#   why: >-
#     Access is granted on request and reviewed. A consumer that nobody registered has access that nobody granted, or that
#     was never taken back.
#   fix: "Add the event to receives of the consumer's service, or take its access away."
#   reads: [catalog, log]
package nexus.rules.soc2.unregistered_consumer

applies if count(input.observed.consumers) > 0

registered := {consumer.id | some consumer in input.event.consumers}

deny contains {"message": message, "at": "consumers", "about": consumer} if {
	some consumer in input.observed.consumers
	not consumer in registered
	message := sprintf("%v consumes the event and is not registered", [consumer])
}
