# The road that the event travels: the declared path, else the protocols of its
# channels.
package nexus.lib.path

# Empty when nobody said.
name := lower(input.event.path) if input.event.path != null

name := lower(concat(", ", protocols)) if {
	input.event.path == null
	protocols := {protocol | protocol := input.event.channels[_].protocols[_]}
}

kinesis if contains(name, "kinesis")

# SNS and SQS: what the founding document calls the standard path.
standard if contains(name, "sns")

standard if contains(name, "sqs")

fifo if contains(name, "fifo")

fifo if {
	count(input.event.channels) > 0
	every channel in input.event.channels { channel.ordering == true }
}

# Roads on which events overtake each other.
unordered if {
	standard
	not fifo
}

unordered if contains(name, "eventbridge")
