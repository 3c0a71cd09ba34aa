package catalog

import (
	"slices"
	"strings"
	"unicode"
)

// way is the direction of a message, seen from the service.
type way bool

const (
	receiving way = false
	sending   way = true
)

func (w way) String() string {
	if w == sending {
		return "sends"
	}
	return "receives"
}

// readOperation2 reads publish or subscribe of a channel. The words tell what
// others may do with the application, unless Options.Direction says that the
// author meant the application itself.
func (r *asyncReader) readOperation2(channel entry, c *Channel, verb string) {
	target, _, ok := r.resolve(channel.child(verb))
	if !ok || target.value == nil {
		return
	}
	r.checkKeys(target, operationKeys2)
	direction := way(verb == "subscribe")
	if r.direction == AuthorDirection {
		direction = !direction
	}
	operation := r.withTraits(target)
	name := r.firstText(operation, "operationId")
	carrier := name
	if carrier == "" {
		carrier = strings.Trim(strings.ReplaceAll(c.ID, "/", "."), ".") + "." + verb
	}
	events := r.eventsOf(target.child("message"), carrier)
	r.travel(events, c, target)
	r.link(direction, events, c, operation, target)
	r.checkDirection(direction, name, verb, events, target)
}

// readOperations reads the operations of 3.x.
func (r *asyncReader) readOperations() {
	operations, _, _ := r.resolve(r.root.child("operations"))
	for _, at := range operations.children() {
		if r.ctx.Err() != nil {
			return
		}
		if target, _, ok := r.resolve(at); ok {
			r.readOperation3(at, target)
		}
	}
}

func (r *asyncReader) readOperation3(at, target entry) {
	target.page.subject = at.name()
	r.checkKeys(target, operationKeys3)
	var direction way
	action := target.child("action")
	switch action.plain() {
	case "send":
		direction = sending
	case "receive":
		direction = receiving
	default:
		where := action
		if action.value == nil {
			where = at
		}
		r.problem(codeMalformed, where, "write action: send or action: receive", "the operation %s has the action %q", at.name(), action.plain())
		return
	}
	c, channel := r.channelOf(target.child("channel"))
	events := r.operationMessages(target, channel, at.name())
	r.travel(events, c, at)
	r.link(direction, events, c, r.withTraits(target), at)
	r.checkDirection(direction, at.name(), "action: "+action.plain(), events, at)
	r.readReply(!direction, target, c, channel, at)
}

// operationMessages are the messages that an operation or a reply lists, and all
// of its channel when it lists none. An empty list is a list.
func (r *asyncReader) operationMessages(operation, channel entry, carrier string) []*Event {
	list, _, ok := r.resolve(operation.child("messages"))
	if !ok {
		return nil
	}
	messages := list.elements()
	if list.value == nil {
		messages = r.channelMessages(channel)
	}
	var events []*Event
	for _, message := range messages {
		events = append(events, r.eventsOf(message, carrier)...)
	}
	return distinct(events)
}

// readReply reads the answer to an operation, which goes the other way. Without
// a channel of its own it comes back over the operation's, and then it has to
// list its messages: the channel's are those of the request as well.
func (r *asyncReader) readReply(direction way, operation entry, c *Channel, channel, at entry) {
	reply, _, ok := r.resolve(operation.child("reply"))
	if !ok || reply.value == nil {
		return
	}
	if own := reply.child("channel"); own.value != nil {
		c, channel = r.channelOf(own)
	} else if reply.child("messages").value == nil {
		return
	}
	events := r.operationMessages(reply, channel, at.name()+".reply")
	r.travel(events, c, reply)
	r.link(direction, events, c, asyncNode{reply}, reply)
}

// link notes that the service sends or receives events over a channel. One event
// is one entry, however many channels it travels.
func (r *asyncReader) link(direction way, events []*Event, c *Channel, operation asyncNode, at entry) {
	for _, e := range events {
		m := r.linked[direction][e.ID]
		if m == nil {
			m = &Message{Event: e.ID, Place: at.keyPlace()}
			r.linked[direction][e.ID] = m
		}
		if c != nil {
			m.Channels = append(m.Channels, c.ID)
		}
		for _, key := range sortedKeys(messageAttributes) {
			if member, ok := r.member(operation, "x-"+key); ok {
				messageAttributes[key](m, member.top())
			}
		}
	}
}

// The words at the start or the end of an operation's name that say which way
// its messages go. Words that are business as often, such as process or notify,
// are not among them.
var (
	receivingWords = []string{"on", "receive", "receives", "received", "receiver", "consume", "consumes", "consumer", "subscribe", "subscribes", "subscriber", "subscription", "listen", "listens", "listener", "handle", "handles", "handler"}
	sendingWords   = []string{"send", "sends", "sender", "publish", "publishes", "publisher", "emit", "emits", "emitter", "produce", "produces", "producer"}
)

// checkDirection notes an operation whose name says the opposite of what the
// document makes of it.
func (r *asyncReader) checkDirection(direction way, name, written string, events []*Event, at entry) {
	says, sure := directionOf(name)
	if !sure || says == direction {
		return
	}
	at.page.subject = r.service.ID
	if len(events) == 1 {
		at.page.subject = events[0].ID
	}
	hint := "if the name is right, swap the action"
	if r.major == 2 {
		hint = "in AsyncAPI 2.x publish is what the application receives and subscribe what it sends: swap the two, or read the document with --direction author"
		if r.direction == AuthorDirection {
			hint = "swap publish and subscribe here, or read the document with --direction spec"
		}
	}
	at.odd(RuleInverted, hint, "%s says that the service %s, and %s that it %s", name, says, written, direction)
}

// directionOf reads the direction out of an operation's name. It is not sure
// when the name says nothing, or both.
func directionOf(name string) (direction way, sure bool) {
	words := nameWords(name)
	if len(words) < 2 { // subscribe alone may be what the business does
		return receiving, false
	}
	first, last := words[0], words[len(words)-1]
	// At the end of a name, on is a preposition: turnOn.
	in := slices.Contains(receivingWords, first) || last != "on" && slices.Contains(receivingWords, last)
	out := slices.Contains(sendingWords, first) || slices.Contains(sendingWords, last)
	return way(out), in != out
}

// nameWords splits a name at capitals and at what is no letter, into lower case.
func nameWords(name string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	runes := []rune(name)
	for i, c := range runes {
		startsWord := unicode.IsUpper(c) && (i == 0 || !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if !unicode.IsLetter(c) || startsWord {
			flush()
		}
		if unicode.IsLetter(c) {
			word = append(word, c)
		}
	}
	flush()
	return words
}
