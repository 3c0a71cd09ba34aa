package domain

import (
	"encoding/json"
	"strconv"
	"strings"
)

// WholeNumber is a whole number without a fraction or an exponent: 100 of 1e2 and of
// 100.0. What is no whole number, or has more digits than any integer of Go, is not
// ok.
func WholeNumber(n json.Number) (digits json.Number, ok bool) {
	d, ok := decimalOf(n)
	switch {
	case !ok || d.exponent < 0 || len(d.digits)+d.exponent > maxDigits:
		return "", false
	case d.digits == "":
		return "0", true
	}
	digits = json.Number(d.digits + strings.Repeat("0", d.exponent))
	if d.negative {
		digits = "-" + digits
	}
	return digits, true
}

// maxDigits is how many digits the largest integer of Go has.
const maxDigits = len("18446744073709551615")

// keeps reports whether a float of so many bits has exactly the value of a number. To
// write what was read is the shortest text that leads to the same float, so it has the
// value of the number if that was kept. What is too large is no float at all, and an
// error elsewhere.
func keeps(n json.Number, bits int) bool {
	d, ok := decimalOf(n)
	if ok && d.certain(bits) {
		return true
	}
	float, err := strconv.ParseFloat(n.String(), bits)
	if err != nil {
		return true
	}
	read, _ := decimalOf(json.Number(strconv.FormatFloat(float, 'e', -1, bits)))
	return ok && read == d
}

// decimal is a number as digits, without zeros at either end, times a power of ten.
// Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// certain reports whether every number with so few digits, and of such a size, is kept
// by a float of so many bits.
func (d decimal) certain(bits int) bool {
	most, size := 15, 290
	if bits == 32 {
		most, size = 6, 30
	}
	return len(d.digits) <= most && -size < d.exponent && d.exponent < size
}

// decimalOf reads a number. One whose exponent no number needs is not ok.
func decimalOf(n json.Number) (d decimal, ok bool) {
	text, negative := strings.CutPrefix(n.String(), "-")
	mantissa, power := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, power = text[:i], text[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	if power != "" {
		exponent, err := strconv.ParseInt(power, 10, 32)
		if err != nil {
			return decimal{}, false
		}
		d.exponent = int(exponent)
	}
	d.negative = negative
	d.exponent += len(digits) - len(d.digits) - len(fraction)
	return d, true
}
