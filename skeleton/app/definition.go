package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
)

// Definition is what an app is made of.
type Definition struct {
	Name    string // lower case, for files and programs
	Title   string // for people
	Summary string
	// Files are catalog/, catalog.lock.json, policy/ and upcasters.json, embedded: the
	// catalog with all:, so that nothing of it is left out.
	Files  fs.FS
	Kinds  []Kind
	Models []Model
	// Ungoverned lets the app start without a rule below policy/. Without it that is an
	// error: a folder that was forgotten is not seen otherwise. Rules that are there
	// judge all the same.
	Ungoverned bool
	// Standard and Critical take events to where they are consumed. Nil is a file of
	// the data folder: out/standard.ndjson, out/critical.ndjson.
	Standard outbox.Channel
	Critical outbox.Channel
}

// Options say how an app is opened. The zero value is an app in memory, with all
// that it has, that nobody may ask over HTTP.
type Options struct {
	// Dir is the data folder. It is made if it is not there. Empty keeps everything in
	// memory.
	Dir string
	// Keys say who may ask. Nil are those of keys.json in the data folder, also what
	// is changed there later. If there is no such file, one key is made, and its token
	// is written to dev.key beside it.
	Keys *serve.Keys
	Log  *slog.Logger // nil logs nothing
	// Tracer and Meter are where traces and metrics go. Nil is nowhere.
	Tracer trace.TracerProvider
	Meter  metric.MeterProvider
	Now    func() time.Time // nil is time.Now
	// Outbox changes how the relay delivers. Its store and its channels are set by the
	// app.
	Outbox outbox.Options
	// Snapshots say when snapshots are taken.
	Snapshots snapshot.Policy
	// GroupLimit is how many appends share a transaction at most; see sqlite.Options.
	GroupLimit int
	Limits     serve.Limits
	// BehindProxy says that requests come from a proxy of yours alone, which adds to
	// X-Forwarded-For whom it has them from; see serve.ForwardedAddress.
	BehindProxy bool

	// What is left out, to find out what it costs.
	NoPolicy    bool
	NoRoute     bool
	NoOutbox    bool // no deliveries are stored
	NoModels    bool // no projections: neither read models nor the index of why
	NoSnapshots bool
	NoTelemetry bool // nor is the live page told of appends
}

// check says what is wrong with a definition.
func (d Definition) check() error {
	var faults []error
	if d.Name == "" || d.Files == nil {
		faults = append(faults, errors.New("the app needs a Name, and Files with its catalog"))
	}
	if len(d.Kinds) == 0 {
		faults = append(faults, errors.New("the app has no Kinds: add app.KindOf(…) of an aggregate"))
	}
	names, paths := map[string]bool{}, map[string]string{}
	for _, k := range d.Kinds {
		if k.fault != nil {
			faults = append(faults, k.fault)
		}
		if names[strings.ToLower(k.Name)] {
			faults = append(faults, fmt.Errorf("two kinds have the name %q", k.Name))
		}
		names[strings.ToLower(k.Name)] = true
		if other, taken := paths[kebab(k.Category)]; taken {
			faults = append(faults, fmt.Errorf("the kinds %q and %q have the same path /%s: give one another Category", other, k.Name, kebab(k.Category)))
		}
		paths[kebab(k.Category)] = k.Name
	}
	for _, name := range []string{"models", "streams", "events", "audit", "ui", "healthz", "readyz", "openapi.json"} {
		if kind, taken := paths[name]; taken {
			faults = append(faults, fmt.Errorf("the kind %q has the path /%s, which the app uses itself: give it another Category", kind, name))
		}
	}
	for i, m := range d.Models {
		if m.fault != nil {
			faults = append(faults, m.fault)
		}
		for _, other := range d.Models[:i] {
			if kebab(m.Name) == kebab(other.Name) {
				faults = append(faults, fmt.Errorf("two models have the name %q", m.Name))
			}
		}
	}
	return errors.Join(faults...)
}
