package catalog

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// readComponents takes the messages that the document defines, used or not. They
// come first, so that a message is called by its key here wherever else it is
// referred to.
func (r *asyncReader) readComponents() {
	components, _, _ := r.resolve(r.root.child("components"))
	messages, _, _ := r.resolve(components.child("messages"))
	for _, message := range messages.children() {
		r.eventsOf(message, message.name())
	}
}

// readChannels reads the channels: in 2.x with their operations, in 3.x with
// their messages.
func (r *asyncReader) readChannels() {
	channels, _, _ := r.resolve(r.root.child("channels"))
	if _, mapping := channels.value.(map[string]any); !mapping && channels.value != nil {
		r.problem(codeMalformed, channels, "", "channels is a mapping from names to channels, found %s", asyncKind(channels.value))
		return
	}
	for _, at := range channels.children() {
		if r.ctx.Err() != nil {
			return
		}
		target, hops, ok := r.resolve(at)
		if !ok {
			continue
		}
		if _, mapping := target.value.(map[string]any); !mapping {
			r.problem(codeMalformed, target, "", "a channel is a mapping, found %s", asyncKind(target.value))
			continue
		}
		if r.major == 2 {
			c := r.channel(at.name(), at.name(), at, target)
			r.readOperation2(target, c, "publish")
			r.readOperation2(target, c, "subscribe")
			continue
		}
		c := r.channel(at.name(), address(target), at, target)
		r.remember(c, hops)
		for _, message := range r.channelMessages(target) {
			r.travel(r.eventsOf(message, at.name()), c, message)
		}
	}
}

// address is where a channel of 3.x is: null says that it is known only at run
// time, and no address that nothing is known.
func address(channel entry) string { return channel.child("address").plain() }

func (r *asyncReader) channelMessages(channel entry) []entry {
	if r.uses > maxUses {
		return nil
	}
	messages, _, _ := r.resolve(channel.child("messages"))
	return messages.children()
}

// remember lets operations find the channel by any reference to it. The first
// channel that leads to a definition has it.
func (r *asyncReader) remember(c *Channel, hops []entry) {
	for _, hop := range hops {
		if id := hop.identity(); r.channels[id] == nil {
			r.channels[id] = c
		}
	}
}

// channel reads one channel; at is where it is listed, target what defines it.
func (r *asyncReader) channel(id, address string, at, target entry) *Channel {
	at.page.subject, target.page.subject = id, id
	c := &Channel{ID: id, Name: id, Address: address, Place: at.keyPlace()}
	if title := target.child("title").plain(); title != "" {
		c.Name = title
	}
	c.Parameters = r.parameters(c.Address, target)
	r.readChannelServers(c, target)
	r.readChannelBindings(c, target)
	for _, member := range target.children() {
		name, extension := strings.CutPrefix(member.name(), "x-")
		switch read := channelAttributes[name]; {
		case !extension:
		case read != nil:
			read(c, member)
		default:
			if c.Ext == nil {
				c.Ext = map[string]any{}
			}
			c.Ext[name] = member.value
		}
	}
	r.checkChannelKeys(target)
	r.catalog.Channels = append(r.catalog.Channels, c)
	return c
}

func (r *asyncReader) checkChannelKeys(channel entry) {
	if r.major == 2 {
		r.checkKeys(channel, channelKeys2)
		return
	}
	for _, verb := range []string{"publish", "subscribe"} {
		if at := channel.child(verb); at.value != nil {
			at.odd(RuleOlderForm, "AsyncAPI 3 has operations instead, with action: send or action: receive", "%s is of AsyncAPI 2.x; it is not read", verb)
		}
	}
	r.checkKeys(channel, slices.Concat(channelKeys3, []string{"publish", "subscribe"}))
}

var inBraces = regexp.MustCompile(`\{([^{}]+)\}`)

// parameters are the names in an address in their order, then those that are
// only described.
func (r *asyncReader) parameters(address string, channel entry) []string {
	var names []string
	for _, match := range inBraces.FindAllStringSubmatch(address, -1) {
		names = append(names, match[1])
	}
	described, _, _ := r.resolve(channel.child("parameters"))
	for _, parameter := range described.children() {
		names = append(names, parameter.name())
	}
	return distinct(names)
}

// channelOf finds the channel that an operation of 3.x names.
func (r *asyncReader) channelOf(at entry) (c *Channel, target entry) {
	if at.value == nil {
		return nil, at
	}
	target, hops, ok := r.resolve(at)
	if !ok {
		return nil, target
	}
	for _, hop := range hops {
		if c := r.channels[hop.identity()]; c != nil {
			return c, target
		}
	}
	// It is defined among the components or in another file, and not listed.
	id := target.name()
	if id == "" {
		base := path.Base(target.page.file)
		id = strings.TrimSuffix(base, path.Ext(base))
	}
	c = r.channel(id, address(target), target, target)
	r.remember(c, hops)
	for _, message := range r.channelMessages(target) {
		r.travel(r.eventsOf(message, id), c, message)
	}
	return c, target
}

// travel notes that events travel a channel.
func (r *asyncReader) travel(events []*Event, c *Channel, at entry) {
	if c == nil {
		return
	}
	for _, e := range events {
		e.Channels = append(e.Channels, Value[string]{Get: c.ID, Source: Declared, Place: at.place()})
	}
}
