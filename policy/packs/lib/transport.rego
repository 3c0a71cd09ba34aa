# Encryption on the event's channels.
package nexus.lib.transport

open contains channel.id if {
	some channel in input.event.channels
	channel.tls == false
}

# What has to be declared before anybody can tell.
undeclared contains "channels" if count(input.event.channels) == 0

undeclared contains "x-tls" if {
	some channel in input.event.channels
	channel.tls == null
}
