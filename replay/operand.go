package replay

import (
	"bytes"
	"unicode/utf8"
)

// An operand is a value that a compiled expression works with.
type operand struct {
	kind  operandKind
	truth bool
	raw   []byte  // JSON text; of a list as its slot holds it; nil when there is none
	said  []byte  // of a text without raw: what it says
	value Decimal // of a number without raw
}

type operandKind uint8

const (
	isNull operandKind = iota
	isTruth
	isAmount
	isText
	isArray
	isObject
)

// operandOf is what a JSON text says; nil says null.
func operandOf(raw []byte) operand {
	if len(raw) == 0 {
		return operand{}
	}
	switch raw[0] {
	case 'n':
		return operand{}
	case 't', 'f':
		return operand{kind: isTruth, truth: raw[0] == 't', raw: raw}
	case '"':
		return operand{kind: isText, raw: raw}
	case '[':
		return operand{kind: isArray, raw: raw}
	case '{':
		return operand{kind: isObject, raw: raw}
	}
	return operand{kind: isAmount, raw: raw}
}

func truthOperand(truth bool) operand { return operand{kind: isTruth, truth: truth} }

func amountOperand(d Decimal) operand { return operand{kind: isAmount, value: d} }

// textOperand is a text, or null for an empty one, as events have them.
func textOperand[T string | []byte](said T) operand {
	if len(said) == 0 {
		return operand{}
	}
	return operand{kind: isText, said: []byte(said)}
}

// text is what a text says.
func (v *operand) text() []byte {
	if v.raw != nil {
		return unquote(v.raw)
	}
	return v.said
}

// amount is the number; it is false for what is none, and for a number that is
// too long.
func (v *operand) amount() (Decimal, bool) {
	switch {
	case v.kind != isAmount:
		return Decimal{}, false
	case v.raw == nil:
		return v.value, true
	}
	d, err := parseDecimal(v.raw)
	return d, err == nil
}

// append appends the JSON text of the value, which is no list.
func (v *operand) append(dst []byte) []byte {
	switch {
	case v.raw != nil:
		return append(dst, v.raw...)
	case v.kind == isNull:
		return append(dst, "null"...)
	case v.kind == isTruth && v.truth:
		return append(dst, "true"...)
	case v.kind == isTruth:
		return append(dst, "false"...)
	case v.kind == isText:
		return appendString(dst, v.said)
	}
	return v.value.append(dst)
}

// The functions below are the operators of expressions. They give what the
// functions of the same names in expr_value.go give; each is not sure where
// those fail, or do more than comparing bytes and adding numbers.

func sameOperands(a, b *operand) (same, sure bool) {
	if a.kind != b.kind {
		return false, true
	}
	switch a.kind {
	case isNull:
		return true, true
	case isTruth:
		return a.truth == b.truth, true
	case isText:
		if a.raw != nil && b.raw != nil && bytes.Equal(a.raw, b.raw) {
			return true, true
		}
		return bytes.Equal(a.text(), b.text()), true
	case isAmount:
		c, sure := compareAmounts(a, b)
		return c == 0, sure
	case isArray, isObject:
	}
	return false, false
}

func compareAmounts(a, b *operand) (order int, sure bool) {
	x, okX := a.amount()
	y, okY := b.amount()
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

// orderOperands is not known where one of them is null.
func orderOperands(a, b *operand) (order int, known, sure bool) {
	switch {
	case a.kind == isNull || b.kind == isNull:
		return 0, false, true
	case a.kind == isText && b.kind == isText:
		return bytes.Compare(a.text(), b.text()), true, true
	}
	order, sure = compareAmounts(a, b)
	return order, true, sure
}

// containsOperand is the operator in.
func containsOperand(all, one *operand) (is, sure bool) {
	switch all.kind {
	case isNull:
		return false, true
	case isText:
		return one.kind == isText && bytes.Contains(all.text(), one.text()), true
	case isObject:
		if one.kind != isText {
			return false, false
		}
		return memberIn(all.raw, string(one.text())) != nil, true
	case isArray:
		for raw := range elementsOf(all.raw) {
			element := operandOf(raw)
			if is, sure := sameOperands(&element, one); is || !sure {
				return is, sure
			}
		}
		return false, true
	case isTruth, isAmount:
	}
	return false, false
}

// sizeOperand is the function len.
func sizeOperand(v *operand) (size int, sure bool) {
	switch v.kind {
	case isText:
		return utf8.RuneCount(v.text()), true
	case isArray:
		for range elementsOf(v.raw) {
			size++
		}
		return size, true
	case isNull, isTruth, isAmount, isObject:
	}
	return 0, false
}

// sameTexts compares two JSON values as equal does.
func sameTexts(a, b []byte) bool {
	x, y := operandOf(a), operandOf(b)
	if same, sure := sameOperands(&x, &y); sure {
		return same
	}
	if bytes.Equal(a, b) {
		return true
	}
	if x.kind == isAmount {
		return false // one is too long to be read
	}
	left, errLeft := decode(a)
	right, errRight := decode(b)
	return errLeft == nil && errRight == nil && equal(left, right)
}
