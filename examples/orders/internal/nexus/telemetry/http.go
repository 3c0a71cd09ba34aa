package telemetry

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// callers reads which trace a request belongs to. Baggage is not taken over: it
// would be whatever the caller likes.
var callers = propagation.TraceContext{}

// Request begins the span of an HTTP request, in the trace of its caller if it
// has one, and returns how to end it: with the status of the answer. The route is
// the pattern that matched, not the path: paths have no end of values.
func (t *Telemetry) Request(r *http.Request, route string) (context.Context, func(status int)) {
	begin := t.now()
	method := knownMethod(r.Method)
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", method),
		attribute.String("http.route", route),
	}
	ctx := callers.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.tracer.Start(ctx, method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributes...))
	return ctx, func(status int) {
		code := attribute.Int("http.response.status_code", status)
		t.requests.Record(ctx, t.now().Sub(begin).Seconds(), metric.WithAttributes(append(attributes, code)...))
		span.SetAttributes(code)
		if status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// knownMethod is the method, or _OTHER: a caller could invent as many as it likes.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "_OTHER"
}
