package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
)

// A scope tells apart streams that have one id: Kafka's keys are unique within
// their topic, and rows of Debezium within the database they come from. Where all records have one scope it is left out, and streams have
// the names that people know.
type scope struct {
	path    path   // to it in a row; nil: ids are unique
	several bool   // streams are named scope/id
	only    []byte // the one that all records have
}

// findScope learns whether the log has several scopes if its streams need them.
// The answer must not depend on the order of the files, so that all of them are
// read until a second one is found. Of standard input only the sample can be
// read: a record of another scope is a fault then, and never a wrong name.
func (l *Log) findScope(ctx context.Context, s *sample, byHand map[string]string, places *[attributeCount]string) error {
	f := l.format
	if f.scoped == "" || places[attrStream] != f.scoped || byHand[attrStream.String()] != "" {
		return nil
	}
	where, err := parsePath(f.scope)
	if err != nil {
		return err
	}
	found := scope{path: where}
	for name := range l.scopes(ctx, s, where) {
		if name == nil {
			continue // it has no stream either
		}
		if found.meet(name); found.several {
			break
		}
	}
	if l.plan.scope = found; found.several {
		places[attrStream] = f.scope[1:] + "/" + f.scoped[1:]
	}
	return ctx.Err()
}

// scopes are those of the log's events, or of the sample's where the log can be
// read only once. Records that are no events have none; their faults are reported
// when the log is read.
func (l *Log) scopes(ctx context.Context, s *sample, where path) iter.Seq[[]byte] {
	probe := *l // with the scope in place of the stream and nothing else
	probe.tombstones = new(atomic.Int64)
	probe.plan.paths[attrStream] = where
	for a := range probe.plan.placed {
		probe.plan.placed[a] = attribute(a) == attrType || attribute(a) == attrStream
	}
	return func(yield func([]byte) bool) {
		if l.inputs[0].name == stdin {
			d := newDecoder(l.format, probe.plan)
			d.fault = func(int, error) error { return nil }
			d.emit = func(e *Event) bool { return yield(e.Stream) }
			for _, record := range s.records {
				if _, err := d.decode(record); errors.Is(err, errStopped) {
					return
				}
			}
			return
		}
		for e, err := range probe.Events(ctx) {
			if err == nil && !yield(e.Stream) {
				return
			}
		}
	}
}

// otherScope is met only where a log was not read whole, or has changed.
func (f *format) otherScope() error {
	return fmt.Errorf("its %[1]s is another than that of the records before, and keys are unique only within a %[1]s: write standard input to a file, or say with --map stream=%[2]s that they are unique", f.scopeName, f.scoped)
}

func (s *scope) meet(name []byte) {
	switch {
	case s.only == nil:
		s.only = append([]byte{}, name...)
	case !bytes.Equal(s.only, name):
		s.several = true
	}
}

// widen gives the event's stream the scope in front of it where it needs one.
func (d *decoder) widen(row []byte) error {
	s, e := &d.mapping.scope, &d.event
	if s.path == nil || e.Stream == nil {
		return nil
	}
	name := textOf(s.path.in(row, d.columns))
	switch {
	case s.several:
		start := len(d.scratch)
		d.scratch = append(append(append(d.scratch, name...), '/'), e.Stream...)
		e.Stream = d.scratch[start:len(d.scratch):len(d.scratch)]
	case !bytes.Equal(name, s.only):
		return d.format.otherScope()
	}
	return nil
}
