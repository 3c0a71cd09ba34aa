package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// asyncServer is what a server says about the channels on it.
type asyncServer struct {
	protocol string
	tls      Value[bool]
}

// tlsProtocols says of each protocol that has a secure twin which of the two it
// is. The others, such as nats, leave the question open.
var tlsProtocols = map[string]bool{
	"kafka": false, "kafka-secure": true,
	"amqp": false, "amqp1": false, "amqps": true,
	"mqtt": false, "mqtt5": false, "mqtts": true, "secure-mqtt": true,
	"ws": false, "wss": true,
	"http": false, "https": true, "sftp": true,
	"stomp": false, "stomps": true,
	"pulsar": false, "pulsar+ssl": true,
	"redis": false, "rediss": true,
	"ibmmq": false, "ibmmq-secure": true,
}

// readServers reads all servers by name.
func (r *asyncReader) readServers() {
	r.servers = map[string]asyncServer{}
	servers, _, _ := r.resolve(r.root.child("servers"))
	for _, at := range servers.children() {
		if target, _, ok := r.resolve(at); ok {
			r.servers[at.name()] = r.server(target)
		}
	}
}

func (r *asyncReader) server(at entry) asyncServer {
	s := asyncServer{protocol: strings.ToLower(at.child("protocol").plain())}
	protocol := at.child("protocol")
	if scheme, _, ok := strings.Cut(strings.ToLower(at.child("url").plain()), "://"); ok {
		// wss://broker with the protocol ws: the more telling of the two counts.
		if secure := tlsProtocols[scheme]; secure || s.protocol == "" {
			s.protocol, protocol = scheme, at.child("url")
		}
	}
	if secure, known := tlsProtocols[s.protocol]; known {
		s.tls = Value[bool]{Get: secure, Source: Declared, Place: protocol.place()}
	}
	// A client certificate is shown in a TLS handshake and nowhere else.
	if certificate, ok := r.certificate(at); ok && !s.tls.Get {
		s.tls = Value[bool]{Get: true, Source: Inferred, Place: certificate.place()}
	}
	return s
}

// certificate finds a security scheme of type X509. In 2.x security names the
// schemes of the components, in 3.x it refers to them.
func (r *asyncReader) certificate(server entry) (entry, bool) {
	security, _, _ := r.resolve(server.child("security"))
	for _, requirement := range security.elements() {
		var schemes []entry
		if r.major == 2 {
			for _, named := range requirement.children() {
				schemes = append(schemes, r.component("securitySchemes", named.name()))
			}
		} else {
			schemes = []entry{requirement}
		}
		for _, scheme := range schemes {
			if target, _, ok := r.resolve(scheme); ok && target.child("type").value == "X509" {
				return target.child("type"), true
			}
		}
	}
	return entry{}, false
}

func (r *asyncReader) component(kind, name string) entry {
	components, _, _ := r.resolve(r.root.child("components"))
	group, _, _ := r.resolve(components.child(kind))
	return group.child(name)
}

// readChannelServers takes protocols and encryption from the channel's servers,
// or from all when it names none. One server in the clear leaves the channel in
// the clear.
func (r *asyncReader) readChannelServers(c *Channel, channel entry) {
	protocols := map[string]bool{}
	known, unknown := 0, 0
	for _, s := range r.serversOf(channel) {
		if s.protocol != "" {
			protocols[s.protocol] = true
		}
		if !s.tls.Known() {
			unknown++
			continue
		}
		if known++; known == 1 || c.TLS.Get && !s.tls.Get {
			c.TLS = s.tls
		}
	}
	if c.TLS.Get && unknown > 0 {
		c.TLS = Value[bool]{}
	}
	c.Protocols = sortedKeys(protocols)
	if len(c.Protocols) == 0 {
		bindings, _, _ := r.resolve(channel.child("bindings"))
		for _, binding := range bindings.children() {
			if !strings.HasPrefix(binding.name(), "x-") {
				c.Protocols = append(c.Protocols, binding.name())
			}
		}
	}
}

// serversOf are the servers of a channel in a fixed order.
func (r *asyncReader) serversOf(channel entry) []asyncServer {
	list, _, _ := r.resolve(channel.child("servers"))
	var servers []asyncServer
	for _, at := range list.elements() {
		if name, ok := at.value.(string); ok {
			if s, ok := r.servers[name]; ok {
				servers = append(servers, s)
			} else {
				r.problem(codeDanglingRef, at, "the document's servers are "+strings.Join(sortedKeys(r.servers), ", "), "the server %q is not defined", name)
			}
		} else if target, _, ok := r.resolve(at); ok {
			servers = append(servers, r.server(target))
		}
	}
	if len(list.elements()) > 0 {
		return servers
	}
	for _, name := range sortedKeys(r.servers) {
		servers = append(servers, r.servers[name])
	}
	return servers
}

// channelBindings are the settings of brokers that the model has a word for.
var channelBindings = []struct {
	path []string
	read func(c *Channel, at entry)
}{
	{[]string{"kafka", "topic"}, func(c *Channel, at entry) { c.Address = at.plain() }},
	{[]string{"kafka", "partitions"}, func(c *Channel, at entry) { c.Partitions = at.number() }},
	{[]string{"kafka", "topicConfiguration", "retention.ms"}, func(c *Channel, at entry) { c.RetentionDays = days(at, 24*60*60*1000) }},
	{[]string{"kafka", "topicConfiguration", "max.message.bytes"}, func(c *Channel, at entry) { c.MaxBytes = at.number() }},
	{[]string{"pulsar", "retention", "time"}, func(c *Channel, at entry) { c.RetentionDays = days(at, 24*60) }},
	{[]string{"googlepubsub", "messageRetentionDuration"}, func(c *Channel, at entry) { c.RetentionDays = days(at, 24*60*60) }},
	{[]string{"sns", "ordering", "type"}, func(c *Channel, at entry) { c.Ordering = isFIFO(at) }},
	{[]string{"sqs", "queue", "fifoQueue"}, func(c *Channel, at entry) { c.Ordering = at.flag() }},
	{[]string{"sqs", "queue", "messageRetentionPeriod"}, func(c *Channel, at entry) { c.RetentionDays = days(at, 24*60*60) }},
}

// readChannelBindings takes what the broker is told. A topic that is only
// compacted keeps the last value of every key for ever, whatever its retention.
func (r *asyncReader) readChannelBindings(c *Channel, channel entry) {
	bindings, _, ok := r.resolve(channel.child("bindings"))
	if !ok {
		return
	}
	for _, binding := range channelBindings {
		if found, ok := r.at(asyncNode{bindings}, binding.path...); ok {
			binding.read(c, found.top())
		}
	}
	if policy, ok := r.at(asyncNode{bindings}, "kafka", "topicConfiguration", "cleanup.policy"); ok && isCompacted(policy.top()) {
		c.RetentionDays = Value[float64]{Get: forEver, Source: Declared, Place: policy.top().place()}
	}
}

// forEver is the retention of what is never deleted, as Kafka writes it.
const forEver = -1

// days reads a time in parts of a day; what is negative is for ever. Google
// writes the unit, 86400s, the others do not.
func days(at entry, perDay float64) Value[float64] {
	written, _ := at.value.(string)
	if text, seconds := strings.CutSuffix(written, "s"); seconds {
		if number, err := strconv.ParseFloat(text, 64); err == nil {
			return Value[float64]{Get: number / perDay, Source: Declared, Place: at.place()}
		}
	}
	v := at.number()
	if v.Get < 0 {
		v.Get = forEver
		return v
	}
	v.Get /= perDay
	return v
}

func isFIFO(at entry) Value[bool] {
	v := at.text()
	return Value[bool]{Get: strings.EqualFold(v.Get, "FIFO"), Source: v.Source, Place: v.Place}
}

func isCompacted(policy entry) bool {
	var words []string
	for _, item := range policy.items() {
		for word := range strings.SplitSeq(item.plain(), ",") {
			words = append(words, strings.TrimSpace(word))
		}
	}
	return slices.Contains(words, "compact") && !slices.Contains(words, "delete")
}

// readMessageBindings takes the key that Kafka partitions by. What the binding
// gives is the key's schema; its title or its only value names it best.
func (r *asyncReader) readMessageBindings(e *Event, message asyncNode) {
	key, ok := r.at(message, "bindings", "kafka", "key")
	if !ok {
		return
	}
	name := r.firstText(key, "title", "const", "description", "$id")
	if values, ok := r.member(key, "enum"); ok && len(values.top().elements()) == 1 {
		name = values.top().elements()[0].plain()
	}
	if text, ok := asyncText(key.top().value); ok {
		name = text
	}
	if name == "" {
		name = "key"
	}
	e.PartitionKey = Value[string]{Get: name, Source: Declared, Place: key.top().place()}
}
