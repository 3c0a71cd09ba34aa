package cost

import (
	"math"
	"strconv"
	"strings"
)

// Money is an amount of US dollars in nano-dollars, so that sums are exact
// whatever their order. It is rounded to cents once, when it is printed.
type Money int64

// Dollar is one dollar.
const Dollar Money = 1_000_000_000

const cent = Dollar / 100

// mostMoney stands for every amount that is larger than can be counted: nine
// billion dollars and more. It is above every budget.
const mostMoney Money = math.MaxInt64

// Dollars turns a computed amount into Money. Amounts beyond what Money holds,
// nine billion dollars, become the largest it holds.
func Dollars(amount float64) Money {
	nano := math.Round(amount * float64(Dollar))
	switch {
	case nano >= math.MaxInt64:
		return math.MaxInt64
	case nano <= math.MinInt64:
		return math.MinInt64
	}
	return Money(nano)
}

// Dollars is the amount as a number, for ratios and charts.
func (m Money) Dollars() float64 { return float64(m) / float64(Dollar) }

// Add is the sum of two amounts. A sum beyond what Money holds becomes the largest
// it holds, or the smallest: it never wraps around to the other end.
func (m Money) Add(n Money) Money {
	sum := m + n
	switch {
	case m > 0 && n > 0 && sum < 0:
		return math.MaxInt64
	case m < 0 && n < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// String is the amount for people: $1,234.56.
func (m Money) String() string {
	if m == mostMoney {
		return "more than " + (m - 1).String()
	}
	text := m.Cents()
	sign := ""
	if unsigned, negative := strings.CutPrefix(text, "-"); negative {
		sign, text = "-", unsigned
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + "$" + whole + "." + fraction
}

// Signed is the amount as a change: +$1.50, -$1.50.
func (m Money) Signed() string {
	if m > 0 {
		return "+" + m.String()
	}
	return m.String()
}

// Exact is the amount for machines, in dollars with all the decimals that it has
// and no more: 1234.56, 0.000000001. Amounts that are written so add up to their
// total.
func (m Money) Exact() string {
	sign, nano := "", uint64(m)
	if m < 0 {
		sign, nano = "-", -nano
	}
	text := sign + strconv.FormatUint(nano/uint64(Dollar), 10)
	if rest := nano % uint64(Dollar); rest > 0 {
		text += "." + strings.TrimRight(strconv.FormatUint(uint64(Dollar)+rest, 10)[1:], "0")
	}
	return text
}

// Cents is the amount in dollars with two decimals: 1234.56. Halves are rounded
// away from zero.
func (m Money) Cents() string {
	sign := ""
	cents := uint64(m)
	if m < 0 {
		sign, cents = "-", -cents
	}
	cents = (cents + uint64(cent)/2) / uint64(cent)
	if cents == 0 {
		sign = ""
	}
	fraction := strconv.FormatUint(cents%100, 10)
	if len(fraction) < 2 {
		fraction = "0" + fraction
	}
	return sign + strconv.FormatUint(cents/100, 10) + "." + fraction
}
