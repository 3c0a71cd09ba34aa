# METADATA
# title: The event has a version
# description: Fails when the event declares no version.
# custom:
#   id: blueprint/version-declared
#   code: META-01-VER
#   severity: error
#   controls: ["SOC 2 CC2.1"]
#   verified: true
#   why: >-
#     Without a version, consumers cannot say which form of the event they read, and no change to it can be announced.
#   fix: "Write version: 1.0.0, and raise it with every change of the schema."
#   reads: [catalog]
package nexus.rules.blueprint.version_declared

applies := true

deny contains {"message": "the event has no version", "at": "version"} if input.event.version == null
