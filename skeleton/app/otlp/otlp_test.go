package otlp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/nexus-blueprint/nexus/skeleton/app/otlp"
)

// collector keeps what it gets, and answers with the statuses in turn, then 200.
type collector struct {
	*otlp.Sender
	got      []string // path, then body
	rests    []time.Duration
	statuses []int
}

func collect(t *testing.T, statuses ...int) *collector {
	t.Helper()
	c := &collector{statuses: statuses}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Key") != "secret" {
			t.Errorf("the request has the headers %v (%v)", r.Header, err)
		}
		c.got = append(c.got, r.URL.Path, string(body))
		if len(c.statuses) > 0 {
			w.WriteHeader(c.statuses[0])
			c.statuses = c.statuses[1:]
		}
	}))
	t.Cleanup(server.Close)
	var err error
	c.Sender, err = otlp.New(otlp.Options{Endpoint: server.URL + "/in", Headers: map[string]string{"X-Key": "secret"}, Wait: func(_ context.Context, d time.Duration) error {
		c.rests = append(c.rests, d)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// same compares JSON.
func same(t *testing.T, want, got string) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
}

var (
	service = resource.NewSchemaless(attribute.String("service.name", "things"))
	start   = time.Unix(1_700_000_000, 5).UTC()
)

func TestSpans(t *testing.T) {
	c := collect(t)
	of := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{3}})
	spans := tracetest.SpanStubs{
		{
			Name: "append", SpanContext: of, Parent: parent, SpanKind: trace.SpanKindServer, StartTime: start, EndTime: start.Add(time.Second),
			Attributes: []attribute.KeyValue{attribute.Int64("n", 1<<60), attribute.Bool("ok", true), attribute.Float64("share", 0.5), attribute.StringSlice("names", []string{"a", "b"})},
			Events:     []sdktrace.Event{{Name: "retry", Time: start}},
			Status:     sdktrace.Status{Code: codes.Error, Description: "no"}, Resource: service,
		},
		{Name: "root", SpanContext: parent, StartTime: start, Status: sdktrace.Status{Code: codes.Ok}, Resource: service},
	}.Snapshots()
	if err := c.Spans().ExportSpans(t.Context(), spans); err != nil {
		t.Fatal(err)
	}
	if c.got[0] != "/in/v1/traces" {
		t.Errorf("spans were sent to %s", c.got[0])
	}
	same(t, `{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "things"}}]}, "scopeSpans": [{"scope": {}, "spans": [
		{"traceId": "01000000000000000000000000000000", "spanId": "0200000000000000", "parentSpanId": "0300000000000000", "name": "append", "kind": 2,
		 "startTimeUnixNano": "1700000000000000005", "endTimeUnixNano": "1700000001000000005",
		 "attributes": [{"key": "n", "value": {"intValue": "1152921504606846976"}}, {"key": "ok", "value": {"boolValue": true}}, {"key": "share", "value": {"doubleValue": 0.5}},
			{"key": "names", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}}],
		 "events": [{"timeUnixNano": "1700000000000000005", "name": "retry"}], "status": {"code": 2, "message": "no"}},
		{"traceId": "01000000000000000000000000000000", "spanId": "0300000000000000", "name": "root", "kind": 0,
		 "startTimeUnixNano": "1700000000000000005", "endTimeUnixNano": "0", "status": {"code": 1}}]}]}]}`, c.got[1])
	if err := c.Spans().ExportSpans(t.Context(), nil); err != nil || len(c.got) != 2 {
		t.Errorf("no spans were sent: %q (%v)", c.got, err)
	}
}

func TestMetrics(t *testing.T) {
	c := collect(t)
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(service))
	meter := provider.Meter("m")
	counter, err1 := meter.Int64Counter("count", metric.WithUnit("{thing}"), metric.WithDescription("Things."))
	gauge, err2 := meter.Float64Gauge("level")
	histogram, err3 := meter.Float64Histogram("took", metric.WithExplicitBucketBoundaries(1, 2))
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	counter.Add(t.Context(), 3, metric.WithAttributes(attribute.String("kind", "a")))
	gauge.Record(t.Context(), 1.5)
	histogram.Record(t.Context(), 1.25)
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	if err := c.Metrics().Export(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ResourceMetrics []struct {
			ScopeMetrics []struct{ Metrics []map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(c.got[1]), &got); err != nil || c.got[0] != "/in/v1/metrics" {
		t.Fatalf("%v: %s", err, c.got)
	}
	metrics := got.ResourceMetrics[0].ScopeMetrics[0].Metrics
	forget(metrics)
	text, err := json.Marshal(metrics)
	if err != nil {
		t.Fatal(err)
	}
	same(t, `[
		{"name": "count", "description": "Things.", "unit": "{thing}", "sum": {"isMonotonic": true, "aggregationTemporality": 2, "dataPoints": [{"asInt": "3", "attributes": [{"key": "kind", "value": {"stringValue": "a"}}]}]}},
		{"name": "level", "gauge": {"dataPoints": [{"asDouble": 1.5}]}},
		{"name": "took", "histogram": {"aggregationTemporality": 2, "dataPoints": [{"count": "1", "sum": 1.25, "min": 1.25, "max": 1.25, "explicitBounds": [1, 2], "bucketCounts": ["0", "1", "0"]}]}}]`, string(text))
}

// forget removes times, which are those of the wall.
func forget(value any) {
	switch v := value.(type) {
	case []map[string]any:
		for _, item := range v {
			forget(item)
		}
	case []any:
		for _, item := range v {
			forget(item)
		}
	case map[string]any:
		delete(v, "startTimeUnixNano")
		delete(v, "timeUnixNano")
		for _, item := range v {
			forget(item)
		}
	}
}

func TestSendAgain(t *testing.T) {
	one := tracetest.SpanStubs{{Name: "x", Resource: service}}.Snapshots()
	for _, test := range []struct {
		statuses []int
		sent     int
		want     string
	}{
		{[]int{503, 429}, 3, ""},
		{[]int{503, 502, 504, 503}, 4, "status 503"},
		{[]int{400}, 1, "status 400"},
		{[]int{202}, 1, ""},
	} {
		c := collect(t, test.statuses...)
		err := c.Spans().ExportSpans(t.Context(), one)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("after %v the error is %v, want %q in it", test.statuses, err, test.want)
		}
		if len(c.got)/2 != test.sent {
			t.Errorf("after %v it was sent %d times, want %d", test.statuses, len(c.got)/2, test.sent)
		}
		for i, rest := range c.rests {
			if rest != time.Second<<i {
				t.Errorf("rest %d is %v", i+1, rest)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:4318", "ftp://x", "http://", "://"} {
		if _, err := otlp.New(otlp.Options{Endpoint: endpoint}); err == nil {
			t.Errorf("%q is taken for a collector", endpoint)
		}
	}
	sender, err := otlp.New(otlp.Options{Endpoint: "https://ann:secret@collector:4318"})
	if err != nil || strings.Contains(sender.String(), "secret") {
		t.Errorf("the sender is called %s (%v)", sender, err)
	}
	for text, want := range map[string]map[string]string{
		"": {}, "a=b": {"a": "b"}, " a = b , c=d%20e=f,": {"a": "b", "c": "d e=f"}, "a": nil, "=b": nil, "key=hidden%zz": nil,
	} {
		got, err := otlp.ParseHeaders(text)
		if (err != nil) != (want == nil) {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); want != nil && diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		if err != nil && strings.Contains(err.Error(), "hidden") {
			t.Errorf("the error quotes the headers, which may be secret: %v", err)
		}
	}
}
