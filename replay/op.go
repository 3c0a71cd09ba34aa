package replay

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nexus-blueprint/nexus/event"
)

var errNoData = errors.New("the event's data has no such place: correct the path, or give a default")

// Apply lets an event change the state and lists the places it wrote. The error
// is an *ApplyError, unless the reducer is a process that broke; the state is then
// what it was.
func (r *Reducer) Apply(s *State, e *event.Event) ([]Path, error) {
	changed, _, err := r.apply(s, e)
	return changed, err
}

// apply also names the rule that wrote each place.
func (r *Reducer) apply(s *State, e *event.Event) (changed []Path, rules []string, err error) {
	if r.session != nil {
		return r.session.apply(r, s, e)
	}
	typeName, data, err := r.upcasted(e)
	if err != nil {
		return nil, nil, applyError(e, "data", err)
	}
	before := s.root
	scope := Scope{Event: e, State: s, data: data, hasData: true}
	for _, o := range r.operations(typeName) {
		place, err := o.apply(s, scope)
		if err != nil {
			s.root = before
			return nil, nil, applyError(e, o.rule, err)
		}
		if place != nil {
			changed, rules = append(changed, place), append(rules, o.rule)
		}
	}
	return changed, rules, nil
}

// nowhere is the place of the whole state; nil says that nothing was written.
var nowhere = Path{}

// apply does one operation and returns the place it wrote, nil for none.
func (o *op) apply(s *State, scope Scope) (Path, error) {
	if o.when != nil {
		if ok, err := o.when.Bool(scope); !ok || err != nil {
			return nil, err
		}
	}
	place := append(nowhere[:0:0], o.Path...) // not nil, even for the whole state
	if o.Kind == OpDelete {
		if _, found := s.At(o.Path); !found {
			return nil, nil
		}
		s.root = remove(s.root, o.Path)
		return place, nil
	}
	if o.Kind == OpRemove {
		return place, o.removeFrom(s, scope)
	}
	value, err := o.value(scope)
	if o.Kind == OpMerge && (errors.Is(err, errNoData) || o.isBinary(scope)) {
		return nil, nil // nothing is no patch
	}
	if err != nil {
		return nil, err
	}
	switch old, found := s.At(o.Path); o.Kind {
	case OpAdd:
		value, err = add(old, value)
	case OpMerge:
		value = mergePatch(old, value)
	case OpAppend:
		list, isList := old.([]any)
		if found && old != nil && !isList {
			return nil, fmt.Errorf("%s is %s, not an array", o.Path, describe(old))
		}
		value = s.extend(list, value)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	s.root, err = put(s.root, o.Path, value)
	return place, err
}

// value is what the operation writes.
func (o *op) value(scope Scope) (any, error) {
	switch {
	case o.expr != nil:
		return o.expr.Value(scope)
	case !o.Source.FromData:
		return o.Source.Literal, nil
	}
	value, found := o.Source.Data.in(scope.data)
	switch {
	case found && scope.data != nil: // an event without data has no place at all
		return value, nil
	case o.Source.HasDefault:
		return o.Source.Fallback, nil
	}
	return nil, fmt.Errorf("%s: %w", o.Source.Data, errNoData)
}

// isBinary reports whether the operation takes all of data that is no JSON.
func (o *op) isBinary(scope Scope) bool {
	return scope.Event.Base64 && o.Source.FromData && len(o.Source.Data) == 0
}

// add is the exact sum; where nothing is yet, or null, the sum starts at 0.
func add(old, value any) (any, error) {
	var total Decimal
	var err error
	if old != nil {
		if total, err = recorded(old); err != nil {
			return nil, err
		}
	}
	d, err := recorded(value)
	return json.Number(total.Add(d).String()), err
}

func recorded(v any) (Decimal, error) {
	n, ok := v.(json.Number)
	if !ok {
		return Decimal{}, fmt.Errorf("%s cannot be added", describe(v))
	}
	return ParseDecimal(string(n))
}

// removeFrom takes elements out of an array. Where there is none, nothing is removed.
func (o *op) removeFrom(s *State, scope Scope) error {
	old, found := s.At(o.Path)
	list, isList := old.([]any)
	switch {
	case !found || old == nil:
		return nil
	case !isList:
		return fmt.Errorf("%s is %s, not an array", o.Path, describe(old))
	}
	var unwanted any
	if o.where == nil {
		var err error
		if unwanted, err = o.value(scope); err != nil {
			return err
		}
	}
	left := make([]any, 0, len(list))
	for _, element := range list {
		gone := equal(element, unwanted)
		if o.where != nil {
			scope.item = element
			var err error
			if gone, err = o.where.Bool(scope); err != nil {
				return err
			}
		}
		if !gone {
			left = append(left, element)
		}
	}
	root, err := put(s.root, o.Path, left)
	if err == nil {
		s.root = root
	}
	return err
}
