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
// that was sent again stored nothing, so it has no events; one that was rejected
// before it led to events has none either, but its name.
func attempt(o journal.Outcome, at time.Time) telemetry.Attempt {
	e := o.Envelope
	name, ok := NameOf(e.Tenant, e.Stream)
	if !ok {
		name = e.Stream
	}
	a := telemetry.Attempt{
		At: at, Duration: o.Took, Tenant: e.Tenant, Stream: name,
		Outcome: outcome(o.Err), Reasons: reasons(o), Position: o.Receipt.Position,
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
	if rejected, ok := errors.AsType[*journal.RejectedError](o.Err); ok && len(e.Events) == 0 && len(rejected.Reasons) > 0 {
		a.Command = rejected.Reasons[0].Type
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
// Which event a reason is about is said where there are several.
func reasons(o journal.Outcome) []string {
	if rejected, ok := errors.AsType[*journal.RejectedError](o.Err); ok {
		say := journal.Reason.Text
		if len(o.Envelope.Events) > 1 {
			say = journal.Reason.String
		}
		texts := make([]string, 0, min(len(rejected.Reasons), maxReasons+1))
		for _, r := range rejected.Reasons[:min(len(rejected.Reasons), maxReasons+1)] {
			texts = append(texts, say(r))
		}
		return texts
	}
	switch problem := cmp.Or(ofPolicy(o.Err), ofStore(o.Err)); {
	case o.Err == nil:
		return nil
	case problem != nil:
		return []string{problem.Detail}
	}
	return []string{internal.Detail}
}
