package replay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// maxUnreadable bounds the unreadable records that are told one by one.
const maxUnreadable = 20

// ExportOptions choose the events of an export. A zero field chooses all.
type ExportOptions struct {
	Stream      string
	Correlation string
	From, To    time.Time // when it happened: From <= time < To; events without a time are left out
	Where       func(*event.Event) (bool, error)
	// Redact returns the data of an event without what must not be shown. With
	// it, metadata and attributes that event.Event has no field for stay out, and
	// binary data too. Nil: events go as they are.
	Redact func(*event.Event) []byte
}

// Exported says what an export wrote.
type Exported struct {
	Read       int64                `json:"read"`
	Written    int64                `json:"written"`
	Unreadable int64                `json:"unreadable"`
	Faults     []*event.RecordError `json:"-"` // the first of the unreadable records
}

// ExportNDJSON writes the chosen events in the native format, one a line, in the
// order in which they come. Records that cannot be read are counted and left out:
// an export with some is not the whole log. The error is ctx's, the log's, that
// of Where, or the writer's.
func ExportNDJSON(ctx context.Context, w io.Writer, events iter.Seq2[*event.Event, error], o ExportOptions) (*Exported, error) {
	out := bufio.NewWriterSize(w, 1<<18)
	done := &Exported{}
	var line []byte
	for e, err := range events {
		if broken, oneRecord := errors.AsType[*event.RecordError](err); oneRecord {
			if done.Unreadable++; len(done.Faults) < maxUnreadable {
				done.Faults = append(done.Faults, broken)
			}
			continue
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return done, fmt.Errorf("exporting the log: %w", err)
		}
		done.Read++
		wanted, err := o.wants(e)
		if err != nil {
			return done, fmt.Errorf("exporting %s:%d: %w", e.File, e.Line, err)
		}
		if !wanted {
			continue
		}
		line = event.AppendNative(line[:0], o.shown(e))
		if _, err := out.Write(line); err != nil {
			return done, fmt.Errorf("writing the export: %w", err)
		}
		done.Written++
	}
	if err := out.Flush(); err != nil {
		return done, fmt.Errorf("writing the export: %w", err)
	}
	return done, nil
}

func (o *ExportOptions) wants(e *event.Event) (bool, error) {
	switch {
	case o.Stream != "" && string(e.Stream) != o.Stream,
		o.Correlation != "" && string(e.CorrelationID) != o.Correlation,
		!o.From.IsZero() && e.Time.Before(o.From),
		!o.To.IsZero() && (e.Time.IsZero() || !e.Time.Before(o.To)):
		return false, nil
	case o.Where != nil:
		return o.Where(e)
	}
	return true, nil
}

// shown is the event as it is written. A redacted one is made anew, so that
// nothing goes along that was not looked at.
func (o *ExportOptions) shown(e *event.Event) *event.Event {
	if o.Redact == nil {
		return e
	}
	shown := bare(e)
	if !e.Base64 {
		shown.Data = o.Redact(e)
	}
	return shown
}

// bare is the event without its data, its metadata and the attributes that
// event.Event has no field for.
func bare(e *event.Event) *event.Event {
	return &event.Event{
		ID: e.ID, Type: e.Type, Source: e.Origin(), Stream: e.Stream, Sequence: e.Sequence, HasSequence: e.HasSequence,
		Time: e.Time, Recorded: e.Recorded, CorrelationID: e.CorrelationID, CausationID: e.CausationID, SchemaVersion: e.SchemaVersion,
		File: e.File, Line: e.Line, Offset: e.Offset,
	}
}

// HideValues is JSON text with every string, number and truth value replaced by
// "[redacted]". Keys, nulls and the lengths of arrays stay, so that the shape
// of the data is still there to see. It is for text that was checked already.
func HideValues(data []byte) []byte {
	const hidden = `"[redacted]"`
	out := make([]byte, 0, len(data)+len(data)/2)
	for i := 0; i < len(data); {
		switch c := data[i]; c {
		case '{', '}', '[', ']', ',', ':', ' ', '\t', '\n', '\r':
			out = append(out, c)
			i++
		case 'n':
			out = append(out, "null"...)
			i += len("null")
		default:
			end := i + valueLength(data[i:])
			if isKey(data[end:]) {
				out = append(out, data[i:end]...)
			} else {
				out = append(out, hidden...)
			}
			i = end
		}
	}
	return out
}

// valueLength is the length of the string, number or truth value at the start of text.
func valueLength(text []byte) int {
	if text[0] != '"' {
		if end := bytes.IndexAny(text, ",]} \t\r\n"); end > 0 {
			return end
		}
		return len(text)
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// isKey reports whether a colon follows.
func isKey(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}
