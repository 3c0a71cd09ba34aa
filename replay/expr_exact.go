package replay

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// literal is the exact number of a literal with a point or an exponent, whose
// value the language keeps as a float only. It is read from the text of the
// expression.
func (x exactly) literal(n *ast.FloatNode) (Decimal, bool) {
	at := n.Location()
	if at.From >= at.To || at.To > len(x.source) {
		return Decimal{}, false
	}
	d, err := parseLiteral(strings.ReplaceAll(string(x.source[at.From:at.To]), "_", ""))
	return d, err == nil
}

// parseLiteral reads a number as expressions have it: .5, 5. and 5.e3 too.
func parseLiteral(text string) (Decimal, error) {
	text = strings.ToLower(text)
	if text[0] == '.' {
		text = "0" + text
	}
	mantissa, exponent, hasExponent := strings.Cut(text, "e")
	if mantissa = strings.TrimSuffix(mantissa, "."); hasExponent {
		mantissa += "e" + exponent
	}
	return ParseDecimal(mantissa)
}

// listOf is the value of an array of literals, which the language makes once
// where it knows them all.
func listOf(n *ast.ArrayNode) ([]any, bool) {
	list := make([]any, len(n.Nodes))
	for i, node := range n.Nodes {
		switch node := node.(type) {
		case *ast.IntegerNode:
			list[i] = node.Value
		case *ast.StringNode:
			list[i] = node.Value
		case *ast.BoolNode:
			list[i] = node.Value
		case *ast.ConstantNode:
			list[i] = node.Value
		default:
			return nil, false
		}
	}
	return list, len(list) > 0
}

// An exactBuiltin stands for a function of the language that would take recorded
// numbers for texts, round them, or order members by chance.
type exactBuiltin struct {
	least, most int // arguments
	call        func(...any) (any, error)
}

const anyNumber = 1 << 10 // of arguments

var exactBuiltins = map[string]exactBuiltin{
	"sum": {1, 1, func(p ...any) (any, error) {
		return foldNumbers(p, func(a, b Decimal) Decimal { return a.Add(b) }, Decimal{})
	}},
	"min":      {1, anyNumber, func(p ...any) (any, error) { return foldNumbers(p, lesser, nil) }},
	"max":      {1, anyNumber, func(p ...any) (any, error) { return foldNumbers(p, greater, nil) }},
	"mean":     {1, anyNumber, mean},
	"median":   {1, anyNumber, median},
	"abs":      {1, 1, ofNumber(func(d Decimal) Decimal { return greater(d, d.Neg()) })},
	"floor":    {1, 1, ofNumber(Decimal.floor)},
	"ceil":     {1, 1, ofNumber(func(d Decimal) Decimal { return d.Neg().floor().Neg() })},
	"round":    {1, 1, ofNumber(Decimal.round)},
	"int":      {1, 1, wholeNumber},
	"float":    {1, 1, func(p ...any) (any, error) { return numberSaid(p[0]) }},
	"string":   {1, 1, func(p ...any) (any, error) { return spelled(p[0]) }},
	"type":     {1, 1, func(p ...any) (any, error) { return kindOf(p[0]), nil }},
	"toJSON":   {1, 1, jsonText},
	"fromJSON": {1, 1, jsonValue},
	"sort":     {1, 2, func(p ...any) (any, error) { return sorted(p, func(v any) any { return v }) }},
	"uniq":     {1, 1, unique},
	"keys":     {1, 1, listed(func(key string, _ any) any { return key })},
	"values":   {1, 1, listed(func(_ string, value any) any { return value })},
	"toPairs":  {1, 1, listed(func(key string, value any) any { return []any{key, value} })},
}

// replaces reports whether a call of the language's function is replaced. One
// with a wrong number of arguments is left to the language, which says so.
func (b exactBuiltin) replaces(n *ast.BuiltinNode) bool {
	return len(n.Arguments) >= b.least && len(n.Arguments) <= b.most
}

// sortedPairs are the arguments of _sortBy for those of sortBy: every element
// with the key that it is sorted by.
func sortedPairs(arguments []ast.Node) []ast.Node {
	pair := arguments[1]
	if predicate, ok := pair.(*ast.PredicateNode); ok {
		pair = &ast.PredicateNode{Node: &ast.ArrayNode{Nodes: []ast.Node{&ast.PointerNode{}, predicate.Node}}}
	}
	pairs := &ast.BuiltinNode{Name: "map", Arguments: []ast.Node{arguments[0], pair}}
	return append([]ast.Node{pairs}, arguments[2:]...)
}

// sortBy sorts the elements of pairs by their keys.
func sortBy(p ...any) (any, error) {
	pairs, err := sorted(p, func(v any) any { return v.([]any)[1] })
	if err != nil {
		return nil, err
	}
	for i, pair := range pairs {
		pairs[i] = pair.([]any)[0]
	}
	return pairs, nil
}

// sorted is p[0] in the order of the keys, asc or desc as p[1] says.
func sorted(p []any, key func(any) any) ([]any, error) {
	list, err := elements(p[0])
	if err != nil {
		return nil, err
	}
	sign := 1
	if len(p) == 2 {
		switch p[1] {
		case "asc":
		case "desc":
			sign = -1
		default:
			return nil, errors.New("the order of sorting is 'asc' or 'desc'")
		}
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b any) int {
		c, known, failed := order(key(a), key(b))
		if failed == nil && !known {
			failed = errors.New("null has no place in an order")
		}
		err = cmp.Or(err, failed)
		return sign * c
	})
	return list, err
}

// elements are those of an array; null has none.
func elements(v any) ([]any, error) {
	value, err := toJSON(v)
	if err != nil || value == nil {
		return []any{}, err
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is no array", describe(value))
	}
	return list, nil
}

func unique(p ...any) (any, error) {
	list, err := elements(p[0])
	kept := []any{}
	for _, element := range list {
		if !slices.ContainsFunc(kept, func(k any) bool { return equal(k, element) }) {
			kept = append(kept, element)
		}
	}
	return kept, err
}

// listed lists the members of an object in the order of their names.
func listed(show func(key string, value any) any) func(...any) (any, error) {
	return func(p ...any) (any, error) {
		object, ok := p[0].(map[string]any)
		if !ok && p[0] != nil {
			return nil, fmt.Errorf("%s is no object", describeAny(p[0]))
		}
		list := []any{}
		for _, key := range slices.SortedFunc(maps.Keys(object), compareKeys[string]) {
			list = append(list, show(key, object[key]))
		}
		return list, nil
	}
}

// numbersOf are those of the arguments and of the arrays among them.
func numbersOf(p []any) ([]Decimal, error) {
	var all []Decimal
	_, err := foldNumbers(p, func(_, b Decimal) Decimal {
		all = append(all, b)
		return b
	}, Decimal{})
	return all, err
}

func mean(p ...any) (any, error) {
	all, err := numbersOf(p)
	if err != nil || len(all) == 0 {
		return Decimal{}, err
	}
	var sum Decimal
	for _, d := range all {
		sum = sum.Add(d)
	}
	return sum.Div(Decimal{small: int64(len(all))})
}

func median(p ...any) (any, error) {
	all, err := numbersOf(p)
	if err != nil || len(all) == 0 {
		return Decimal{}, err
	}
	slices.SortFunc(all, Decimal.Cmp)
	middle := len(all) / 2
	if len(all)%2 == 1 {
		return all[middle], nil
	}
	return mean(all[middle-1], all[middle])
}

func ofNumber(f func(Decimal) Decimal) func(...any) (any, error) {
	return func(p ...any) (any, error) {
		d, err := number(p[0])
		if err != nil {
			return nil, err
		}
		return f(d), nil
	}
}

// numberSaid is a number, or the one that a text says.
func numberSaid(v any) (Decimal, error) {
	text, ok := v.(string)
	if !ok {
		return number(v)
	}
	d, err := ParseDecimal(text)
	if err != nil {
		return d, fmt.Errorf("a string that says no number: %w", err)
	}
	return d, nil
}

// wholeNumber is a number without what is behind its point. It is an int where it
// fits, so that the language's own functions may count with it.
func wholeNumber(p ...any) (any, error) {
	d, err := numberSaid(p[0])
	if err != nil {
		return nil, err
	}
	if d = d.truncated(); d.large == nil && d.scale == 0 && d.small == int64(int(d.small)) {
		return int(d.small), nil
	}
	return d, nil
}

// spelled is a value as a text: a text as it is, all else as JSON.
func spelled(v any) (string, error) {
	if text, ok := v.(string); ok {
		return text, nil
	}
	value, err := toJSON(v)
	if n, ok := value.(json.Number); ok || err != nil {
		return string(n), err
	}
	return string(appendJSON(nil, value)), nil
}

// kindOf names the kind of a value as the language does.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return "bool"
	case string:
		return "string"
	case []any, []int:
		return "array"
	default:
		d, err := number(v)
		switch {
		case err != nil:
			return "map"
		case d.Cmp(d.truncated()) == 0:
			return "int"
		}
		return "float"
	}
}

func jsonText(p ...any) (any, error) {
	value, err := toJSON(p[0])
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}

func jsonValue(p ...any) (any, error) {
	text, ok := p[0].(string)
	if !ok {
		return nil, fmt.Errorf("%s is no text of JSON", describeAny(p[0]))
	}
	value, err := decode([]byte(text))
	if err != nil {
		return nil, errors.New("a string that is no JSON")
	}
	return value, nil
}

// power is a to the nth power, where n is whole.
func power(a, n Decimal) (Decimal, error) {
	whole := n.truncated()
	if whole.Cmp(n) != 0 {
		return Decimal{}, errors.New("the exponent of a power is not whole")
	}
	most := int64(maxDigits / digits(a.coefficient()))
	if whole.large != nil || whole.small > most || whole.small < -most {
		return Decimal{}, errHugeNumber
	}
	times := max(whole.small, -whole.small)
	raised := decimalOf(new(big.Int).Exp(a.coefficient(), big.NewInt(times), nil), int(a.scale)*int(times))
	if whole.small < 0 {
		return Decimal{small: 1}.Div(raised)
	}
	return raised, nil
}
