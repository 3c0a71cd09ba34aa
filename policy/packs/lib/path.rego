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

# The founding document calls Kinesis the critical path.
kinesis if name == "critical"

# SNS and SQS: what the founding document calls the standard path.
standard if contains(name, "sns")

standard if contains(name, "sqs")

standard if name == "standard"

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

unordered if eventbridge

eventbridge if contains(name, "eventbridge")

# Roads that keep the order, at least within a partition, a queue or a connection.
ordered if {
	fifo
	not eventbridge
}

ordered if kinesis

ordered if broker

broker if {
	some word in words
	word in {
		"amqp", "amqps", "googlepubsub", "ibmmq", "jms", "kafka", "mqtt", "mqtts", "msk", "nats", "pulsar",
		"rabbitmq", "redis", "solace", "stomp", "stomps", "ws", "wss",
	}
}

# Calls from one service to another.
call if {
	some word in words
	word in {"grpc", "http", "https"}
}

words := split(replace(name, ", ", "-"), "-")

# What a word means is known.
known if kinesis

known if standard

known if eventbridge

known if broker

known if call

# What to declare when nothing tells the road. Another word tells nothing.
undeclared := "x-path, one of kinesis (critical), sns-sqs (standard), sns-sqs-fifo, eventbridge, kafka, amqp, mqtt, https"
