package catalog

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// asyncName is the event that has an id, and the message that gave it.
type asyncName struct {
	event *Event
	at    entry
}

// eventsOf are the events of the message at a place: one, or the alternatives of
// a oneOf. A message without a name of its own is called after the operation or
// channel that carries it, its carrier.
func (r *asyncReader) eventsOf(at entry, carrier string) []*Event {
	if at.value == nil {
		return nil
	}
	target, hops, ok := r.resolve(at)
	if !ok {
		return nil
	}
	id := target.identity()
	events, ok := r.messages[id]
	if r.uses += max(1, len(events)); r.uses > maxUses {
		r.tooManyUses(at)
		return nil
	}
	if ok {
		return events
	}
	if _, mapping := target.value.(map[string]any); !mapping {
		r.problem(codeMalformed, target, "", "a message is a mapping, found %s", asyncKind(target.value))
		return nil
	}
	alternatives, several := target.child("oneOf").value.([]any)
	if !several {
		r.messages[id] = []*Event{r.event(target, hops, carrier)}
		return r.messages[id]
	}
	if r.opened[id] || len(r.opened) > maxHops {
		r.problem(codeCyclicRef, at, "list the messages themselves", "the oneOf of this message holds itself, or others more than %d deep", maxHops)
		return nil
	}
	r.opened[id] = true
	defer delete(r.opened, id)
	for i, alternative := range target.child("oneOf").elements() {
		name := carrier
		if len(alternatives) > 1 {
			name += "." + strconv.Itoa(i+1)
		}
		events = append(events, r.eventsOf(alternative, name)...)
	}
	r.messages[id] = distinct(events)
	return r.messages[id]
}

// maxUses bounds how often channels and operations name messages, counted with
// the alternatives of each: a short document can else name each of its messages
// on each of its channels, by one reference apiece.
const maxUses = 1 << 19

func (r *asyncReader) tooManyUses(at entry) {
	if r.once("uses") {
		r.problem(codeTooLarge, at, "split the document", "channels and operations name messages more than %d times: from here on they are not read", maxUses)
	}
}

// distinct keeps the first of equal items, in their order.
func distinct[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	var kept []T
	for _, item := range list {
		if !seen[item] {
			seen[item] = true
			kept = append(kept, item)
		}
	}
	return kept
}

// event reads one message. Two messages of one id and payload are one event.
func (r *asyncReader) event(target entry, hops []entry, carrier string) *Event {
	message := r.withTraits(target)
	name := r.messageName(target, hops, carrier)
	e := &Event{
		ID: name.id, Name: cmp.Or(r.firstText(message, "title", "name"), name.id), Kind: EventKind, Current: true,
		Summary: r.firstText(message, "summary", "description"), Place: target.keyPlace(),
	}
	target.page.subject = e.ID
	r.readPayload(e, message, target)
	same := r.claim(e, name.key, target)
	target.page.subject = e.ID
	r.checkKeys(target, messageKeys)
	if name.inferred != "" {
		target.odd(RuleMissingID, "give the message a name, or move it to components.messages", "the message has no name and is called after its %s", name.inferred)
	}
	r.readCorrelation(e, message)
	r.readMessageBindings(e, message)
	r.readExamples(e, message)
	r.readExtensions(e, message)
	if same != nil {
		(&merger{whole: r.catalog}).event(same, e)
		return same
	}
	r.catalog.Events = append(r.catalog.Events, e)
	return e
}

// messageName is how a message is called, and by what.
type messageName struct {
	id       string
	key      string // its key in a mapping of messages, or empty
	inferred string // what the id was taken from, when from nothing of the message
}

// messageName looks for a name in the message itself first. A trait's name does
// not count: it would be the name of every message that has the trait.
func (r *asyncReader) messageName(target entry, hops []entry, carrier string) messageName {
	n := messageName{key: messageKey(hops)}
	for _, key := range []string{"name", "messageId"} {
		if text, ok := asyncText(target.child(key).value); ok && strings.TrimSpace(text) != "" {
			n.id = strings.TrimSpace(text)
			return n
		}
	}
	switch {
	case n.key != "":
		n.id = n.key
	case target.pointer == "":
		base := path.Base(target.page.file)
		n.id, n.inferred = strings.TrimSuffix(base, path.Ext(base)), "file"
	case isCarried(target):
		n.id, n.inferred = carrier, "operation or channel"
	default:
		n.id = target.name()
	}
	return n
}

// messageKey is the key under which the message is listed, the innermost one
// when a listed reference leads to another list.
func messageKey(hops []entry) string {
	key := ""
	for _, hop := range hops {
		if _, isList := strconv.Atoi(hop.name()); hop.parentName() == "messages" && isList != nil {
			key = hop.name()
		}
	}
	return key
}

// isCarried reports whether a message stands inside an operation, as in 2.x, or
// in a list.
func isCarried(l entry) bool {
	_, err := strconv.Atoi(l.name())
	return err == nil || l.name() == "message"
}

// claim settles who has an id. It returns the earlier event that this one is the
// same as, if there is one.
func (r *asyncReader) claim(e *Event, key string, at entry) *Event {
	first, taken := r.ids[e.ID]
	switch {
	case !taken:
	case samePayload(first.event, e):
		return first.event
	case key != "" && key != e.ID && r.ids[key].event == nil:
		at.odd(RuleDuplicateID, "give each message a name of its own", "the name %q is also that of the message at %s, with another payload; this one is read as %s", e.ID, first.at.place(), key)
		e.ID = key
	default:
		return nil // merging notes two events of one id
	}
	r.ids[e.ID] = asyncName{e, at}
	return nil
}

// samePayload reports whether two messages of one name mean one event: their
// payloads are equal, or one of them says nothing about its payload.
func samePayload(a, b *Event) bool {
	if !a.Schema.Known() || !b.Schema.Known() {
		return true
	}
	return a.Schema.Get.Format == b.Schema.Get.Format && string(a.Schema.Get.Text) == string(b.Schema.Get.Text)
}

// firstText is the text of the first key that has one.
func (r *asyncReader) firstText(n asyncNode, keys ...string) string {
	for _, key := range keys {
		if member, ok := r.member(n, key); ok {
			if text, ok := asyncText(member.top().value); ok && strings.TrimSpace(text) != "" {
				return strings.TrimSpace(text)
			}
		}
	}
	return ""
}

// readCorrelation takes the declared correlation id, and else a header of that
// name. Causation has no place in AsyncAPI but a header.
func (r *asyncReader) readCorrelation(e *Event, message asyncNode) {
	if location, ok := r.at(message, "correlationId", "location"); ok {
		e.Correlation = location.top().text()
	}
	headers, ok := r.at(message, "headers", "properties")
	if !ok {
		return
	}
	for _, key := range headers.keys() {
		var value *Value[string]
		switch headerName(key) {
		case "correlationid":
			value = &e.Correlation
		case "causationid":
			value = &e.Causation
		}
		if value == nil || value.Known() {
			continue
		}
		if header, ok := r.member(headers, key); ok {
			*value = Value[string]{"$message.header#" + document.Join("", key), Inferred, header.top().keyPlace()}
		}
	}
}

// headerName reduces the ways to write a header's name to one: ce_correlationid,
// X-Correlation-Id and correlationId are the same.
func headerName(key string) string {
	key = strings.ToLower(key)
	for _, prefix := range []string{"ce_", "ce-", "x-"} {
		key = strings.TrimPrefix(key, prefix)
	}
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(key)
}

// readExamples counts the example payloads.
func (r *asyncReader) readExamples(e *Event, message asyncNode) {
	if examples, ok := r.member(message, "examples"); ok {
		e.Examples = len(examples.top().elements())
	}
}

// The keys that the specification knows.
var (
	// Those of messages are of all versions: they changed little, and are read alike.
	messageKeys = strings.Fields("$ref messageId headers payload correlationId schemaFormat contentType name title summary description tags externalDocs bindings examples traits oneOf deprecated")

	channelKeys2   = strings.Fields("$ref description servers subscribe publish parameters bindings")
	operationKeys2 = strings.Fields("operationId summary description security tags externalDocs bindings traits message")
	channelKeys3   = strings.Fields("$ref address messages title summary description servers parameters tags externalDocs bindings")
	operationKeys3 = strings.Fields("$ref action channel title summary description security tags externalDocs bindings traits messages reply deprecated")
)

// checkKeys tells of keys that mean nothing, which are most often misspelt.
func (r *asyncReader) checkKeys(at entry, known []string) {
	for _, member := range at.children() {
		if !slices.Contains(known, member.name()) && !strings.HasPrefix(member.name(), "x-") {
			member.unknown(known)
		}
	}
}
