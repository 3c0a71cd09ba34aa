# METADATA
# title: The event can be traced to its cause
# description: Fails when the event declares no correlation id or no causation id.
# custom:
#   id: soc2/causal-chain
#   code: SOC2-AUD-01
#   severity: error
#   controls: ["SOC 2 CC7.2", "SOC 2 PI1.3–1.5"]
#   verified: false
#   why: >-
#     To monitor processing for anomalies, and to show that its results are complete and accurate, each result has to lead
#     back to the input that caused it.
#   fix: "Write x-correlation and x-causation with the attributes that carry the ids."
#   reads: [catalog]
package nexus.rules.soc2.causal_chain

applies := true

deny contains {"message": "the event has no correlation id", "at": "correlation"} if input.event.correlation == null

deny contains {"message": "the event has no causation id", "at": "causation"} if input.event.causation == null
