package serve

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The page has no build step and loads nothing from elsewhere.
//
//go:embed page/live.html page/live.css page/*.js
var pageFiles embed.FS

// pagePolicy lets the page run its own script and style, and ask its own server:
// nothing inline, nothing from elsewhere, no text that becomes markup.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// writePatience is how long a page may take to receive what is sent to it.
const writePatience = 5 * time.Second

// page makes the routes of the page.
func (s *Server) page() {
	const script = "text/javascript; charset=utf-8"
	for pattern, file := range map[string][2]string{
		"GET /ui":            {"page/live.html", "text/html; charset=utf-8"},
		"GET /ui/live.css":   {"page/live.css", "text/css; charset=utf-8"},
		"GET /ui/live.js":    {"page/live.js", script},
		"GET /ui/dom.js":     {"page/dom.js", script},
		"GET /ui/drawing.js": {"page/drawing.js", script},
		"GET /ui/trail.js":   {"page/trail.js", script},
	} {
		s.routes.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			text, err := pageFiles.ReadFile(file[0])
			if err != nil { // it is in the program
				panic(err)
			}
			w.Header().Set("Content-Security-Policy", pagePolicy)
			w.Header().Set("Content-Type", file[1])
			w.Write(text)
		})
	}
	s.routes.HandleFunc("GET /ui/board", s.board)
	s.routes.HandleFunc("GET /ui/events", s.stream)
	s.routes.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/ui", http.StatusSeeOther)
	})
}

// board answers with what there is to see now.
func (s *Server) board(w http.ResponseWriter, r *http.Request) {
	text, err := s.Live.view(CallerOf(r.Context()).Tenant)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(text)
}

// stream sends what there is to see, now and every second, as server-sent events.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	tenant := CallerOf(r.Context()).Tenant
	subscription, err := s.Live.Subscribe(tenant)
	if err != nil {
		s.unsubscribed(w, r, err)
		return
	}
	defer subscription.Close()
	first, err := s.Live.view(tenant)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	connection := http.NewResponseController(w)
	// The limits of a request are for those that end.
	if err := connection.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if send(w, connection, Message{Event: "board", Data: first}) == nil {
		ctx, leave := s.whileValid(r.Context())
		defer leave()
		forward(ctx, w, connection, subscription)
	}
}

func (s *Server) unsubscribed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ErrTooMany):
		err = &Problem{Status: http.StatusTooManyRequests, Code: "too-many-pages", RetryAfter: 10 * time.Second, Detail: fmt.Sprintf("%d pages are open already: close one", maxSubscribers)}
	case errors.Is(err, errHubClosed):
		err = &Problem{Status: http.StatusServiceUnavailable, Code: "closing", Detail: "the app is stopping: ask again"}
	}
	s.fail(w, r, err)
}

// forward sends messages until the page leaves, is too slow, or the app stops.
func forward(ctx context.Context, w io.Writer, connection *http.ResponseController, subscription *Subscription) {
	for {
		select {
		case <-ctx.Done():
			return
		case message, ok := <-subscription.C:
			if !ok || send(w, connection, message) != nil {
				return
			}
		}
	}
}

// send writes a message. A page that does not take it in time is left.
func send(w io.Writer, connection *http.ResponseController, m Message) error {
	if err := connection.SetWriteDeadline(time.Now().Add(writePatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", m.Event, m.Data); err != nil {
		return err
	}
	return connection.Flush()
}
