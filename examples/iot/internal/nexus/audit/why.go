package audit

import (
	"context"
	"fmt"
	"slices"
)

// Index finds events by what ties them together. What it answers is sorted by
// position.
type Index interface {
	// Link is the event with an id.
	Link(ctx context.Context, id string) (l Link, ok bool, err error)
	// Caused are the events in scope whose cause is the event or command with an id.
	Caused(ctx context.Context, id string, scope Scope) ([]Link, error)
	// Correlated are the events in scope with a correlation id.
	Correlated(ctx context.Context, id string, scope Scope) ([]Link, error)
}

// Scope says what is looked at.
type Scope struct {
	// Tenants are those whose events may be seen; none is all. An event of another
	// one is as if it were not there.
	Tenants []string
	// Limit is how many events are listed at most, causes and effects apart; 0 is
	// 1000.
	Limit int
}

const defaultLimit = 1000

// Most is how many events are listed at most.
func (s Scope) Most() int {
	if s.Limit <= 0 {
		return defaultLimit
	}
	return s.Limit
}

// Sees reports whether an event may be seen.
func (s Scope) Sees(l Link) bool { return len(s.Tenants) == 0 || slices.Contains(s.Tenants, l.Tenant) }

// Why says where an event comes from and what came of it.
type Why struct {
	Event  Link   `json:"event"`
	Causes []Link `json:"causes"` // from its own cause to the first event of all
	// Origin is the id of what caused the first event. That is no event, as far as
	// can be seen: a command, a message from elsewhere, or an event of somebody else.
	Origin string `json:"origin,omitempty"`
	// Effects are what it caused, directly or not. Each follows its cause, before
	// the next effect of that, as one reads a tree from the top.
	Effects []Effect `json:"effects"`
	More    bool     `json:"more,omitempty"` // there are causes or effects that are not listed
}

// Effect is an event that another one has caused.
type Effect struct {
	Link
	Depth int `json:"depth"` // 1 is a direct effect
}

// Explain says why the event with an id is there. The error is ErrNotFound if
// there is none in scope.
func Explain(ctx context.Context, index Index, id string, scope Scope) (Why, error) {
	event, ok, err := index.Link(ctx, id)
	if err == nil && (!ok || !scope.Sees(event)) {
		err = ErrNotFound
	}
	why := Why{Event: event, Causes: []Link{}, Effects: []Effect{}}
	// Ids come from outside: causes may go round in a circle.
	seen := map[string]bool{id: true}
	if err == nil {
		err = why.addCauses(ctx, index, scope, seen)
	}
	if err == nil {
		err = why.addEffects(ctx, index, scope, seen)
	}
	if err != nil {
		return Why{}, fmt.Errorf("explaining event %.100q: %w", id, err)
	}
	return why, nil
}

func (w *Why) addCauses(ctx context.Context, index Index, scope Scope, seen map[string]bool) error {
	for last := w.Event; last.CausationID != "" && !seen[last.CausationID]; {
		cause, ok, err := index.Link(ctx, last.CausationID)
		if err != nil {
			return err
		}
		if !ok || !scope.Sees(cause) {
			w.Origin = last.CausationID
			return nil
		}
		if len(w.Causes) == scope.Most() {
			w.More = true
			return nil
		}
		seen[cause.ID] = true
		w.Causes = append(w.Causes, cause)
		last = cause
	}
	return nil
}

func (w *Why) addEffects(ctx context.Context, index Index, scope Scope, seen map[string]bool) error {
	pending := []Effect{{Link: w.Event}}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if next.Depth > 0 {
			w.Effects = append(w.Effects, next)
		}
		room := scope.Most() - len(w.Effects) - len(pending)
		caused, err := index.Caused(ctx, next.ID, Scope{Tenants: scope.Tenants, Limit: room + 1})
		if err != nil {
			return err
		}
		caused = slices.DeleteFunc(caused, func(l Link) bool { return seen[l.ID] })
		if len(caused) > room {
			w.More, caused = true, caused[:room]
		}
		for _, effect := range slices.Backward(caused) {
			seen[effect.ID] = true
			pending = append(pending, Effect{Link: effect, Depth: next.Depth + 1})
		}
	}
	return nil
}
