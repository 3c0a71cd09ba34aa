package serve

import (
	"maps"
	"net"
	"net/http"
	"strings"
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

// remoteAddress is who is at the other end of the connection.
func remoteAddress(r *http.Request) string { return network(r.RemoteAddr) }

// ForwardedAddress is whom the proxy in front of an app has a request from: the last
// entry of X-Forwarded-For, which the proxy itself has added. What stands before it,
// anybody may have sent. Without the header it is the other end of the connection. It
// is for Options.Address, and only where nobody gets past the proxy.
func ForwardedAddress(r *http.Request) string {
	entries := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	last := strings.TrimSpace(entries[strings.LastIndexByte(entries, ',')+1:])
	if host(last) == nil {
		return remoteAddress(r)
	}
	return network(last)
}

// network is the address of a host as guesses are counted by. Of IPv6 it is the
// network: all addresses of one are in the same hands.
func network(address string) string {
	ip := host(address)
	switch {
	case ip == nil:
		return address
	case ip.To4() != nil:
		return ip.String()
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}

// host is the IP address of a text, with a port or without, or nil.
func host(address string) net.IP {
	if name, _, err := net.SplitHostPort(address); err == nil {
		address = name
	}
	address, _, _ = strings.Cut(strings.Trim(address, "[]"), "%") // without the zone
	return net.ParseIP(address)
}
