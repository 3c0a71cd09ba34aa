package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// HTTP is a call that sends a request and counts it as one event when it is
// answered with a 2xx status. Any other is a *StatusError.
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
		failed := answer.StatusCode < 200 || answer.StatusCode > 299
		var code string
		if failed {
			code = problemCode(answer)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return Outcome{Err: fmt.Errorf("reading an answer: %w", err)}
		}
		if failed {
			return Outcome{Err: &StatusError{Status: answer.StatusCode, Code: code}}
		}
		return Outcome{Events: 1}
	}
}

// The bytes of a problem, and of its code, are fewer than these; what has more is none.
const (
	maxProblem = 64 << 10
	maxCode    = 100
)

// problemCode is the code of the problem in an answer, empty if there is none.
func problemCode(answer *http.Response) string {
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || kind != "application/problem+json" {
		return ""
	}
	var problem struct {
		Code string `json:"code"`
	}
	if json.NewDecoder(io.LimitReader(answer.Body, maxProblem)).Decode(&problem) != nil || len(problem.Code) > maxCode {
		return ""
	}
	return problem.Code
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
