package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Problem is an error as a caller is told it (RFC 9457). Handlers may return one.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"` // the status in words, unless another is set
	Code   string `json:"code"`  // what happened, for programs
	Detail string `json:"detail,omitempty"`
	// Reasons are all that speaks against what was asked.
	Reasons []Reason `json:"reasons,omitempty"`
	// Version is where the stream is that was expected elsewhere.
	Version *int64 `json:"version,omitempty"`
	// RetryAfter is when it may be asked again, as a header says it; zero is not said.
	RetryAfter time.Duration `json:"-"`
}

// Reason is one thing that speaks against what was asked.
type Reason struct {
	Stage   string `json:"stage,omitempty"`   // that refused it: decode, schema or policy
	Rule    string `json:"rule,omitempty"`    // of the policy
	Type    string `json:"type,omitempty"`    // of the event, or the name of the command
	Event   *int   `json:"event,omitempty"`   // its place among those of the append, from 0; nil of a command
	Pointer string `json:"pointer,omitempty"` // to the place in its data
	Field   string `json:"field,omitempty"`   // that a policy names
	Detail  string `json:"detail"`
	Hint    string `json:"hint,omitempty"`
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail)
}

func (p *Problem) write(w http.ResponseWriter) {
	told := *p
	if told.Title == "" {
		told.Title = http.StatusText(told.Status)
	}
	text, err := json.Marshal(told)
	if err != nil { // strings and numbers are always JSON
		panic(err)
	}
	if p.RetryAfter > 0 {
		seconds := (p.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(told.Status)
	w.Write(append(text, '\n'))
}

// ErrNotFound is what is not there, or belongs to another tenant. A handler that
// returns it answers 404.
var ErrNotFound = errors.New("not found")

// notFound is the answer to all that is not there. It never says what was asked
// for, so that what belongs to others and what does not exist look the same.
func notFound() *Problem {
	return &Problem{Status: http.StatusNotFound, Code: "not-found", Detail: "there is nothing here that this key may see"}
}

// internal says that the fault is on this side, and nothing of what it is.
var internal = &Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "the app failed; its log says why"}

// problem is what a caller is told of an error of a handler.
func (s *Server) problem(err error) *Problem {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem
	}
	if s.Problem != nil {
		if problem := s.Problem(err); problem != nil {
			return problem
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return s.bodyTooLarge()
	}
	for _, know := range []func(error) *Problem{ofJournal, ofPolicy, ofStore, ofProjection} {
		if problem := know(err); problem != nil {
			return problem
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Problem{Status: http.StatusGatewayTimeout, Code: "timeout", Detail: "it took too long: ask again, with the same Idempotency-Key if it was a command"}
	}
	return internal
}

// fail answers with the problem that err is. What the caller is not told is logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	problem := s.problem(err)
	if problem.Status >= 500 && !errors.Is(err, context.Canceled) {
		s.Log.ErrorContext(r.Context(), "request failed", "error", err.Error())
	}
	problem.write(w)
}

// writeJSON answers with a value. If that cannot be written as JSON, nothing is
// answered yet.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing the answer as JSON: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
	return nil
}
