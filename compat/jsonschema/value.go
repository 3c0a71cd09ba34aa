package jsonschema

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// truth is a three-valued answer. The zero value is unsure.
type truth uint8

const (
	unsure truth = iota
	no
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) negate() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unsure
}

// and is the weaker of two answers: no beats unsure, unsure beats yes.
func (t truth) and(other truth) truth {
	if t == no || other == no {
		return no
	}
	if t == unsure || other == unsure {
		return unsure
	}
	return yes
}

// kindOf tells the kind of a JSON value.
func kindOf(v any) kind {
	switch v.(type) {
	case nil:
		return nullKind
	case bool:
		return booleanKind
	case json.Number:
		return numberKind
	case string:
		return stringKind
	case []any:
		return arrayKind
	}
	return objectKind
}

// maxExponent bounds the exponent of a number: beyond it, exact arithmetic
// would need more memory than the number is worth.
const maxExponent = 4096

// parseNumber reads a JSON number exactly. ok is false when its exponent is
// beyond maxExponent.
func parseNumber(n json.Number) (*big.Rat, bool) {
	text := string(n)
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || e > maxExponent || e < -maxExponent {
			return nil, false
		}
	} else if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return new(big.Rat).SetInt64(i), true
	}
	return new(big.Rat).SetString(text)
}

// isInteger reports whether the number has no fractional part, however it is
// written.
func isInteger(n json.Number) truth {
	if !strings.ContainsAny(string(n), ".eE") {
		return yes
	}
	r, ok := parseNumber(n)
	if !ok {
		return unsure
	}
	return truthOf(r.IsInt())
}

// numberText writes r as a JSON number, with as few digits as say it exactly.
// ok is false for a number that has no finite decimal form.
func numberText(r *big.Rat) (json.Number, bool) {
	if r.IsInt() {
		text := r.Num().String()
		if len(text) > 25 {
			trimmed := strings.TrimRight(text, "0")
			if zeros := len(text) - len(trimmed); zeros > 6 {
				text = trimmed + "e" + strconv.Itoa(zeros)
			}
		}
		return json.Number(text), true
	}
	twos, fives := 0, 0
	rest := new(big.Int).Set(r.Denom())
	var quotient, remainder big.Int
	for _, factor := range []struct {
		prime *big.Int
		count *int
	}{{big.NewInt(2), &twos}, {big.NewInt(5), &fives}} {
		for {
			quotient.QuoRem(rest, factor.prime, &remainder)
			if remainder.Sign() != 0 {
				break
			}
			rest.Set(&quotient)
			*factor.count++
		}
	}
	if rest.Cmp(big.NewInt(1)) != 0 {
		return "", false
	}
	digits := max(twos, fives)
	if digits > 20 {
		scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
		return json.Number(scaled.Num().String() + "e-" + strconv.Itoa(digits)), true
	}
	return json.Number(r.FloatString(digits)), true
}

// keyOf is a text that equal JSON values share: numbers by value, objects
// without regard to the order of members.
func keyOf(v any) string { return string(appendKey(nil, v)) }

func appendKey(key []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(key, 'n')
	case bool:
		return strconv.AppendBool(key, v)
	case json.Number:
		return append(append(key, '#'), numberKey(v)...)
	case string:
		return strconv.AppendQuote(key, v)
	case []any:
		key = append(key, '[')
		for _, item := range v {
			key = append(appendKey(key, item), ',')
		}
		return append(key, ']')
	case map[string]any:
		names := sortedKeys(v)
		key = append(key, '{')
		for _, name := range names {
			key = append(strconv.AppendQuote(key, name), ':')
			key = append(appendKey(key, v[name]), ',')
		}
		return append(key, '}')
	}
	return key
}

func numberKey(n json.Number) string {
	if !strings.ContainsAny(string(n), ".eE") {
		if n == "-0" {
			return "0"
		}
		return string(n)
	}
	if r, ok := parseNumber(n); ok {
		if r.IsInt() {
			return r.Num().String()
		}
		return r.String()
	}
	return string(n)
}

// sortedKeys lists the keys of m in order.
func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// valueSet is a set of JSON values: an enum, or a const.
type valueSet struct {
	values []any
	keys   map[string]bool
	sign   string // equal for equal sets
}

func newValueSet(values []any) *valueSet {
	set := &valueSet{values: values, keys: make(map[string]bool, len(values))}
	for _, v := range values {
		set.keys[keyOf(v)] = true
	}
	set.sign = strings.Join(sortedKeys(set.keys), "|")
	return set
}

func (s *valueSet) has(v any) bool { return s.keys[keyOf(v)] }
