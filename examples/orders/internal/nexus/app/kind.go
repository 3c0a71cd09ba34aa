package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/orders/internal/nexus/audit"
	"example.com/orders/internal/nexus/domain"
	"example.com/orders/internal/nexus/journal"
	"example.com/orders/internal/nexus/snapshot"
	"example.com/orders/internal/nexus/store"
	"example.com/orders/internal/nexus/upcast"
)

// Kind is an aggregate whose state may be of any type: KindOf makes it.
type Kind struct {
	Name     string
	Category string
	ID       string // the member of commands and events that names the stream
	Summary  string
	Events   []string // the types
	Commands []KindCommand
	Story    []string

	fault error
	open  func(sources) (keeper, error)
}

// KindCommand is a command that a kind takes.
type KindCommand struct {
	Name    string
	Summary string
	Example string // a body, or empty: the catalog may have one
}

// sources are what the state of a stream is read from.
type sources struct {
	events    store.Store
	snapshots snapshot.Store
	upcasters *upcast.Chain
	policy    snapshot.Policy
	now       func() time.Time
}

// keeper is a kind at work, without the type of its state.
type keeper interface {
	decide(ctx context.Context, stream, command string, body json.RawMessage, now time.Time) (decided, error)
	load(ctx context.Context, stream string, until snapshot.Until) (state any, version int64, err error)
	writes(ctx context.Context, stream, pointer string, until audit.Until, limit int) (writes []audit.Write, next int64, err error)
	wrote(events int)
	stats() snapshot.Stats
}

// decided is what a decision led to, and the version of the stream that it is about.
type decided struct {
	events  []journal.Event
	version int64
}

// KindOf is an aggregate as a kind.
func KindOf[S any](a domain.Aggregate[S]) Kind {
	k := Kind{Name: a.Name, Category: a.Category, ID: a.ID, Summary: a.Summary, Story: a.Story, fault: a.Check()}
	for _, e := range a.Events {
		k.Events = append(k.Events, e.Name)
	}
	for _, c := range a.Commands {
		k.Commands = append(k.Commands, KindCommand{Name: c.Name, Summary: c.Summary, Example: c.Example})
	}
	k.open = func(from sources) (keeper, error) {
		folding, err := a.Folding(from.upcasters)
		if err != nil {
			return nil, err
		}
		loader, err := snapshot.NewLoader(folding, from.events, from.snapshots, snapshot.Options{Policy: from.policy, Now: from.now})
		if err != nil {
			return nil, err
		}
		return &kept[S]{aggregate: a, folding: folding, loader: loader, events: from.events}, nil
	}
	return k
}

// kept is a keeper of states of type S.
type kept[S any] struct {
	aggregate domain.Aggregate[S]
	folding   snapshot.Aggregate[S]
	loader    *snapshot.Loader[S]
	events    store.Store
}

// decide loads a stream and decides about a command. When the decision fails, the
// version is known all the same.
func (k *kept[S]) decide(ctx context.Context, stream, name string, body json.RawMessage, now time.Time) (decided, error) {
	command, ok := k.aggregate.Command(name)
	if !ok {
		return decided{}, fmt.Errorf("%s has no command %q", k.aggregate.Name, name)
	}
	value, err := command.Decode(body)
	if err != nil {
		return decided{}, err
	}
	loaded, err := k.loader.Load(ctx, stream, snapshot.Until{})
	if err != nil {
		return decided{}, err
	}
	d := decided{version: loaded.Version}
	events, err := command.Decide(value, loaded.State, now)
	if err != nil {
		return d, err
	}
	for _, event := range events {
		data, err := domain.Encode(event)
		if err != nil {
			return d, err
		}
		d.events = append(d.events, journal.Event{Type: event.EventType(), Time: now, Data: data})
	}
	return d, nil
}

func (k *kept[S]) load(ctx context.Context, stream string, until snapshot.Until) (any, int64, error) {
	loaded, err := k.loader.Load(ctx, stream, until)
	return loaded.State, loaded.Version, err
}

func (k *kept[S]) writes(ctx context.Context, stream, pointer string, until audit.Until, limit int) ([]audit.Write, int64, error) {
	return audit.LastWrites(ctx, k.events, audit.Fold[S]{New: k.folding.New, Apply: k.folding.Apply}, stream, pointer, until, limit)
}

func (k *kept[S]) wrote(events int)      { k.loader.Wrote(events) }
func (k *kept[S]) stats() snapshot.Stats { return k.loader.Stats() }

// refused reports whether a command was refused as the stream is now.
func refused(err error) (*domain.Refusal, bool) { return errors.AsType[*domain.Refusal](err) }
