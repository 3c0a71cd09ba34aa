package serve

import (
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// guesses counts wrong keys, by the address that they come from and the id that
// they name, and locks an address out of an id that it tried too often. An id of
// its own, so that neighbours behind one address do not lock out each other; an
// address of its own, so that nobody locks out the holder of a key by its id alone.
type guesses struct {
	limit  int
	window time.Duration
	now    func() time.Time

	mu      sync.Mutex
	entries map[guess]wrong
}

// guess is who tried which key.
type guess struct{ address, id string }

// wrong is how often somebody was wrong since a moment.
type wrong struct {
	count int
	since time.Time
}

// maxGuesses is how many are remembered. Whoever fills them wins back a few tries
// against a secret of 256 bits.
const maxGuesses = 4096

func newGuesses(limit int, window time.Duration, now func() time.Time) *guesses {
	return &guesses{limit: limit, window: window, now: now, entries: map[guess]wrong{}}
}

// locked is how long a guess is still refused; zero or less is not at all.
func (g *guesses) locked(by guess) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	tried := g.entries[by]
	if tried.count < g.limit {
		return 0
	}
	return tried.since.Add(g.window).Sub(g.now())
}

// fail notes a wrong key.
func (g *guesses) fail(by guess) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	tried, known := g.entries[by]
	if !known && len(g.entries) >= maxGuesses {
		g.forget(now)
	}
	if !known || now.Sub(tried.since) >= g.window {
		tried = wrong{since: now}
	}
	tried.count++
	g.entries[by] = tried
}

// forget makes room: of those whose time is over, else of all. To look for the
// oldest of them every time would be work for whoever floods the app.
func (g *guesses) forget(now time.Time) {
	maps.DeleteFunc(g.entries, func(_ guess, tried wrong) bool { return now.Sub(tried.since) >= g.window })
	if len(g.entries) >= maxGuesses {
		clear(g.entries)
	}
}

// succeed forgets what was wrong before.
func (g *guesses) succeed(by guess) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.entries, by)
}

// remoteAddress is who is at the other end of the connection. Of IPv6 it is the
// network: all addresses of one are in the same hands.
func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if ip == nil || ip.To4() != nil {
		return host
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}
