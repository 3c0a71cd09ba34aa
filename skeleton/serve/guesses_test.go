package serve

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Whatever is wrong, a right key from where nobody was wrong is heard, and what is
// remembered has a bound.
func TestGuessesAreCounted(t *testing.T) {
	now := noon
	g := newGuesses(3, time.Minute, func() time.Time { return now })
	mallory, neighbour, ann := guess{"1.2.3.4", "one"}, guess{"1.2.3.4", "two"}, guess{"5.6.7.8", "one"}
	for range 2 {
		g.fail(mallory)
	}
	g.succeed(mallory)
	for range 2 {
		g.fail(mallory)
	}
	if left := g.locked(mallory); left != 0 {
		t.Errorf("locked for %v after two wrong keys", left)
	}
	now = now.Add(20 * time.Second)
	g.fail(mallory)
	if left := g.locked(mallory); left != 40*time.Second {
		t.Errorf("locked for %v", left)
	}
	if g.locked(neighbour) != 0 || g.locked(ann) != 0 {
		t.Error("others are locked out")
	}
	now = now.Add(40 * time.Second)
	if left := g.locked(mallory); left > 0 {
		t.Errorf("locked for %v more when the time is over", left)
	}
	g.fail(mallory)
	if left := g.locked(mallory); left != 0 {
		t.Errorf("locked for %v by the first wrong key after it", left)
	}
	for i := range 3 * maxGuesses {
		g.fail(guess{"1.2.3.4", fmt.Sprint(i)})
	}
	if n := len(g.entries); n > maxGuesses {
		t.Errorf("%d guesses are remembered", n)
	}
}

func TestAddressesInTheSameHands(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:4711": "192.0.2.7", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::", "[::ffff:192.0.2.7]:80": "192.0.2.7", "[fe80::1%eth0]:80": "fe80::", "@": "@", "": "",
	} {
		if got := remoteAddress(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%q is of %q, want %q", remote, got, want)
		}
	}
}

func TestForwardedAddress(t *testing.T) {
	for _, test := range []struct {
		forwarded []string
		want      string
	}{
		{nil, "192.0.2.7"},
		{[]string{""}, "192.0.2.7"},
		{[]string{"198.51.100.1"}, "198.51.100.1"},
		{[]string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{[]string{"203.0.113.9", "203.0.113.8,198.51.100.1 "}, "198.51.100.1"},
		{[]string{"198.51.100.1:4711"}, "198.51.100.1"},
		{[]string{"2001:db8:1:2:3::4"}, "2001:db8:1:2::"},
		{[]string{"[2001:db8:1:2:3::4]:80"}, "2001:db8:1:2::"},
		{[]string{"198.51.100.1, unknown"}, "192.0.2.7"},
		{[]string{"198.51.100.1,"}, "192.0.2.7"},
	} {
		r := &http.Request{RemoteAddr: "192.0.2.7:4711", Header: http.Header{"X-Forwarded-For": test.forwarded}}
		if got := ForwardedAddress(r); got != test.want {
			t.Errorf("%q is of %q, want %q", test.forwarded, got, test.want)
		}
	}
}
