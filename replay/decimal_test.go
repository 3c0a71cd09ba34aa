package replay

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustDecimal(t fataler, text string) Decimal {
	d, err := ParseDecimal(text)
	if err != nil {
		t.Fatal(text, err)
	}
	return d
}

func TestDecimalText(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.000": "0", "1.10": "1.1", "-12.50": "-12.5", "100": "100", "1e2": "100", "1E+2": "100",
		"1e21": "1e+21", "1e20": "100000000000000000000", "123456789012345678901234567890": "123456789012345678901234567890",
		"0.000001": "0.000001", "0.0000001": "1e-7", "12e-9": "1.2e-8", "-1.5e30": "-1.5e+30",
		"9223372036854775807": "9223372036854775807", "9223372036854775808": "9223372036854775808", "-9223372036854775808": "-9223372036854775808",
		"0.1234567890123456789": "0.1234567890123456789", "99999999999999999999.50": "99999999999999999999.5",
	} {
		if got := mustDecimal(t, text).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestDecimalRefuses(t *testing.T) {
	for _, text := range []string{"", "-", "x", "1.", ".5", "1e", "--1", "1.2.3", "0x1", "1e99999999999999999999", "1e10001", "1e-10001", strings.Repeat("9", 10001)} {
		if d, err := ParseDecimal(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
	if d := mustDecimal(t, "0e99999"); d.Sign() != 0 {
		t.Errorf("0e99999 is %s", d)
	}
}

// TestDecimalIsExact compares with fractions of whole numbers.
func TestDecimalIsExact(t *testing.T) {
	numbers := rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,8})?(e-?[0-9])?`)
	rat := func(text string) *big.Rat { r, _ := new(big.Rat).SetString(text); return r }
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers.Draw(t, "a"), numbers.Draw(t, "b")
		x, y := mustDecimal(t, a), mustDecimal(t, b)
		check := func(name string, got Decimal, want *big.Rat) {
			if rat(got.String()).Cmp(want) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", a, name, b, got, want)
			}
			if again := mustDecimal(t, got.String()); again.String() != got.String() {
				t.Fatalf("%s is written as %s", got, again)
			}
		}
		check("+", x.Add(y), new(big.Rat).Add(rat(a), rat(b)))
		check("-", x.Add(y.Neg()), new(big.Rat).Sub(rat(a), rat(b)))
		check("*", x.Mul(y), new(big.Rat).Mul(rat(a), rat(b)))
		if got, want := x.Cmp(y), rat(a).Cmp(rat(b)); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
		if y.Sign() == 0 {
			return
		}
		q, err := x.Div(y)
		if err != nil {
			t.Fatal(err)
		}
		off := new(big.Rat).Sub(rat(q.String()), new(big.Rat).Quo(rat(a), rat(b)))
		if limit := new(big.Rat).Mul(rat(q.String()), rat("1e-33")); off.Abs(off).Cmp(limit.Abs(limit)) > 0 {
			t.Fatalf("%s / %s = %s is off by %s", a, b, q, off)
		}
	})
}

func TestQuotient(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{"1", "4", "0.25"}, {"10", "3", "3.333333333333333333333333333333333"}, {"-2", "3", "-0.6666666666666666666666666666666667"},
		{"6", "3", "2"}, {"1", "1e-5", "100000"},
	} {
		q, err := mustDecimal(t, test.a).Div(mustDecimal(t, test.b))
		if err != nil || q.String() != test.want {
			t.Errorf("%s / %s = %s, %v, want %s", test.a, test.b, q, err, test.want)
		}
	}
	if _, err := mustDecimal(t, "1").Div(Decimal{}); err == nil {
		t.Error("1 / 0 is a number")
	}
}
