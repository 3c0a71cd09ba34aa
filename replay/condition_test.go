package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawExpression draws an expression about what the roots name, of the shapes
// that are compiled and of some that are not.
func drawExpression(t *rapid.T, roots []string, depth int) string {
	text := drawShape(t, roots, depth)
	if checkExpr(text) != nil { // such as not null, whose type is known to be wrong
		return drawPlace(t, roots)
	}
	return text
}

func drawShape(t *rapid.T, roots []string, depth int) string {
	below := func() string {
		if depth == 0 {
			return drawPlace(t, roots)
		}
		return drawExpression(t, roots, depth-1)
	}
	switch rapid.SampledFrom([]string{"place", "place", "compare", "compare", "compare", "and", "not", "sum", "choice", "in", "len", "other"}).Draw(t, "shape") {
	case "compare":
		operator := rapid.SampledFrom([]string{"==", "==", "!=", "<", "<=", ">", ">="}).Draw(t, "operator")
		return fmt.Sprintf("(%s %s %s)", below(), operator, below())
	case "and":
		operator := rapid.SampledFrom([]string{"&&", "and", "||", "or", "??"}).Draw(t, "operator")
		return fmt.Sprintf("((%s == null) %s (%s))", drawPlace(t, roots), operator, below())
	case "not":
		return fmt.Sprintf("not (%s)", below())
	case "sum":
		operator := rapid.SampledFrom([]string{"+", "-", "*", "/", "%"}).Draw(t, "operator")
		return fmt.Sprintf("(%s %s %s)", below(), operator, below())
	case "choice":
		return fmt.Sprintf("(%s != null ? %s : %s)", drawPlace(t, roots), below(), below())
	case "in":
		return fmt.Sprintf("(%s in %s)", drawPlace(t, roots), rapid.SampledFrom([]string{`["x", 1, "new"]`, `[1, 12.5, true]`, "state.list", "state.s", "event.data.b"}).Draw(t, "all"))
	case "len":
		return fmt.Sprintf("len(%s)", drawPlace(t, roots))
	case "other":
		return fmt.Sprintf("(%s ?? 1) == abs(-1)", drawPlace(t, roots))
	}
	return drawPlace(t, roots)
}

func drawPlace(t *rapid.T, roots []string) string {
	places := []string{"null", "1", "-3", "12.5", `"x"`, `"new"`, "true", "2.00"}
	for _, root := range roots {
		places = append(places, map[string][]string{
			"state": {"state.s", "state.total", "state.o.p", "state.o.z", "state.list", "state.k", "state.none", "state.list[0]", "state.s.c", "state.o.p.q", "state.list[1].b"},
			"event": {"event.data.a", "event.data.n", "event.data.n", "event.data.b", "event.data.b.c", "event.type", "event.stream", "event.sequence", "event.time", "event.id", "event.data.none", "event.causation", "event.data.a.a[1]"},
			"item":  {"item", "item", "item.z", "item.a[0]", "item.k"},
		}[root]...)
	}
	return rapid.SampledFrom(places).Draw(t, "place")
}

// TestExpressionsAreCompiled holds that what people write is folded without
// States. That it gives what the expressions give is a matter of TestFoldAllIsFold.
func TestExpressionsAreCompiled(t *testing.T) {
	const rules = `
reducers:
  order:
    init: {status: new, total: 0, items: [], limit: {most: 3}}
    on:
      Placed: [{set: status, value: placed}, {set: customer, to: .customer}, {add: total, by: .amount}, {append: items, value: .item}]
      Changed: [{%s}]
`
	for operation, want := range map[string]bool{
		`set: status, value: paid, when: "state.status != 'shipped'"`:                                   true,
		`set: status, value: paid, when: "state.status in ['new', 'placed'] and event.data.amount > 0"`: true,
		`set: status, value: paid, when: "state.total >= 12.50 || not (event.data.amount == null)"`:     true,
		`set: status, value: paid, when: "event.data.customer.name == state.customer.name"`:             true,
		`set: status, value: paid, when: "len(state.items) < state.limit.most"`:                         true,
		`add: total, expr: "event.data.amount * 2"`:                                                     true,
		`add: total, expr: "-event.data.amount"`:                                                        true,
		`add: total, expr: "event.data.price * (event.data.quantity ?? 1)"`:                             true,
		`set: status, expr: "event.data.full ? 'paid' : state.status"`:                                  true,
		`remove: items, where: "item.sku == event.data.sku"`:                                            true,
		`remove: items, where: "item.sku == event.data.sku and item.lines[0].quantity < 2"`:             true,
		`set: status, expr: "filter(state.items, .sku == 'a')"`:                                         false,
		`set: status, value: paid, when: "state.status matches '^s'"`:                                   false,
		`set: status, value: paid, when: "state == event.data"`:                                         false,
		`set: status, value: paid, when: "state[event.data.key] == 1"`:                                  false,
		`set: status, value: paid, when: "event.metadata.user == 'x'"`:                                  false,
		`merge: customer, value: .customer`:                                                             false,
	} {
		p, err := compileReducer(t, fmt.Sprintf(rules, operation)).compile()
		if err != nil {
			t.Fatal(err)
		}
		if p.general == want {
			t.Errorf("%s: without States: %v, want %v", operation, !p.general, want)
		}
	}
}

// TestConditions folds one event behind another and looks at what conditions see:
// also what the operations before them in the same event wrote.
func TestConditions(t *testing.T) {
	const config = `
reducers:
  order:
    init: {status: new, total: 0, items: []}
    on:
      Placed: [{append: items, value: .item}, {add: total, by: .amount}]
      Moved: [%s]
`
	for _, test := range []struct{ operations, want string }{
		{`{set: status, value: a, when: "state.status == 'new'"}, {set: status, value: b, when: "state.status == 'a'"}`,
			`{"items":[{"sku":"x"},{"sku":"y"}],"status":"b","total":5.5}`},
		{`{set: status, value: 7}, {add: status, expr: "state.status + state.total"}`,
			`{"items":[{"sku":"x"},{"sku":"y"}],"status":19.5,"total":5.5}`},
		{`{remove: items, where: "item.sku != event.data.sku"}`, `{"items":[{"sku":"x"}],"status":"new","total":5.5}`},
		{`{append: items, value: z}, {set: status, expr: "len(state.items)"}`,
			`{"items":[{"sku":"x"},{"sku":"y"},"z"],"status":3,"total":5.5}`},
		{`{delete: total}, {add: total, by_value: 1, when: "state.total == null"}`,
			`{"items":[{"sku":"x"},{"sku":"y"}],"status":"new","total":1}`},
		{`{set: status, value: a}, {add: total, expr: "state.status * 2"}`, // fails: nothing is changed
			`{"items":[{"sku":"x"},{"sku":"y"}],"status":"new","total":5.5}`},
	} {
		line := func(n int, typeName, data string) string {
			return fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/s","type":"%s","subject":"o","sequence":"%d","data":%s}`, n, typeName, n, data)
		}
		log := openLog(t, t.TempDir(), strings.Join([]string{
			line(1, "Placed", `{"item":{"sku":"x"},"amount":2.50}`), line(2, "Placed", `{"item":{"sku":"y"},"amount":3}`), line(3, "Moved", `{"sku":"x"}`),
		}, "\n"))
		lines := byBytes(t, log, compileReducer(t, fmt.Sprintf(config, test.operations)), FoldOptions{Workers: 1})
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasSuffix(line, test.want) }) {
			t.Errorf("%s: got %s, want %s", test.operations, lines, test.want)
		}
	}
}
