package serve

import (
	"context"
	"errors"

	"example.com/orders/internal/nexus/audit"
)

// Why is the query that shows where an event comes from and what came of it, as
// far as it belongs to the tenant that asks.
func Why(index audit.Index) Query {
	return Query{
		Name: "Why", Summary: "Where an event comes from, and what came of it.", Path: "/events/{event}/why",
		Handle: func(ctx context.Context, r Request) (Answer, error) {
			why, err := audit.Explain(ctx, index, r.Path["event"], audit.Scope{Tenants: []string{r.Caller.Tenant}})
			if errors.Is(err, audit.ErrNotFound) {
				return Answer{}, ErrNotFound
			}
			named(&why.Event)
			for i := range why.Causes {
				named(&why.Causes[i])
			}
			for i := range why.Effects {
				named(&why.Effects[i].Link)
			}
			return Answer{Value: why}, err
		},
	}
}

// named gives a link the name by which its tenant knows the stream.
func named(l *audit.Link) {
	if name, ok := NameOf(l.Tenant, l.Stream); ok {
		l.Stream = name
	}
}
