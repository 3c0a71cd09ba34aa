package main_test

import (
	"encoding/json"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// TestSkeletonStandsAlone: what an app gets a copy of needs nothing else of nexus,
// on any path. layers_test.go says the same of each import; this asks the go command.
func TestSkeletonStandsAlone(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./skeleton/...")
	list.Stderr = os.Stderr
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(output))
	if !slices.Contains(packages, modulePath+"/skeleton/store") {
		t.Fatalf("the packages of the skeleton are not among the %d that go list names", len(packages))
	}
	for _, name := range packages {
		if within(name, modulePath) && name != modulePath+"/skeleton" && !within(name, modulePath+"/skeleton") {
			t.Errorf("the skeleton needs %s", name)
		}
	}
}

// TestSkeletonKnowsNoDomain: no word that belongs to one of the example domains is
// in the skeleton's code, comments or assets. Two domains that have nothing to do
// with each other are served by the same text, so it cannot be made for either.
func TestSkeletonKnowsNoDomain(t *testing.T) {
	orders, iot := domainNames(t, "examples/orders"), domainNames(t, "examples/iot")
	foreign := foreignWords(orders, iot)
	for _, name := range []string{"customer", "sensor"} {
		if !foreign.words[name] {
			t.Errorf("%s is not found among the words of the domains: %q", name, slices.Sorted(maps.Keys(foreign.words)))
		}
	}
	seen := map[string]bool{}
	if err := fs.WalkDir(os.DirFS("."), "skeleton", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case entry.IsDir() || strings.HasSuffix(name, "_test.go") || !slices.Contains([]string{".go", ".html", ".css", ".js", ".json", ".rego"}, path.Ext(name)):
			return nil
		}
		text, err := os.ReadFile(name)
		for i, line := range strings.Split(string(text), "\n") {
			for _, found := range foreign.in(line) {
				t.Errorf("%s:%d: %q is a word of a domain: %s", name, i+1, found, strings.TrimSpace(line))
			}
			maps.Copy(seen, vocabulary(chunks(line)))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	known := vocabulary(slices.Concat(orders, iot))
	for word := range generic {
		if !known[word] || !seen[word] {
			t.Errorf("%s needs no reason: it is not both a word of a domain and of the skeleton", word)
		}
	}
}

// TestForeignWords checks the checker.
func TestForeignWords(t *testing.T) {
	foreign := foreignWords([]string{"PlaceOrder", "orderId", "customerId", "sku"}, []string{"RegisterSensor", "sensorId", "location"})
	for line, want := range map[string]string{
		"the events of a stream, in order":   "",
		"customs":                            "",
		"order-id":                           "order-id",
		"func placeOrder(customer string)":   "placeOrder customer",
		`case "SENSORS", "sensor_id":`:       "SENSORS sensor_id",
		"the customerID and CustomerIDs":     "customerID CustomerIDs",
		"place it in the order of positions": "",
		"locationless":                       "",
		"the location of a file":             "",
	} {
		if got := strings.Join(foreign.in(line), " "); got != want {
			t.Errorf("%q: found %q, want %q", line, got, want)
		}
	}
}

// generic are the words that a domain shares with what every program is about, and
// what they mean there. A name that is made of several words is foreign all the same.
var generic = map[string]string{
	"active":   "a rebuild that runs",
	"amount":   "how much",
	"at":       "English",
	"cancel":   "what ends a context",
	"carrier":  "of trace headers, in OpenTelemetry",
	"email":    "a format of JSON Schema",
	"level":    "of a log",
	"limit":    "a bound",
	"line":     "of a text",
	"location": "of a file, or a time zone",
	"measured": "how the interval of snapshots is found",
	"number":   "a type of JSON",
	"order":    "what a sequence has: events are delivered in order",
	"place":    "where an event is",
	"reading":  "what is done to a file",
	"reason":   "why an append is rejected",
	"record":   "what policies call a stored event",
	"recorded": "when an event was stored",
	"resolve":  "what is done to a reference",
	"resolved": "what was done to a reference",
	"status":   "of HTTP",
	"total":    "a sum",
	"unit":     "of a measure",
	"value":    "what a name stands for",
}

// words are what no line may have: single words, and names of several words.
type words struct {
	words map[string]bool // in lower case, singular
	names map[string]bool // the words of a name, separated by spaces
}

// foreignWords leaves of the names of two domains what belongs to them alone: not
// what both have, not what is Go's, and not what is generic.
func foreignWords(a, b []string) words {
	inBoth := vocabulary(a)
	maps.DeleteFunc(inBoth, func(word string, _ bool) bool { return !vocabulary(b)[word] })
	found := words{words: map[string]bool{}, names: map[string]bool{}}
	for _, name := range slices.Concat(a, b) {
		parts := split(name)
		for _, word := range parts {
			if generic[word] == "" && !inBoth[word] && !ofGo(word) {
				found.words[word] = true
			}
		}
		if whole := strings.Join(parts, " "); len(parts) > 1 && !slices.Contains(a, name) != !slices.Contains(b, name) {
			found.names[whole] = true
		}
	}
	return found
}

func vocabulary(names []string) map[string]bool {
	found := map[string]bool{}
	for _, name := range names {
		for _, word := range split(name) {
			found[word] = true
		}
	}
	return found
}

// ofGo reports whether the language has given a word its meaning.
func ofGo(word string) bool {
	return token.IsKeyword(word) || types.Universe.Lookup(word) != nil
}

// in returns the parts of a line that have a foreign word or name in them.
func (w words) in(line string) []string {
	var found []string
	for _, chunk := range chunks(line) {
		parts := split(chunk)
		isForeign := slices.ContainsFunc(parts, func(word string) bool { return w.words[word] })
		for name := range w.names {
			isForeign = isForeign || strings.Contains(" "+strings.Join(parts, " ")+" ", " "+name+" ")
		}
		if isForeign {
			found = append(found, chunk)
		}
	}
	return found
}

// chunks are the names of a line: letters, digits, hyphens and underscores.
func chunks(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' })
}

// split parts a name such as orderId, OrderIDs or order-id into its words, in lower
// case and singular.
func split(name string) []string {
	var parts []string
	for _, word := range strings.FieldsFunc(apart(name), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		word = strings.ToLower(word)
		if len(word) > 2 && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") {
			word = strings.TrimSuffix(word, "s")
		}
		parts = append(parts, word)
	}
	return parts
}

// apart puts a space where a capital letter begins a word.
func apart(name string) string {
	var spaced strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		rest := string(letters[i+1:])
		afterLower := i > 0 && unicode.IsLower(letters[i-1])
		beforeLower := rest != "" && unicode.IsLower(letters[i+1]) && rest != "s"
		if i > 0 && unicode.IsUpper(r) && (afterLower || beforeLower) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(r)
	}
	return spaced.String()
}

// domainNames lists what an example calls its aggregates, events, commands, states,
// read models and everything that its messages hold.
func domainNames(t *testing.T, dir string) []string {
	t.Helper()
	var spec struct {
		Catalog    string
		Aggregates []struct {
			Name   string
			ID     string
			Events map[string]struct {
				State  string
				Fields map[string]any
			}
			Commands map[string]struct {
				Event  string
				Fields map[string]any
			}
			ReadModels map[string]struct{ Fields []string } `yaml:"readModels"`
		}
	}
	text, err := os.ReadFile(path.Join(dir, "domain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &spec); err != nil {
		t.Fatalf("%s/domain.yaml: %v", dir, err)
	}
	names := map[string]bool{}
	add := func(all ...string) {
		for _, name := range all {
			if name != "" {
				names[name] = true
			}
		}
	}
	for _, a := range spec.Aggregates {
		add(a.Name, a.ID)
		for name, event := range a.Events {
			add(name, event.State)
			add(slices.Collect(maps.Keys(event.Fields))...)
		}
		for name, command := range a.Commands {
			add(name)
			add(slices.Collect(maps.Keys(command.Fields))...)
		}
		for name, model := range a.ReadModels {
			add(name)
			add(model.Fields...)
		}
	}
	if spec.Catalog == "" {
		return slices.Sorted(maps.Keys(names)) // the fields are all that there is
	}
	schemas, err := fs.Glob(os.DirFS(dir), path.Join(spec.Catalog, "*", "*", "schema.json"))
	if err != nil || len(schemas) == 0 {
		t.Fatalf("%s has no schemas in %s: %v", dir, spec.Catalog, err)
	}
	for _, file := range schemas {
		add(path.Base(path.Dir(file)))
		text, err := os.ReadFile(path.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var schema any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatalf("%s/%s: %v", dir, file, err)
		}
		add(properties(schema)...)
	}
	return slices.Sorted(maps.Keys(names))
}

// properties are the names of the properties that a schema has at any depth.
func properties(schema any) []string {
	var names []string
	switch value := schema.(type) {
	case map[string]any:
		if members, ok := value["properties"].(map[string]any); ok {
			names = slices.Collect(maps.Keys(members))
		}
		for _, inner := range value {
			names = append(names, properties(inner)...)
		}
	case []any:
		for _, inner := range value {
			names = append(names, properties(inner)...)
		}
	}
	return names
}
