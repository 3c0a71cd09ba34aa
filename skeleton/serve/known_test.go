package serve

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/route"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/telemetry"
)

func TestRejectionsTellEveryReason(t *testing.T) {
	err := fmt.Errorf("writing: %w", &journal.RejectedError{
		Stream: "north/plans",
		Reasons: []journal.Reason{
			{Event: 1, Type: "Written", Stage: journal.StageSchema, Pointer: "/text", Message: "is missing"},
			{Type: "Written", Stage: journal.StagePolicy, Rule: "quiet-hours", Field: "text", Message: "not at night", Hint: "wait"},
			{Command: true, Type: "Write", Stage: journal.StageSchema, Message: "is no object"},
		},
		Omitted: 3,
	})
	want := &Problem{
		Status: 422, Code: "rejected", Detail: "nothing was stored: see the reasons, and there are 3 more",
		Reasons: []Reason{
			{Stage: "schema", Type: "Written", Event: new(1), Pointer: "/text", Detail: "is missing"},
			{Stage: "policy", Rule: "quiet-hours", Type: "Written", Event: new(0), Field: "text", Detail: "not at night", Hint: "wait"},
			{Stage: "schema", Type: "Write", Detail: "is no object"},
		},
	}
	if diff := cmp.Diff(want, (&Server{}).problem(err)); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
}

func TestKnownErrorsHaveTheirStatus(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		code   string
	}{
		{ErrNotFound, 404, "not-found"},
		{&store.ConflictError{Stream: "secret", Actual: 7}, 409, "conflict"},
		{&store.DuplicateIDError{Stream: "secret", ID: "secret"}, 409, "duplicate-id"},
		{store.ErrInvalid, 422, "invalid"},
		{&gate.EvalError{Rule: "store/some-rule", File: "some_rule.rego", Message: `to_number: operand 1 must be a number, got "secret"`, Hint: "secret"}, 500, "policy-failed"},
		{&gate.EvalError{Message: "secret"}, 500, "policy-failed"},
		{store.ErrClosed, 503, "closing"},
		{projection.ErrAhead, 400, "unknown-position"},
		{projection.ErrTimeout, 504, "not-yet"},
		{projection.ErrNotStarted, 503, "starting"},
		{projection.ErrStopped, 503, "stopped"},
		{&Problem{Status: 418, Code: "own"}, 418, "own"},
		{errors.New("secret"), 500, "internal"},
	} {
		p := (&Server{}).problem(fmt.Errorf("secret: %w", test.err))
		if p.Status != test.status || p.Code != test.code {
			t.Errorf("%v: %d %s, want %d %s", test.err, p.Status, p.Code, test.status, test.code)
		}
		if strings.Contains(p.Detail+p.Title, "secret") {
			t.Errorf("%v tells %+v", test.err, p)
		}
	}
}

func TestAttemptsAreWhatBecameOfAppends(t *testing.T) {
	envelope := journal.Envelope{Stream: StreamOf("north", "plans"), Tenant: "north", Events: []journal.Event{{Type: "Written"}, {Type: "Sent"}}}
	attemptOf := func(outcome telemetry.Outcome, position int64, reasons []string, events ...telemetry.Event) telemetry.Attempt {
		return telemetry.Attempt{At: noon, Duration: time.Second, Outcome: outcome, Tenant: "north", Stream: "plans", Events: events, Reasons: reasons, Position: position}
	}
	written, sent := telemetry.Event{Type: "Written"}, telemetry.Event{Type: "Sent"}
	for _, test := range []struct {
		name    string
		receipt journal.Receipt
		err     error
		want    telemetry.Attempt
	}{
		{"accepted", journal.Receipt{Position: 9, Decisions: []route.Decision{{Path: "critical"}, {Path: "standard"}}}, nil,
			attemptOf(telemetry.Accepted, 9, nil, telemetry.Event{Type: "Written", Path: "critical"}, telemetry.Event{Type: "Sent", Path: "standard"})},
		{"accepted without a route", journal.Receipt{Position: 9}, nil, attemptOf(telemetry.Accepted, 9, nil, written, sent)},
		{"sent again", journal.Receipt{Position: 9, Repeated: true}, nil, attemptOf(telemetry.Accepted, 9, nil)},
		{"rejected", journal.Receipt{}, &journal.RejectedError{Reasons: []journal.Reason{{Event: 1, Type: "Sent", Stage: "policy", Rule: "r", Message: "no"}}},
			attemptOf(telemetry.Rejected, 0, []string{"event 2, Sent: policy: r: no"}, written, sent)},
		{"one event rejected", journal.Receipt{}, &journal.RejectedError{Reasons: []journal.Reason{{Type: "Written", Stage: "policy", Rule: "r", Message: "no"}}},
			attemptOf(telemetry.Rejected, 0, []string{"Written: policy: r: no"}, written)},
		{"invalid", journal.Receipt{}, store.ErrInvalid, attemptOf(telemetry.Rejected, 0, []string{"no store takes such an append"}, written, sent)},
		{"a conflict", journal.Receipt{}, &store.ConflictError{Expected: store.NoStream, Actual: 2},
			attemptOf(telemetry.Conflict, 0, []string{"expected no stream, but the stream is at version 2: read it again and decide anew"}, written, sent)},
		{"a policy failed", journal.Receipt{}, fmt.Errorf("appending: %w", &gate.EvalError{Rule: "store/some-rule", Message: `"ann@example.com" is no number`}),
			attemptOf(telemetry.Failed, 0, []string{"nothing was stored: the policy store/some-rule failed, and the app's log says why"}, written, sent)},
		{"failed", journal.Receipt{}, errors.New("the disk is on fire"), attemptOf(telemetry.Failed, 0, []string{"the app failed; its log says why"}, written, sent)},
	} {
		t.Run(test.name, func(t *testing.T) {
			envelope := envelope
			envelope.Events = envelope.Events[:max(len(test.want.Events), 1)]
			got := attempt(journal.Outcome{Envelope: envelope, Receipt: test.receipt, Err: test.err, Took: time.Second}, noon)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("attempt (-want +got):\n%s", diff)
			}
		})
	}
}

// A command that is no event yet is named, and its reasons are about no event.
func TestAttemptsNameACommandWithoutEvents(t *testing.T) {
	got := attempt(journal.Outcome{
		Envelope: journal.Envelope{Stream: StreamOf("north", "plans"), Tenant: "north"},
		Err:      &journal.RejectedError{Reasons: []journal.Reason{{Type: "Write", Stage: "schema", Pointer: "/text", Message: "is missing"}, {Type: "Write", Stage: "schema", Message: "no"}}},
	}, noon)
	want := telemetry.Attempt{
		At: noon, Outcome: telemetry.Rejected, Tenant: "north", Stream: "plans", Command: "Write",
		Reasons: []string{"Write: schema: /text: is missing", "Write: schema: no"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempt (-want +got):\n%s", diff)
	}
}

func TestObserverTellsThePage(t *testing.T) {
	meters, err := telemetry.New(telemetry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	live := newLive(LiveOptions{})
	Observer(meters, live)(t.Context(), journal.Outcome{Envelope: journal.Envelope{Tenant: "north", Stream: "bare", Events: make([]journal.Event, 2)}})
	if v := live.seen(t, "north"); v.Events != 2 || v.Totals[telemetry.Accepted] != 1 {
		t.Errorf("the page sees %d events of %d appends", v.Events, v.Totals[telemetry.Accepted])
	}
}

func TestWaitIsAsTheCallerAsked(t *testing.T) {
	for request, want := range map[string]projection.Wait{
		"":                            {Timeout: projection.DefaultTimeout},
		"timeout=0s":                  {Timeout: -1},
		"timeout=2s&ontimeout=stale":  {Timeout: 2 * time.Second, OnTimeout: projection.Stale},
		"timeout=10s&ontimeout=error": {Timeout: 10 * time.Second},
	} {
		read, err := params(request, freshParams)
		if err != nil {
			t.Fatal(err)
		}
		r := Request{Params: read}
		if err := r.fresh(); err != nil {
			t.Fatal(err)
		}
		if got := r.Wait(); got != want {
			t.Errorf("?%s waits %+v, want %+v", request, got, want)
		}
	}
}

// No two tenants have a stream in common, whatever they call it.
func TestStreamsOfTenantsAreApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := rapid.StringMatching(label.String())
		a, b := tenant.Draw(t, "a"), tenant.Draw(t, "b")
		name, other := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "other")
		if a != b && StreamOf(a, name) == StreamOf(b, other) {
			t.Fatalf("%q is of %q and of %q", StreamOf(a, name), a, b)
		}
		if got, ok := NameOf(a, StreamOf(a, name)); !ok || got != name {
			t.Fatalf("%q is called %q", name, got)
		}
		if _, ok := NameOf(b, StreamOf(a, name)); ok != (a == b) {
			t.Fatalf("%q sees a stream of %q", b, a)
		}
	})
}
