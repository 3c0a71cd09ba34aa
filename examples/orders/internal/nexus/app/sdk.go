package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"example.com/orders/internal/nexus/app/otlp"
)

// sdk is where the traces and metrics of a program go: to the collector that the
// environment names, or nowhere.
type sdk struct {
	tracer trace.TracerProvider
	meter  metric.MeterProvider
	end    []func(context.Context) error
}

// The variables of the environment, as OpenTelemetry names them.
const (
	endpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT"
	headersVariable  = "OTEL_EXPORTER_OTLP_HEADERS"
	serviceVariable  = "OTEL_SERVICE_NAME"
)

func newSDK(getenv func(string) string, name string, log *slog.Logger) (*sdk, error) {
	endpoint := getenv(endpointVariable)
	if endpoint == "" {
		return &sdk{}, nil
	}
	headers, err := otlp.ParseHeaders(getenv(headersVariable))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", headersVariable, err)
	}
	sender, err := otlp.New(otlp.Options{Endpoint: endpoint, Headers: headers})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpointVariable, err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("telemetry", "error", err.Error()) }))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	service := resource.NewSchemaless(attribute.String("service.name", cmp.Or(getenv(serviceVariable), name)))
	tracer := sdktrace.NewTracerProvider(sdktrace.WithBatcher(sender.Spans()), sdktrace.WithResource(service))
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(sender.Metrics())), sdkmetric.WithResource(service))
	log.Info("sending traces and metrics", "to", sender.String())
	return &sdk{tracer: tracer, meter: meter, end: []func(context.Context) error{tracer.Shutdown, meter.Shutdown}}, nil
}

// lastWords is how long a collector is waited for at the end.
const lastWords = 5 * time.Second

// shutdown sends what is left. A collector that is not there is no fault of the app.
func (s *sdk) shutdown(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	var errs []error
	for _, end := range s.end {
		errs = append(errs, end(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		log.Warn("the last traces and metrics were not sent", "error", err.Error())
	}
}
