package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"example.com/orders/internal/nexus/gate"
	"example.com/orders/internal/nexus/journal"
	"example.com/orders/internal/nexus/projection"
	"example.com/orders/internal/nexus/store"
)

// ofJournal is an append that was rejected, with every reason.
func ofJournal(err error) *Problem {
	rejected, ok := errors.AsType[*journal.RejectedError](err)
	if !ok {
		return nil
	}
	p := &Problem{Status: http.StatusUnprocessableEntity, Code: "rejected", Detail: "nothing was stored: see the reasons"}
	for _, r := range rejected.Reasons {
		reason := Reason{Stage: r.Stage, Rule: r.Rule, Type: r.Type, Pointer: r.Pointer, Field: r.Field, Detail: r.Message, Hint: r.Hint}
		if !r.Command {
			reason.Event = &r.Event
		}
		p.Reasons = append(p.Reasons, reason)
	}
	if rejected.Omitted > 0 {
		p.Detail = fmt.Sprintf("nothing was stored: see the reasons, and there are %d more", rejected.Omitted)
	}
	return p
}

// ofPolicy is a policy that could not judge. What it stumbled over may be data, so
// only its name is told.
func ofPolicy(err error) *Problem {
	failed, ok := errors.AsType[*gate.EvalError](err)
	if !ok || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return &Problem{Status: http.StatusInternalServerError, Code: "policy-failed",
		Detail: fmt.Sprintf("nothing was stored: the policy %s failed, and the app's log says why", cmp.Or(failed.Rule, "that judges it"))}
}

// ofStore is what a store refuses. Names in the store stay in it.
func ofStore(err error) *Problem {
	conflict, _ := errors.AsType[*store.ConflictError](err)
	switch {
	case errors.Is(err, ErrNotFound):
		return notFound()
	case conflict != nil:
		return &Problem{Status: http.StatusConflict, Code: "conflict", Version: &conflict.Actual,
			Detail: fmt.Sprintf("expected %s, but the stream is at version %d: read it again and decide anew", conflict.Expected, conflict.Actual)}
	case errors.Is(err, store.ErrDuplicateID):
		return &Problem{Status: http.StatusConflict, Code: "duplicate-id", Detail: "the id is taken by something else: choose another"}
	case errors.Is(err, store.ErrInvalid):
		return &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: "no store takes such an append"}
	case errors.Is(err, store.ErrClosed):
		return &Problem{Status: http.StatusServiceUnavailable, Code: "closing", Detail: "the app is stopping: ask again"}
	}
	return nil
}

// ofProjection is an answer that does not contain what was asked for yet.
func ofProjection(err error) *Problem {
	switch {
	case errors.Is(err, projection.ErrAhead):
		return bad("unknown-position", "no event has the position that after asks for")
	case errors.Is(err, projection.ErrTimeout):
		return &Problem{Status: http.StatusGatewayTimeout, Code: "not-yet", Detail: "the position that after asks for is not read yet: ask again, or send ontimeout=stale"}
	case errors.Is(err, projection.ErrNotStarted):
		return &Problem{Status: http.StatusServiceUnavailable, Code: "starting", Detail: "what is asked for is being prepared: ask again"}
	case errors.Is(err, projection.ErrStopped):
		return &Problem{Status: http.StatusServiceUnavailable, Code: "stopped", Detail: "what is asked for is not kept up to date at the moment; the app's log says why"}
	}
	return nil
}
