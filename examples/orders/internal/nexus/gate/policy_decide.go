package gate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Decider evaluates chosen rules over one input at a time. Any number of
// goroutines may use it.
type Decider struct {
	policies  *Policies
	data      map[string]any
	rules     []rule // by ID
	questions []question
	queries   []query
	compiler  *ast.Compiler // of the rules and what they are merged into
	texts     texts
	catalog   documents
	indexing  bool
}

// Prepare chooses the rules with the given ids. Data becomes data.catalog; it is
// converted once and shared by all decisions.
func (p *Policies) Prepare(ctx context.Context, data map[string]any, ids []string) (*Decider, error) {
	rules, err := p.choose(ids)
	if err != nil {
		return nil, fmt.Errorf("preparing policies: %w", err)
	}
	catalog, err := ast.InterfaceToValue(data)
	if err != nil {
		return nil, fmt.Errorf("preparing policies: converting data.catalog: %w", err)
	}
	questions := questions(rules)
	d := &Decider{policies: p, data: data, rules: rules, questions: questions, queries: queries(questions), catalog: documents{catalog}, indexing: !p.withoutIndexing}
	if d.compiler, err = p.compileMerged(d.questions, rules); err != nil {
		return nil, fmt.Errorf("preparing policies: %w", err)
	}
	d.texts = textsOf(d.compiler.Modules)
	return d, nil
}

// Rules lists the chosen rules by ID, in the order of the decisions.
func (d *Decider) Rules() []PolicyRule {
	list := make([]PolicyRule, len(d.rules))
	for i, r := range d.rules {
		list[i] = r.PolicyRule
	}
	return list
}

// Split parts the chosen rules into those that answer the same for every event of
// a type, since they do not read input.record, and those that may. Either is nil
// if there are none.
func (d *Decider) Split(ctx context.Context) (types, records *Decider, err error) {
	var ofTypes, ofRecords []string
	for _, r := range d.rules {
		if r.record {
			ofRecords = append(ofRecords, r.ID)
		} else {
			ofTypes = append(ofTypes, r.ID)
		}
	}
	if len(ofTypes) > 0 {
		if types, err = d.policies.Prepare(ctx, d.data, ofTypes); err != nil {
			return nil, nil, err
		}
	}
	if len(ofRecords) > 0 {
		records, err = d.policies.Prepare(ctx, d.data, ofRecords)
	}
	return types, records, err
}

// compileMerged compiles the merged rules on top of those that they were made of.
func (p *Policies) compileMerged(questions []question, rules []rule) (*ast.Compiler, error) {
	merged, err := merge(questions, rules, p.compiler.Modules)
	if err != nil {
		return nil, err
	}
	modules := reached(rules, p.compiler.Modules)
	modules[mergedFile] = merged
	if modules, err = inline(modules); err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().WithCapabilities(Capabilities())
	if compiler.Compile(modules); compiler.Failed() {
		return nil, fmt.Errorf("merging rules: %w", compiler.Errors)
	}
	return compiler, nil
}

// choose finds the rules with the given ids, each once.
func (p *Policies) choose(ids []string) ([]rule, error) {
	if len(ids) == 0 {
		return nil, errors.New("no rule is chosen, so nothing would be checked")
	}
	known := make([]string, len(p.rules))
	for i, r := range p.rules {
		known[i] = r.ID
	}
	for _, id := range ids {
		if _, ok := slices.BinarySearch(known, id); !ok {
			return nil, fmt.Errorf("there is no rule %s; %s", id, didYouMean(id, known))
		}
	}
	var rules []rule
	for _, r := range p.rules {
		if !slices.Contains(ids, r.ID) {
			continue
		}
		if r.misshapen != nil {
			return nil, r.misshapen
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// documents answers what policies read below data besides rules.
//
// Rego asks its cache of data before its store. A cache that knows everything
// holds the catalog as Rego's own values, so that no decision converts it again.
type documents struct{ catalog ast.Value }

// Get implements topdown.BaseCache.
func (d documents) Get(ref ast.Ref) ast.Value {
	if !ref.HasPrefix(catalogRef) {
		return nil
	}
	value, err := d.catalog.Find(ref[len(catalogRef):])
	if err != nil {
		return nil // there is none
	}
	return value
}

// Put implements topdown.BaseCache.
func (documents) Put(ast.Ref, ast.Value) {}

// Decide evaluates all chosen rules over input and returns one decision for each,
// by rule id. It ends early with ctx's error when ctx is done. Numbers may be
// json.Number, which are exact.
func (d *Decider) Decide(ctx context.Context, input map[string]any) ([]Decision, error) {
	value, err := d.texts.value(input)
	if err != nil {
		return nil, fmt.Errorf("evaluating policies: converting input: %w", err)
	}
	return d.decide(ctx, value, d.indexing)
}

// Paranoid decides with and without rule indexing and returns the ids of the
// rules whose decisions differ. Any is a fault of the engine.
func (d *Decider) Paranoid(ctx context.Context, input map[string]any) ([]string, error) {
	value, err := d.texts.value(input)
	if err != nil {
		return nil, fmt.Errorf("evaluating policies: converting input: %w", err)
	}
	with, err := d.decide(ctx, value, true)
	if err != nil {
		return nil, err
	}
	without, err := d.decide(ctx, value, false)
	if err != nil {
		return nil, err
	}
	return differing(with, without), nil
}

// differing lists the rules of which a and b, both of the same rules, differ.
func differing(a, b []Decision) []string {
	var ids []string
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			ids = append(ids, a[i].Rule)
		}
	}
	return ids
}

func (d *Decider) decide(ctx context.Context, input ast.Value, indexing bool) ([]Decision, error) {
	if err := ctx.Err(); err != nil {
		return nil, d.stopped(err, nil)
	}
	cancel := topdown.NewCancel()
	stop := context.AfterFunc(ctx, cancel.Cancel)
	defer stop()
	txn, err := noStore.NewTransaction(ctx)
	if err != nil {
		return nil, d.evalError(ctx, err)
	}
	defer noStore.Abort(ctx, txn)
	list, faults := d.undecided(input), make([]*EvalError, len(d.rules))
	cache := topdown.NewVirtualCache() // what the questions share is evaluated once
	for _, q := range d.queries {
		if !q.met(input) {
			continue
		}
		err := topdown.NewQuery(q.body).
			WithCompiler(d.compiler).
			WithStore(noStore).
			WithTransaction(txn).
			WithInput(ast.NewTerm(input)).
			WithBaseCache(d.catalog).
			WithVirtualCache(cache).
			WithIndexing(indexing).
			WithStrictBuiltinErrors(true).
			WithMetrics(metrics.NoOp()).
			WithCancel(cancel).
			Iter(ctx, func(result topdown.QueryResult) error {
				d.read(result[answersVar].Value.(ast.Set), list, faults)
				return nil
			})
		if err != nil {
			return nil, d.evalError(ctx, err)
		}
	}
	return d.conclude(list, faults, input)
}

// noStore answers that it has nothing: what policies read is in documents.
var noStore = inmem.New()

// evalError says where and why an evaluation ended.
func (d *Decider) evalError(ctx context.Context, err error) error {
	fault, ok := errors.AsType[*topdown.Error](err)
	if cause := ctx.Err(); cause != nil {
		return d.stopped(cause, fault)
	}
	if !ok {
		return &EvalError{Message: err.Error(), cause: err}
	}
	failed := d.at(fault)
	failed.Message, failed.cause = fault.Message, err
	switch fault.Code {
	case topdown.BuiltinErr, topdown.TypeErr:
		failed.Hint = "test the value before, for instance with is_string, or with a comparison with null"
	case topdown.ConflictErr:
		failed.Hint = "two definitions hold at once; make their conditions exclude each other"
	}
	return failed
}

// stopped says that ctx ended the evaluation, and where it was then.
func (d *Decider) stopped(cause error, fault *topdown.Error) error {
	failed := d.at(fault)
	failed.cause = cause
	failed.Message = fmt.Sprintf("stopped before %d rules were decided: %v", len(d.rules), cause)
	if errors.Is(cause, context.DeadlineExceeded) {
		failed.Message = fmt.Sprintf("the time was up before %d rules were decided", len(d.rules))
		failed.Hint = "look for a rule that loops over far too much"
	}
	return failed
}

// at places an error at the rule in whose file it happened.
func (d *Decider) at(fault *topdown.Error) *EvalError {
	if fault == nil || fault.Location == nil || fault.Location.File == "" {
		return &EvalError{}
	}
	failed := &EvalError{File: fault.Location.File, Line: fault.Location.Row, Column: fault.Location.Col}
	for _, r := range d.rules {
		if r.File == failed.File {
			failed.Rule = r.ID
		}
	}
	return failed
}
