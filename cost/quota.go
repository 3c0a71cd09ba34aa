package cost

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/report"
)

// A shortage is what a plan needs more of than can be had.
type shortage struct {
	text   string
	excess float64 // as a share of what can be had
}

// overfull names the shortages of a plan.
func (l *ledger) overfull() []string {
	var list []string
	for _, s := range l.shortages() {
		list = append(list, s.text)
	}
	return list
}

// shortages are what types need too much of together: each may fit by itself.
func (l *ledger) shortages() []shortage {
	var list []shortage
	for i := range l.rents {
		r := &l.rents[i]
		c := l.m.paths[r.path].Capacity
		if steps := c.Steps(r.whole); c.Max > 0 && steps > c.Max {
			text := fmt.Sprintf("%s needs %s, and has at most %d", l.m.paths[r.path].Title, report.Count(steps, c.Noun), c.Max)
			list = append(list, shortage{text, beyond(float64(steps), float64(c.Max))})
		}
	}
	return append(append(list, l.crowded()...), l.overQuota()...)
}

func beyond(need, most float64) float64 { return need/most - 1 }

// crowded are the streams with more enhanced fan-out consumers than a stream has.
func (l *ledger) crowded() []shortage {
	type stream struct {
		path  int
		group string
	}
	readers := map[stream]map[string]bool{}
	var order []stream
	for _, part := range l.parts {
		if l.m.paths[part.path].readers == 0 {
			continue
		}
		s := stream{part.path, l.m.group(part)}
		if readers[s] == nil {
			readers[s] = map[string]bool{}
			order = append(order, s)
		}
		for _, c := range l.m.a.ConsumersOf(&l.m.work.Types[part.kind]) {
			if c.Kind == FanOut {
				readers[s][c.Name] = true
			}
		}
	}
	var list []shortage
	for _, s := range order {
		p, n := l.m.paths[s.path], len(readers[s])
		if n <= p.readers {
			continue
		}
		whose := "a stream"
		if s.group != "" {
			whose = "the stream of " + s.group
		}
		list = append(list, shortage{
			fmt.Sprintf("%s: %s has %d enhanced fan-out consumers, and can have at most %d", p.Title, whose, n, p.readers),
			beyond(float64(n), float64(p.readers)),
		})
	}
	return list
}

// overQuota are the paths on which the types of an account peak above its quota
// together.
func (l *ledger) overQuota() []shortage {
	var list []shortage
	for path, p := range l.m.paths {
		if p.quota == (Load{}) {
			continue
		}
		whole := l.peak(path)
		for _, q := range []struct {
			does       string
			need, most float64
		}{{"takes", whole.RecordsIn, p.quota.RecordsIn}, {"delivers", whole.RecordsOut, p.quota.RecordsOut}} {
			if q.most > 0 && q.need > q.most*(1+roundOff) {
				text := fmt.Sprintf("%s %s %s events a second in %s by default, and its types peak at %s together", p.Title, q.does, amount(q.most), p.Region, amount(q.need))
				list = append(list, shortage{text, beyond(q.need, q.most)})
			}
		}
	}
	return list
}

// peak is the load of a path at the joint peak of its types.
func (l *ledger) peak(path int) Load {
	var kinds []int
	var whole Load
	for _, part := range l.parts {
		if part.path != path {
			continue
		}
		q, share := l.m.asks(part)
		kinds = append(kinds, part.kind)
		whole.RecordsIn += q.Load.RecordsIn * share
		whole.RecordsOut += q.Load.RecordsOut * share
	}
	if len(kinds) == 0 {
		return whole
	}
	records, _ := l.m.coincidence(kinds)
	return whole.scaled(records, 1)
}
