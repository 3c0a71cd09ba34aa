package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// ServeHTTP answers a request: it bounds it, asks who it is, and finds what was
// asked for.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := s.Now()
	_, route := s.routes.Handler(r)
	ctx, end := s.Telemetry.Request(r, route)
	entry := &entry{}
	r = r.WithContext(context.WithValue(ctx, entryKey{}, entry))
	body := &body{ReadCloser: r.Body, ended: r.ContentLength == 0}
	r.Body = body
	answer := &answer{ResponseWriter: w, body: body}
	s.answer(answer, r, route)
	end(answer.status)
	s.Log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", r.Method), slog.String("route", route), slog.Int("status", answer.status),
		slog.String("took", s.Now().Sub(begin).Round(time.Microsecond).String()), slog.String("key", entry.holder.Key))
}

func (s *Server) answer(w *answer, r *http.Request, route string) {
	defer s.recover(w, r)
	secure(w.Header())
	if problem := s.oversized(r); problem != nil {
		problem.write(w)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.Limits.Body)
	if s.health(w, r) {
		return
	}
	if err := s.foreign.Check(r); err != nil {
		(&Problem{Status: http.StatusForbidden, Code: "foreign-origin", Detail: "a browser of another origin may not change anything here"}).write(w)
		return
	}
	holder, problem := s.caller(r)
	if problem != nil {
		if problem.Status == http.StatusUnauthorized {
			challenge(w.Header(), route)
		}
		problem.write(w)
		return
	}
	r.Context().Value(entryKey{}).(*entry).holder = holder
	if route == "" {
		s.unrouted(w, r)
		return
	}
	s.routes.ServeHTTP(w, r)
}

// entry is what is known of a request once it is answered.
type entry struct{ holder holder }

type entryKey struct{}

// CallerOf is who sent the request whose context it is; the zero Caller if no
// request of this server is.
func CallerOf(ctx context.Context) Caller { return holderOf(ctx).Caller }

// holderOf is whose key the request of a context showed.
func holderOf(ctx context.Context) holder {
	if entry, ok := ctx.Value(entryKey{}).(*entry); ok {
		return entry.holder
	}
	return holder{}
}

// recover turns a panic of a handler into a problem. http.ErrAbortHandler is how
// a handler says that the connection is to be cut.
func (s *Server) recover(w *answer, r *http.Request) {
	fault := recover()
	if fault == nil {
		return
	}
	if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(fault)
	}
	s.Log.ErrorContext(r.Context(), "a handler panicked", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
	if w.status == 0 {
		internal.write(w)
	}
}

// secure sets what every answer says to browsers: that it is not kept, not
// guessed at, not framed, and runs nothing. The page allows itself a little more.
func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

func (s *Server) oversized(r *http.Request) *Problem {
	if limit := s.Limits.URL; len(r.URL.EscapedPath()) > limit || len(r.URL.RawQuery) > limit {
		return &Problem{Status: http.StatusRequestURITooLong, Code: "url-too-long", Detail: fmt.Sprintf("the path and the query string may have %d bytes each", limit)}
	}
	if r.ContentLength > s.Limits.Body {
		return s.bodyTooLarge()
	}
	return nil
}

func (s *Server) bodyTooLarge() *Problem {
	return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "body-too-large", Detail: fmt.Sprintf("the body may have %d bytes", s.Limits.Body)}
}

// health answers without a key: /healthz that the process runs, /readyz whether
// to send it requests. Neither tells more.
func (s *Server) health(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return false
	case r.URL.Path == "/healthz":
		status(w, http.StatusOK, "ok")
	case r.URL.Path == "/readyz" && s.ready(r.Context()):
		status(w, http.StatusOK, "ready")
	case r.URL.Path == "/readyz":
		status(w, http.StatusServiceUnavailable, "not ready")
	default:
		return false
	}
	return true
}

func status(w http.ResponseWriter, code int, word string) {
	_ = writeJSON(w, code, map[string]string{"status": word}) // a string is always JSON
}

func (s *Server) ready(ctx context.Context) bool {
	if s.draining.Load() {
		return false
	}
	if s.Ready == nil {
		return true
	}
	err := s.Ready(ctx)
	if err != nil {
		s.Log.WarnContext(ctx, "not ready", "reason", err.Error())
	}
	return err == nil
}

// challenge says how to show a key. Only for the page it names the way by which a
// browser asks its user.
func challenge(h http.Header, route string) {
	h.Add("WWW-Authenticate", `Bearer realm="app"`)
	if route == "GET /ui" || strings.HasPrefix(route, "GET /ui/") || route == "GET /{$}" {
		h.Add("WWW-Authenticate", `Basic realm="app", charset="UTF-8"`)
	}
}

// unrouted answers what no route matches as the router would, but as a problem.
func (s *Server) unrouted(w http.ResponseWriter, r *http.Request) {
	router, _ := s.routes.Handler(r)
	said := &discarded{header: http.Header{}}
	router.ServeHTTP(said, r)
	if said.status == http.StatusMethodNotAllowed {
		allow := said.header.Get("Allow")
		w.Header().Set("Allow", allow)
		(&Problem{Status: said.status, Code: "method-not-allowed", Detail: "this path takes " + allow}).write(w)
		return
	}
	notFound().write(w)
}

// discarded keeps of an answer only its status and headers.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }

// body knows whether there may be more of it to read.
type body struct {
	io.ReadCloser
	ended bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

// answer remembers the status that was written.
type answer struct {
	http.ResponseWriter
	status int
	body   *body
}

// WriteHeader implements http.ResponseWriter. An answer that does not wait for the
// body ends the connection: to keep it, net/http would hold the answer back until
// the rest of the body is there.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		if !a.body.ended {
			a.Header().Set("Connection", "close")
			// A connection that cannot be told ends when its request has taken too long.
			_ = http.NewResponseController(a.ResponseWriter).SetReadDeadline(time.Now().Add(lastBytes))
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// lastBytes is how long a caller who was answered already may go on to send: one who
// was cut off at once might not get to read the answer.
const lastBytes = time.Second

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
