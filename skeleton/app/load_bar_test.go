package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/load"
)

func TestBarAllowsForTheDisk(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name  string
		flags loadFlags
		disk  time.Duration
		want  load.Bar
	}{
		{"nothing is asked", loadFlags{}, 20 * ms, load.Bar{}},
		{"a fast disk", loadFlags{min: 9, p99: 50 * ms}, 2 * ms, load.Bar{PerMinute: 9, P99: 50 * ms}},
		{"a slow disk", loadFlags{p99: 50 * ms}, 20 * ms, load.Bar{P99: 60 * ms}},
		{"a disk elsewhere", loadFlags{p99: 50 * ms}, 0, load.Bar{P99: 50 * ms}},
	} {
		if diff := cmp.Diff(test.want, test.flags.bar(test.disk)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
