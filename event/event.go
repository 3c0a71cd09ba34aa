// Package event reads exported event logs: one recorded event, and streaming
// readers that turn the formats event stores and brokers export into it.
//
//	log, err := event.Open(ctx, []string{"orders.ndjson.zst"}, event.Options{})
//	fmt.Println(log.Mapping()) // cloudevents: stream=subject 50/50, …
//	for e, err := range log.Events(ctx) {
//		var broken *event.RecordError
//		switch {
//		case errors.As(err, &broken): // one record; reading goes on
//		case err != nil:              // the log cannot be read further
//		default:                      // e is valid until the next round
//		}
//	}
//
// The native format is NDJSON of CloudEvents 1.0 in JSON: one compact object a
// line. The CloudEvents specification defines a single JSON object and a JSON
// batch; one object a line is a convention of nexus. Within it, sequence counts
// the events of one subject and is compared as a number.
//
// # What is promised
//
// Memory is constant: one buffer, which grows only for a record that is larger.
// Every byte of a record is checked against the grammar of JSON before an event
// is made of it, numbers keep their text, and what cannot be read is an error
// that names file, line and byte, never a guess. Nothing is sorted: an export
// that is unordered, as DynamoDB's are, is read in the order of its files.
package event

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Event is one recorded event.
//
// Its strings may be kept. Its byte slices point into the reader's buffers and
// are valid until the next event; Clone makes an event that may be kept whole.
type Event struct {
	ID            []byte
	Type          string
	Source        string
	Stream        []byte // the aggregate it belongs to: CloudEvents' subject
	Sequence      int64  // its place in the stream, if HasSequence
	HasSequence   bool
	Time          time.Time // when it happened, UTC; zero when not recorded
	Recorded      time.Time // when it was stored, UTC; zero when not recorded
	CorrelationID []byte
	CausationID   []byte
	SchemaVersion string

	Data     []byte // JSON text as it was written; nil when there is none
	Metadata []byte // JSON text; nil when there is none
	Base64   bool   // Data is a JSON string that holds binary content in base64

	File   string // as it was named or found
	Line   int64  // in the decompressed text, from 1
	Offset int64  // of the record in the decompressed text
	Length int    // of the record there: Log.Picker reads it again

	record     []byte   // its JSON text
	attributes []byte   // the JSON object whose members are its attributes
	consumed   []string // names in attributes that the fields above hold
	flat       bool     // attributes is what Data holds
	format     *format  // of the log it was read from
	layout     *layout  // of record, when it is known
	marks      []mark   // the scalars of record, when layout is known
	escaped    bool     // one of them has an escape, when layout is known
}

// Record is the JSON text the event was read from: the line, the element of a
// batch, or what an envelope held, its data decoded.
func (e *Event) Record() []byte { return e.record }

// Origin is the source, or what stands for it where the log tells none: the
// name of the log's format, and nexus for an event that was not read from a
// log. CloudEvents allows no empty source.
func (e *Event) Origin() string {
	switch {
	case e.Source != "":
		return e.Source
	case e.format != nil:
		return e.format.name
	}
	return "nexus"
}

// Get is the JSON text of the attribute called name as the log has it, whether
// or not a field of Event holds it; nil when there is none.
func (e *Event) Get(name string) []byte {
	for key, value := range e.members() {
		if string(key) == name {
			return value
		}
	}
	return nil
}

// Extensions are the attributes that no field of Event holds: name and JSON
// text, in the order of the log.
func (e *Event) Extensions() iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		if e.flat {
			return
		}
		for key, value := range e.members() {
			if !slices.Contains(e.consumed, string(key)) && !yield(key, value) {
				return
			}
		}
	}
}

// members are the attributes as the log has them; the text was checked when it
// was read.
func (e *Event) members() iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for key, value := range pairs(e.attributes) {
			if !yield(unquote(key), value) {
				return
			}
		}
	}
}

// Clone is a copy that shares no memory with the reader. What is part of the
// record is part of the copy's record.
func (e *Event) Clone() *Event {
	c := *e
	c.layout, c.marks = nil, nil
	c.record = bytes.Clone(e.record)
	for _, field := range []*[]byte{&c.ID, &c.Stream, &c.CorrelationID, &c.CausationID, &c.Data, &c.Metadata, &c.attributes} {
		if len(*field) > 0 && isPart(e.record, *field) {
			at := within(e.record, *field)
			*field = c.record[at : at+len(*field)]
		} else {
			*field = bytes.Clone(*field)
		}
	}
	return &c
}

// A RecordError is a record that could not be read. Reading goes on behind it.
type RecordError struct {
	File    string
	Line    int64 // in the decompressed text, from 1
	Offset  int64 // of the fault in the decompressed text
	Message string
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("%s:%d: %s (at byte %d)", e.File, e.Line, e.Message, e.Offset)
}
