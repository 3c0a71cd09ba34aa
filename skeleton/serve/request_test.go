package serve

import (
	"net/http"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// Whatever a query string is, a query that takes it has bounded values of the
// kinds that it promises.
func FuzzQueryString(f *testing.F) {
	for _, seed := range []string{"", "at=2026-05-01T12:00:00Z", "version=3&after=7&timeout=50ms&ontimeout=stale", "at=1&at=2", "%", "word=%ff", "timeout=-1s", "a=b;c"} {
		f.Add(seed)
	}
	q := Query{Temporal: true, Fresh: true, Params: []Param{{Name: "word"}}}
	f.Fuzz(func(t *testing.T, raw string) {
		read, err := params(raw, q.params())
		if err != nil {
			return
		}
		r := Request{Params: read}
		if r.temporal() != nil || r.fresh() != nil {
			return
		}
		switch {
		case len(read) > 6:
			t.Errorf("%q has %d parameters", raw, len(read))
		case !r.At.IsZero() && r.Version != 0:
			t.Errorf("%q asks for two points", raw)
		case r.Version < 0, r.After < 0, r.Timeout < 0, r.Timeout > maxTimeout:
			t.Errorf("%q is %+v", raw, r)
		case !r.At.IsZero() && !time.Unix(0, r.At.UnixNano()).Equal(r.At):
			t.Errorf("%q asks for %v, which no store keeps", raw, r.At)
		}
		for name, value := range read {
			if !utf8.ValidString(value) || !printable(value) {
				t.Errorf("%q has the parameter %s = %q", raw, name, value)
			}
		}
	})
}

func FuzzPrecondition(f *testing.F) {
	f.Add(`"3"`, "")
	f.Add("", "*")
	f.Add(`"-1"`, "")
	f.Add(`"007"`, "x")
	f.Fuzz(func(t *testing.T, match, none string) {
		h := http.Header{}
		if match != "" {
			h.Set("If-Match", match)
		}
		if none != "" {
			h.Set("If-None-Match", none)
		}
		version, err := expected(h)
		switch {
		case err != nil:
		case match == "" && none == "":
			if version != store.Any {
				t.Errorf("nothing is expected, and read as %v", version)
			}
		case match != "" && none != "", version < 0:
			t.Errorf("If-Match: %s and If-None-Match: %s are %v", match, none, version)
		}
	})
}
