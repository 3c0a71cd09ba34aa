package serve

import (
	"cmp"
	"context"
	"errors"
	"time"

	"example.com/orders/internal/nexus/journal"
	"example.com/orders/internal/nexus/store"
	"example.com/orders/internal/nexus/telemetry"
)

// Observer tells telemetry and the page of every append of a journal: it is what
// to give as journal.Options.Observe.
func Observer(meters *telemetry.Telemetry, live *Live) func(context.Context, journal.Outcome) {
	return func(ctx context.Context, o journal.Outcome) {
		a := attempt(o, live.Now())
		meters.Observe(ctx, a)
		live.Observe(a)
	}
}

// attempt is an append that is over, as telemetry and the page know it. A command
// that was sent again stored nothing, so it has no events.
func attempt(o journal.Outcome, at time.Time) telemetry.Attempt {
	e := o.Envelope
	name, ok := NameOf(e.Tenant, e.Stream)
	if !ok {
		name = e.Stream
	}
	a := telemetry.Attempt{
		At: at, Duration: o.Took, Tenant: e.Tenant, Stream: name,
		Outcome: outcome(o.Err), Reasons: reasons(o.Err), Position: o.Receipt.Position,
	}
	if o.Receipt.Repeated {
		return a
	}
	for i, event := range e.Events {
		seen := telemetry.Event{Type: event.Type}
		if i < len(o.Receipt.Decisions) {
			seen.Path = o.Receipt.Decisions[i].Path
		}
		a.Events = append(a.Events, seen)
	}
	return a
}

func outcome(err error) telemetry.Outcome {
	_, rejected := errors.AsType[*journal.RejectedError](err)
	switch {
	case err == nil:
		return telemetry.Accepted
	case rejected, errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrDuplicateID):
		return telemetry.Rejected
	case errors.Is(err, store.ErrConflict):
		return telemetry.Conflict
	}
	return telemetry.Failed
}

// reasons are what the caller is told; what failed on this side is in the log.
func reasons(err error) []string {
	if rejected, ok := errors.AsType[*journal.RejectedError](err); ok {
		texts := make([]string, 0, min(len(rejected.Reasons), maxReasons+1))
		for _, r := range rejected.Reasons[:min(len(rejected.Reasons), maxReasons+1)] {
			texts = append(texts, r.String())
		}
		return texts
	}
	switch problem := cmp.Or(ofPolicy(err), ofStore(err)); {
	case err == nil:
		return nil
	case problem != nil:
		return []string{problem.Detail}
	}
	return []string{internal.Detail}
}
