package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/catalog"
	"pgregory.net/rapid"
)

func TestCardNumbers(t *testing.T) {
	for text, want := range map[string]bool{
		"4111111111111111":                 true, // Visa
		"4111 1111 1111 1111":              true,
		"4111-1111-1111-1111":              true,
		"paid with 4111111111111111, once": true,
		"5555555555554444":                 true, // Mastercard
		"2223003122003222":                 true,
		"378282246310005":                  true, // American Express
		"3782 822463 10005":                true,
		"6011111111111117":                 true, // Discover
		"30569309025904":                   true, // Diners Club
		"3056 930902 5904":                 true,
		"3530111333300000":                 true, // JCB
		"4222222222222":                    true, // Visa with 13 digits
		"6759649826438453":                 true, // Maestro

		"4111111111111112":                     false, // check digit
		"41111111111111111":                    false, // too long for Visa
		"411111******1111":                     false, // masked
		"9111111111111111":                     false, // no issuer
		"1735689600000":                        false, // a time in milliseconds
		"4111 11 11 1111 1111":                 false, // no card is grouped so
		"550e8400-e29b-4111-1111-111111111111": false, // a UUID
		"ORD4111111111111111":                  true,  // glued to a word
		"card_4111111111111111":                true,
		"order-4111111111111111":               true,
		"paid with 4111111111111111.":          true,
		"4111.1111.1111.1111":                  true,
		"№4111111111111111":                    true,
		"abc4111111111111111":                  false, // a hexadecimal digest
		"2024-4111111111111111":                false,
		"4111111111111111abc":                  false,
		"0.4111111111111111":                   false, // a fraction
		"4111111111111111.5":                   false,
		"":                                     false,

		"4111111111111111 12/27":           true, // beside another number
		"4111 1111 1111 1111 123":          true,
		"4111-1111-1111-1111 12/27 123":    true,
		"12/27 4111 1111 1111 1111":        true,
		"2026-01-01 4111111111111111":      true,
		"7 4111111111111111 7":             true,
		"1 2 3 4 5 6 7 8 4111111111111111": true,
		"4222222222222 3782 822463 10005":  true,
		"4111-1111-1111-1111-12":           false, // the group continues the number
		"12-4111-1111-1111-1111":           false,
		"4111 1111 1111 111":               false, // digits are missing
		"41111111111111111 12/27":          false,
		"4111 11 11 1111 1111 12/27":       false,
	} {
		if got := holdsCardNumber([]byte(text)); got != want {
			t.Errorf("%q holds a card number: %v, want %v", text, got, want)
		}
	}
}

// TestCardNumbersChangeWithEachDigit: a wrong digit is always noticed.
func TestCardNumbersChangeWithEachDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := []byte("4111111111111111")
		i := rapid.IntRange(4, len(number)-1).Draw(t, "position")
		digit := rapid.IntRange(1, 9).Draw(t, "change")
		number[i] = '0' + byte((int(number[i]-'0')+digit)%10)
		if holdsCardNumber(number) {
			t.Fatalf("%s is no card number", number)
		}
	})
}

func TestAuthenticationData(t *testing.T) {
	tests := []struct {
		name, value string
		want        bool
	}{
		{"cvv", "123", true}, {"card_cvv", "1234", true}, {"CVC2", "123", true}, {"cardSecurityCode", "123", true},
		{"pin", "1234", true}, {"pinBlock", "0412AC89ABCDEF67", true},
		{"track2", ";4111111111111111=25121010000012345678?", true}, {"track1Data", "%B4111111111111111^DOE/JOHN^2512101", true},
		{"cardCvv", "123", true}, {"cvvCode", "123", true}, {"card.cvc", "123", true}, {"payment.cards[].pin", "1234", true},
		{"card.cid", "123", true}, {"cid", "123", false}, {"house.code", "123", false}, {"card.pin[]", "1234", true},
		{"cvv", "***", false}, {"cvv", "match", false}, {"pin", "office", false}, {"pinned", "1234", false},
		{"track", "Blue in Green", false}, {"shipping", "1234", false}, {"", "123", false},
	}
	for _, test := range tests {
		if got := isAuthenticationData([]byte(test.name), []byte(test.value)); got != test.want {
			t.Errorf("%s = %q is authentication data: %v, want %v", test.name, test.value, got, test.want)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]bool{
		"ann@example.com": true, "customer-ann.lee+shop@mail.example.co.uk": true, "<ann@example.com>": true,
		"+4915112345678": true, "customer-+4915112345678": true, "4111111111111111": true,
		"order-17": false, "ann@localhost": false, "@handle": false, "a@b@c": false, "v1.2.3@sha256": false,
		"git@github": false, "C+12345678": false, "+123": false, "2026-01-01": false, "": false,
	} {
		if got := isIdentifier([]byte(text)); got != want {
			t.Errorf("%q is an identifier: %v, want %v", text, got, want)
		}
	}
}

func TestCiphertext(t *testing.T) {
	for text, want := range map[string]bool{
		"enc:abc": true, "vault:v1:8SDd3WHDOjf7mq69": true, "eyJhbGciOiJSU0EifQ.e30": true, "[erased]": true, "****": true, "": true,
		"ann@example.com": false, "encoder": false,
	} {
		if got := isCiphertext([]byte(text)); got != want {
			t.Errorf("%q is ciphertext: %v, want %v", text, got, want)
		}
	}
}

// TestKeysOfPeopleAreMasked: what names a person by itself is in no path.
func TestKeysOfPeopleAreMasked(t *testing.T) {
	described := describe([]catalog.Field{{Path: "a"}, {Path: "seen.known"}})
	tests := map[string]struct {
		text, unknown string
		email         []string
	}{
		"an e-mail address":       {`{"seen":{"ann@example.com":1}}`, "seen[*]", []string{"seen[*]"}},
		"one at the top":          {`{"ann@example.com":{"note":"x"}}`, "[*]", []string{"[*]"}},
		"a telephone number":      {`{"seen":{"+4915112345678":true}}`, "seen[*]", []string{}},
		"a key of a plain name":   {`{"seen":{"ann":1}}`, "seen.ann", []string{}},
		"an address as the value": {`{"seen":{"by":"ann@example.com"}}`, "seen.by", []string{"seen.by"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var s scanner
			into := &observed{described: described}
			met := s.scan([]byte(test.text), into)
			if diff := cmp.Diff([]string{test.unknown}, into.unknown.sorted()); diff != "" {
				t.Errorf("unknown fields (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.email, into.email.fields.sorted()); diff != "" || met.email != (len(test.email) > 0) {
				t.Errorf("met an e-mail address: %v, in (-want +got):\n%s", met.email, diff)
			}
		})
	}
}

// FuzzScan walks what encoding/json accepts, and finds what it finds.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{"a":1}`, `[]`, `"x"`, `null`, ` { "a" : [ 1 , { "b\"c" : "d\\" } , [ ] ] , "e" : { } } `, `{"pan":"4111111111111111"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			t.Skip("the text is not JSON")
		}
		var s scanner
		met := s.scan([]byte(text), &observed{})
		if strings.Contains(fmt.Sprint(value), "4111111111111111") && strings.Contains(text, `"4111111111111111"`) && !met.pan {
			t.Errorf("the card number in %s was not met", text)
		}
		members := 0
		for range membersOf([]byte(text)) {
			members++
		}
		if object, ok := value.(map[string]any); ok && members < len(object) {
			t.Errorf("%s has %d members, %d were met", text, len(object), members)
		}
	})
}

// TestCardNumbersAreMetEverywhere: as a number, as a key, within other texts.
func TestCardNumbersAreMetEverywhere(t *testing.T) {
	for text, field := range map[string]string{
		`{"n": 4111111111111111}`:                   "n",
		`{"n": 4.111111111111111e15}`:               "n",
		`{"n": 4111111111111111.0}`:                 "n",
		`{"cards": {"4111111111111111": {"a": 1}}}`: "cards[*]",
		`{"4111111111111111": true}`:                "[*]",
		`{"note": "card:4111.1111.1111.1111"}`:      "note",
		`["x4111111111111111"]`:                     "[]",
	} {
		var s scanner
		seen := &observed{}
		met := s.scan([]byte(text), seen)
		if got := seen.pan.fields.sorted(); !met.pan || len(got) != 1 || got[0] != field {
			t.Errorf("%s: met %v, in %q, want %s", text, met.pan, got, field)
		}
	}
}
