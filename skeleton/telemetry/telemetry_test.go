package telemetry_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/nexus-blueprint/nexus/skeleton/telemetry"
)

// watched is telemetry whose traces and metrics a test reads.
type watched struct {
	*telemetry.Telemetry
	spans  *tracetest.SpanRecorder
	reader *metric.ManualReader
}

func watch(t testing.TB, now func() time.Time) watched {
	t.Helper()
	w := watched{spans: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	var err error
	w.Telemetry, err = telemetry.New(telemetry.Options{
		Tracer: trace.NewTracerProvider(trace.WithSpanProcessor(w.spans)),
		Meter:  metric.NewMeterProvider(metric.WithReader(w.reader)),
		Now:    now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// metrics are lines of a name, attributes and a value, sorted. A histogram's
// value is its count and its sum.
func (w watched) metrics(t *testing.T) []string {
	t.Helper()
	var got metricdata.ResourceMetrics
	if err := w.reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	var lines []string
	add := func(name string, set attribute.Set, value any) {
		lines = append(lines, fmt.Sprintf("%s{%s} %v", name, set.Encoded(attribute.DefaultEncoder()), value))
	}
	for _, scope := range got.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(m.Name, p.Attributes, p.Value)
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					add(m.Name, p.Attributes, p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(m.Name, p.Attributes, fmt.Sprintf("%d×, %gs", p.Count, p.Sum))
				}
			default:
				t.Fatalf("%s is a %T", m.Name, data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func (w watched) equal(t *testing.T, want ...string) {
	t.Helper()
	if diff := gocmp.Diff(want, w.metrics(t)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestObserveCountsAttempts(t *testing.T) {
	w := watch(t, nil)
	w.Observe(t.Context(), telemetry.Attempt{
		Outcome: telemetry.Accepted, Duration: 500 * time.Millisecond,
		Events: []telemetry.Event{{Type: "Opened", Path: "critical"}, {Type: "Opened", Path: "standard"}, {Type: "Opened", Path: "standard"}},
	})
	w.Observe(t.Context(), telemetry.Attempt{
		Outcome: telemetry.Rejected, Duration: 250 * time.Millisecond, Stream: "secret-stream", Tenant: "secret-tenant",
		Events: []telemetry.Event{{Type: "Invented"}}, Reasons: []string{"secret reason"},
	})
	w.equal(t,
		"nexus.append.duration{nexus.outcome=accepted} 1×, 0.5s",
		"nexus.append.duration{nexus.outcome=rejected} 1×, 0.25s",
		"nexus.appends{nexus.outcome=accepted} 1",
		"nexus.appends{nexus.outcome=rejected} 1",
		"nexus.events{nexus.event.type=Opened,nexus.path=critical} 1",
		"nexus.events{nexus.event.type=Opened,nexus.path=standard} 2",
	)
}

func TestGaugeIsReadWhenCollected(t *testing.T) {
	w := watch(t, nil)
	behind := int64(7)
	err := w.Gauge("nexus.projection.lag", "Events behind.", "{event}", "nexus.projection", func(context.Context) map[string]int64 {
		return map[string]int64{"balances": behind, "totals": 0}
	})
	if err != nil {
		t.Fatal(err)
	}
	behind = 3
	w.equal(t, "nexus.projection.lag{nexus.projection=balances} 3", "nexus.projection.lag{nexus.projection=totals} 0")
}

func TestRequestJoinsTheTraceOfItsCaller(t *testing.T) {
	now := time.Unix(0, 0)
	w := watch(t, func() time.Time { now = now.Add(time.Second); return now })
	r := httptest.NewRequest("BREW", "/accounts/secret?token=secret", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.Header.Set("Authorization", "Bearer secret")
	ctx, end := w.Request(r, "/accounts/{id}")
	_, endChild := w.Span(ctx, "append", attribute.Int("events", 2))
	endChild(errors.New("the value secret is refused"))
	end(503)

	spans := w.spans.Ended()
	slices.SortFunc(spans, func(a, b trace.ReadOnlySpan) int { return cmp.Compare(a.Name(), b.Name()) })
	request, child := spans[0], spans[1]
	if got := request.SpanContext().TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" || request.Parent().SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("the request is in trace %s below %s", got, request.Parent().SpanID())
	}
	if child.Parent().SpanID() != request.SpanContext().SpanID() {
		t.Error("the append is not below the request")
	}
	for _, span := range spans {
		if span.Status().Code != codes.Error {
			t.Errorf("span %q has the status %v", span.Name(), span.Status())
		}
		if text := fmt.Sprint(span.Name(), span.Attributes(), span.Events(), span.Status()); strings.Contains(text, "secret") {
			t.Errorf("a span tells a secret: %s", text)
		}
	}
	if request.Name() != "_OTHER /accounts/{id}" {
		t.Errorf("the request is called %q", request.Name())
	}
	w.equal(t, "http.server.request.duration{http.request.method=_OTHER,http.response.status_code=503,http.route=/accounts/{id}} 1×, 1s")
}

func TestObserveMarksTheSpan(t *testing.T) {
	w := watch(t, nil)
	ctx, end := w.Span(t.Context(), "append")
	w.Observe(ctx, telemetry.Attempt{Outcome: telemetry.Conflict, Events: make([]telemetry.Event, 2)})
	end(nil)
	span := w.spans.Ended()[0]
	if len(span.Events()) != 1 || span.Events()[0].Attributes[0] != attribute.String("nexus.outcome", "conflict") || span.Status().Code != codes.Unset {
		t.Errorf("the span has the events %v and the status %v", span.Events(), span.Status())
	}
}

// Without providers all calls are safe and do nothing.
func TestNothingIsMeasuredWithoutProviders(t *testing.T) {
	nowhere, err := telemetry.New(telemetry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := nowhere.Request(httptest.NewRequest("GET", "/", nil), "/")
	nowhere.Observe(ctx, telemetry.Attempt{Outcome: telemetry.Accepted, Events: []telemetry.Event{{Type: "Opened"}}})
	end(200)
	if err := nowhere.Gauge("g", "", "", "k", nil); err != nil {
		t.Error(err)
	}
}

func BenchmarkObserve(b *testing.B) {
	attempt := telemetry.Attempt{Outcome: telemetry.Accepted, Duration: time.Millisecond, Events: []telemetry.Event{{Type: "Opened", Path: "standard"}}}
	nowhere, err := telemetry.New(telemetry.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, test := range []struct {
		name string
		to   *telemetry.Telemetry
	}{{"sdk", watch(b, nil).Telemetry}, {"nowhere", nowhere}} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				test.to.Observe(b.Context(), attempt)
			}
		})
	}
}
