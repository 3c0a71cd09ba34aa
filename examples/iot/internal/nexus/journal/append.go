package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/iot/internal/nexus/store"
)

// Append judges events and stores them. The error is a *RejectedError with every
// reason, store.ErrConflict, store.ErrDuplicateID, store.ErrInvalid or
// store.ErrClosed, or says what is wrong with a policy or the store. After any
// error nothing of the append is stored.
func (j *Journal) Append(ctx context.Context, e Envelope) (Receipt, error) {
	a := appending{Journal: j, envelope: e, began: j.options.Now()}
	receipt, err := a.run(ctx)
	if j.options.Observe != nil {
		j.options.Observe(ctx, Outcome{
			Envelope: e, Receipt: receipt, Err: err,
			Took: j.options.Now().Sub(a.began), Policy: a.policy, Commit: a.commit,
		})
	}
	return receipt, err
}

// An appending is one append on its way.
type appending struct {
	*Journal
	envelope       Envelope
	began          time.Time
	events         []store.Event
	warnings       []Reason
	policy, commit time.Duration
}

func (a *appending) run(ctx context.Context) (Receipt, error) {
	if fault := a.fault(); fault != "" {
		return Receipt{}, fmt.Errorf("appending to stream %.100q: %w: %s", a.envelope.Stream, store.ErrInvalid, fault)
	}
	a.name()
	if err := a.judge(ctx); err != nil {
		return Receipt{}, err
	}
	for i := range a.events {
		a.events[i].Decision = a.routes[a.events[i].Type].text
	}
	return a.store(ctx)
}

// fault says why an envelope cannot be judged, or nothing.
func (a *appending) fault() string {
	switch e := a.envelope; {
	case len(e.Events) > a.options.MaxEvents:
		return fmt.Sprintf("there are %d events, and %d are allowed", len(e.Events), a.options.MaxEvents)
	case e.CommandID != "":
		for _, event := range e.Events {
			if event.ID != "" {
				return fmt.Sprintf("the event %.100q has an id of its own, and the command has one: give one of the two", event.ID)
			}
		}
	}
	return ""
}

// name makes the events as they are to be stored, but for what the gates add.
func (a *appending) name() {
	e := a.envelope
	causation := cmp.Or(e.CausationID, e.CommandID)
	if causation == "" {
		causation = a.options.NewID()
	}
	correlation := cmp.Or(e.CorrelationID, causation)
	a.events = make([]store.Event, len(e.Events))
	for i, given := range e.Events {
		event := store.Event{
			ID: given.ID, Type: given.Type, SchemaVersion: given.SchemaVersion, Time: given.Time,
			CorrelationID: correlation, CausationID: causation, Actor: e.Actor, Tenant: e.Tenant,
			Data: given.Data, Metadata: given.Metadata,
		}
		switch {
		case e.CommandID != "":
			event.ID = a.command().eventID(i)
		case event.ID == "":
			event.ID = a.options.NewID()
		}
		if event.Time.IsZero() {
			event.Time = a.began
		}
		if event.SchemaVersion == "" {
			event.SchemaVersion, _ = a.options.Schemas.Current(event.Type)
		}
		a.events[i] = event
	}
}

func (a *appending) command() command {
	return command{a.envelope.Tenant, a.envelope.Stream, a.envelope.CommandID}
}

// store commits what passed.
func (a *appending) store(ctx context.Context) (Receipt, error) {
	before, err := a.options.Store.WaitPosition(ctx, 0)
	if err != nil {
		return Receipt{}, fmt.Errorf("appending to stream %q: %w", a.envelope.Stream, err)
	}
	start := a.options.Now()
	appended, err := a.options.Store.Append(ctx, a.envelope.Stream, a.envelope.Expected, a.events)
	a.commit = a.options.Now().Sub(start)
	if err != nil {
		return a.repeatOr(ctx, err)
	}
	repeated := appended.Position <= before
	if repeated && a.envelope.CommandID != "" {
		return a.first(ctx, a.command(), appended.Version-int64(len(a.events))+1)
	}
	return a.receipt(appended, repeated), nil
}

// repeatOr answers an append that the store refused with err, unless the command
// was appended before, with other events or at another place.
func (a *appending) repeatOr(ctx context.Context, err error) (Receipt, error) {
	taken, ok := errors.AsType[*store.DuplicateIDError](err)
	if !ok || a.envelope.CommandID == "" || taken.Holder.Version == 0 {
		return Receipt{}, err
	}
	place := slices.IndexFunc(a.events, func(e store.Event) bool { return e.ID == taken.ID })
	return a.first(ctx, a.command(), taken.Holder.Version-int64(place))
}

func (a *appending) receipt(appended store.Appended, repeated bool) Receipt {
	receipt := Receipt{
		Version: appended.Version, Position: appended.Position, Repeated: repeated,
		CorrelationID: a.events[0].CorrelationID, Warnings: a.warnings,
	}
	for _, event := range a.events {
		receipt.IDs = append(receipt.IDs, event.ID)
		if routed, ok := a.routes[event.Type]; ok {
			receipt.Decisions = append(receipt.Decisions, routed.decision)
		}
	}
	return receipt
}
