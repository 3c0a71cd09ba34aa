package scaffold

import (
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/replay"
)

// resolved is the spec of an example.
func resolved(t testing.TB, name string) Spec {
	t.Helper()
	folder := filepath.Join("..", "examples", name)
	text, err := os.ReadFile(filepath.Join(folder, "domain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ReadSpec("domain.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if spec, err = spec.Resolve(os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return spec
}

func mustRender(t testing.TB, s Spec) Tree {
	t.Helper()
	tree, err := Render(s, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestRenderCompiles(t *testing.T) {
	for _, name := range []string{"iot", "orders"} {
		t.Run(name, func(t *testing.T) {
			s := resolved(t, name)
			tree := mustRender(t, s)
			checkGo(t, tree, s.Module)
			checkTexts(t, tree)
			if diff := gocmp.Diff(tree, mustRender(t, s)); diff != "" {
				t.Errorf("rendered twice, it differs:\n%s", diff)
			}
		})
	}
}

// checkTexts holds what was rendered to what is true of every app.
func checkTexts(t testing.TB, tree Tree) {
	t.Helper()
	for _, name := range tree.Names() {
		text := string(tree[name])
		switch {
		case strings.Contains(text, "<no value>"), strings.Contains(text, "{{"):
			if !strings.HasPrefix(name, ".github") { // whose expressions have braces too
				t.Errorf("%s has a place that was not filled in:\n%s", name, text)
			}
		case path.Ext(name) == ".go":
			if formatted, err := format.Source(tree[name]); err != nil || string(formatted) != text {
				t.Errorf("%s is not in the form of gofmt (%v)", name, err)
			}
		case path.Ext(name) == ".yaml", path.Ext(name) == ".yml", path.Ext(name) == ".json":
			if _, err := document.Parse(name, tree[name]); err != nil {
				t.Errorf("%s: %v\n%s", name, err, text)
			}
		}
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s does not end with one line break", name)
		}
		for line := range strings.Lines(text) {
			if trimmed := strings.TrimRight(line, "\n"); strings.TrimRight(trimmed, " \t") != trimmed && path.Ext(name) != ".go" {
				t.Errorf("%s has a line that ends with space: %q", name, trimmed)
			}
		}
	}
	config, err := document.Parse("nexus.yaml", tree["nexus.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	reducers, err := replay.ParseReducers(config, "/reducers")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(reducers)) {
		if _, err := reducers[name].Compile(nil); err != nil {
			t.Errorf("nexus.yaml: %v", err)
		}
	}
}

// words of Go, of the core and of the templates, and some that are hard to fold.
var hardNames = []string{
	"Aggregate", "App", "Break", "C", "Command", "Context", "Decide", "Domain", "Error", "Event", "Evolve", "Files", "Func", "Fuzz", "Go",
	"IDs", "Init", "Main", "News", "Nil", "Now", "Property", "Range", "Readmodel", "S", "Series", "Source", "Status", "StatusActive", "String", "T",
	"Testing", "Time", "Type", "URLCheck", "Vendor", "Windows", "Über", "Größe", "Éclair", "Заказ", "Ωmega", "X1", "HTTPServer2XX",
}

var hardFields = []string{
	"type", "func", "eventType", "decide", "id", "ID", "ids", "url", "status2", "größe", "заказ", "x-y", "a_b", "aB", "value", "s", "c", "now", "e", "t",
	"map", "range", "string", "error", "nil", "true", "domain", "time", "at", "json", "event", "state", "when", "on",
}

var hardTypes = []map[string]any{
	{"type": "string"}, {"type": "string", "format": "date-time"}, {"type": "string", "format": "uuid"}, {"type": "integer"},
	{"type": "number"}, {"type": "boolean"}, {"enum": []any{"a", "b-c", "x", "1st", "type"}},
	{"type": "array", "items": map[string]any{"type": "string"}},
	{"type": "array", "items": map[string]any{"type": "object", "properties": map[string]any{"sku": map[string]any{"type": "string"}, "func": map[string]any{"type": "integer"}}, "required": []any{"sku"}, "additionalProperties": false}},
	{"type": "object", "properties": map[string]any{"amount": map[string]any{"type": "number"}}, "additionalProperties": false},
	{"type": []any{"string", "integer"}},
}

// drawSpec draws a spec of hard names that the reader of specs accepts.
func drawSpec(t *rapid.T) Spec {
	names := rapid.Permutation(hardNames).Draw(t, "names")
	next := func() string {
		name := names[0]
		names = names[1:]
		return name
	}
	s := Spec{Name: "hard", Module: "example.com/hard", Owner: "team"}
	for range rapid.IntRange(1, 2).Draw(t, "aggregates") {
		a := Aggregate{Name: next()}
		for i := range rapid.IntRange(1, 3).Draw(t, "events") {
			e := Event{Name: next(), State: rapid.SampledFrom([]string{"", "active", "true", "out-of-stock", "x"}).Draw(t, "state")}
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(hardFields), 0, 5, rapid.ID).Draw(t, "fields") {
				e.Fields = append(e.Fields, Field{Name: name, Optional: rapid.Bool().Draw(t, "optional"), Schema: rapid.SampledFrom(hardTypes).Draw(t, "type")})
			}
			a.Events = append(a.Events, e)
			c := Command{Name: next(), Event: e.Name, Creates: i == 0}
			if i > 0 && a.Events[0].State != "" && rapid.Bool().Draw(t, "in") {
				c.In = []string{a.Events[0].State}
			}
			a.Commands = append(a.Commands, c)
		}
		a.ReadModels = []ReadModel{{Name: next(), Fields: []string{idOf(a.Name)}, Filters: []string{idOf(a.Name)}}}
		s.Aggregates = append(s.Aggregates, a)
	}
	return s
}

func TestRenderCompilesHardNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := drawSpec(t).Resolve(nil)
		if err != nil {
			t.Skip(err)
		}
		tree, err := Render(s, "v1.2.3")
		if err != nil {
			t.Fatal(err)
		}
		if err := checker().check(tree, s.Module); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPackageNamesCanBeImported(t *testing.T) {
	for _, test := range []struct{ aggregate, want string }{
		{"Sensor", "sensor"}, {"ShoppingCart", "shoppingcart"}, {"Func", "funcaggregate"}, {"String", "stringaggregate"},
		{"Main", "mainaggregate"}, {"Vendor", "vendoraggregate"}, {"Documentation", "documentationaggregate"}, {"Con", "conaggregate"},
		{"Größe", "groesse"}, {"Éclair", "eclair"}, {"注文", "u6ce8u6587"}, {"Ω", "u3c9"}, {"1st", "x1st"}, {"", "x"},
	} {
		if got := packageName(test.aggregate); got != test.want {
			t.Errorf("the package of %s is %s, not %s", test.aggregate, got, test.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := packageName(rapid.String().Draw(t, "name"))
		if !token.IsIdentifier(name) || isReserved(name) || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Fatalf("%q is no name of a package", name)
		}
	})
}

func TestNamesOfGo(t *testing.T) {
	for _, test := range []struct{ name, exported, unexported string }{
		{"sensorId", "SensorID", "sensorID"}, {"id", "ID", "id"}, {"sensorIDs", "SensorIDs", "sensorIDs"}, {"IDs", "IDs", "ids"},
		{"order-id", "OrderID", "orderID"}, {"ORDER_ID", "OrderID", "orderID"}, {"EUR_USD", "EurUsd", "eurUsd"}, {"HTTPServer", "HTTPServer", "httpServer"},
		{"apiUrl", "APIURL", "apiURL"}, {"urls", "URLs", "urls"}, {"EUR", "EUR", "eur"}, {"out of stock", "OutOfStock", "outOfStock"},
		{"größe", "Größe", "größe"}, {"注文", "X注文", "x注文"}, {"1st", "X1st", "x1st"}, {"", "X", "x"}, {"a.b", "AB", "aB"},
	} {
		if got := exported(test.name); got != test.exported {
			t.Errorf("%q is exported as %s, not %s", test.name, got, test.exported)
		}
		if got := unexported(test.name); got != test.unexported {
			t.Errorf("%q is unexported as %s, not %s", test.name, got, test.unexported)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if got := exported(name); !token.IsIdentifier(got) || !token.IsExported(got) {
			t.Fatalf("%q is exported as %q", name, got)
		}
		if got := variable(exported(name)); !token.IsIdentifier(got) || token.IsExported(got) || isReserved(got) {
			t.Fatalf("%q is a variable as %q", name, got)
		}
	})
}

func TestCommandsThatCannotBeDecidedAreErrors(t *testing.T) {
	schema := func(members string) []byte {
		return fmt.Appendf(nil, `{"type": "object", "properties": {"boxId": {"type": "string"}, %s}, "required": ["boxId", "weight"]}`, members)
	}
	for _, test := range []struct {
		name    string
		command string // its members
		set     map[string]string
		want    string
	}{
		{"nobody gives it", `"size": {"type": "integer"}`, nil, "command Pack: nobody gives weight, which Packed requires"},
		{"another type", `"weight": {"type": "string"}`, nil, "command Pack: its weight is string, and that of Packed is int64"},
		{"no expression", `"weight": {"type": "integer"}`, map[string]string{"weight": "c.Weight +"}, `command Pack: set: weight: "c.Weight +" is no Go expression: expected operand`},
		{"no member", `"weight": {"type": "integer"}`, map[string]string{"height": "1"}, "command Pack: set has height, which is no member of Packed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Spec{Name: "boxes", Aggregates: []Aggregate{{
				Name: "Box", ID: "boxId",
				Events:   []Event{{Name: "Packed", Schema: schema(`"weight": {"type": "integer"}`)}},
				Commands: []Command{{Name: "Pack", Event: "Packed", Creates: true, Set: test.set, Schema: schema(test.command), Example: []byte(`{"boxId": "1"}`)}},
			}}}
			_, err := Render(s, "v1.2.3")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestValuesOfExpressions(t *testing.T) {
	set := &typeSet{scope: newScope()}
	fields, err := set.message("Order", []byte(`{"properties": {
		"lines": {"type": "array", "items": {"type": "object", "properties": {"quantity": {"type": "integer"}, "price": {"type": "integer"}, "weight": {"type": "number"}}, "required": ["quantity", "price", "weight"]}},
		"fee": {"type": "integer"}, "tip": {"type": "integer"}
	}, "required": ["lines", "fee"]}`))
	if err != nil {
		t.Fatal(err)
	}
	set.finish()
	body, err := readNode([]byte(`{"lines": [{"quantity": 2, "price": 990, "weight": 0.5}, {"quantity": 1, "price": 1450, "weight": 1}], "fee": 5, "tip": 1}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ expression, want string }{
		{"domain.Sum(c.Lines, func(l Line) int64 { return l.Quantity * l.Price })", "3430"},
		{"domain.Sum(c.Lines, func(l Line) int64 { return l.Quantity }) - (c.Fee + 1)", "-3"},
		{"c.Fee * 9223372036854775807", ""},
		{"domain.Sum(c.Lines, func(l Line) float64 { return l.Weight })", ""},
		{"*c.Tip + 1", ""},
		{"s.Total", ""},
		{"int64(len(c.Lines))", ""},
		{"c.Fee +", ""},
	} {
		got, ok := valueOf(test.expression, &goCommand{Fields: fields}, body)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s is %q (%v), want %q", test.expression, got, ok, test.want)
		}
	}
}

func TestPathsAreThoseOfTheCore(t *testing.T) {
	core, err := os.ReadFile("../skeleton/app/name.go")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("render_app.go")
	if err != nil {
		t.Fatal(err)
	}
	want, got := functionBody(t, string(core), "kebab"), functionBody(t, string(own), "pathName")
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("an app's addresses are made otherwise than the README says (-core +scaffold):\n%s", diff)
	}
}

// TestAggregatesThatCannotBeServedAreRefused: an app with one would not start.
func TestAggregatesThatCannotBeServedAreRefused(t *testing.T) {
	core, err := os.ReadFile("../skeleton/app/definition.go")
	if err != nil {
		t.Fatal(err)
	}
	if list := fmt.Sprintf("%#v", appPaths); !strings.Contains(string(core), list) {
		t.Errorf("the core keeps other addresses for itself than %s", list)
	}
	for _, test := range []struct{ name, want string }{
		{"Models", "the address /models, which the app uses itself"},
		{"UI", "the address /ui, which the app uses itself"},
		{"Events", "the address /events, which the app uses itself"},
		{"E\u0301tude", "cannot be that of a file"},
	} {
		text := fmt.Sprintf("version: 1\nname: x\naggregates:\n  - name: %s\n    id: key\n    events:\n      Made: {fields: {key: uuid}}\n    commands:\n      Make: {event: Made, creates: true}\n", test.name)
		if _, err := ReadSpec("domain.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

// functionBody is the text of a function that takes a name.
func functionBody(t *testing.T, source, name string) string {
	t.Helper()
	_, after, ok := strings.Cut(source, "func "+name+"(name string) string {")
	body, _, closed := strings.Cut(after, "\n}\n")
	if !ok || !closed {
		t.Fatalf("there is no function %s", name)
	}
	return body
}
