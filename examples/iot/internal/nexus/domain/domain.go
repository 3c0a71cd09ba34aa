// Package domain says what an app is about in the app's own Go types: how the
// events of a stream become a state, and which events a command leads to.
//
//	var Aggregate = domain.Aggregate[State]{
//		Name: "Account", Category: "account", ID: "accountId", Schema: 1,
//		Evolve:   evolve,
//		Events:   []domain.EventType{domain.Recorded[Opened](), domain.Recorded[Deposited]()},
//		Commands: []domain.Command[State]{
//			domain.On("Open", "Opens an account.", open),
//			domain.On("Deposit", "Puts money into an account.", deposit),
//		},
//		Story: []string{"Open", "Deposit"},
//	}
//
// Neither the functions that decide nor the one that evolves look at anything but
// their arguments, and they change none of them: so a stream leads to one state,
// whenever and wherever it is read. Package domaintest holds them to it.
package domain

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is something that happened, as the app's own type. It is written to the
// store as JSON.
type Event interface {
	// EventType is the name of the type in the catalog. It is the same for all values
	// of a Go type, the zero value too.
	EventType() string
}

// Aggregate is a kind of stream: which events it has, what they lead to, and which
// commands it takes. S is its state, and has to keep its meaning as JSON.
type Aggregate[S any] struct {
	Name     string // for people: Account
	Category string // letters and digits, lower case first: the stream of an id is account-<id>
	ID       string // the member of commands and events that names the stream: accountId
	Summary  string
	Schema   int      // the version of S as JSON, from 1; 0 is 1
	New      func() S // the state before the first event; nil is the zero value
	Evolve   func(S, Event) S
	Events   []EventType
	Commands []Command[S]
	// Story names commands that a new stream accepts one after the other, for tests
	// and for load.
	Story []string
}

// EventType is a type of events, and how one is read.
type EventType struct {
	Name   string
	decode func([]byte) (Event, error)
}

// Recorded is the type of the events that are kept as E.
func Recorded[E Event]() EventType {
	var zero E
	return EventType{Name: zero.EventType(), decode: func(data []byte) (Event, error) {
		var event E
		err := json.Unmarshal(data, &event)
		return event, err
	}}
}

// Decode reads an event of the type.
func (t EventType) Decode(data []byte) (Event, error) {
	event, err := t.decode(data)
	if err != nil {
		return nil, fmt.Errorf("reading the data of %s: %w", t.Name, err)
	}
	return event, nil
}

// Encode is an event as it is stored.
func Encode(event Event) (json.RawMessage, error) {
	data, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("writing %s as JSON: %w", event.EventType(), err)
	}
	return data, nil
}

// Initial is the state before the first event.
func (a Aggregate[S]) Initial() S {
	if a.New == nil {
		var zero S
		return zero
	}
	return a.New()
}

// Event finds a type of events by name.
func (a Aggregate[S]) Event(name string) (EventType, bool) {
	for _, t := range a.Events {
		if t.Name == name {
			return t, true
		}
	}
	return EventType{}, false
}

// Command finds a command by name.
func (a Aggregate[S]) Command(name string) (Command[S], bool) {
	for _, c := range a.Commands {
		if c.Name == name {
			return c, true
		}
	}
	return Command[S]{}, false
}

// Stream is the name of the stream with an id, below its tenant.
func (a Aggregate[S]) Stream(id string) string { return a.Category + "-" + id }

// Sum adds up what of says of each item.
func Sum[T any, N int | int32 | int64 | uint | uint32 | uint64 | float32 | float64](items []T, of func(T) N) N {
	var sum N
	for _, item := range items {
		sum += of(item)
	}
	return sum
}

// Value is what a member that may be missing holds, and zero where there is none.
func Value[T any](member *T) T {
	if member == nil {
		var zero T
		return zero
	}
	return *member
}

// Command is something that a stream may be asked to do.
type Command[S any] struct {
	Name    string
	Summary string
	// Example is a body, as JSON, for tests and for load; empty is the example that
	// the catalog has.
	Example string
	decode  func([]byte) (any, error)
	decide  func(any, S, time.Time) ([]Event, error)
	takes   func(any) bool
}

// On is the command that is sent as a C. To decide is to return the events that the
// command leads to in a state, maybe none, or an error: one that Refuse makes says
// that the stream does not take the command as it is now. The time is that of the
// decision.
func On[C, S any](name, summary string, decide func(C, S, time.Time) ([]Event, error)) Command[S] {
	return Command[S]{
		Name: name, Summary: summary,
		decode: func(body []byte) (any, error) {
			var command C
			err := decodeExact(body, &command)
			return command, err
		},
		decide: func(command any, state S, now time.Time) ([]Event, error) { return decide(command.(C), state, now) },
		takes:  func(command any) bool { _, ok := command.(C); return ok },
	}
}

// Takes reports whether a value is of the Go type of the command.
func (c Command[S]) Takes(command any) bool { return c.takes(command) }

// Decode reads the body of the command as its Go type. The error is a *BodyError.
func (c Command[S]) Decode(body []byte) (any, error) {
	command, err := c.decode(body)
	if err != nil {
		return nil, &BodyError{Command: c.Name, Err: err}
	}
	return command, nil
}

// Decide decides about a command that Takes takes.
func (c Command[S]) Decide(command any, state S, now time.Time) ([]Event, error) {
	return c.decide(command, state, now)
}

// WithExample is the command with a body for tests and for load.
func (c Command[S]) WithExample(body string) Command[S] {
	c.Example = body
	return c
}

// BodyError is a body that is not what its command is made of.
type BodyError struct {
	Command string
	Err     error
}

func (e *BodyError) Error() string {
	return fmt.Sprintf("reading the body of %s: %v", e.Command, e.Err)
}

// Unwrap is what is wrong with the JSON.
func (e *BodyError) Unwrap() error { return e.Err }

// Refusal is the answer to a command that a stream does not take as it is now. The
// caller is told the reason.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Refuse says why a stream does not take a command.
func Refuse(format string, args ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}
