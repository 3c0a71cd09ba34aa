package policy

import (
	"bytes"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// observed is what the log holds of one event type.
type observed struct {
	described   *node // what the schema describes; nil when that is not known
	count       int
	first, last time.Time
	seconds     seconds
	bytes       int64
	largest     int

	sources, consumers, classifications, unknown names

	missing  missing
	dangling int
	binary   int // events with binary data, which is not searched
	keys     int // events whose key holds a direct identifier
	erased   int // events of erased subjects that are still readable

	pan, sad, email sightings
}

// missing counts the events that lack an attribute.
type missing struct{ correlation, causation, actor, time, sequence, integrity int }

// sightings are the events in which values of one form were met.
type sightings struct {
	count       int
	fields      names
	firstOffset int64
}

// names is a bounded set.
type names struct {
	set map[string]bool
	cut bool
}

func (n *names) add(name string) {
	switch {
	case name == "" || n.set[name]:
	case len(n.set) >= maxNames:
		n.cut = true
	case n.set == nil:
		n.set = map[string]bool{name: true}
	default:
		n.set[name] = true
	}
}

func (n *names) addBytes(name []byte) {
	if !n.set[string(name)] {
		n.add(string(name))
	}
}

func (n *names) sorted() []string {
	list := make([]string, 0, len(n.set))
	for name := range keysOf(n.set) {
		list = append(list, name)
	}
	return list
}

func (o *observed) cut() bool {
	for _, n := range []*names{&o.sources, &o.consumers, &o.classifications, &o.unknown, &o.pan.fields, &o.sad.fields, &o.email.fields} {
		if n.cut {
			return true
		}
	}
	return false
}

// seconds finds the busiest second of a log that is sorted by time, or nearly so:
// it counts the latest second in each slot.
type seconds struct {
	slots [64]struct {
		second int64
		count  int
	}
	peak int
}

func (s *seconds) see(t time.Time) {
	second := t.Unix()
	slot := &s.slots[uint64(second)%uint64(len(s.slots))]
	if slot.second != second {
		slot.second, slot.count = second, 0
	}
	slot.count++
	s.peak = max(s.peak, slot.count)
}

// see takes one event in.
func (o *observed) see(e *event.Event, scan *scanner, erased bool) {
	o.count++
	o.sources.add(e.Source)
	o.seeTime(e.Time)
	o.bytes += int64(len(e.Data))
	o.largest = max(o.largest, len(e.Data))

	seen := o.seeExtensions(e)
	countIf(&o.missing.actor, !seen.actor)
	countIf(&o.missing.integrity, !seen.integrity)
	countIf(&o.missing.correlation, len(e.CorrelationID) == 0)
	countIf(&o.missing.causation, len(e.CausationID) == 0)
	countIf(&o.missing.sequence, !e.HasSequence)
	countIf(&o.keys, seen.key || isIdentifier(e.Stream))

	var met sighted
	switch {
	case e.Base64:
		o.binary++
	case len(e.Data) > 0:
		met = scan.scan(e.Data, o)
	}
	o.pan.see(met.pan || seen.pan, e.Offset)
	o.sad.see(met.sad, e.Offset)
	o.email.see(met.email, e.Offset)
	countIf(&o.erased, erased && met.readable)
}

func (o *observed) seeTime(t time.Time) {
	if t.IsZero() {
		o.missing.time++
		return
	}
	o.seconds.see(t)
	if o.first.IsZero() || t.Before(o.first) {
		o.first = t
	}
	if t.After(o.last) {
		o.last = t
	}
}

// extensions are what the attributes tell.
type extensions struct{ actor, integrity, key, pan bool }

func (o *observed) seeExtensions(e *event.Event) extensions {
	var seen extensions
	for _, a := range []struct {
		name  string
		value []byte
	}{
		{"id", e.ID}, {"source", []byte(e.Source)}, {"stream", e.Stream}, {"correlation", e.CorrelationID}, {"causation", e.CausationID},
	} {
		seen.pan = o.seeCardNumber([]byte(a.name), a.value) || seen.pan
	}
	for name, value := range e.Extensions() {
		o.seeExtension(&seen, name, value)
	}
	if len(e.Metadata) > 0 {
		for name, value := range membersOf(e.Metadata) {
			o.seeExtension(&seen, name, value)
		}
	}
	return seen
}

// seeExtension knows the CloudEvents extensions by name, and what teams call the
// same things in metadata of their own.
func (o *observed) seeExtension(seen *extensions, name, value []byte) {
	if len(value) == 0 || string(value) == "null" || string(value) == `""` {
		return
	}
	seen.pan = o.seeCardNumber(name, unquoted(value)) || seen.pan
	switch string(name) {
	case "authid", "actor", "actorid", "actorId", "actor_id", "user", "userid", "userId", "user_id":
		seen.actor = true
	case "hash", "signature", "digest", "integrity", "checksum":
		seen.integrity = true
	case "partitionkey", "partitionKey", "partition_key":
		seen.key = isIdentifier(unquoted(value)) || seen.key
	case "dataclassification":
		o.classifications.addBytes(unquoted(value))
	case "consumer", "consumerid", "consumerId", "consumer_id":
		o.consumers.addBytes(unquoted(value))
	}
}

// seeCardNumber reports whether an attribute holds a card number, and takes down
// the attribute's name.
func (o *observed) seeCardNumber(name, value []byte) bool {
	met := holdsCardNumber(value)
	if met {
		o.pan.fields.addBytes(name)
	}
	return met
}

func (s *sightings) see(met bool, offset int64) {
	if !met {
		return
	}
	if s.count == 0 || offset < s.firstOffset {
		s.firstOffset = offset
	}
	s.count++
}

func countIf(counter *int, condition bool) {
	if condition {
		*counter++
	}
}

// unquoted is the content of a JSON string without escapes; other text stays.
func unquoted(value []byte) []byte { return bytes.Trim(value, `"`) }

func (o *observed) input(all *Observations) map[string]any {
	input := map[string]any{
		"count": o.count, "first": nil, "last": nil, "rate_per_min": nil, "peak_per_second": nil,
		"payload_bytes": map[string]any{"mean": nil, "max": nil},
		"sources":       o.sources.sorted(),
		"consumers":     o.consumers.sorted(),
		"missing": map[string]any{
			"correlation": o.missing.correlation, "causation": o.missing.causation, "actor": o.missing.actor,
			"time": o.missing.time, "sequence": o.missing.sequence, "integrity": o.missing.integrity,
		},
		"dangling_causation":   o.dangling,
		"classifications":      o.classifications.sorted(),
		"keys_with_identifier": o.keys,
		"values":               map[string]any{"pan": o.pan.input(), "sad": o.sad.input(), "email": o.email.input()},
		"erased_readable":      o.erased,
		"unknown_fields":       o.unknown.sorted(),
	}
	if o.count > 0 {
		input["payload_bytes"] = map[string]any{"mean": number(float64(o.bytes) / float64(o.count)), "max": o.largest}
	}
	if !o.first.IsZero() {
		input["first"], input["last"] = o.first.Format(time.RFC3339Nano), o.last.Format(time.RFC3339Nano)
		input["peak_per_second"] = o.seconds.peak
	}
	if rate, known := all.rate(o); known {
		input["rate_per_min"] = number(rate)
	}
	return input
}

// rate is events a minute over the log's span.
func (o *Observations) rate(seen *observed) (float64, bool) {
	minutes := o.Span().Minutes()
	if minutes <= 0 {
		return 0, false
	}
	return float64(seen.count) / minutes, true
}

func (s *sightings) input() map[string]any {
	input := map[string]any{"count": s.count, "fields": s.fields.sorted(), "first_offset": nil}
	if s.count > 0 {
		input["first_offset"] = s.firstOffset
	}
	return input
}
