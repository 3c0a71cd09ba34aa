// Package domaintest tests an app's domain: what it decides, and that it keeps the
// laws that the store relies on.
//
//	func TestDeposit(t *testing.T) {
//		domaintest.Of(t, account.Aggregate).
//			Given(account.Opened{AccountID: "7"}).
//			When(account.Deposit{AccountID: "7", Amount: 5}).
//			Then(account.Deposited{AccountID: "7", Amount: 5})
//	}
package domaintest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// now is when everything happens unless At says otherwise.
var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// Scenario is a test in three parts: what happened before, a command, and what it
// leads to.
type Scenario[S any] struct {
	t         testing.TB
	aggregate domain.Aggregate[S]
	stream    *stream[S]
	at        time.Time
	command   string // that was decided; empty is none
	events    []domain.Event
	err       error
}

// Of begins a scenario on a stream without events.
func Of[S any](t testing.TB, a domain.Aggregate[S]) *Scenario[S] {
	t.Helper()
	s, err := newStream(a)
	if err != nil {
		t.Fatal(err)
	}
	return &Scenario[S]{t: t, aggregate: a, stream: s, at: now}
}

// At says when what follows is decided.
func (s *Scenario[S]) At(moment time.Time) *Scenario[S] {
	s.at = moment
	return s
}

// Given are events that have happened.
func (s *Scenario[S]) Given(events ...domain.Event) *Scenario[S] {
	s.t.Helper()
	for _, event := range events {
		if err := s.stream.append(event); err != nil {
			s.t.Fatalf("given %s: %v", event.EventType(), err)
		}
	}
	return s
}

// When decides a command, given as its Go value. It reaches the domain as it does
// over HTTP: written as JSON, and read.
func (s *Scenario[S]) When(command any) *Scenario[S] {
	s.t.Helper()
	for _, c := range s.aggregate.Commands {
		if !c.Takes(command) {
			continue
		}
		body, err := json.Marshal(command)
		if err == nil {
			command, err = c.Decode(body)
		}
		if err != nil {
			s.t.Fatalf("when %s: it does not survive JSON: %v", c.Name, err)
		}
		s.command = c.Name
		s.events, s.err = c.Decide(command, s.stream.state, s.at)
		return s
	}
	s.t.Fatalf("when: %s takes no %T as a command", s.aggregate.Name, command)
	return s
}

// Then says which events the command leads to: those, in that order, and no other.
// The scenario may go on: they have happened now.
func (s *Scenario[S]) Then(events ...domain.Event) *Scenario[S] {
	s.t.Helper()
	s.decided()
	if s.err != nil {
		s.t.Fatalf("then: %s was refused: %v", s.command, s.err)
	}
	if diff := cmp.Diff(shown(s.t, events), shown(s.t, s.events)); diff != "" {
		s.t.Fatalf("then: %s led to other events (-want +got):\n%s", s.command, diff)
	}
	return s.Given(s.events...)
}

// ThenRefused says that the command is refused, for a reason with this text in it.
func (s *Scenario[S]) ThenRefused(reason string) *Scenario[S] {
	s.t.Helper()
	s.decided()
	refusal, ok := errors.AsType[*domain.Refusal](s.err)
	switch {
	case s.err == nil:
		s.t.Fatalf("then refused: %s was accepted and led to %d events", s.command, len(s.events))
	case !ok:
		s.t.Fatalf("then refused: %s failed, which is no refusal: %v: decide returns domain.Refuse(…)", s.command, s.err)
	case !strings.Contains(refusal.Reason, reason):
		s.t.Fatalf("then refused: the reason is %q, without %q in it", refusal.Reason, reason)
	}
	return s
}

// ThenState hands over the state that all events lead to.
func (s *Scenario[S]) ThenState(look func(S)) *Scenario[S] {
	look(s.stream.state)
	return s
}

func (s *Scenario[S]) decided() {
	s.t.Helper()
	if s.command == "" {
		s.t.Fatal("then: no command was decided: call When before")
	}
}

// an occurrence is an event as people compare it.
type occurrence struct {
	Type string
	Data any // as JSON has it
}

// shown are events as they are stored.
func shown(t testing.TB, events []domain.Event) []occurrence {
	t.Helper()
	list := make([]occurrence, 0, len(events))
	for _, event := range events {
		data, err := domain.Encode(event)
		if err != nil {
			t.Fatal(err)
		}
		value, err := gate.Decode(data) // keeps every digit
		if err != nil {
			t.Fatalf("%s: %v", event.EventType(), err)
		}
		list = append(list, occurrence{event.EventType(), value})
	}
	return list
}

// stream is what has happened, as a store would have it.
type stream[S any] struct {
	aggregate domain.Aggregate[S]
	folding   snapshot.Aggregate[S]
	state     S
	stored    []store.Event
}

func newStream[S any](a domain.Aggregate[S]) (*stream[S], error) {
	folding, err := a.Folding(nil)
	if err != nil {
		return nil, err
	}
	return &stream[S]{aggregate: a, folding: folding, state: folding.New()}, nil
}

// append writes an event as JSON, reads it, and folds it.
func (s *stream[S]) append(event domain.Event) error {
	data, err := domain.Encode(event)
	if err != nil {
		return err
	}
	stored := store.Event{Type: event.EventType(), Data: data, Stream: s.aggregate.Stream("1"), Version: int64(len(s.stored) + 1), Time: now, Recorded: now}
	if s.state, err = s.folding.Apply(s.state, stored); err != nil {
		return err
	}
	s.stored = append(s.stored, stored)
	return nil
}
