package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/google/uuid"

	"example.com/iot/internal/nexus/journal"
	"example.com/iot/internal/nexus/serve"
	"example.com/iot/internal/nexus/store"
)

// loadCaller is who puts load on an app in its own process.
var loadCaller = Caller{Tenant: "load", Actor: "load"}

// A plot is the story of a kind: its commands, and the events that each led to when
// it was tried out.
type plot struct {
	kind    *running
	place   int // of the kind
	steps   []Step
	id      string // of the stream that it was tried out on
	chapter [][]journal.Event
}

// newID is an id that no stream of the kind has.
func (p plot) newID() string {
	if p.kind.numeric[p.steps[0].Command] {
		return strconv.FormatInt(rand.Int64N(1<<53), 10)
	}
	return uuid.NewString()
}

// plots tries out the stories of all kinds that have one, in memory.
func plots(ctx context.Context, d Definition) (_ []plot, err error) {
	a, err := Open(ctx, d, Options{NoModels: true, NoOutbox: true, NoTelemetry: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	var all []plot
	for i, k := range a.kinds {
		p := plot{kind: k, place: i}
		if p.steps, err = a.Story(k.Name); err != nil {
			return nil, err
		}
		if len(p.steps) == 0 {
			continue
		}
		if err := p.tryOut(ctx, a); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, errors.New("no kind of the app has a story: name commands that a new stream accepts in domain.Aggregate.Story")
	}
	return all, nil
}

func (p *plot) tryOut(ctx context.Context, a *App) error {
	p.id = p.newID()
	for i, step := range p.steps {
		if _, err := a.Execute(ctx, loadCaller, p.kind.Name, p.id, step.Command, step.Body); err != nil {
			return fmt.Errorf("trying out the story of %s: step %d, %s: %w", p.kind.Name, i+1, step.Command, err)
		}
		events, err := p.since(ctx, a, i)
		if err != nil {
			return err
		}
		p.chapter = append(p.chapter, events)
	}
	return nil
}

// since are the events that are not in a chapter yet.
func (p *plot) since(ctx context.Context, a *App, chapters int) ([]journal.Event, error) {
	known := 0
	for _, chapter := range p.chapter[:chapters] {
		known += len(chapter)
	}
	var events []journal.Event
	for event, err := range a.store.Read(ctx, p.stream(p.id), store.ReadOptions{From: int64(known + 1)}) {
		if err != nil {
			return nil, err
		}
		events = append(events, journal.Event{Type: event.Type, SchemaVersion: event.SchemaVersion, Data: event.Data})
	}
	return events, nil
}

func (p *plot) stream(id string) string {
	return serve.StreamOf(loadCaller.Tenant, p.kind.Category+"-"+id)
}

// A scene is where a writer is: a stream of its own, and the next step on it.
type scene struct {
	*plot
	id      string
	step    int
	version int64 // of the stream
}

// command is the next command.
func (s *scene) command() Step { return s.steps[s.step] }

// events are those that the next command led to, for this stream.
func (s *scene) events() []journal.Event {
	events := make([]journal.Event, len(s.chapter[s.step]))
	for i, event := range s.chapter[s.step] {
		event.Data = json.RawMessage(bytes.ReplaceAll(event.Data, []byte(s.plot.id), []byte(s.id)))
		events[i] = event
	}
	return events
}

// A cast is where all writers are. Each looks after itself alone.
type cast struct {
	plots   []plot
	writers []scene
}

func newCast(plots []plot, writers int) *cast {
	return &cast{plots: plots, writers: make([]scene, writers)}
}

// on is where a writer goes on: with its stream, or with a new one when the story
// is over.
func (c *cast) on(writer int) *scene {
	s := &c.writers[writer]
	if s.plot == nil || s.step == len(s.steps) {
		p := &c.plots[writer%len(c.plots)]
		*s = scene{plot: p, id: p.newID()}
	}
	return s
}

// done moves a writer on. After an error it leaves the stream, which may be anywhere.
func (s *scene) done(err error, events int) {
	if err != nil {
		s.step = len(s.steps)
		return
	}
	s.step++
	s.version += int64(events)
}
