package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Outcome is how an append ended.
type Outcome string

// The outcomes. Only Accepted stored something.
const (
	Accepted Outcome = "accepted"
	Rejected Outcome = "rejected" // a schema or a policy spoke against it
	Conflict Outcome = "conflict" // the stream was not where the caller expected it
	Failed   Outcome = "failed"   // it could not be judged, or not be stored
)

// Attempt is an append that was tried. Whoever appends reports it, to telemetry
// and to the live page.
type Attempt struct {
	At       time.Time // when it ended
	Duration time.Duration
	Outcome  Outcome
	Tenant   string
	Stream   string
	Events   []Event
	// Command is the one that was rejected, if it was before there were events of it.
	Command  string
	Reasons  []string // why it was rejected, or failed
	Position int64    // of the last event, when it was accepted
}

// Event is what is told of an event of an attempt.
type Event struct {
	Type string
	Path string // that it takes; empty if it was not accepted
}

// Observe counts an attempt. The types of events that were not stored are left
// out: a caller could invent as many as it likes.
func (t *Telemetry) Observe(ctx context.Context, a Attempt) {
	outcome, ok := outcomes[a.Outcome]
	if !ok {
		outcome = ofOutcome("other")
	}
	t.attempts.Add(ctx, 1, outcome)
	t.duration.Record(ctx, a.Duration.Seconds(), outcome)
	if a.Outcome == Accepted {
		t.countEvents(ctx, a.Events)
	}
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent("append", trace.WithAttributes(
			attribute.String("nexus.outcome", string(a.Outcome)),
			attribute.Int("nexus.events", len(a.Events)),
			attribute.Int64("nexus.position", a.Position),
		))
	}
}

func (t *Telemetry) countEvents(ctx context.Context, events []Event) {
	if !t.events.Enabled(ctx) {
		return
	}
	for _, event := range events {
		t.events.Add(ctx, 1, metric.WithAttributeSet(attribute.NewSet(
			attribute.String("nexus.event.type", event.Type), attribute.String("nexus.path", event.Path))))
	}
}

// outcomes are the options of each outcome, made once: attributes allocate.
var outcomes = map[Outcome]metric.MeasurementOption{
	Accepted: ofOutcome(Accepted), Rejected: ofOutcome(Rejected), Conflict: ofOutcome(Conflict), Failed: ofOutcome(Failed),
}

func ofOutcome(o Outcome) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String("nexus.outcome", string(o))))
}
