package audit

import (
	"context"
	"fmt"

	"example.com/iot/internal/nexus/store"
)

// Report is what Verify found.
type Report struct {
	Events   int64
	Streams  int
	Seal     Seal    // of all events that were read
	Faults   []Fault // the first of them
	Faulty   int64   // how many there are
	Unlinked int64   // events without a correlation or a cause; no fault
}

// OK reports whether nothing was found.
func (r Report) OK() bool { return r.Faulty == 0 }

// Fault is an event that is not as it was stored, or not where it was.
type Fault struct {
	Place  store.Place
	Reason string
}

// String is the fault in a sentence.
func (f Fault) String() string {
	if f.Place.Stream == "" {
		return fmt.Sprintf("position %d: %s", f.Place.Position, f.Reason)
	}
	return fmt.Sprintf("stream %q, version %d, position %d: %s", f.Place.Stream, f.Place.Version, f.Place.Position, f.Reason)
}

// maxFaults is how many faults a Report lists.
const maxFaults = 100

// Verify reads all events and checks that each is as it was stored, follows the
// event before it in its stream and in the store, and was recorded no earlier, and
// that the store still agrees with seals that were taken of it. Without a seal it
// can not tell whether events were cut off at the end, or all were made anew.
// The error is about reading; the report then is about what was read.
func Verify(ctx context.Context, events Source, seals ...Seal) (Report, error) {
	return verify(ctx, events, verifier{}, seals)
}

// VerifyOnly is Verify of some streams, as if there were no others: neither its
// counts nor its faults nor its seal tell of them. Whether events are missing between
// those of the streams, it can not tell without a seal of the same streams.
func VerifyOnly(ctx context.Context, events Source, includes func(stream string) bool, seals ...Seal) (Report, error) {
	return verify(ctx, events, verifier{includes: includes}, seals)
}

func verify(ctx context.Context, events Source, v verifier, seals []Seal) (Report, error) {
	v.streams, v.seals = map[string]link{}, map[int64][]Seal{}
	for _, seal := range seals {
		v.seals[seal.Position] = append(v.seals[seal.Position], seal)
	}
	for event, err := range events.ReadAll(ctx, 0, 0) {
		if err != nil {
			return v.end(), fmt.Errorf("verifying the events after position %d: %w", v.report.Seal.Position, err)
		}
		if v.includes == nil || v.includes(event.Stream) {
			v.check(event)
		}
	}
	for _, seal := range seals {
		if seal.Position > v.report.Seal.Position {
			v.fault(store.Place{Position: v.report.Seal.Position}, fmt.Sprintf("the events end here, and a seal says that there were %d: they were cut off", seal.Position))
		}
	}
	return v.end(), nil
}

// A link is the last event of a stream so far.
type link struct {
	version int64
	hash    store.Hash
}

type verifier struct {
	includes func(stream string) bool // nil is all streams
	report   Report
	streams  map[string]link
	seals    map[int64][]Seal
	last     store.Event
}

func (v *verifier) end() Report {
	v.report.Streams = len(v.streams)
	return v.report
}

func (v *verifier) fault(place store.Place, reason string) {
	v.report.Faulty++
	if len(v.report.Faults) < maxFaults {
		v.report.Faults = append(v.report.Faults, Fault{place, reason})
	}
}

func (v *verifier) check(e store.Event) {
	for _, reason := range v.reasons(e) {
		v.fault(e.Place(), reason)
	}
	v.report.Events++
	if e.CorrelationID == "" || e.CausationID == "" {
		v.report.Unlinked++
	}
	v.report.Seal = v.report.Seal.with(e)
	for _, seal := range v.seals[e.Position] {
		if seal != v.report.Seal {
			v.fault(e.Place(), "up to here the events are not those that were sealed")
		}
	}
	// From here on the event counts as it is, so that one fault is told once.
	v.streams[e.Stream] = link{e.Version, e.Hash}
	v.last = e
}

func (v *verifier) reasons(e store.Event) (reasons []string) {
	before := v.streams[e.Stream]
	if v.includes == nil && e.Position != v.last.Position+1 {
		reasons = append(reasons, fmt.Sprintf("follows position %d: events are missing", v.last.Position))
	}
	if e.Recorded.Before(v.last.Recorded) {
		reasons = append(reasons, "was recorded before the event before it")
	}
	switch {
	case e.Version != before.version+1:
		reasons = append(reasons, fmt.Sprintf("follows version %d of its stream: events are missing, or out of order", before.version))
	case e.PrevHash != before.hash:
		reasons = append(reasons, fmt.Sprintf("names %.8s as the hash of the event before it, which has %.8s", e.PrevHash, before.hash))
	}
	sealed := e
	if sealed.Seal(e.PrevHash); sealed.Hash != e.Hash {
		reasons = append(reasons, "does not have the hash that was stored with it: it was changed")
	}
	return reasons
}
