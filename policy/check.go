package policy

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/waiver"
)

// Options say what is judged, and by which rules.
type Options struct {
	Library   *Library
	Selection Selection
	Catalog   *catalog.Catalog
	// Observations are what a log holds; nil without one. Rules that read a log
	// are undeclared then, and never satisfied.
	Observations *Observations
	// Changes are what the schema check found, by event id; nil without a
	// baseline. Rules that read a change are not applicable then.
	Changes map[string]Change
	Waivers *waiver.File // may be nil
	AsOf    time.Time
	// Timeout ends an evaluation that runs away; 0 lets it run. It is the one
	// budget that the clock keeps, and meeting it yields no verdict.
	Timeout time.Duration
}

// Result is what every chosen rule says about every current event.
type Result struct {
	AsOf    string // YYYY-MM-DD
	Catalog *catalog.Catalog
	Packs   []Pack           // that the chosen rules are of, by name
	Rules   []Rule           // that were chosen, by id
	Events  []*catalog.Event // by id
	// Observations are those of the Options.
	Observations *Observations

	verdicts   []verdicts      // by event
	undeclared report.Severity // of findings about what is not declared
	inputs     *inputs
}

// Judgement is what one rule says about one event.
type Judgement struct {
	Event *catalog.Event
	Rule  *Rule
	gate.Decision
}

// Judgements yields every event with every rule, by event id and rule id.
func (r *Result) Judgements() iter.Seq[Judgement] {
	return func(yield func(Judgement) bool) {
		for i, e := range r.Events {
			for j := range r.Rules {
				if !yield(Judgement{Event: e, Rule: &r.Rules[j], Decision: r.verdicts[i].decision(r.Rules[j].ID, j)}) {
					return
				}
			}
		}
	}
}

// Inputs yields what the rules saw of each event, as JSON values. They are made
// again: to keep ten thousand of them would take more memory than anything else.
func (r *Result) Inputs() iter.Seq2[*catalog.Event, map[string]any] {
	return func(yield func(*catalog.Event, map[string]any) bool) {
		for _, e := range r.Events {
			if !yield(e, r.inputs.of(e)) {
				return
			}
		}
	}
}

// Check judges the current version of every event by every chosen rule. The error
// is an *Error, or ctx's.
func Check(ctx context.Context, o Options) (*Result, error) {
	r, decider, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := r.judge(ctx, decider, o.Timeout); err != nil {
		return nil, err
	}
	return r, nil
}

// judge asks every rule about every event, within the time of Options.
func (r *Result) judge(ctx context.Context, decider *gate.Decider, timeout time.Duration) error {
	bounded := ctx
	if timeout > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	r.verdicts = make([]verdicts, len(r.Events))
	err := inParallel(len(r.Events), func(i int) error {
		decisions, err := decider.Decide(bounded, r.inputs.of(r.Events[i]))
		if err != nil {
			return fmt.Errorf("judging %s: %w", r.Events[i].ID, err)
		}
		r.verdicts[i] = keep(decisions)
		return nil
	})
	if err != nil {
		return notEvaluated(ctx, err)
	}
	return nil
}

// verdicts are the decisions about one event, in little memory: most of them say
// no more than that a rule is satisfied or does not apply.
type verdicts struct {
	applied []bool          // by rule
	reasons []gate.Decision // those with something to say, by rule
}

func keep(decisions []gate.Decision) verdicts {
	v := verdicts{applied: make([]bool, len(decisions))}
	for i, d := range decisions {
		v.applied[i] = d.Outcome != gate.NotApplicable
		if d.Outcome == gate.Fail || d.Outcome == gate.Undeclared {
			v.reasons = append(v.reasons, d)
		}
	}
	v.reasons = slices.Clip(v.reasons)
	return v
}

// decision is that of the rule with an id, which is the i-th.
func (v verdicts) decision(id string, i int) gate.Decision {
	if !v.applied[i] {
		return gate.Decision{Rule: id, Outcome: gate.NotApplicable}
	}
	k, told := slices.BinarySearchFunc(v.reasons, id, func(d gate.Decision, id string) int { return cmp.Compare(d.Rule, id) })
	if told {
		return v.reasons[k]
	}
	return gate.Decision{Rule: id, Outcome: gate.Pass}
}

// prepare chooses the rules and makes one query of them all.
func prepare(ctx context.Context, o Options) (*Result, *gate.Decider, error) {
	rules, err := o.Library.Select(o.Selection)
	if err != nil {
		return nil, nil, err
	}
	r := &Result{
		AsOf: o.AsOf.UTC().Format(dateLayout), Catalog: o.Catalog, Rules: rules, Packs: o.Library.packsOf(rules),
		Events: slices.Collect(o.Catalog.Current()), Observations: o.Observations,
		undeclared: o.Selection.undeclared(), inputs: newInputs(o),
	}
	if len(r.Events) == 0 {
		return nil, nil, &Error{Code: CodeNoEvent, Message: "no event is loaded, so there is nothing to judge",
			Hints: []string{"nexus catalog list shows what the catalog holds"}}
	}
	ids := make([]string, len(rules))
	for i, rule := range rules {
		ids[i] = rule.ID
	}
	decider, err := o.Library.policies.Prepare(ctx, r.inputs.data(o.Catalog), ids)
	if err != nil {
		return nil, nil, notEvaluated(ctx, err)
	}
	return r, decider, nil
}

// packsOf lists the packs that rules are of.
func (l *Library) packsOf(rules []Rule) []Pack {
	var packs []Pack
	for _, p := range l.Packs() {
		if slices.ContainsFunc(rules, func(r Rule) bool { return r.Pack == p.Name }) {
			packs = append(packs, p)
		}
	}
	return packs
}

// inParallel does n pieces of work on all processors. The error is that of the
// first piece that failed, whichever was the first to end: pieces are handed out
// in order, and none before a failed one is left undone.
func inParallel(n int, do func(i int) error) error {
	var next, failed atomic.Int64
	failed.Store(int64(n))
	errs := make([]error, n)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < failed.Load(); i = next.Add(1) - 1 {
				if errs[i] = do(int(i)); errs[i] != nil {
					lower(&failed, i)
				}
			}
		})
	}
	workers.Wait()
	if first := failed.Load(); first < int64(n) {
		return errs[first]
	}
	return nil
}

// lower makes value the least of itself and n.
func lower(value *atomic.Int64, n int64) {
	for current := value.Load(); n < current; current = value.Load() {
		if value.CompareAndSwap(current, n) {
			return
		}
	}
}
