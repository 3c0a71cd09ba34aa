package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A function stands for an operator of expressions, or for one of the language's
// functions that should be exact.
type function struct {
	name string
	call func(...any) (any, error)
}

// marked is call with its errors marked as this package's.
func (f function) marked(p ...any) (any, error) {
	result, err := f.call(p...)
	if err != nil {
		err = &operandError{err}
	}
	return result, err
}

// An operandError is what a function says of its operands. It names their kinds
// and quotes none of them.
type operandError struct{ error }

var functions = []function{
	{"_add", func(p ...any) (any, error) {
		if a, ok := p[0].(string); ok {
			if b, ok := p[1].(string); ok {
				return a + b, nil
			}
		}
		return arithmetic(p, func(a, b Decimal) (Decimal, error) { return a.Add(b), nil })
	}},
	{"_sub", func(p ...any) (any, error) {
		return arithmetic(p, func(a, b Decimal) (Decimal, error) { return a.Add(b.Neg()), nil })
	}},
	{"_mul", func(p ...any) (any, error) {
		return arithmetic(p, func(a, b Decimal) (Decimal, error) { return a.Mul(b), nil })
	}},
	{"_div", func(p ...any) (any, error) { return arithmetic(p, Decimal.Div) }},
	{"_mod", func(p ...any) (any, error) { return arithmetic(p, Decimal.Mod) }},
	{"_eq", func(p ...any) (any, error) { return same(p[0], p[1]) }},
	{"_ne", func(p ...any) (any, error) { is, err := same(p[0], p[1]); return !is, err }},
	{"_lt", func(p ...any) (any, error) { c, known, err := order(p[0], p[1]); return known && c < 0, err }},
	{"_le", func(p ...any) (any, error) { c, known, err := order(p[0], p[1]); return known && c <= 0, err }},
	{"_gt", func(p ...any) (any, error) { c, known, err := order(p[0], p[1]); return known && c > 0, err }},
	{"_ge", func(p ...any) (any, error) { c, known, err := order(p[0], p[1]); return known && c >= 0, err }},
	{"_in", func(p ...any) (any, error) { return contains(p[1], p[0]) }},
	{"_member", func(p ...any) (any, error) { return memberOf(p[0], p[1]) }},
	{"_pow", func(p ...any) (any, error) { return arithmetic(p, power) }},
	{"_sortBy", sortBy},
}

func lesser(a, b Decimal) Decimal {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

func greater(a, b Decimal) Decimal {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}

// number is the decimal of whatever an expression may hold a number as.
func number(v any) (Decimal, error) {
	switch v := v.(type) {
	case Decimal:
		return v, nil
	case int:
		return Decimal{small: int64(v)}, nil
	case json.Number:
		return ParseDecimal(string(v))
	case float64: // what a function of the language made: literals are exact
		return ParseDecimal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return Decimal{}, fmt.Errorf("%s is no number", describeAny(v))
}

func isNumber(v any) bool {
	switch v.(type) {
	case Decimal, int, json.Number, float64:
		return true
	}
	return false
}

func describeAny(v any) string {
	if isNumber(v) {
		return "a number"
	}
	return describe(v)
}

func arithmetic(p []any, f func(a, b Decimal) (Decimal, error)) (any, error) {
	a, err := number(p[0])
	if err != nil {
		return nil, err
	}
	b, err := number(p[1])
	if err != nil {
		return nil, err
	}
	return f(a, b)
}

// foldNumbers folds numbers and arrays of numbers; none at all give empty.
func foldNumbers(p []any, f func(a, b Decimal) Decimal, empty any) (any, error) {
	total := empty
	for _, v := range p {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, element := range list {
			d, err := number(element)
			if err != nil {
				return nil, err
			}
			if sum, ok := total.(Decimal); ok {
				d = f(sum, d)
			}
			total = d
		}
	}
	return total, nil
}

// order compares numbers or texts; it is not known where one of them is null.
func order(a, b any) (c int, known bool, err error) {
	if a == nil || b == nil {
		return 0, false, nil
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), true, nil
		}
	}
	x, errX := number(a)
	y, errY := number(b)
	if err := errors.Join(errX, errY); err != nil {
		return 0, false, fmt.Errorf("%s and %s have no order", describeAny(a), describeAny(b))
	}
	return x.Cmp(y), true, nil
}

func same(a, b any) (bool, error) {
	if isNumber(a) && isNumber(b) {
		c, _, err := order(a, b)
		return c == 0, err
	}
	x, err := toJSON(a)
	if err != nil {
		return false, err
	}
	y, err := toJSON(b)
	return err == nil && equal(x, y), err
}

// contains is the operator in.
func contains(all, one any) (bool, error) {
	switch all := all.(type) {
	case nil:
		return false, nil
	case string:
		part, ok := one.(string)
		return ok && strings.Contains(all, part), nil
	case map[string]any:
		key, _ := one.(string)
		_, ok := all[key]
		return ok, nil
	}
	list, err := toJSON(all)
	if err != nil {
		return false, err
	}
	elements, ok := list.([]any)
	if !ok {
		return false, fmt.Errorf("%s holds nothing", describe(list))
	}
	for _, element := range elements {
		if is, err := same(element, one); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// memberOf is a member or an element; what is missing is null.
func memberOf(v, name any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case *eventScope:
		key, ok := name.(string)
		if !ok {
			return nil, errors.New("the members of event have names")
		}
		return v.member(key)
	case map[string]any:
		key, ok := name.(string)
		if !ok {
			return nil, errors.New("the members of an object have names")
		}
		return v[key], nil
	case []any:
		d, err := number(name)
		if err != nil || d.large != nil || d.scale != 0 {
			return nil, fmt.Errorf("%s is no index of an array", describeAny(name))
		}
		i := d.small
		if i < 0 {
			i += int64(len(v))
		}
		if i < 0 || i >= int64(len(v)) {
			return nil, nil
		}
		return v[i], nil
	}
	return nil, fmt.Errorf("%s has no members", describeAny(v))
}

// toJSON makes a JSON value of what an expression gives.
func toJSON(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, json.Number:
		return v, nil
	case Decimal, int, float64:
		d, err := number(v)
		return json.Number(d.String()), err
	case []int:
		list := make([]any, len(v))
		for i, n := range v {
			list[i] = json.Number(strconv.Itoa(n))
		}
		return list, nil
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			var err error
			if list[i], err = toJSON(element); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, value := range v {
			var err error
			if object[key], err = toJSON(value); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return nil, fmt.Errorf("an expression gave a %T, which is no JSON value", v)
}
