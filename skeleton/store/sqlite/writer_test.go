package sqlite

import (
	"testing"
	"testing/synctest"
	"time"
)

// A group waits for those who came with the last ones, and for nobody else.
func TestGatherWaitsForCompany(t *testing.T) {
	for name, test := range map[string]struct {
		company, limit int
		took           time.Duration   // by the last commit
		come           []time.Duration // after the first of the group
		group          int
		waited         time.Duration
	}{
		"alone":                    {company: 0, limit: 256, took: time.Second, come: []time.Duration{time.Millisecond}, group: 1},
		"alone before":             {company: 1, limit: 256, took: time.Second, come: []time.Duration{time.Millisecond}, group: 1},
		"all come":                 {company: 3, limit: 256, took: time.Millisecond, come: []time.Duration{10 * time.Microsecond, 20 * time.Microsecond, time.Second}, group: 3, waited: 20 * time.Microsecond},
		"one stays away":           {company: 3, limit: 256, took: time.Millisecond, come: []time.Duration{10 * time.Microsecond}, group: 2, waited: time.Millisecond},
		"after a slow commit":      {company: 3, limit: 256, took: time.Minute, group: 1, waited: maxPatience},
		"one transaction for each": {company: 3, limit: 1, took: time.Minute, come: []time.Duration{0}, group: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &writer{requests: make(chan *request), limit: test.limit, company: test.company, took: test.took}
				over := make(chan struct{})
				for _, after := range test.come {
					go func() {
						time.Sleep(after)
						select {
						case w.requests <- &request{}:
						case <-over:
						}
					}()
				}
				begun := time.Now()
				group := w.gather([]*request{{}})
				if waited := time.Since(begun); len(group) != test.group || waited != test.waited {
					t.Errorf("a group of %d after %v, want %d after %v", len(group), waited, test.group, test.waited)
				}
				close(over)
				time.Sleep(time.Hour) // until all have come
			})
		})
	}
}
