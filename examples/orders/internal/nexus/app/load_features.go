package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"example.com/orders/internal/nexus/load"
	"example.com/orders/internal/nexus/store/sqlite"
)

// A feature is a row of the table: an app that has one thing more than the row
// before it.
type feature struct {
	name    string
	options Options // the folder is set later
	target  func(*cast, *App) do
}

// parts begin with the gate and end with what a caller over HTTP gets.
func (l *loading) parts() []feature {
	journal := func(c *cast, a *App) do { return c.intoJournal(a.Journal()) }
	return []feature{
		{"+ schema", Options{NoPolicy: true, NoRoute: true, NoOutbox: true, NoModels: true, NoTelemetry: true}, journal},
		{"+ policy", Options{NoRoute: true, NoOutbox: true, NoModels: true, NoTelemetry: true}, journal},
		{"+ route and outbox", Options{NoModels: true, NoTelemetry: true}, journal},
		{"+ projections", Options{NoTelemetry: true}, journal},
		{"+ telemetry", l.everything(), journal},
		{"+ load and decide", l.everything(), (*cast).commands},
	}
}

// compare writes what each part costs, and returns the report of the app with all
// of them, called in its own process.
func (l *loading) compare(ctx context.Context, w io.Writer) (all load.Report, err error) {
	group, err := l.storeAlone(ctx, "store alone", 0)
	if err != nil {
		return load.Report{}, err
	}
	single, err := l.storeAlone(ctx, "store, one transaction an append", 1)
	if err != nil {
		return load.Report{}, err
	}
	reports := []load.Report{group, single}
	for _, f := range l.parts() {
		if all, err = l.inApp(ctx, f.options, f.target); err != nil {
			return load.Report{}, fmt.Errorf("%s: %w", f.name, err)
		}
		all.Name = f.name
		reports = append(reports, all)
	}
	web, err := l.overLoopback(ctx)
	if err != nil {
		return load.Report{}, fmt.Errorf("over HTTP: %w", err)
	}
	web.Name = "+ HTTP"
	if err := load.Compare(w, append(reports, web)...); err != nil {
		return load.Report{}, err
	}
	if single.PerMinute() > 0 {
		fmt.Fprintf(w, "\ngroup commit: %.1f times the rate of one transaction an append\n", group.PerMinute()/single.PerMinute())
	}
	return all, l.writeBehind(w)
}

// storeAlone appends to a store without an app.
func (l *loading) storeAlone(ctx context.Context, name string, groupLimit int) (report load.Report, err error) {
	dir, done, err := l.folder()
	if err != nil {
		return load.Report{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	events, err := sqlite.Open(ctx, filepath.Join(dir, eventsFile), sqlite.Options{GroupLimit: groupLimit})
	if err != nil {
		return load.Report{}, err
	}
	defer func() { err = errors.Join(err, events.Close()) }()
	report, err = l.run(ctx, newCast(l.plots, l.writers).intoStore(events))
	report.Name = name
	return report, err
}
