package app

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"example.com/orders/internal/nexus/journal"
	"example.com/orders/internal/nexus/load"
	"example.com/orders/internal/nexus/store"
)

// do is one call of one writer.
type do = func(context.Context, load.Call) load.Outcome

// intoStore appends the events of the story to a store and asks nobody else.
func (c *cast) intoStore(events store.Store) do {
	return c.append(func(ctx context.Context, s *scene) error {
		var batch []store.Event
		correlation := uuid.NewString()
		for _, e := range s.events() {
			batch = append(batch, store.Event{
				ID: uuid.NewString(), Type: e.Type, SchemaVersion: e.SchemaVersion, Data: e.Data,
				Tenant: loadCaller.Tenant, Actor: loadCaller.Actor, CorrelationID: correlation, CausationID: correlation,
			})
		}
		_, err := events.Append(ctx, s.stream(s.id), store.Exact(s.version), batch)
		return err
	})
}

// intoJournal appends the events of the story as if they had just been decided.
func (c *cast) intoJournal(j *journal.Journal) do {
	return c.append(func(ctx context.Context, s *scene) error {
		_, err := j.Append(ctx, journal.Envelope{
			Stream: s.stream(s.id), Expected: store.Exact(s.version), Events: s.events(),
			Tenant: loadCaller.Tenant, Actor: loadCaller.Actor, CommandID: uuid.NewString(),
		})
		return err
	})
}

// commands runs the commands of the story in this process.
func (c *cast) commands(a *App) do {
	return c.append(func(ctx context.Context, s *scene) error {
		step := s.command()
		_, err := a.execute(ctx, call{
			caller: loadCaller, kind: a.kinds[s.place], id: s.id, command: step.Command, body: step.Body,
			expected: store.Any, commandID: uuid.NewString(),
		})
		return err
	})
}

// append makes a call of what stores the events of one step.
func (c *cast) append(step func(context.Context, *scene) error) do {
	return func(ctx context.Context, call load.Call) load.Outcome {
		s := c.on(call.Writer)
		events := len(s.chapter[s.step])
		if err := step(ctx, s); err != nil {
			s.done(err, 0)
			return load.Outcome{Err: err}
		}
		s.done(nil, events)
		return load.Outcome{Events: events}
	}
}

// overHTTP sends the commands of the story to an app, and counts the events that
// each led to when it was tried out.
func (c *cast) overHTTP(client *http.Client, base *url.URL, token string) do {
	send := load.HTTP(client, func(ctx context.Context, call load.Call) (*http.Request, error) {
		s := c.on(call.Writer)
		step := s.command()
		target := base.JoinPath(kebab(s.kind.Category), s.id, kebab(step.Command))
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(step.Body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", uuid.NewString())
		return r, nil
	})
	return func(ctx context.Context, call load.Call) load.Outcome {
		s := c.on(call.Writer)
		outcome := send(ctx, call)
		outcome.Events *= len(s.chapter[s.step])
		s.done(outcome.Err, outcome.Events)
		return outcome
	}
}
