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

func BenchmarkDecode(b *testing.B) {
	command := domain.On("Place", "Places.", func(order, struct{}, time.Time) ([]domain.Event, error) { return nil, nil })
	body := []byte(`{"orderId": "a", "lines": [{"item": "x", "price": 1}, {"item": "y", "price": 2}], "name": "n"}`)
	for b.Loop() {
		if _, err := command.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
