// Package memory keeps the index of an audit in memory.
package memory

import (
	"context"

	"example.com/iot/internal/nexus/audit"
	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/projection/memory"
	"example.com/iot/internal/nexus/store"
)

// Index is an audit.Index, and a projection.Model that makes it from the events.
type Index struct {
	*memory.Model[*links]
}

// links are all events, and where to find them.
type links struct {
	list       []audit.Link // by position
	byID       map[string]int
	byCause    map[string][]int
	correlated map[string][]int
}

// New is an index without events.
func New() *Index {
	return &Index{memory.New(memory.Definition[*links]{
		New: func() *links {
			return &links{byID: map[string]int{}, byCause: map[string][]int{}, correlated: map[string][]int{}}
		},
		Handle: func(l *links, e store.Event) error {
			l.add(audit.LinkOf(e))
			return nil
		},
	})}
}

func (l *links) add(link audit.Link) {
	at := len(l.list)
	l.list = append(l.list, link)
	l.byID[link.ID] = at
	if link.CausationID != "" {
		l.byCause[link.CausationID] = append(l.byCause[link.CausationID], at)
	}
	if link.CorrelationID != "" {
		l.correlated[link.CorrelationID] = append(l.correlated[link.CorrelationID], at)
	}
}

func (l *links) in(scope audit.Scope, places []int) []audit.Link {
	found := []audit.Link{}
	for _, at := range places {
		if len(found) < scope.Most() && scope.Sees(l.list[at]) {
			found = append(found, l.list[at])
		}
	}
	return found
}

// Link is the event with an id; see audit.Index.
func (i *Index) Link(ctx context.Context, id string) (found audit.Link, ok bool, err error) {
	i.View(func(l *links, _ projection.Checkpoint) {
		var at int
		if at, ok = l.byID[id]; ok {
			found = l.list[at]
		}
	})
	return found, ok, ctx.Err()
}

// Caused are the events with a cause; see audit.Index.
func (i *Index) Caused(ctx context.Context, id string, scope audit.Scope) (found []audit.Link, err error) {
	i.View(func(l *links, _ projection.Checkpoint) { found = l.in(scope, l.byCause[id]) })
	return found, ctx.Err()
}

// Correlated are the events with a correlation id; see audit.Index.
func (i *Index) Correlated(ctx context.Context, id string, scope audit.Scope) (found []audit.Link, err error) {
	i.View(func(l *links, _ projection.Checkpoint) { found = l.in(scope, l.correlated[id]) })
	return found, ctx.Err()
}
