// Package otlp sends traces and metrics to a collector: OTLP over HTTP, in its JSON
// form, which every collector takes. It needs neither protobuf nor gRPC, which
// would double what an app is built of.
//
//	sender, err := otlp.New(otlp.Options{Endpoint: "http://localhost:4318"})
//	tracer := sdktrace.NewTracerProvider(sdktrace.WithBatcher(sender.Spans()))
//	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(sender.Metrics())))
package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say where to send to.
type Options struct {
	Endpoint string            // without /v1/traces and /v1/metrics, which are added
	Headers  map[string]string // such as a key of the collector; they are never logged
	Client   *http.Client      // nil has a timeout of ten seconds
	// Wait is how long to rest after the first failure that may pass; nil rests
	// that long, or until the context is done.
	Wait func(ctx context.Context, d time.Duration) error
}

// Sender sends to one collector. Any number of goroutines may use it.
type Sender struct {
	options Options
	base    *url.URL
}

// New checks where to send to.
func New(o Options) (*Sender, error) {
	base, err := url.Parse(o.Endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("the collector is no address such as http://localhost:4318")
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if o.Wait == nil {
		o.Wait = rest
	}
	return &Sender{options: o, base: base}, nil
}

// String is where the sender sends to, without a password in it.
func (s *Sender) String() string { return s.base.Redacted() }

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// ParseHeaders reads OTEL_EXPORTER_OTLP_HEADERS: name=value, separated by commas,
// with values escaped as in a URL.
func ParseHeaders(text string) (map[string]string, error) {
	headers := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || strings.TrimSpace(name) == "" {
			return nil, errors.New("the headers for the collector are not name=value, separated by commas")
		}
		headers[strings.TrimSpace(name)] = value
	}
	return headers, nil
}

const (
	attempts  = 4
	firstRest = time.Second
)

// send posts a document, and again if the collector says that it is busy.
func (s *Sender) send(ctx context.Context, path string, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing telemetry as JSON: %w", err)
	}
	pause := firstRest
	for attempt := 1; ; attempt++ {
		again, err := s.post(ctx, path, text)
		if err == nil || !again || attempt == attempts {
			return err
		}
		if waited := s.options.Wait(ctx, pause); waited != nil {
			return err
		}
		pause *= 2
	}
}

// post sends once. The error does not quote the answer: a proxy on the way may say
// anything.
func (s *Sender) post(ctx context.Context, path string, text []byte) (again bool, err error) {
	target := s.base.JoinPath(path)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(text))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range s.options.Headers {
		r.Header.Set(name, value)
	}
	answer, err := s.options.Client.Do(r)
	if err != nil {
		return ctx.Err() == nil, fmt.Errorf("sending telemetry: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // so that the connection is used again
	_ = answer.Body.Close()
	if answer.StatusCode/100 == 2 {
		return false, nil
	}
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	return again, fmt.Errorf("sending telemetry to %s: it was answered with status %d", target.Redacted(), answer.StatusCode)
}
