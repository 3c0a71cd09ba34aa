package confluent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxAnswer bounds what is read of one answer. 20,000 subjects of 255 bytes
	// take 5 MB, and no registry takes schemas of more than a few.
	maxAnswer = 32 << 20
	// maxPause is how long a server may ask for patience. Longer than that, a
	// person who waits for a verdict is better served with an error.
	maxPause = 30 * time.Second
	mimeType = "application/vnd.schemaregistry.v1+json"
)

// pauses are the waiting times between attempts, the same in every run. A
// server's Retry-After makes them longer, never shorter.
var pauses = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}

// errSlow is the cause of an attempt that took longer than the timeout.
var errSlow = errors.New("the time for one request is over")

// call is the transport of one srclient. Contrary to the letter of
// http.RoundTripper it turns a refusal into an error: srclient would reduce it
// to a text without its status.
type call struct {
	ctx      context.Context
	registry *Registry
	doing    string
}

// RoundTrip sends srclient's request with everything that srclient lacks.
func (c call) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		body, err = io.ReadAll(request.Body)
		_ = request.Body.Close() // it is a buffer
		if err != nil {
			return nil, err
		}
	}
	answer, err := c.registry.send(c.ctx, c.doing, request.Method, request.URL.String(), body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: request,
	}, nil
}

// ask sends what srclient has no call for. in may be nil; out is filled.
func (r *Registry) ask(ctx context.Context, doing, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	answer, err := r.send(ctx, doing, method, r.url+path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return r.known(doing, err)
	}
	return nil
}

// send asks until there is an answer, patience is exhausted or ctx ends. It may
// repeat any request: registering a schema twice is registering it once.
func (r *Registry) send(ctx context.Context, doing, method, url string, body []byte) ([]byte, error) {
	for attempt := 0; ; attempt++ {
		answer, failed := r.attempt(ctx, method, url, body)
		if failed == nil {
			if !json.Valid(answer) {
				return nil, r.notJSON(doing, answer)
			}
			return answer, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, r.ended(doing, err)
		}
		failed.attempts = attempt + 1
		pause, again := r.pause(attempt, failed)
		if !again {
			return nil, r.explain(doing, failed)
		}
		if err := r.sleep(ctx, pause); err != nil {
			return nil, r.ended(doing, err)
		}
	}
}

// failure is one request without a usable answer.
type failure struct {
	status   int // 0 when none came
	header   http.Header
	body     []byte
	err      error // why none came
	attempts int
}

// attempt sends one request and reads the whole answer, within the timeout and
// one of the slots.
func (r *Registry) attempt(ctx context.Context, method, url string, body []byte) ([]byte, *failure) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, &failure{err: ctx.Err()}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, errSlow)
	defer cancel()
	response, err := r.roundTrip(ctx, method, url, body)
	if err != nil {
		return nil, &failure{err: slowOr(ctx, err)}
	}
	defer func() { _ = response.Body.Close() }() // it was read, or is given up
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &failure{err: slowOr(ctx, err)}
	case len(answer) > maxAnswer:
		return nil, &failure{err: errTooLarge}
	case response.StatusCode/100 != 2:
		return nil, &failure{status: response.StatusCode, header: response.Header, body: answer}
	}
	return answer, nil
}

var errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)

// roundTrip goes around http.Client, which would follow redirects and with
// them carry the credentials to another host.
func (r *Registry) roundTrip(ctx context.Context, method, url string, body []byte) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", mimeType+", application/json")
	request.Header.Set("User-Agent", "nexus")
	// Not sent. It tells net/http that a POST, too, may be sent again when the
	// server closed the idle connection that it went out on.
	request.Header["Idempotency-Key"] = nil
	if body != nil {
		request.Header.Set("Content-Type", mimeType)
	}
	if r.auth != "" {
		request.Header.Set("Authorization", r.auth)
	}
	return r.base.RoundTrip(request)
}

// slowOr names the timeout as the cause when that is what ended the attempt.
func slowOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// pause says how long to wait before the next attempt, and whether there is one.
func (r *Registry) pause(attempt int, f *failure) (time.Duration, bool) {
	if attempt >= len(pauses) || !f.passing() {
		return 0, false
	}
	wanted := f.retryAfter(r.now())
	return max(pauses[attempt], wanted), wanted <= maxPause
}

// passing reports whether the failure may be gone a moment later: a busy or
// failing server, or a connection that broke. A server that is not there at
// all, or is silent for the whole timeout, is reported at once.
func (f *failure) passing() bool {
	switch f.status {
	case 0:
		return brokenConnection(f.err)
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	case http.StatusTooManyRequests:
		return true
	}
	return f.status >= 500
}

// retryAfter reads the header of that name, seconds or a date (RFC 9110,
// section 10.2.3).
func (f *failure) retryAfter(now time.Time) time.Duration {
	text := f.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
