package replay

import (
	"context"
	"slices"
	"strconv"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// Reducer is the command as a reducer behind upcasters, which may be nil. It has
// no invariants, and its rule is the command. Unlike other reducers it is for one
// goroutine at a time and must be closed; it ends with ctx. Its errors that are no
// *ApplyError end a fold.
func (c Command) Reducer(ctx context.Context, upcasters *upcast.Chain) *Reducer {
	return &Reducer{
		spec: Spec{Name: c.String(), Init: map[string]any{}}, upcasters: upcasters,
		session: &session{ctx: ctx, command: c},
	}
}

// IsCommand reports whether the reducer is a process. What that does may change
// without a word, so that no state of it may be kept for another day.
func (r *Reducer) IsCommand() bool { return r.session != nil }

// Close ends the process of a reducer that is one. The error says that it did not
// end as it must, so that none of its answers can be relied on.
func (r *Reducer) Close() error {
	if r.session == nil {
		return nil
	}
	return r.session.close()
}

// A session is a reducer that is a process. The process keeps the states itself,
// so that it can only go on from where it stands: for any other state a fresh one
// is sent the events that led there.
type session struct {
	ctx     context.Context
	command Command
	process *process // nil before the first event
	tip     *past    // the events that it was sent
	root    any      // the state behind them
}

// past is the events behind a state, the latest first; nil is none.
type past struct {
	event  *event.Event
	before *past
}

// apply lets the process change the state by an event.
func (s *session) apply(r *Reducer, state *State, e *event.Event) (changed []Path, rules []string, err error) {
	if _, err := r.lifted(e); err != nil {
		return nil, nil, applyError(e, "data", err)
	}
	if s.tip == nil || s.tip.event != e || s.tip.before != state.past {
		if err := s.advance(r, &past{e, state.past}); err != nil {
			return nil, nil, err
		}
	}
	before := NewState(state.root)
	state.root, state.past = s.root, s.tip
	for _, c := range Diff(before, state) {
		changed, rules = append(changed, c.Path), append(rules, r.Name())
	}
	return changed, rules, nil
}

// advance brings the process to the end of what is past then.
func (s *session) advance(r *Reducer, to *past) error {
	behind := []*event.Event{to.event}
	if s.process == nil || s.tip != to.before {
		err := s.close()
		if err != nil {
			return err
		}
		if s.process, err = s.command.start(s.ctx); err != nil {
			return err
		}
		for p := to.before; p != nil; p = p.before {
			behind = append(behind, p.event)
		}
		slices.Reverse(behind)
	}
	for i, e := range behind {
		behind[i], _ = r.lifted(e) // it could be, else it were not in the past
	}
	err := s.process.exchange(slices.Values(behind), min(len(behind), aheadOfAnswers), func(answer CommandState) bool {
		s.root = answer.State.root
		return true
	})
	if err != nil {
		broken := s.process
		s.process, s.tip = nil, nil
		return broken.close(err)
	}
	s.tip = to
	return nil
}

func (s *session) close() error {
	p := s.process
	s.process, s.tip = nil, nil
	if p == nil {
		return nil
	}
	return p.close(p.finish())
}

// lifted is the event as the reducer sees it: behind the upcasters.
func (r *Reducer) lifted(e *event.Event) (*event.Event, error) {
	if !r.upcasts(e.Type) {
		return e, nil
	}
	data, err := decodeOptional(e.Data)
	if err != nil {
		return nil, err
	}
	version, err := upcast.Version(e.SchemaVersion, e.Type)
	if err != nil {
		return nil, err
	}
	name, version, data, changed, err := r.upcasters.Apply(e.Type, version, data)
	if err != nil || !changed {
		return e, err
	}
	lifted := *e
	lifted.Type, lifted.SchemaVersion, lifted.Data = name, strconv.Itoa(version), appendJSON(nil, data)
	return &lifted, nil
}

// foldAll folds a whole log by one process, stream by stream: what comes out does
// not depend on the order of the log, nor on the number of cores.
func (s *session) foldAll(ctx context.Context, log *event.Log, r *Reducer, o FoldOptions) (*Result, error) {
	streams, stats, err := Load(ctx, log, LoadOptions{KnownAt: o.KnownAt})
	if err != nil {
		return nil, err
	}
	result := &Result{Stats: *stats}
	var events []*event.Event
	for _, stream := range streams {
		state := StreamState{ID: stream.ID, own: r.Init()}
		if err := stream.tells(Options{At: o.At}); err != nil {
			return nil, err
		}
		for _, e := range stream.Events {
			if !o.At.before(e) {
				continue
			}
			state.Events++
			lifted, err := r.lifted(e)
			if err != nil {
				state.Failed = append(state.Failed, applyError(e, "data", err))
				continue
			}
			events = append(events, lifted)
		}
		if state.Events > 0 {
			result.Streams = append(result.Streams, state)
		}
	}
	result.Stats.Streams = len(result.Streams)
	at := 0
	for answer, err := range s.command.Apply(ctx, slices.Values(events)) {
		if err != nil {
			return nil, err
		}
		for result.Streams[at].ID != string(answer.Event.Stream) {
			at++ // answers come in the order of the streams
		}
		result.Streams[at].own = answer.State
	}
	return result, nil
}
