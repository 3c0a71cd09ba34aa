package domain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
)

type (
	line struct {
		Item  string `json:"item"`
		Price *int   `json:"price"`
	}
	base  struct{ Region string }
	order struct {
		base
		ID     string          `json:"orderId"`
		Lines  []line          `json:"lines"`
		Notes  map[string]line `json:"notes"`
		Raw    json.RawMessage `json:"raw"`
		When   time.Time       `json:"when"`
		Hidden string          `json:"-"`
		Lower  string          `json:"name"`
		Upper  string          `json:"NAME"`
		Free   any             `json:"free"`
		First  *line           `json:"first"`
		Nested struct{ X, Y int }
	}
)

// TestBodiesAreReadExactly: what a schema takes for an unknown member does not
// replace one that it has judged.
func TestBodiesAreReadExactly(t *testing.T) {
	command := domain.On("Place", "Places.", func(order, struct{}, time.Time) ([]domain.Event, error) { return nil, nil })
	for _, test := range []struct{ name, body, want string }{
		{"as it is", `{"orderId": "a", "lines": [{"item": "x", "price": 1}], "name": "n", "NAME": "N", "Region": "eu", "when": "2026-01-31T12:00:00Z"}`, ""},
		{"unknown members", `{"orderId": "a", "colour": "red", "hidden": "x", "base": 1}`, ""},
		{"another case of what is there", `{"orderId": "a", "OrderID": "b"}`, `"OrderID"`},
		{"another case of what is not there", `{"ORDERID": "b"}`, `"ORDERID"`},
		{"letters that fold", `{"line\u017f": []}`, `"lineſ"`},
		{"in a list", `{"lines": [{"item": "x"}, {"item": "x", "Price": 2}]}`, `"Price"`},
		{"in a map", `{"notes": {"A": {"item": "x"}, "b": {"ITEM": "x"}}}`, `"ITEM"`},
		{"below a pointer", `{"first": {"Item": "x"}}`, `"Item"`},
		{"in a struct without a name", `{"Nested": {"x": 1}}`, `"x"`},
		{"what is promoted", `{"region": "eu"}`, `"region"`},
		{"what reads itself", `{"raw": {"Item": 1, "item": 2}, "free": {"Item": 1, "item": 2}}`, ""},
		{"null", `null`, ""},
	} {
		_, err := command.Decode([]byte(test.body))
		malformed, ok := errors.AsType[*domain.BodyError](err)
		if test.want == "" && err != nil || test.want != "" && (!ok || !strings.Contains(malformed.Error(), test.want)) {
			t.Errorf("%s: %v, want %q in it", test.name, err, test.want)
		}
	}
}

type (
	amounts struct {
		Count  int             `json:"count"`
		Small  int8            `json:"small"`
		Size   uint64          `json:"size"`
		Price  float64         `json:"price"`
		Ratio  float32         `json:"ratio"`
		Number json.Number     `json:"number"`
		Raw    json.RawMessage `json:"raw"`
		Free   any             `json:"free"`
		Counts map[string]*int `json:"counts"`
		Prices []float64       `json:"prices"`
	}
)

// TestNumbersAreReadExactly: whole numbers are whole numbers however they are
// written, and no number is rounded silently.
func TestNumbersAreReadExactly(t *testing.T) {
	command := domain.On("Count", "Counts.", func(amounts, struct{}, time.Time) ([]domain.Event, error) { return nil, nil })
	for _, test := range []struct{ body, want string }{
		{`{"count": 1.0}`, `"count":1`},
		{`{"count": 1e2}`, `"count":100`},
		{`{"count": -12.50E1}`, `"count":-125`},
		{`{"count": 1200e-2}`, `"count":12`},
		{`{"count": -0.0}`, `"count":0`},
		{`{"count": 0e999999999999}`, `"count":0`},
		{`{"count": 9007199254740993}`, `"count":9007199254740993`},
		{`{"size": 18446744073709551615.0}`, `"size":18446744073709551615`},
		{`{"counts": {"a": 3.0}}`, `"counts":{"a":3}`},
		{`{"price": 1e2}`, `"price":100`},
		{`{"price": 0.1}`, `"price":0.1`},
		{`{"price": 0.30000000000000004}`, `"price":0.30000000000000004`},
		{`{"price": 100000000000000000000.000}`, `"price":100000000000000000000`},
		{`{"price": 1.7976931348623157e308}`, `"price":1.7976931348623157e+308`},
		{`{"ratio": 0.1}`, `"ratio":0.1`},
		{`{"number": 12345678901234567890.123}`, `"number":12345678901234567890.123`},
		{`{"raw": {"a": 12345678901234567.5}}`, `"raw":{"a":12345678901234567.5}`},
		{`{"free": {"a": [0.5]}}`, `"free":{"a":[0.5]}`},
	} {
		value, err := command.Decode([]byte(test.body))
		if err != nil {
			t.Errorf("%s: %v", test.body, err)
			continue
		}
		if text, err := json.Marshal(value); err != nil || !strings.Contains(string(text), test.want) {
			t.Errorf("%s is read as %s (%v), want %s", test.body, text, err, test.want)
		}
	}
	for body, pointer := range map[string]string{
		`{"price": 12345678901234567}`:                                "/price",
		`{"price": 0.1234567890123456789}`:                            "/price",
		`{"price": 1e-400}`:                                           "/price",
		`{"price": 1e-99999999999}`:                                   "/price",
		`{"ratio": 16777217}`:                                         "/ratio",
		`{"prices": [1, 12345678901234567]}`:                          "/prices/1",
		`{"free": {"a/b": 9007199254740993}}`:                         "/free/a~1b",
		`{"price": 12345678901234567, "prices": [12345678901234567]}`: "/price",
	} {
		_, err := command.Decode([]byte(body))
		rounded, ok := errors.AsType[*domain.RoundedError](err)
		if !ok || rounded.Pointer != pointer || strings.Contains(rounded.Error(), "123456") {
			t.Errorf("%s: %v, want a *RoundedError at %s, without the number", body, err, pointer)
		}
	}
	for _, body := range []string{`{"count": 1.5}`, `{"count": 1e99}`, `{"small": 1e3}`, `{"size": -1.0}`, `{"count": 1e99999999999}`, `{"price": 1e999}`} {
		_, err := command.Decode([]byte(body))
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
			t.Errorf("%s: %v, want a *json.UnmarshalTypeError", body, err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	command := domain.On("Place", "Places.", func(order, struct{}, time.Time) ([]domain.Event, error) { return nil, nil })
	body := []byte(`{"orderId": "a", "lines": [{"item": "x", "price": 1}, {"item": "y", "price": 2}], "name": "n"}`)
	for b.Loop() {
		if _, err := command.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
