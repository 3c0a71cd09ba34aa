package replay

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
)

// TestExactExpressions: numbers of an expression and of what its functions read
// keep every digit, as recorded ones do.
func TestExactExpressions(t *testing.T) {
	state, err := decode([]byte(`{"big":9007199254740993,"v":1,"half":2.5,"low":-2.5,"list":[10,9.5,-3,9.50],"words":["b","a"],
		"rows":[{"k":"x","n":10},{"k":"y","n":9}],"m":{"b":1,"a":2.50},"text":"12.75"}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"state.v * 0.12345678901234567891":                    "0.12345678901234567891",
		"state.v + 9007199254740993.0":                        "9007199254740994",
		"9007199254740993.0 == 9007199254740992.0":            "false",
		"1e400 == 10e399 && 1e400 < 1.5E+400":                 "true",
		"1e400 / 1_0e39_8 + .5e-400 * 0 + 0":                  "10",
		"string(1e400) == '1e400'":                            "false",
		"-1e400 < state.big && 'é1e400' != ''":                "true",
		"state.big == 9007199254740993.0":                     "true",
		"state.big == ( 9007199254740993.0 )":                 "true",
		".5 + 1_000.25 + 1.5e-20 + 2. // a remark":            "1002.750000000000000000015",
		"9007199254740993.0 in [1, 9007199254740992.0]":       "false",
		"state.big in [1, 9007199254740993.0]":                "true",
		"1.0 == 1 ? 0.10 : 0.2":                               "0.1",
		"let x = 0.12345678901234567891; x":                   "0.12345678901234567891",
		"fromJSON('{\"a\":9007199254740993}').a":              "9007199254740993",
		"fromJSON('{')":                                       "error",
		"toJSON([state.big, 0.10])":                           `"[\n  9007199254740993,\n  0.1\n]"`,
		"string(state.half + 0.5) + string(state.words)":      `"3[\"b\",\"a\"]"`,
		"sort(state.list)":                                    "[-3,9.5,9.5,10]",
		"state.list | sort('desc') | first()":                 "10",
		"sort(state.words)":                                   `["a","b"]`,
		"sort(state.rows)":                                    "error",
		"sort([1, nil])":                                      "error",
		"sort(state.list, 'up')":                              "error",
		"sortBy(state.rows, .n)[0].k":                         `"y"`,
		"sortBy(filter(state.rows, .n > 1), .n, 'desc')[0].n": "10",
		"sortBy(state.list, -#)[0]":                           "10",
		"sortBy(state.missing ?? [], .n)":                     "[]",
		"int(state.half) + int(state.low)":                    "0",
		"int(state.text)":                                     "12",
		"int('noon')":                                         "error",
		"take(state.list, int(state.half))":                   "[10,9.5]",
		"float(state.text) * 2":                               "25.5",
		"round(state.half)":                                   "3",
		"round(state.low)":                                    "-3",
		"round(2.4999999999999999999999)":                     "2",
		"floor(state.low)":                                    "-3",
		"floor(2.999999999999999999999)":                      "2",
		"ceil(state.low)":                                     "-2",
		"ceil(state.half)":                                    "3",
		"floor(9007199254740993.5)":                           "9007199254740993",
		"abs(state.low)":                                      "2.5",
		"min(state.list)":                                     "-3",
		"max(state.list, state.big)":                          "9007199254740993",
		"sum(state.list)":                                     "26",
		"sum(state.rows, .n)":                                 "19",
		"mean(state.list)":                                    "6.5",
		"mean([])":                                            "0",
		"median(state.list)":                                  "9.5",
		"median(1, 3, 2)":                                     "2",
		"uniq(state.list)":                                    "[10,9.5,-3]",
		"keys(state.m)":                                       `["a","b"]`,
		"values(state.m)":                                     "[2.5,1]",
		"toPairs(state.m)":                                    `[["a",2.5],["b",1]]`,
		"type(state.half) + type(state.v) + type(state)":      `"floatintmap"`,
		"1.1 ** 20":                                           "6.72749994932560009201",
		"2 ^ -2":                                              "0.25",
		"2 ** 0.5":                                            "error",
		"10 ** 9223372036854775807":                           "error",
		"round(state.words)":                                  "error",
	} {
		x, err := ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := "error"
		if value, err := x.Value(Scope{State: NewState(state), Event: &event.Event{}}); err == nil {
			got = NewState(value).String()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"now()", "round()", "round(1, 2)", "sortBy([1])"} {
		if _, err := ParseExpr(text); err == nil {
			t.Errorf("%s was compiled", text)
		}
	}
}

// TestLiteralsAreExact compares a drawn literal, wherever it stands, with the
// number that its text says.
func TestLiteralsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(0|[1-9][0-9]{0,30})\.[0-9]{1,30}`).Draw(t, "literal")
		place := rapid.SampledFrom([]string{"#", "(#)", "1 > 2 ? 3.5 : #", "[1.5, #][1]", "{'é': #}.é", "1.5 - 1.5 + #", "max([#], 0.0)", "'ü' == 'u' or true ? # : 1", "# /* 2.5 */"}).Draw(t, "place")
		x := mustExpr(t, strings.Replace(place, "#", text, 1))
		got, err := x.Value(Scope{})
		want, errWant := ParseDecimal(text)
		if err != nil || errWant != nil || NewState(got).String() != want.String() {
			t.Fatalf("%s is %v, %v, want %s, %v", x, got, err, want, errWant)
		}
	})
}

// A literal that would be written out to more digits than any number may have says
// so, in words of its own.
func TestHugeLiteral(t *testing.T) {
	_, err := ParseExpr("state.v < 1e99999")
	if err == nil || err.Error() != `expression "state.v < 1e99999": the literal 1e99999 is a number of more than 10,000 digits` {
		t.Errorf("error %v", err)
	}
}
