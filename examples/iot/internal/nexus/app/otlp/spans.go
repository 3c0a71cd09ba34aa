package otlp

import (
	"context"
	"encoding/hex"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

type tracesDocument struct {
	ResourceSpans []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource   resourceOf    `json:"resource"`
	ScopeSpans []*scopeSpans `json:"scopeSpans"`
}

type scopeSpans struct {
	Scope scopeOf    `json:"scope"`
	Spans []spanData `json:"spans"`
}

type spanData struct {
	TraceID    string     `json:"traceId"`
	SpanID     string     `json:"spanId"`
	ParentID   string     `json:"parentSpanId,omitempty"`
	Name       string     `json:"name"`
	Kind       int        `json:"kind"`
	Start      string     `json:"startTimeUnixNano"`
	End        string     `json:"endTimeUnixNano"`
	Attributes []keyValue `json:"attributes,omitempty"`
	Events     []spanNote `json:"events,omitempty"`
	Status     spanStatus `json:"status"`
}

type spanNote struct {
	Time       string     `json:"timeUnixNano"`
	Name       string     `json:"name"`
	Attributes []keyValue `json:"attributes,omitempty"`
}

type spanStatus struct {
	Code    int    `json:"code,omitempty"` // 1 ok, 2 error
	Message string `json:"message,omitempty"`
}

// Spans sends spans, for a batcher of the SDK.
func (s *Sender) Spans() sdktrace.SpanExporter { return spans{s} }

type spans struct{ *Sender }

// ExportSpans sends spans; see sdktrace.SpanExporter.
func (s spans) ExportSpans(ctx context.Context, list []sdktrace.ReadOnlySpan) error {
	if len(list) == 0 {
		return nil
	}
	return s.send(ctx, "v1/traces", traces(list))
}

// Shutdown does nothing: what was given was sent; see sdktrace.SpanExporter.
func (s spans) Shutdown(context.Context) error { return nil }

// traces groups spans by what made them. All have one resource and few scopes.
func traces(list []sdktrace.ReadOnlySpan) tracesDocument {
	byResource := map[attribute.Distinct]int{}
	byScope := map[attribute.Distinct]map[instrumentation.Scope]*scopeSpans{}
	var document tracesDocument
	for _, span := range list {
		key := span.Resource().Equivalent()
		at, known := byResource[key]
		if !known {
			at = len(document.ResourceSpans)
			byResource[key], byScope[key] = at, map[instrumentation.Scope]*scopeSpans{}
			document.ResourceSpans = append(document.ResourceSpans, resourceSpans{Resource: resourceDocument(span.Resource())})
		}
		scope := span.InstrumentationScope()
		group := byScope[key][scope]
		if group == nil {
			group = &scopeSpans{Scope: scopeDocument(scope)}
			byScope[key][scope] = group
			document.ResourceSpans[at].ScopeSpans = append(document.ResourceSpans[at].ScopeSpans, group)
		}
		group.Spans = append(group.Spans, spanDocument(span))
	}
	return document
}

func spanDocument(span sdktrace.ReadOnlySpan) spanData {
	context, parent := span.SpanContext(), span.Parent()
	traceID, spanID := context.TraceID(), context.SpanID()
	d := spanData{
		TraceID: hex.EncodeToString(traceID[:]), SpanID: hex.EncodeToString(spanID[:]),
		Name: span.Name(), Kind: int(span.SpanKind()), Start: nanos(span.StartTime()), End: nanos(span.EndTime()),
		Attributes: attributes(span.Attributes()),
	}
	if parent.SpanID().IsValid() {
		id := parent.SpanID()
		d.ParentID = hex.EncodeToString(id[:])
	}
	switch status := span.Status(); status.Code {
	case codes.Ok:
		d.Status.Code = 1
	case codes.Error:
		d.Status = spanStatus{Code: 2, Message: status.Description}
	}
	for _, event := range span.Events() {
		d.Events = append(d.Events, spanNote{Time: nanos(event.Time), Name: event.Name, Attributes: attributes(event.Attributes)})
	}
	return d
}
