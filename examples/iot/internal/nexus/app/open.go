package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	auditmemory "example.com/iot/internal/nexus/audit/memory"
	auditsqlite "example.com/iot/internal/nexus/audit/sqlite"
	"example.com/iot/internal/nexus/gate"
	"example.com/iot/internal/nexus/journal"
	"example.com/iot/internal/nexus/lock"
	"example.com/iot/internal/nexus/outbox"
	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/serve"
	"example.com/iot/internal/nexus/snapshot"
	snapshotmemory "example.com/iot/internal/nexus/snapshot/memory"
	snapshotsqlite "example.com/iot/internal/nexus/snapshot/sqlite"
	"example.com/iot/internal/nexus/store"
	"example.com/iot/internal/nexus/store/memory"
	"example.com/iot/internal/nexus/store/sqlite"
	"example.com/iot/internal/nexus/telemetry"
)

// What is in the data folder.
const (
	eventsFile    = "events.db"
	snapshotsFile = "snapshots.db"
	modelsDir     = "models"
	outDir        = "out"
	keysFile      = "keys.json"
	devKeyFile    = "dev.key"
)

// openCatalog reads the lock, and checks that it has all types of the kinds.
func (a *App) openCatalog(context.Context) (err error) {
	if a.lock, err = lock.Read(a.Files); err != nil {
		return err
	}
	var faults []error
	for _, k := range a.Kinds {
		for _, name := range k.Events {
			if m, ok := a.lock.Message(lock.EventKind, name); !ok || len(m.Versions) == 0 {
				faults = append(faults, fmt.Errorf("the event %s of %s has no schema in %s: add it to the catalog and run `nexus catalog compile`", name, k.Name, lock.File))
			}
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	a.commands, err = a.lock.Schemas(a.Files, lock.CommandKind)
	return err
}

func (a *App) openStore(ctx context.Context) error {
	o := store.Options{Now: a.options.Now}
	if !a.options.NoOutbox {
		o.Channels = outbox.Channels
	}
	if a.options.Dir == "" {
		a.store = memory.New(o)
		a.closeLater("the store", a.store.Close)
		return nil
	}
	if err := os.MkdirAll(a.options.Dir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w: choose one that may be written with -data", err)
	}
	if err := a.own(ctx); err != nil {
		return err
	}
	events, err := sqlite.Open(ctx, a.path(eventsFile), sqlite.Options{Options: o, GroupLimit: a.options.GroupLimit})
	if err != nil {
		return err
	}
	a.store = events
	a.closeLater("the store", events.Close)
	a.opened, err = os.Stat(a.path(eventsFile))
	return err
}

// path is a file or folder of the data folder; in memory there are none.
func (a *App) path(name string) string { return filepath.Join(a.options.Dir, name) }

func (a *App) openTelemetry(context.Context) (err error) {
	a.live = serve.NewLive(serve.LiveOptions{Title: a.Title, Projections: a.shownProjections, Channels: a.shownChannels, Now: a.options.Now})
	var o telemetry.Options
	if !a.options.NoTelemetry {
		o = telemetry.Options{Tracer: a.options.Tracer, Meter: a.options.Meter, Now: a.options.Now}
	}
	if a.meters, err = telemetry.New(o); err != nil {
		return err
	}
	if !a.options.NoTelemetry {
		a.observer = serve.Observer(a.meters, a.live)
	}
	return nil
}

func (a *App) openJournal(ctx context.Context) error {
	schemas, err := a.lock.Schemas(a.Files, lock.EventKind)
	if err != nil {
		return err
	}
	o := journal.Options{Store: a.store, Schemas: schemas, Facts: a.lock.Facts(), Now: a.options.Now, Observe: a.observer}
	if !a.options.NoPolicy {
		if o.Decider, err = a.decider(ctx); err != nil {
			return err
		}
	}
	if !a.options.NoRoute {
		if o.Scorer, err = a.scorer(); err != nil {
			return err
		}
	}
	a.journal, err = journal.New(o)
	return err
}

const policyDir = "policy"

// ErrUngoverned is an app that has no rule below policy/, and does not say that this
// is meant.
var ErrUngoverned = errors.New("there is no rule in a .rego file below policy/, so every event that its schema allows would be stored: " +
	"embed policy/ in Definition.Files, write a first rule with `nexus policy init`, or set Definition.Ungoverned if nothing is to judge events")

// decider compiles the policies below policy/. There are none only if that is meant.
func (a *App) decider(ctx context.Context) (*gate.Decider, error) {
	var modules []gate.Module
	err := fs.WalkDir(a.Files, policyDir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == policyDir {
			return fs.SkipAll
		}
		if err != nil || entry.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		text, err := fs.ReadFile(a.Files, name)
		modules = append(modules, gate.Module{File: name, Text: string(text)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the policies: %w", err)
	}
	if len(modules) == 0 {
		return a.ungoverned()
	}
	policies, err := gate.CompilePolicies(modules, gate.PolicyOptions{InputSchema: journal.InputSchema()})
	if err != nil {
		return nil, fmt.Errorf("compiling the policies: %w", err)
	}
	var ids []string
	for _, rule := range policies.Rules() {
		ids = append(ids, rule.ID)
	}
	if len(ids) == 0 {
		return a.ungoverned()
	}
	return policies.Prepare(ctx, a.lock.Catalog, ids)
}

// ungoverned is what judges events where there is no rule: nothing, if that is meant.
func (a *App) ungoverned() (*gate.Decider, error) {
	if !a.Ungoverned {
		return nil, ErrUngoverned
	}
	a.options.Log.Warn("the app is ungoverned: it stores every event that its schema allows")
	return nil, nil
}

const weightsFile = "policy/weights.json"

// scorer routes by policy/weights.json, or by the weights for who has none.
func (a *App) scorer() (*route.Scorer, error) {
	text, err := fs.ReadFile(a.Files, weightsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return route.New(route.Default())
	}
	if err != nil {
		return nil, err
	}
	value, err := gate.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weightsFile, err)
	}
	weights, err := route.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weightsFile, err)
	}
	scorer, err := route.New(weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weightsFile, err)
	}
	return scorer, nil
}

func (a *App) openKinds(ctx context.Context) error {
	upcasters, err := a.upcasters()
	if err != nil {
		return err
	}
	from := sources{events: a.store, upcasters: upcasters, policy: a.options.Snapshots, now: a.options.Now, snapshots: snapshotmemory.New()}
	if a.options.NoSnapshots {
		from.policy = snapshot.Never
	}
	if a.options.Dir != "" && !a.options.NoSnapshots {
		snapshots, err := snapshotsqlite.Open(ctx, a.path(snapshotsFile))
		if err != nil {
			return err
		}
		a.closeLater("the snapshots", snapshots.Close)
		from.snapshots = snapshots
	}
	for _, k := range a.Kinds {
		keeper, err := k.open(from)
		if err != nil {
			return err
		}
		a.kinds = append(a.kinds, &running{Kind: k, keeper: keeper, numeric: a.numericIDs(k)})
	}
	return nil
}

func (a *App) openModels(ctx context.Context) error {
	if a.options.NoModels {
		return nil
	}
	upcasters, err := a.upcasters()
	if err != nil {
		return err
	}
	dir := ""
	if a.options.Dir != "" {
		dir = a.path(modelsDir)
	}
	if err := a.openIndex(ctx, dir); err != nil {
		return err
	}
	for _, m := range a.Models {
		table, err := m.open(ctx, dir, upcasters)
		if err != nil {
			return fmt.Errorf("opening the read model %s: %w", m.Name, err)
		}
		a.closeLater("the read model "+m.Name, table.Close)
		a.models = append(a.models, &model{m, table, projection.New(m.Name, a.store, table, projection.Options{})})
	}
	return nil
}

// openIndex opens the index that answers why.
func (a *App) openIndex(ctx context.Context, dir string) error {
	if dir == "" {
		a.index = auditmemory.New()
	} else {
		index, err := auditsqlite.Open(ctx, filepath.Join(dir, whyName))
		if err != nil {
			return fmt.Errorf("opening the index of causes: %w", err)
		}
		a.closeLater("the index of causes", index.Close)
		a.index = index
	}
	a.why = projection.New(whyName, a.store, a.index, projection.Options{})
	return nil
}

// relayWorkers are so many since they share syncs of a channel's file: the relay has
// to keep up with the store, which shares syncs as well.
const relayWorkers = 128

func (a *App) openRelay(context.Context) (err error) {
	if a.options.NoOutbox {
		return nil
	}
	o := a.options.Outbox
	o.Store = a.store
	o.Workers = cmp.Or(o.Workers, relayWorkers)
	if o.Standard, err = a.channel(a.Standard, route.Standard); err != nil {
		return err
	}
	if o.Critical, err = a.channel(a.Critical, route.Critical); err != nil {
		return err
	}
	if o.Now == nil {
		o.Now = a.options.Now
	}
	if o.Report == nil {
		o.Report = func(err error) { a.options.Log.Error("delivering events", "error", err.Error()) }
	}
	a.relay, err = outbox.New(o)
	return err
}

// channel is a given channel, or a file in the data folder.
func (a *App) channel(given outbox.Channel, name string) (outbox.Channel, error) {
	switch {
	case given != nil:
		return given, nil
	case a.options.Dir == "":
		return nowhere{}, nil
	}
	file, err := openFileChannel(filepath.Join(a.path(outDir), name+".ndjson"), a.source())
	if err != nil {
		return nil, err
	}
	a.closeLater("the channel "+name, file.Close)
	return file, nil
}

// source names the app as the source of its events.
func (d Definition) source() string { return "/" + strings.TrimPrefix(d.Name, "/") }
