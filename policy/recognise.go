package policy

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// holdsCardNumber reports whether a text holds a primary account number: 13 to 19
// digits, in one piece or grouped as on cards, that begin as an issuer's numbers do
// and whose check digit is right. One in ten random numbers has a right check
// digit; the prefixes, the lengths and the grouping keep timestamps, counters and
// UUIDs out. Another number may stand before it or after it, such as an expiry date.
func holdsCardNumber(text []byte) bool {
	for i := 0; len(text)-i >= minCardDigits; {
		if !isDigit(text[i]) {
			i++
			continue
		}
		if beginsWithCardNumber(text[i:]) && startsAlone(text[:i]) {
			return true
		}
		i += leadingDigits(text[i:])
	}
	return false
}

// The lengths of card numbers, and the most groups that they are printed in.
const (
	minCardDigits = 13
	maxCardDigits = 19
	maxCardGroups = 5
)

// beginsWithCardNumber reports whether the first groups of digits, with single
// spaces, hyphens or full stops between them, are a card number. It judges at the
// end of every group, because the next group may belong to another number.
func beginsWithCardNumber(text []byte) bool {
	var number [maxCardDigits]byte
	var groups [maxCardGroups]int
	n := 0
	for i := range groups {
		size := leadingDigits(text)
		if size == 0 || n+size > len(number) {
			return false
		}
		for _, c := range text[:size] {
			number[n] = c - '0'
			n++
		}
		groups[i], text = size, text[size:]
		if isCardNumber(number[:n]) && grouped(groups[:i+1]) && endsAlone(text) {
			return true
		}
		if len(text) == 0 || text[0] != ' ' && text[0] != '-' && text[0] != '.' {
			return false
		}
		text = text[1:]
	}
	return false
}

// leadingDigits is how many digits a text begins with.
func leadingDigits(text []byte) int {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n
}

// startsAlone reports whether digits behind a text are a number of their own, also
// when a word is glued to them, as in card4111. They are not within a fraction, a
// UUID or a hexadecimal digest.
func startsAlone(before []byte) bool {
	word := false // a letter that no hexadecimal number has
	for i := len(before) - 1; i >= 0 && joins(before[i]); i-- {
		c := before[i] | 0x20
		if isDigit(before[i]) {
			return false
		}
		word = word || before[i] >= 0x80 || 'g' <= c && c <= 'z'
	}
	return word || len(before) == 0 || !joins(before[len(before)-1])
}

// endsAlone reports whether digits before a text are a number of their own. The
// full stop of a sentence does not continue them.
func endsAlone(after []byte) bool {
	switch {
	case len(after) == 0 || !joins(after[0]):
		return true
	case after[0] == '.' || after[0] == '-':
		return len(after) == 1 || !joins(after[1])
	}
	return false
}

// joins tells a character that makes the digits beside it a part of something
// larger: a word, a decimal fraction, an identifier.
func joins(c byte) bool {
	return isDigit(c) || isLetter(c) || c == '_' || c == '.' || c == '-' || c >= 0x80
}

// isCardNumeral reports whether a JSON number is a card number, in whatever way it
// is written: 4.111111111111111e15 is one.
func isCardNumeral(text []byte) bool {
	if !bytes.ContainsAny(text, ".eE") {
		return holdsCardNumber(text)
	}
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil || value < 1e12 || value >= 1<<53 || value != math.Trunc(value) {
		return false
	}
	return holdsCardNumber(strconv.AppendInt(nil, int64(value), 10))
}

// grouped reports whether groups of digits are those of a card.
func grouped(groups []int) bool {
	if len(groups) == 1 {
		return true
	}
	forms := [][]int{{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 4, 4, 1}, {4, 6, 5}, {4, 6, 4}}
	return slices.ContainsFunc(forms, func(form []int) bool { return slices.Equal(form, groups) })
}

// issuers are the number ranges of card schemes, by their first four digits.
var issuers = []struct {
	from, to int
	lengths  []int
}{
	{4000, 4999, []int{13, 16, 19}},         // Visa
	{5100, 5599, []int{16}},                 // Mastercard
	{2221, 2720, []int{16}},                 // Mastercard
	{3400, 3499, []int{15}},                 // American Express
	{3700, 3799, []int{15}},                 // American Express
	{6011, 6011, []int{16, 19}},             // Discover
	{6440, 6599, []int{16, 19}},             // Discover
	{3000, 3059, []int{14, 16, 19}},         // Diners Club
	{3600, 3699, []int{14, 16, 19}},         // Diners Club
	{3800, 3999, []int{14, 16, 19}},         // Diners Club
	{3528, 3589, []int{16, 19}},             // JCB
	{6200, 6299, []int{16, 17, 18, 19}},     // UnionPay
	{5018, 5018, []int{13, 16, 18, 19}},     // Maestro
	{5020, 5020, []int{13, 16, 18, 19}},     // Maestro
	{5038, 5038, []int{13, 16, 18, 19}},     // Maestro
	{5893, 5893, []int{13, 16, 18, 19}},     // Maestro
	{6304, 6304, []int{13, 16, 18, 19}},     // Maestro
	{6759, 6759, []int{13, 16, 18, 19}},     // Maestro
	{6761, 6763, []int{13, 16, 17, 18, 19}}, // Maestro
}

func isCardNumber(digits []byte) bool {
	if len(digits) < minCardDigits || len(digits) > maxCardDigits || !luhn(digits) {
		return false
	}
	first := int(digits[0])*1000 + int(digits[1])*100 + int(digits[2])*10 + int(digits[3])
	for _, issuer := range issuers {
		if issuer.from <= first && first <= issuer.to && slices.Contains(issuer.lengths, len(digits)) {
			return true
		}
	}
	return false
}

// luhn checks the last digit of a number (ISO/IEC 7812-1).
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		n := int(d)
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// isAuthenticationData reports whether a field's path and value are those of
// sensitive authentication data: a verification code, a PIN or PIN block, track
// data. A masked value is none. The names are those of looks.
func isAuthenticationData(path, value []byte) bool {
	if len(path) == 0 || len(value) < 3 || len(value) > 4 && !isDigit(value[0]) && !isTrack(value) && len(value) != 16 {
		return false
	}
	parent, name := lastNames(path)
	var space [2][64]byte // for names of usual lengths
	plain := plainName(space[0][:0], name)
	if suggestions[string(plain)] != looksSecret && !tellsByValue(plain) {
		if !cardObjects[string(plainName(space[1][:0], parent))] || suggestions["card"+string(plain)] != looksSecret {
			return false
		}
	}
	switch {
	case bytes.Contains(plain, []byte("track")), bytes.Contains(plain, []byte("stripe")):
		return isTrack(value)
	case bytes.HasSuffix(plain, []byte("pinblock")):
		return len(value) == 16 && allHex(value)
	case bytes.Contains(plain, []byte("pin")):
		return len(value) >= 4 && len(value) <= 12 && allDigits(value)
	}
	return len(value) <= 4 && allDigits(value)
}

// tellsByValue reports whether a name that means something among cardholder data
// only is taken at its word when its value has the right form. A cid of three
// digits may number customers.
func tellsByValue(name []byte) bool {
	return cardNames[string(name)] == looksSecret && string(name) != "cid"
}

// plainName is a field's name in lower case without separators.
func plainName(dst, key []byte) []byte {
	for _, c := range key {
		switch {
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c != '_' && c != '-' && c != ' ':
			dst = append(dst, c)
		}
	}
	return dst
}

// lastNames are the last two names of a path.
func lastNames(path []byte) (parent, name []byte) {
	path = bytes.TrimRight(path, "[]*")
	dot := bytes.LastIndexByte(path, '.')
	if dot < 0 {
		return nil, path
	}
	parent = bytes.TrimRight(path[:dot], "[]*")
	return parent[bytes.LastIndexByte(parent, '.')+1:], path[dot+1:]
}

// isTrack reports whether a text is what a magnetic stripe holds: a number, and
// behind a separator the name or the expiry date.
func isTrack(value []byte) bool {
	value = bytes.TrimLeft(value, "%;")
	value = bytes.TrimPrefix(value, []byte("B"))
	digits := leadingDigits(value)
	return digits >= 12 && digits <= 19 && digits < len(value) && (value[digits] == '^' || value[digits] == '=')
}

// holdsEmail reports whether a text holds an e-mail address.
func holdsEmail(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '@')
		if i < 0 {
			return false
		}
		if i > 0 && isLocalPart(text[i-1]) && startsWithDomain(text[i+1:]) {
			return true
		}
		text = text[i+1:]
	}
}

func isLocalPart(c byte) bool {
	return isLetter(c) || isDigit(c) || bytes.IndexByte([]byte("_%+-"), c) >= 0 || c >= 0x80
}

// startsWithDomain reports whether a text starts with a domain of two labels or
// more, the last one of letters.
func startsWithDomain(text []byte) bool {
	label, labels := 0, 0
	letters := true
	for i := 0; i <= len(text); i++ {
		var c byte
		if i < len(text) {
			c = text[i]
		}
		switch {
		case isLetter(c) || c >= 0x80:
			label++
		case isDigit(c) || c == '-' && label > 0:
			label++
			letters = false
		case c == '.' && label > 0 && i+1 < len(text) && (isLetter(text[i+1]) || isDigit(text[i+1])):
			labels++
			label, letters = 0, true
		default:
			return labels > 0 && label >= 2 && letters
		}
	}
	return false
}

// isIdentifier reports whether a key names a person by itself: an e-mail address,
// a card number, a telephone number in international form.
func isIdentifier(key []byte) bool {
	return holdsEmail(key) || holdsCardNumber(key) || isTelephone(key)
}

func isTelephone(key []byte) bool {
	if i := bytes.LastIndexByte(key, '+'); i >= 0 && (i == 0 || !isLetter(key[i-1])) {
		return len(key)-i > 8 && len(key)-i <= 16 && allDigits(key[i+1:])
	}
	return false
}

// isCiphertext reports whether a value is marked as encrypted or as removed: the
// usual prefixes of ciphertext, or nothing at all.
func isCiphertext(value []byte) bool {
	if len(value) == 0 {
		return true
	}
	for _, prefix := range []string{"enc:", "ENC[", "ENC(", "vault:v", "kms:", "aws-kms:", "eyJhbGciOi", "-----BEGIN PGP MESSAGE", "gAAAAA"} {
		if bytes.HasPrefix(value, []byte(prefix)) {
			return true
		}
	}
	return bytes.EqualFold(value, []byte("[erased]")) || bytes.EqualFold(value, []byte("[redacted]")) || len(bytes.Trim(value, "*")) == 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func allDigits(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool { return !isDigit(c) })
}

func allHex(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool { return !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') })
}
