// Package telemetry says what a running app does, as OpenTelemetry traces and
// metrics. It uses the API only: whoever runs the app chooses the SDK and where
// things go by the providers that it gives, and without them nothing is measured
// and nothing costs.
//
// No attribute holds what an event says, who caused it, a query string or a
// header: what is exported is seen by more people than the store. Attributes of
// metrics have few values, so that a metric stays a few series.
//
//	meters, err := telemetry.New(telemetry.Options{Tracer: tracerProvider, Meter: meterProvider})
//	ctx, end := meters.Span(ctx, "append")
//	…
//	end(err)
//	meters.Observe(ctx, telemetry.Attempt{…})
package telemetry

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// scope names what is instrumented, to those who read traces.
const scope = "nexus"

// Options are where traces and metrics go. What is nil goes nowhere.
type Options struct {
	Tracer trace.TracerProvider
	Meter  metric.MeterProvider
	Now    func() time.Time // the clock of HTTP durations; nil is time.Now
}

// Telemetry measures. Any number of goroutines may use one.
type Telemetry struct {
	tracer trace.Tracer
	meter  metric.Meter
	now    func() time.Time

	attempts metric.Int64Counter
	events   metric.Int64Counter
	duration metric.Float64Histogram
	requests metric.Float64Histogram
}

// seconds are the bounds of histograms: from 0.1 ms to 10 s.
var seconds = metric.WithExplicitBucketBoundaries(
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

// New makes the instruments.
func New(o Options) (*Telemetry, error) {
	if o.Tracer == nil {
		o.Tracer = tracenoop.NewTracerProvider()
	}
	if o.Meter == nil {
		o.Meter = metricnoop.NewMeterProvider()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &Telemetry{tracer: o.Tracer.Tracer(scope), meter: o.Meter.Meter(scope), now: o.Now}
	if err := t.instruments(); err != nil {
		return nil, fmt.Errorf("making the instruments of telemetry: %w", err)
	}
	return t, nil
}

func (t *Telemetry) instruments() (err error) {
	if t.attempts, err = t.meter.Int64Counter("nexus.appends",
		metric.WithDescription("Appends that were tried, by outcome."), metric.WithUnit("{append}")); err != nil {
		return err
	}
	if t.events, err = t.meter.Int64Counter("nexus.events",
		metric.WithDescription("Events that were stored, by the path that they take."), metric.WithUnit("{event}")); err != nil {
		return err
	}
	if t.duration, err = t.meter.Float64Histogram("nexus.append.duration",
		metric.WithDescription("How long an append took, until it was durable or refused."), metric.WithUnit("s"), seconds); err != nil {
		return err
	}
	t.requests, err = t.meter.Float64Histogram("http.server.request.duration",
		metric.WithDescription("How long a request took."), metric.WithUnit("s"), seconds)
	return err
}

// Span begins a part of a trace and returns how to end it: with the error that
// the part ended with, or nil. A span says that there was an error, but not
// which: messages may quote what events say.
func (t *Telemetry) Span(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
			span.SetAttributes(attribute.String("error.type", fmt.Sprintf("%T", err)))
		}
		span.End()
	}
}

// Gauge measures what read returns whenever metrics are collected: how far a
// projection is behind, how much an outbox owes. Each value is of one name, which
// is the attribute key.
func (t *Telemetry) Gauge(name, description, unit, key string, read func(context.Context) map[string]int64) error {
	_, err := t.meter.Int64ObservableGauge(name, metric.WithDescription(description), metric.WithUnit(unit),
		metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			for name, value := range read(ctx) {
				o.Observe(value, metric.WithAttributes(attribute.String(key, name)))
			}
			return nil
		}))
	if err != nil {
		return fmt.Errorf("making the gauge %s: %w", name, err)
	}
	return nil
}
