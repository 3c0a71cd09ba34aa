package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// HTTP is a call that sends a request and counts it as one event when it is
// answered with a 2xx status. Each other status is an error of its own kind.
// The body of the answer is read and thrown away, so that connections are used
// again; Client makes one that keeps enough of them.
func HTTP(client *http.Client, request func(context.Context, Call) (*http.Request, error)) func(context.Context, Call) Outcome {
	return func(ctx context.Context, call Call) Outcome {
		r, err := request(ctx, call)
		if err != nil {
			return Outcome{Err: fmt.Errorf("making a request: %w", err)}
		}
		answer, err := client.Do(r)
		if err != nil {
			return Outcome{Err: err}
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return Outcome{Err: fmt.Errorf("reading an answer: %w", err)}
		}
		if answer.StatusCode < 200 || answer.StatusCode > 299 {
			return Outcome{Err: fmt.Errorf("answered with %s", answer.Status)}
		}
		return Outcome{Events: 1}
	}
}

// Client is an HTTP client that keeps a connection for each writer. It follows
// no redirects: they would be counted as one call and take two.
func Client(writers int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = writers, writers
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
