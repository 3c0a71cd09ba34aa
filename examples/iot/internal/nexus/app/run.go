package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/serve"
	"example.com/iot/internal/nexus/store"
)

// Run answers the connections of a listener, keeps the models up to date, and
// delivers events, until ctx is done. Then it ends in the order in which one thing
// needs the next: connections, deliveries, models. Close comes after it. Without a
// listener it does all but answer.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	background := context.WithoutCancel(ctx)
	stopModels := a.start(background, a.followers())
	stopRelay := a.start(background, a.deliverers())
	var err error
	if listener == nil {
		<-ctx.Done()
		a.live.Close()
	} else {
		err = a.server.Run(ctx, listener)
	}
	stopRelay()
	stopModels()
	return err
}

// task runs until its context is done.
type task struct {
	name string
	run  func(context.Context) error
}

// followers are the tasks that follow the events.
func (a *App) followers() []task {
	tasks := []task{{"the page", a.live.Run}}
	projections := a.Projections()
	for _, name := range sorted(projections) {
		tasks = append(tasks, task{"the projection " + name, projections[name].Run})
	}
	return tasks
}

func (a *App) deliverers() []task {
	if a.relay == nil {
		return nil
	}
	return []task{{"the relay", a.relay.Run}}
}

// start runs tasks, each anew when it fails, and returns what stops them and waits.
func (a *App) start(ctx context.Context, tasks []task) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	for _, t := range tasks {
		wait.Go(func() { supervise(ctx, a.options.Log, t) })
	}
	return func() {
		cancel()
		wait.Wait()
	}
}

// How long a task that failed rests: ever longer while it fails again soon.
const (
	shortRest = time.Second
	longRest  = time.Minute
)

// supervise runs a task until ctx is done.
func supervise(ctx context.Context, log *slog.Logger, t task) {
	for rest := shortRest; ; rest = min(2*rest, longRest) {
		err := t.run(ctx)
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return
		}
		if err == nil {
			err = errors.New("it ended by itself")
		}
		hint := "it is tried again"
		if stuck, ok := errors.AsType[*projection.EventError](err); ok {
			hint = "correct the code that handles " + stuck.Type + ", and build again: what reads this model is stale until then"
		}
		log.ErrorContext(ctx, t.name+" stopped", "error", err.Error(), "again_in", rest.String(), "hint", hint)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
	}
}

// openGauges measures how far projections are behind, and what is owed.
func (a *App) openGauges(context.Context) error {
	if a.options.NoTelemetry {
		return nil
	}
	err := a.meters.Gauge("nexus.projection.lag", "Events that a projection has not seen yet.", "{event}", "projection", func(context.Context) map[string]int64 {
		lags := map[string]int64{}
		for _, p := range a.shownProjections() {
			lags[p.Name] = p.Lag
		}
		return lags
	})
	if err != nil {
		return err
	}
	return a.meters.Gauge("nexus.outbox.owed", "Events that are not delivered yet.", "{event}", "channel", func(context.Context) map[string]int64 {
		owed := map[string]int64{}
		for _, c := range a.shownChannels() {
			owed[c.Name] = c.Owed
		}
		return owed
	})
}

// shownProjections are the projections as the page shows them.
func (a *App) shownProjections() []serve.Projection {
	var shown []serve.Projection
	projections := a.Projections()
	for _, name := range sorted(projections) {
		status, err := projections[name].Status(context.Background())
		if err != nil {
			continue // it is being closed
		}
		p := serve.ProjectionOf(status)
		if projections[name] == a.why {
			p.Title = whyTitle
		}
		shown = append(shown, p)
	}
	return shown
}

// shownChannels are the channels as the page shows them.
func (a *App) shownChannels() []serve.Channel {
	if a.relay == nil {
		return nil
	}
	debts, err := a.store.Owed(context.Background())
	if err != nil {
		return nil // it is being closed
	}
	var shown []serve.Channel
	for _, name := range []string{route.Critical, route.Standard} {
		channel := serve.Channel{Name: name, Down: a.relay.Stats(name).Down}
		for _, debt := range debts {
			if debt.Channel == name {
				channel.Owed, channel.Dead = debt.Waiting, debt.Dead
			}
		}
		shown = append(shown, channel)
	}
	return shown
}
