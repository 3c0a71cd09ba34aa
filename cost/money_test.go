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
		{math.MaxInt64, "$9,223,372,036.85", "9223372036.85"},
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

func TestDollars(t *testing.T) {
	for amount, want := range map[float64]cost.Money{
		1.5: 1_500_000_000, 1e-9: 1, 4e-10: 0, -2: -2 * cost.Dollar, 1e12: math.MaxInt64, -1e12: math.MinInt64,
	} {
		if got := cost.Dollars(amount); got != want {
			t.Errorf("%v dollars are %d, want %d", amount, got, want)
		}
	}
}
