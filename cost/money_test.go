package cost_test

import (
	"math"
	"testing"

	"github.com/nexus-blueprint/nexus/cost"
)

func TestMoney(t *testing.T) {
	tests := []struct {
		amount      cost.Money
		text, cents string
	}{
		{0, "$0.00", "0.00"},
		{1, "$0.00", "0.00"},
		{-1, "$0.00", "0.00"},
		{4_999_999, "$0.00", "0.00"},
		{5_000_000, "$0.01", "0.01"},
		{-5_000_000, "-$0.01", "-0.01"},
		{cost.Dollar - 5_000_000, "$1.00", "1.00"},
		{999*cost.Dollar + 994_999_999, "$999.99", "999.99"},
		{1234*cost.Dollar + 560_000_000, "$1,234.56", "1234.56"},
		{-1_234_567 * cost.Dollar, "-$1,234,567.00", "-1234567.00"},
		{math.MaxInt64, "more than $9,223,372,036.85", "9223372036.85"},
		{math.MinInt64, "-$9,223,372,036.85", "-9223372036.85"},
	}
	for _, test := range tests {
		if got := test.amount.String(); got != test.text {
			t.Errorf("%d is %s, want %s", int64(test.amount), got, test.text)
		}
		if got := test.amount.Cents(); got != test.cents {
			t.Errorf("%d is %s in cents, want %s", int64(test.amount), got, test.cents)
		}
	}
}

func TestExactAmounts(t *testing.T) {
	for amount, want := range map[cost.Money]string{
		0: "0", 1: "0.000000001", -1: "-0.000000001", cost.Dollar: "1", -12 * cost.Dollar: "-12",
		1234*cost.Dollar + 560_000_000: "1234.56", 4_999_999: "0.004999999",
		math.MaxInt64: "9223372036.854775807", math.MinInt64: "-9223372036.854775808",
	} {
		if got := amount.Exact(); got != want {
			t.Errorf("%d is %s, want %s", int64(amount), got, want)
		}
	}
}

// A sum that is too large stays so: one that wraps would be within every budget.
func TestAdd(t *testing.T) {
	tests := []struct{ a, b, want cost.Money }{
		{1, 2, 3},
		{1, -2, -1},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64 - 1, 1, math.MaxInt64},
		{math.MaxInt64, -1, math.MaxInt64 - 1},
		{math.MinInt64, math.MinInt64, math.MinInt64},
		{math.MinInt64, -1, math.MinInt64},
		{math.MinInt64, math.MaxInt64, -1},
	}
	for _, test := range tests {
		if got := test.a.Add(test.b); got != test.want {
			t.Errorf("%d and %d are %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestDollars(t *testing.T) {
	for amount, want := range map[float64]cost.Money{
		1.5: 1_500_000_000, 1e-9: 1, 4e-10: 0, -2: -2 * cost.Dollar, 1e12: math.MaxInt64, -1e12: math.MinInt64,
	} {
		if got := cost.Dollars(amount); got != want {
			t.Errorf("%v dollars are %d, want %d", amount, got, want)
		}
	}
}
