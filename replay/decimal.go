package replay

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number: a coefficient and the number of its digits
// behind the point. The zero value is 0. It is immutable.
type Decimal struct {
	small int64
	scale int32    // digits behind the point; negative: zeros before it
	large *big.Int // the coefficient when it does not fit into small
}

// maxDigits bounds what a number may be written out to, so that 1e999999999 in
// an event cannot exhaust memory.
const maxDigits = 10_000

var (
	errNoNumber    = errors.New("not a number")
	errHugeNumber  = errors.New("a number of more than 10,000 digits")
	errZeroDivisor = errors.New("division by zero")
)

// ParseDecimal reads a number as JSON writes it.
func ParseDecimal(text string) (Decimal, error) { return parseDecimal(text) }

func parseDecimal[T string | []byte](text T) (Decimal, error) {
	if small, scale, ok := parseSmall(text); ok {
		return Decimal{small: small, scale: scale}, nil
	}
	return parseLarge(string(text))
}

// parseSmall reads a number without exponent whose digits fit into an int64.
func parseSmall[T string | []byte](text T) (small int64, scale int32, ok bool) {
	i, negative := 0, false
	if len(text) > 0 && text[0] == '-' {
		i, negative = 1, true
	}
	if len(text) == i || len(text)-i > 19 {
		return 0, 0, false
	}
	point := -1
	for start := i; i < len(text); i++ {
		c := text[i] - '0'
		switch {
		case c <= 9:
			small = small*10 + int64(c)
		case text[i] == '.' && point < 0 && i > start && i+1 < len(text):
			point = i
		default:
			return 0, 0, false
		}
	}
	if point >= 0 {
		scale = int32(len(text) - point - 1)
	} else if len(text) == 19 && !negative || len(text) == 20 {
		return 0, 0, false // 19 digits may not fit
	}
	if negative {
		small = -small
	}
	return small, scale, true
}

func parseLarge(text string) (Decimal, error) {
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(text), "e")
	power := 0
	if hasExponent {
		n, err := strconv.Atoi(exponent)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return Decimal{}, errNoNumber
		}
		power = n
	}
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	all := strings.TrimPrefix(whole, "-") + fraction
	if strings.TrimPrefix(whole, "-") == "" || hasPoint && fraction == "" || strings.Trim(all, "0123456789") != "" {
		return Decimal{}, errNoNumber
	}
	if strings.Trim(all, "0") == "" {
		return Decimal{}, nil
	}
	if len(all) > maxDigits || power > maxDigits || power < -maxDigits {
		return Decimal{}, errHugeNumber
	}
	n, ok := new(big.Int).SetString(all, 10)
	if !ok {
		return Decimal{}, errNoNumber
	}
	if whole != "" && whole[0] == '-' {
		n.Neg(n)
	}
	return decimalOf(n, len(fraction)-power), nil
}

// decimalOf makes a decimal of a coefficient, small when it fits.
func decimalOf(n *big.Int, scale int) Decimal {
	if n.IsInt64() {
		return Decimal{small: n.Int64(), scale: int32(scale)}
	}
	return Decimal{large: n, scale: int32(scale)}
}

func (d Decimal) coefficient() *big.Int {
	if d.large != nil {
		return d.large
	}
	return big.NewInt(d.small)
}

// powers are those of ten that fit into an int64.
var powers = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// addSmall adds two small decimals; it is false when the sum does not fit.
func addSmall(a int64, aScale int32, b int64, bScale int32) (sum int64, scale int32, ok bool) {
	switch {
	case aScale < bScale:
		a, ok = scaleUp(a, bScale-aScale)
		aScale = bScale
	case bScale < aScale:
		b, ok = scaleUp(b, aScale-bScale)
	default:
		ok = true
	}
	sum = a + b
	return sum, aScale, ok && (a^sum)&(b^sum) >= 0
}

// scaleUp multiplies by a power of ten; it is false when the product does not fit.
func scaleUp(n int64, power int32) (int64, bool) {
	if int(power) >= len(powers) {
		return 0, n == 0
	}
	size := n
	if n < 0 {
		size = -n
	}
	high, low := bits.Mul64(uint64(size), uint64(powers[power]))
	if size < 0 || high != 0 || low > 1<<63-1 {
		return 0, false
	}
	return n * powers[power], true
}

// Add is the exact sum.
func (d Decimal) Add(e Decimal) Decimal {
	if d.large == nil && e.large == nil {
		if sum, scale, ok := addSmall(d.small, d.scale, e.small, e.scale); ok {
			return Decimal{small: sum, scale: scale}
		}
	}
	a, b, scale := aligned(d, e)
	return decimalOf(new(big.Int).Add(a, b), scale)
}

// Neg is the number with the other sign.
func (d Decimal) Neg() Decimal {
	if d.large == nil && d.small != math.MinInt64 {
		return Decimal{small: -d.small, scale: d.scale}
	}
	return decimalOf(new(big.Int).Neg(d.coefficient()), int(d.scale))
}

// Mul is the exact product.
func (d Decimal) Mul(e Decimal) Decimal {
	if d.large == nil && e.large == nil && isHalf(d.small) && isHalf(e.small) {
		return Decimal{small: d.small * e.small, scale: int32(int(d.scale) + int(e.scale))}
	}
	return decimalOf(new(big.Int).Mul(d.coefficient(), e.coefficient()), int(d.scale)+int(e.scale))
}

// isHalf reports whether the product of n and another such number fits into an int64.
func isHalf(n int64) bool { return n == int64(int32(n)) }

// quotientDigits is the precision of a quotient that does not end: that of an
// IEEE decimal128.
const quotientDigits = 34

// Div is the quotient: exact where it ends within 34 digits behind its first,
// else rounded to that many, half to even.
func (d Decimal) Div(e Decimal) (Decimal, error) {
	a, b := d.coefficient(), e.coefficient()
	if b.Sign() == 0 {
		return Decimal{}, errZeroDivisor
	}
	shift := max(quotientDigits+digits(b)-digits(a)+1, 0)
	a = new(big.Int).Mul(a, tenTo(shift))
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	scale := int(d.scale) - int(e.scale) + shift
	if r.Sign() != 0 || digits(q) > quotientDigits+1 {
		q, scale = rounded(q, r, scale)
	}
	return decimalOf(q, scale).normal(), nil
}

// rounded cuts a quotient with a remainder to quotientDigits digits.
func rounded(q, r *big.Int, scale int) (*big.Int, int) {
	extra := digits(q) - quotientDigits
	if extra <= 0 {
		return q, scale
	}
	unit := tenTo(extra)
	cut, rest := new(big.Int).QuoRem(q, unit, new(big.Int))
	twice := new(big.Int).Abs(rest)
	up := twice.Lsh(twice, 1).Cmp(unit)
	if up > 0 || up == 0 && (r.Sign() != 0 || cut.Bit(0) == 1) {
		cut.Add(cut, big.NewInt(int64(q.Sign())))
	}
	return cut, scale - extra
}

// Mod is the remainder of the division to a whole number; it has d's sign.
func (d Decimal) Mod(e Decimal) (Decimal, error) {
	a, b, scale := aligned(d, e)
	if b.Sign() == 0 {
		return Decimal{}, errZeroDivisor
	}
	return decimalOf(new(big.Int).Rem(a, b), scale), nil
}

// truncated is the number without what is behind its point.
func (d Decimal) truncated() Decimal {
	if d.scale <= 0 {
		return decimalOf(new(big.Int).Mul(d.coefficient(), tenTo(int(-d.scale))), 0)
	}
	return decimalOf(new(big.Int).Quo(d.coefficient(), tenTo(int(d.scale))), 0)
}

// floor is the largest whole number that is not larger.
func (d Decimal) floor() Decimal {
	whole := d.truncated()
	if d.Cmp(whole) < 0 {
		return whole.Add(Decimal{small: -1})
	}
	return whole
}

// round is the nearest whole number; halves go away from 0.
func (d Decimal) round() Decimal {
	half := Decimal{small: 5 * int64(d.Sign()), scale: 1}
	return d.Add(half).truncated()
}

// Cmp is -1, 0 or 1 as d is less than, equal to or greater than e.
func (d Decimal) Cmp(e Decimal) int {
	if d.large == nil && e.large == nil {
		a, b, ok := d.small, e.small, true
		switch {
		case d.scale < e.scale:
			a, ok = scaleUp(a, e.scale-d.scale)
		case e.scale < d.scale:
			b, ok = scaleUp(b, d.scale-e.scale)
		}
		if ok {
			return cmp.Compare(a, b)
		}
	}
	a, b, _ := aligned(d, e)
	return a.Cmp(b)
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	if d.large == nil {
		return cmp.Compare(d.small, 0)
	}
	return d.large.Sign()
}

// aligned are the coefficients of two decimals at the larger of their scales.
func aligned(d, e Decimal) (a, b *big.Int, scale int) {
	a, b = d.coefficient(), e.coefficient()
	switch {
	case a.Sign() == 0:
		return a, b, int(e.scale)
	case b.Sign() == 0:
		return a, b, int(d.scale)
	case d.scale < e.scale:
		a = new(big.Int).Mul(a, tenTo(int(e.scale-d.scale)))
	case e.scale < d.scale:
		b = new(big.Int).Mul(b, tenTo(int(d.scale-e.scale)))
	}
	return a, b, int(max(d.scale, e.scale))
}

// digits is how many digits a whole number has.
func digits(n *big.Int) int { return len(new(big.Int).Abs(n).String()) }

func tenTo(power int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil)
}

// normal has no zeros at the end of the coefficient.
func (d Decimal) normal() Decimal {
	text := d.coefficient().String()
	short := strings.TrimRight(text, "0")
	if short == "" || short == "-" {
		return Decimal{}
	}
	if len(short) == len(text) {
		return d
	}
	n, _ := new(big.Int).SetString(short, 10)
	return decimalOf(n, int(d.scale)-(len(text)-len(short)))
}

// String is the canonical text of the number: its digits without zeros that
// mean nothing. It is written out where JavaScript writes numbers out, and where
// that takes no more room than an exponent; no digit is ever lost.
func (d Decimal) String() string { return string(d.append(nil)) }

func (d Decimal) append(dst []byte) []byte {
	var text []byte
	var buffer [20]byte
	if d.large != nil {
		text = d.large.Append(nil, 10)
	} else {
		text = strconv.AppendInt(buffer[:0], d.small, 10)
	}
	if text[0] == '-' {
		dst, text = append(dst, '-'), text[1:]
	}
	scale := int(d.scale)
	for len(text) > 1 && text[len(text)-1] == '0' {
		text, scale = text[:len(text)-1], scale-1
	}
	point := len(text) - scale // digits before the point
	switch {
	case text[0] == '0':
		return append(dst, '0')
	case scale <= 0 && (point <= 21 || point <= len(text)+len("1e+10")):
		dst = append(dst, text...)
		return appendZeros(dst, -scale)
	case scale > 0 && point > 0:
		return append(append(append(dst, text[:point]...), '.'), text[point:]...)
	case point <= 0 && point > -6:
		return append(appendZeros(append(dst, "0."...), -point), text...)
	}
	dst = append(dst, text[0])
	if len(text) > 1 {
		dst = append(append(dst, '.'), text[1:]...)
	}
	if dst = append(dst, 'e'); point > 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(point-1), 10)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}
