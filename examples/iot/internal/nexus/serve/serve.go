// Package serve offers an app over HTTP: commands that append events, queries
// that read what was made of them, the trail of a stream, a description of it all
// in OpenAPI, and a page that shows live what happens.
//
//	server, err := serve.New(serve.Options{
//		Keys:     func() *serve.Keys { return keys },
//		Commands: []serve.Command{{Name: "OpenAccount", Path: "/accounts/{id}/open", Handle: open}},
//		Queries:  []serve.Query{{Name: "Account", Path: "/accounts/{id}", Handle: account}, serve.Trail(events)},
//		Live:     live,
//	})
//	err = server.Run(ctx, listener) // until ctx ends, and what has begun is answered
//
// # Who may ask
//
// Nothing is answered without a key but whether the app is healthy. A key is sent
// as a bearer token, as X-API-Key, or, so that a browser can show the page, as
// user and password of HTTP Basic; browsers of other origins may not change
// anything. A key belongs to a tenant, and handlers look up streams by StreamOf,
// below the tenant's name: what belongs to another tenant answers as what does not
// exist.
//
// Keys are kept as hashes and never logged, nor are query strings, headers and
// bodies. A key may expire, or be revoked. An address that was wrong about a key too often is not
// heard about it for a while.
//
// # What is bounded
//
// The bytes of a body, of the headers, of a path and of a query string, the time to
// send them, to answer and to do nothing, and the connections at a time. Unknown
// and repeated query parameters are refused rather than passed over: a misspelt
// ?version= would answer with another state than the one that was asked for.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"example.com/iot/internal/nexus/telemetry"
)

// Options describe an app. Keys is needed.
type Options struct {
	Title   string // of the app
	Version string // of its interface
	// Keys are those that count at the moment: it is asked at every request, since
	// keys are made and revoked while an app runs.
	Keys func() *Keys

	Commands []Command
	Queries  []Query
	Live     *Live // the page; nil is none

	// Problem turns an error of a handler into what the caller is told, or is nil
	// for one that it does not know. The errors of journal,
	// store and projection are known already.
	Problem func(error) *Problem
	// Ready says why the app cannot take requests yet; nil is that it always can.
	// The reason is logged, not told.
	Ready func(context.Context) error

	// Address is who sent a request, for those who try out keys; nil is the other end
	// of the connection. Behind a proxy that is the proxy: then it is ForwardedAddress.
	Address func(*http.Request) string

	Telemetry *telemetry.Telemetry // nil measures nothing
	Log       *slog.Logger         // nil logs nothing
	Now       func() time.Time     // nil is time.Now
	Limits    Limits
}

// Limits bound what a caller may send and how long it may take. What is zero has
// the default that is named.
type Limits struct {
	Body        int64         // bytes of a body: 1 MiB
	Header      int           // bytes of all headers: 16 KiB
	URL         int           // bytes of a path, and of a query string: 2 KiB each
	Send        time.Duration // to send the headers: 5 s; three times as much with the body
	Answer      time.Duration // to be answered: 30 s
	Idle        time.Duration // to keep a connection without a request: 60 s
	Drain       time.Duration // to end what has begun when the app stops: 10 s
	Connections int           // at a time: 1,024; further ones wait
	Attempts    int           // to name a key with a wrong secret, from one address: 10
	Lockout     time.Duration // that the address is not heard about it then, from its first attempt on: 1 min
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Body:        cmp.Or(l.Body, 1<<20),
		Header:      cmp.Or(l.Header, 16<<10),
		URL:         cmp.Or(l.URL, 2<<10),
		Send:        cmp.Or(l.Send, 5*time.Second),
		Answer:      cmp.Or(l.Answer, 30*time.Second),
		Idle:        cmp.Or(l.Idle, time.Minute),
		Drain:       cmp.Or(l.Drain, 10*time.Second),
		Connections: cmp.Or(l.Connections, 1024),
		Attempts:    cmp.Or(l.Attempts, 10),
		Lockout:     cmp.Or(l.Lockout, time.Minute),
	}
}

// Server is an http.Handler of an app.
type Server struct {
	Options
	routes   *http.ServeMux
	foreign  *http.CrossOriginProtection
	guesses  *guesses
	draining atomic.Bool
}

// New checks o and makes its routes.
func New(o Options) (*Server, error) {
	if o.Keys == nil {
		return nil, errors.New("serving an app: it has no keys, and without them nobody may ask: set Keys")
	}
	o.Limits = o.Limits.withDefaults()
	o.Title, o.Version = cmp.Or(o.Title, "app"), cmp.Or(o.Version, "1")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Address == nil {
		o.Address = remoteAddress
	}
	if o.Telemetry == nil {
		nowhere, err := telemetry.New(telemetry.Options{})
		if err != nil {
			return nil, fmt.Errorf("serving an app: %w", err)
		}
		o.Telemetry = nowhere
	}
	s := &Server{
		Options: o, routes: http.NewServeMux(), foreign: http.NewCrossOriginProtection(),
		guesses: newGuesses(o.Limits.Attempts, o.Limits.Lockout, o.Now),
	}
	if err := s.route(); err != nil {
		return nil, fmt.Errorf("serving an app: %w", err)
	}
	return s, nil
}

// Run answers the connections of a listener until ctx ends. Then it takes no new
// ones, says that it is not ready, ends the streams of the page, and waits for
// what has begun. Only after that may the app close what its handlers use.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		MaxHeaderBytes:    s.Limits.Header,
		ReadHeaderTimeout: s.Limits.Send,
		ReadTimeout:       3 * s.Limits.Send,
		WriteTimeout:      s.Limits.Answer,
		IdleTimeout:       s.Limits.Idle,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
		// Else net/http answers OPTIONS * itself, whoever asks.
		DisableGeneralOptionsHandler: true,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(limitConnections(listener, s.Limits.Connections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	if s.Live != nil {
		s.Live.Close()
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Limits.Drain)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		server.Close()
		return fmt.Errorf("stopping: requests were not answered within %v: %w", s.Limits.Drain, err)
	}
	return nil
}
