// Package app runs what a Definition describes: it opens the store with all that
// stands on it, answers over HTTP, and is the program that its users start.
//
//	func main() {
//		os.Exit(app.Main(context.Background(), os.Args[1:], app.Env{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}, definition()))
//	}
//
// A command goes one way: its body is held against its schema, the stream is
// loaded, the domain decides, and the journal judges and appends the events. What
// reads them, read models, the index of causes, snapshots and the relay to the
// world outside, follows behind and can be made again from them.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"

	"example.com/iot/internal/nexus/audit"
	"example.com/iot/internal/nexus/gate"
	"example.com/iot/internal/nexus/journal"
	"example.com/iot/internal/nexus/lock"
	"example.com/iot/internal/nexus/outbox"
	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/serve"
	"example.com/iot/internal/nexus/snapshot"
	"example.com/iot/internal/nexus/store"
	"example.com/iot/internal/nexus/telemetry"
	"example.com/iot/internal/nexus/upcast"
)

// App is a definition at work. Run keeps it going; Close ends it.
type App struct {
	Definition
	options Options
	lock    Lock

	store    eventStore
	opened   os.FileInfo // of the file of the events; nil in memory
	journal  *journal.Journal
	commands *gate.Schemas // of the commands; those of events are in the journal
	observer func(context.Context, journal.Outcome)
	kinds    []*running
	models   []*model
	index    auditIndex
	why      *projection.Projection
	relay    *outbox.Relay
	live     *serve.Live
	meters   *telemetry.Telemetry
	server   *serve.Server

	verifying sync.Map // by tenant: who verifies at the moment
	closers   []closer // in the order in which they were opened
	closing   sync.Once
	closed    error
}

// eventStore is what an app needs of its store.
type eventStore interface {
	store.Store
	store.Outbox
}

// auditIndex is an index of causes that a projection makes.
type auditIndex interface {
	audit.Index
	projection.Model
}

// running is a kind at work.
type running struct {
	Kind
	keeper
	numeric map[string]bool // the commands whose id is a number
}

// model is a read model at work.
type model struct {
	Model
	table
	*projection.Projection
}

// closer is something to be closed, and what it is.
type closer struct {
	name  string
	close func() error
}

// Open makes an app ready: Handler answers, and Execute runs commands. Models are
// kept up to date, and events delivered, while Run runs.
func Open(ctx context.Context, d Definition, o Options) (_ *App, err error) {
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("opening the app: %w", err)
	}
	o.Now = timely(o.Now)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{Definition: d, options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	for _, step := range []func(context.Context) error{
		a.openCatalog, a.openStore, a.openTelemetry, a.openJournal, a.openKinds, a.openModels, a.openRelay, a.openGauges, a.openServer,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("opening the app %s: %w", d.Name, err)
		}
	}
	return a, nil
}

// Store is where the events are.
func (a *App) Store() store.Store { return a.store }

// Outbox is what is owed to the world outside.
func (a *App) Outbox() store.Outbox { return a.store }

// Journal is the way by which events get into the store.
func (a *App) Journal() *journal.Journal { return a.journal }

// Relay delivers what is owed; nil with Options.NoOutbox.
func (a *App) Relay() *outbox.Relay { return a.relay }

// Handler answers requests over HTTP.
func (a *App) Handler() http.Handler { return a.server }

// Live is what the page shows.
func (a *App) Live() *serve.Live { return a.live }

// Facts are what the catalog declares of each type of events, as policies see it
// in input.event.
func (a *App) Facts() map[string]map[string]any { return a.lock.Facts() }

// Projections are the read models by name, and the index of causes, whose name is
// why.
func (a *App) Projections() map[string]*projection.Projection {
	all := map[string]*projection.Projection{}
	if a.why != nil {
		all[whyName] = a.why
	}
	for _, m := range a.models {
		all[m.Model.Name] = m.Projection
	}
	return all
}

// The index of causes: its name, and what the page calls it among read models.
const (
	whyName  = "why"
	whyTitle = "Causes of events"
)

// SnapshotStats count what the snapshots of each kind did, by its name.
func (a *App) SnapshotStats() map[string]snapshot.Stats {
	all := map[string]snapshot.Stats{}
	for _, k := range a.kinds {
		all[k.Name] = k.stats()
	}
	return all
}

// Load is the state of the stream of a tenant at a point of its life, and the
// version of its last event.
func (a *App) Load(ctx context.Context, tenant, kind, id string, until snapshot.Until) (state any, version int64, err error) {
	for _, k := range a.kinds {
		if k.Name == kind {
			return k.load(ctx, serve.StreamOf(tenant, k.Category+"-"+id), until)
		}
	}
	return nil, 0, fmt.Errorf("the app has no kind %q", kind)
}

// Step is a command of a story, with a body that leaves out the id of the stream.
type Step struct {
	Command string
	Body    json.RawMessage
}

// Story are commands that a new stream of a kind accepts one after the other, with
// the bodies that the catalog or the domain gives as examples.
func (a *App) Story(kind string) ([]Step, error) {
	at := slices.IndexFunc(a.Kinds, func(k Kind) bool { return k.Name == kind })
	if at < 0 {
		return nil, fmt.Errorf("the app has no kind %q", kind)
	}
	var steps []Step
	for _, name := range a.Kinds[at].Story {
		body, err := a.sample(a.Kinds[at], name)
		if err != nil {
			return nil, fmt.Errorf("an example of the command %s: %w", name, err)
		}
		steps = append(steps, Step{Command: name, Body: body})
	}
	return steps, nil
}

// sample is an example of a command without the id.
func (a *App) sample(k Kind, command string) (json.RawMessage, error) {
	text, err := a.example(k, command)
	if err != nil {
		return nil, err
	}
	value, err := gate.Decode(text)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is not a JSON object")
	}
	delete(object, k.ID)
	return json.Marshal(object)
}

func (a *App) example(k Kind, command string) ([]byte, error) {
	for _, c := range k.Commands {
		if c.Name == command && c.Example != "" {
			return []byte(c.Example), nil
		}
	}
	m, ok := a.lock.Message(lock.CommandKind, command)
	if !ok || m.Example == nil {
		return nil, errors.New("neither the command nor the catalog has one: add it with domain.Command.WithExample")
	}
	return fs.ReadFile(a.Files, *m.Example)
}

// schemaOf is the current schema of a command, or nil.
func (a *App) schemaOf(command string) json.RawMessage {
	m, ok := a.lock.Message(lock.CommandKind, command)
	if !ok || m.Current() == "" {
		return nil
	}
	text, err := fs.ReadFile(a.Files, m.Current())
	if err != nil {
		return nil // it was compiled, so it is there
	}
	return compact(text)
}

// Close ends the app: snapshots, models and at last the store. Run has to be over.
func (a *App) Close() error {
	a.closing.Do(func() {
		for _, c := range slices.Backward(a.closers) {
			if err := c.close(); err != nil {
				a.closed = errors.Join(a.closed, fmt.Errorf("closing %s: %w", c.name, err))
			}
		}
	})
	return a.closed
}

func (a *App) closeLater(name string, close func() error) {
	a.closers = append(a.closers, closer{name, close})
}

// upcasters reads upcasters.json; without the file there are none.
func (a *App) upcasters() (*upcast.Chain, error) {
	text, err := fs.ReadFile(a.Files, upcastersFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &upcast.Chain{}, nil
	}
	if err != nil {
		return nil, err
	}
	value, err := gate.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", upcastersFile, err)
	}
	chain, err := upcast.Parse(value)
	if fault, ok := errors.AsType[*upcast.Error](err); ok {
		return nil, fmt.Errorf("%s: %s: %s", upcastersFile, fault.Pointer, fault.Message)
	}
	return chain, err
}

const upcastersFile = "upcasters.json"

// sorted are the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
