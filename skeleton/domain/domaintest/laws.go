package domaintest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
)

// Commands draws commands of one kind.
type Commands struct {
	name string // of the Go type
	draw func(*rapid.T) any
}

// Any draws commands of a type, made of any values that the types of its members
// have.
func Any[C any]() Commands {
	name := reflect.TypeFor[C]().String()
	generator := rapid.MakeCustom[C](rapid.MakeConfig{Types: overrides()})
	return Commands{name: name, draw: func(t *rapid.T) any { return generator.Draw(t, name) }}
}

// Drawn draws commands with a generator of one's own.
func Drawn[C any](generator *rapid.Generator[C]) Commands {
	name := reflect.TypeFor[C]().String()
	return Commands{name: name, draw: func(t *rapid.T) any { return generator.Draw(t, name) }}
}

// overrides generate what reflection cannot, or would make of what is no JSON.
func overrides() map[reflect.Type]*rapid.Generator[any] {
	number := rapid.Custom(func(t *rapid.T) any { return json.Number(fmt.Sprint(rapid.Int64().Draw(t, "number"))) })
	raw := rapid.Custom(func(t *rapid.T) any {
		text, err := json.Marshal(rapid.String().Draw(t, "value"))
		if err != nil { // a string is always JSON
			panic(err)
		}
		return json.RawMessage(text)
	})
	moment := rapid.Custom(func(t *rapid.T) any {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
	})
	text := rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "text") })
	return map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[time.Time]():       moment,
		reflect.TypeFor[json.Number]():     number,
		reflect.TypeFor[json.RawMessage](): raw,
		reflect.TypeFor[any]():             text,
	}
}

// maxStory is how many commands a drawn story has at most.
const maxStory = 12

// Laws proves on drawn stories what the store relies on: to decide and to evolve
// depend on nothing but the arguments, and change none of them; events survive
// JSON; and a state that is written and read at any point of the stream leads to
// where all events lead.
func Laws[S any](t *testing.T, a domain.Aggregate[S], commands ...Commands) {
	t.Helper()
	if len(commands) == 0 {
		t.Fatal("laws: give the commands to draw: domaintest.Any[…]()")
	}
	rapid.Check(t, func(t *rapid.T) {
		s, err := newStream(a)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, maxStory).Draw(t, "commands") {
			command := commands[rapid.IntRange(0, len(commands)-1).Draw(t, "which")].draw(t)
			body, err := json.Marshal(command)
			if err != nil {
				t.Fatalf("writing a %T as JSON: %v", command, err)
			}
			if err := s.take(body, takes(a, command)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.folding.CheckCuts(s.stored); err != nil {
			t.Fatal(err)
		}
	})
}

// takes is the command that a Go value is, or the zero Command.
func takes[S any](a domain.Aggregate[S], value any) domain.Command[S] {
	for _, c := range a.Commands {
		if c.Takes(value) {
			return c
		}
	}
	return domain.Command[S]{}
}

// take decides a command and folds its events, and says which law that breaks.
func (s *stream[S]) take(body []byte, c domain.Command[S]) error {
	if c.Name == "" {
		return fmt.Errorf("%s has no such command", s.aggregate.Name)
	}
	command, err := c.Decode(body)
	if err != nil {
		return nil // it is refused before anybody decides
	}
	events, err := s.decide(c, command, body)
	if err != nil {
		return err
	}
	for _, event := range events {
		if err := s.evolve(event); err != nil {
			return fmt.Errorf("after %s: %w", c.Name, err)
		}
	}
	return nil
}

// decide decides twice and compares.
func (s *stream[S]) decide(c domain.Command[S], command any, body []byte) ([]domain.Event, error) {
	before, err := json.Marshal(s.state)
	if err != nil {
		return nil, fmt.Errorf("writing the state as JSON: %w", err)
	}
	first, refused := c.Decide(command, s.state, now)
	if after, err := json.Marshal(s.state); err != nil || !bytes.Equal(before, after) {
		return nil, fmt.Errorf("deciding %s changed the state from %s to %s (%v): decide changes nothing", c.Name, before, after, err)
	}
	again, err := c.Decode(body)
	if err != nil {
		return nil, fmt.Errorf("reading %s again: %w", c.Name, err)
	}
	if was, is := written(again), written(command); !bytes.Equal(was, is) {
		return nil, fmt.Errorf("deciding %s changed the command from %s to %s: decide changes nothing", c.Name, was, is)
	}
	second, refusedAgain := c.Decide(again, s.state, now)
	if fmt.Sprint(refused) != fmt.Sprint(refusedAgain) || !bytes.Equal(written(first), written(second)) {
		return nil, fmt.Errorf("deciding %s twice gave %s (%v) and %s (%v): decide depends on its arguments alone", c.Name, written(first), refused, written(second), refusedAgain)
	}
	if refused == nil {
		return first, nil
	}
	if _, ok := errors.AsType[*domain.Refusal](refused); !ok {
		return nil, fmt.Errorf("deciding %s failed: %w: decide says no with domain.Refuse(…)", c.Name, refused)
	}
	if len(first) > 0 {
		return nil, fmt.Errorf("%s was refused and led to %d events: it is one or the other", c.Name, len(first))
	}
	return nil, nil
}

// evolve folds an event twice, in memory and from JSON, and compares.
func (s *stream[S]) evolve(event domain.Event) error {
	data, err := domain.Encode(event)
	if err != nil {
		return err
	}
	kind, ok := s.aggregate.Event(event.EventType())
	if !ok {
		return fmt.Errorf("%s is not one of the events of %s", event.EventType(), s.aggregate.Name)
	}
	read, err := kind.Decode(data)
	if err != nil {
		return err
	}
	if back := written(read); !bytes.Equal(back, data) {
		return fmt.Errorf("%s does not survive JSON: %s becomes %s", event.EventType(), data, back)
	}
	before := written(s.state)
	first := written(s.aggregate.Evolve(s.state, event))
	second := written(s.aggregate.Evolve(s.state, read))
	if after := written(s.state); !bytes.Equal(before, after) {
		return fmt.Errorf("evolving by %s changed the state that it was given from %s to %s: copy what is changed", event.EventType(), before, after)
	}
	if !bytes.Equal(first, second) {
		return fmt.Errorf("evolving by %s twice gave %s and %s: evolve depends on its arguments alone", event.EventType(), first, second)
	}
	if !bytes.Equal(written(event), data) || !bytes.Equal(written(read), data) {
		return fmt.Errorf("evolving by %s changed the event: evolve changes nothing", event.EventType())
	}
	return s.append(event)
}

// written is a value as JSON, or why it has none.
func written(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		return []byte(err.Error())
	}
	return text
}
