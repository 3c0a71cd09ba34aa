//go:build slow

package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/scaffold"
)

// drawnApps is how many apps TestAppsOfAnyDomain makes unless -rapid.checks says
// more: each is compiled with all that it stands on.
const drawnApps = 4

// Apps of any domain that nexus takes build, vet and pass their own tests, whatever
// their names mean to Go, to a file system or to a reader.
func TestAppsOfAnyDomain(t *testing.T) {
	checks(t, drawnApps)
	// Below one path, and with -trimpath, the go command compiles the core once.
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.Custom(drawDomain).Filter(func(text string) bool {
			_, err := scaffold.ReadSpec("domain.yaml", []byte(text))
			return err == nil
		}).Draw(rt, "domain.yaml")
		if err := os.RemoveAll(filepath.Join(dir, "app")); err != nil {
			rt.Fatal(err)
		}
		if err := passesItsTests(t, filepath.Join(dir, "app"), text); err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
	})
}

// checks is how often rapid draws, unless the command line says.
func checks(t *testing.T, count int) {
	t.Helper()
	const name = "rapid.checks"
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == name })
	if said {
		return
	}
	before := flag.Lookup(name).Value.String()
	set := func(value string) {
		if err := flag.Set(name, value); err != nil {
			t.Error(err)
		}
	}
	set(fmt.Sprint(count))
	t.Cleanup(func() { set(before) })
}

func passesItsTests(t *testing.T, dir, text string) error {
	spec, err := scaffold.ReadSpec("domain.yaml", []byte(text))
	if err != nil {
		return err
	}
	tree, err := scaffold.New(t.Context(), spec, scaffold.NewOptions{Version: exampleVersion, Text: []byte(text)})
	if err != nil {
		return fmt.Errorf("scaffold.New: %w", err)
	}
	if err := scaffold.Write(t.Context(), dir, tree); err != nil {
		return err
	}
	for _, verb := range []string{"vet", "test"} {
		if out, err := goCommand(dir, "GOFLAGS=-mod=readonly -buildvcs=false -trimpath", "GOPROXY=off").run(t, verb, "./..."); err != nil {
			return fmt.Errorf("go %s: %w\n%s", verb, err, out)
		}
	}
	return nil
}

// Names that mean something to Go, to the go command, to a file system, to the core
// or in English; some are the same when folded, and a domain with two of these is
// refused.
var domainNamesToDraw = []string{
	"Func", "Type", "Range", "Go", "Select", "Interface", "Package", "Import", "Default", "Chan", "Switch", "Map", "Var",
	"String", "Int", "Error", "Nil", "Len", "Append", "Any", "Iota", "True", "Max", "Clear", "New", "Byte", "Comparable",
	"News", "Series", "Boxes", "Bus", "Buses", "Analyses", "Child", "Children", "Data", "IDs", "Address", "Quiz", "Sheep", "Statuses",
	"Größe", "Grösse", "Éclair", "Заказ", "Ωmega", "İstanbul", "Straße", "Ａｌｐｈａ", "Ǆ", "E\u0301tude",
	"Context", "Time", "JSON", "Json", "Embed", "OS", "Main", "Test", "Internal", "Vendor", "Readmodel", "Nexus", "Domain", "App", "Testdata",
	"Linux", "ThingLinux", "ThingTest", "Amd64", "WindowsArm64", "Unix", "Init",
	"EventType", "Decide", "Evolve", "Aggregate", "Status", "StatusActive", "Definition", "Source", "Command", "Event", "State", "Row", "Refuse", "Sum",
	"HTTPServer2XX", "X", "X1", "A", "AB", "Ab", "URL", "Url", "S", "C", "T", "E", "Tenant", "Health", "Models", "Streams", "Audit", "UI", "Why", "Openapi", "Events", "Healthz",
}

var fieldNamesToDraw = []string{
	"type", "func", "eventType", "decide", "id", "ID", "ids", "url", "status", "größe", "заказ", "x-y", "a_b", "aB", "AB", "value", "s", "c", "now", "e", "t",
	"map", "range", "string", "error", "nil", "true", "yes", "null", "domain", "time", "at", "json", "event", "state", "on", "items", "data", "children", "news",
	"tenant", "version", "limit", "from", "after", "len", "any", "uuid", "n", "y", "version2", "e1",
}

var fieldTypesToDraw = []string{
	"string", "int", "number", "bool", "uuid", "email", "uri", "date", "date-time", "string?", "int?", "number?", "bool?", "date-time?", "uuid[]", "int[]?", "number[][]",
	"enum(a|b)", "enum(type|func|1st|a-b|A_B)?", "enum(x|y)[]",
	`{type: integer, minimum: 3, maximum: 3}`, `{type: integer, multipleOf: 7, minimum: 1}`, `{type: number, exclusiveMinimum: 0, maximum: 0.5}`,
	`{type: string, minLength: 5, maxLength: 6}`, `{type: string, enum: ["", "1st", "{{.}}", "größe"]}`, `{enum: [1, 2.5, null, "x", true]}`,
	`{const: 7}`, `{type: [string, "null"]}`, `{type: [integer, string]}`, `{oneOf: [{type: integer}, {type: boolean}]}`,
	`{type: array, items: {type: object, properties: {sku: {type: string}, func: {type: integer}, at: {type: string, format: date-time}}, required: [sku], additionalProperties: false}, minItems: 2}`,
	`{type: object, additionalProperties: {type: number}}`, `{type: object, properties: {type: {type: object, properties: {type: {type: string}}}}}`, `{type: object}`, `{}`,
	`{type: array, items: {type: array, items: {enum: [a]}}, uniqueItems: true}`, `{type: string, description: "ends a comment */ and ` + "`quotes`" + `\nof two lines"}`,
}

var textsToDraw = []string{
	"", "A thing.", "no full stop", `with "quotes", 'others' and ` + "`ticks`", "*/ ends a comment", "//go:build ignore", "{{.Name}} <b>&amp; ${x} %s %d {a}",
	"# no heading: and - no list", "größer als 注文 \u2028 und 🎉", "yes", "null", "1.0", "- ", "long " + strings.Repeat("and long ", 40),
}

var statesToDraw = []string{"active", "out-of-stock", "true", "x", "größe", "Type", "on"}

// A domainDraw draws the text of a domain.yaml, line by line.
type domainDraw struct {
	*rapid.T
	text  bytes.Buffer
	names []string // that are left
}

// drawDomain draws a domain.yaml. A drawn one may be refused: for two names that fold
// to one, or a word that nobody may use.
func drawDomain(t *rapid.T) string {
	d := &domainDraw{T: t, names: rapid.Permutation(domainNamesToDraw).Draw(t, "names")}
	d.line(0, "version: 1\nname: drawn\nmodule: example.com/drawn\ntitle: %s\nsummary: %s", quoteYAML("A title: "+d.pick(textsToDraw[1:3])), quoteYAML(d.pick(textsToDraw)))
	d.line(0, "aggregates:")
	for range rapid.IntRange(1, 3).Draw(t, "aggregates") {
		d.aggregate()
	}
	return d.text.String()
}

func (d *domainDraw) line(depth int, format string, values ...any) {
	d.text.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&d.text, format+"\n", values...)
}

func (d *domainDraw) pick(of []string) string { return rapid.SampledFrom(of).Draw(d.T, "pick") }

func (d *domainDraw) maybe() bool { return rapid.Bool().Draw(d.T, "maybe") }

// name is one of the list, or of letters drawn at random.
func (d *domainDraw) name() string {
	if rapid.IntRange(0, 4).Draw(d.T, "random") == 0 {
		return rapid.StringMatching(`[A-ZÄŽΑ-ΡА-Я][a-zA-Z0-9äßžα-ωа-я]{0,11}`).Draw(d.T, "name")
	}
	name := d.names[0]
	d.names = d.names[1:]
	return name
}

func (d *domainDraw) aggregate() {
	d.line(1, "- name: %s", quoteYAML(d.name()))
	d.line(2, "summary: %s", quoteYAML(d.pick(textsToDraw)))
	id := d.pick(append([]string{"key"}, fieldNamesToDraw[:8]...))
	d.line(2, "id: %s", quoteYAML(id))
	count := rapid.IntRange(1, 4).Draw(d.T, "events")
	events, states := make([]string, count), []string{}
	d.line(2, "events:")
	for i := range events {
		events[i] = d.name()
		d.line(3, "%s:", quoteYAML(events[i]))
		d.line(4, "summary: %s", quoteYAML(d.pick(textsToDraw)))
		if d.maybe() {
			states = append(states, d.pick(statesToDraw))
			d.line(4, "state: %s", quoteYAML(states[len(states)-1]))
		}
		d.fields(id)
		if d.maybe() {
			d.line(4, "facts: {criticality: %s}", d.pick([]string{"low", "medium", "high", "critical"}))
		}
	}
	d.line(2, "commands:")
	for i, event := range events {
		d.line(3, "%s:", quoteYAML(d.name()))
		d.line(4, "event: %s", quoteYAML(event))
		d.line(4, "summary: %s", quoteYAML(d.pick(textsToDraw)))
		switch {
		case i == 0:
			d.line(4, "creates: true")
		case len(states) > 0 && d.maybe():
			d.line(4, "in: [%s]", quoteYAML(d.pick(states)))
		}
	}
	if d.maybe() {
		d.line(2, "readModels:\n      %s: {fields: [%s], filters: [%s]}", quoteYAML(d.name()), quoteYAML(id), quoteYAML(id))
	}
}

// fields are those of an event. The id is among them, or nexus puts it in.
func (d *domainDraw) fields(id string) {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(fieldNamesToDraw), 0, 6, rapid.ID).Draw(d.T, "fields")
	d.line(4, "fields:")
	d.line(5, "%s: %s", quoteYAML(id), d.pick([]string{"uuid", "string"}))
	for _, name := range names {
		if name == id {
			continue
		}
		typ := d.pick(fieldTypesToDraw)
		if !strings.HasPrefix(typ, "{") {
			typ = quoteYAML(typ)
		}
		d.line(5, "%s: %s", quoteYAML(name), typ)
	}
}

// quoteYAML is a text as a value of YAML, in the form that JSON has too.
func quoteYAML(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string is always JSON
		panic(err)
	}
	return string(quoted)
}
