# METADATA
# title: Cardholder data travels encrypted
# description: Fails when an event with cardholder data travels a channel without TLS.
# custom:
#   id: pci-dss/channel-encrypted
#   code: PCI-TLS-01
#   severity: error
#   controls: ["PCI DSS 4.2.1"]
#   verified: false
#   why: >-
#     Card numbers are protected with strong cryptography whenever they are sent over open networks, and a broker's network
#     is rarely as closed as it is thought to be.
#   fix: "Use the broker's TLS listener, and write x-tls: true on the channel."
#   reads: [catalog]
package nexus.rules.pci_dss.channel_encrypted

import data.nexus.lib.cardholder
import data.nexus.lib.transport

applies if cardholder.scope

undeclared contains "x-data-category" if cardholder.unknown

undeclared contains key if {
	cardholder.event
	some key in transport.undeclared
}

deny contains {"message": message, "at": "channels", "about": channel} if {
	cardholder.event
	some channel in transport.open
	message := sprintf("cardholder data travels the channel %v without TLS", [channel])
}
