package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// A fixture in testdata/asyncapi is a document, its first file, with the files
// it refers to. The section want holds everything that was read.
func TestReadAsyncAPI(t *testing.T) {
	for name, archive := range asyncFixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			o := Options{}
			if bytes.Contains(archive.Comment, []byte("direction: author")) {
				o.Direction = AuthorDirection
			}
			if _, is := asyncAPIVersion(archive.Files[0].Data); !is {
				t.Error("the document is not taken for AsyncAPI")
			}
			c, err := readAsyncAPI(t.Context(), archive.Files[0].Name, o, readArchive(archive))
			if err != nil {
				t.Fatal(err)
			}
			compareFixture(t, name, archive, describeCatalog(c))
		})
	}
}

func asyncFixtures(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	names, err := filepath.Glob("testdata/asyncapi/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	archives := map[string]*txtar.Archive{}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		archives[name] = archive
	}
	return archives
}

// readArchive reads the files of an archive as Load reads those of a repository.
func readArchive(archive *txtar.Archive) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, file := range archive.Files {
			if file.Name == name && name != "want" {
				return file.Data, nil
			}
		}
		return nil, fs.ErrNotExist
	}
}

// compareFixture compares the section want, or writes it under NEXUS_UPDATE.
func compareFixture(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if os.Getenv("NEXUS_UPDATE") != "" {
		if i < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: "want"})
			i = len(archive.Files) - 1
		}
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatal("the fixture has no section want; NEXUS_UPDATE=1 writes it")
	}
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		t.Errorf("want differs (-want +got):\n%s", diff)
	}
}

// describeCatalog is a catalog as text: one paragraph for each entity, one line
// for each value that is known, with its place; an inferred one has a ~.
func describeCatalog(c *Catalog) string {
	var b strings.Builder
	for _, s := range c.Services {
		fmt.Fprintf(&b, "service %s %q at %s\n", s.ID, s.Name, s.Place)
		describeValues(&b, s)
		describeMessages(&b, "sends", s.Sends)
		describeMessages(&b, "receives", s.Receives)
		describeExt(&b, s.Ext)
	}
	for _, o := range c.Owners {
		fmt.Fprintf(&b, "\nowner %s %q %s %s at %s\n", o.ID, o.Name, o.Kind, o.Email, o.Place)
	}
	for _, ch := range c.Channels {
		fmt.Fprintf(&b, "\nchannel %s %q at %s\n", ch.ID, ch.Name, ch.Place)
		fmt.Fprintf(&b, "  address %q over %s, parameters %q\n", ch.Address, strings.Join(ch.Protocols, " and "), ch.Parameters)
		describeValues(&b, ch)
		describeExt(&b, ch.Ext)
	}
	for _, e := range c.Events {
		describeEvent(&b, e)
	}
	for _, p := range c.Problems {
		fmt.Fprintf(&b, "\nproblem %s at %s:%d:%d\n  %s\n", p.Code, p.Location.File, p.Location.Line, p.Location.Column, p.Message)
		for _, hint := range p.Hints {
			fmt.Fprintf(&b, "  hint: %s\n", hint)
		}
	}
	for _, o := range c.Oddities {
		fmt.Fprintf(&b, "\noddity %s of %s at %s\n  %s\n  hint: %s\n", o.Rule, o.Subject, o.Place, o.Message, o.Hint)
	}
	return b.String()
}

func describeEvent(b *strings.Builder, e *Event) {
	fmt.Fprintf(b, "\n%s %s %q at %s\n", e.Kind, e.ID, e.Name, e.Place)
	if e.Summary != "" {
		fmt.Fprintf(b, "  %s\n", e.Summary)
	}
	describeValues(b, e)
	for _, f := range e.Fields {
		fmt.Fprintf(b, "  field %s at %s\n", f.Path, f.Place)
		describeValues(b, f.Facts())
	}
	if e.Examples > 0 {
		fmt.Fprintf(b, "  examples %d\n", e.Examples)
	}
	describeExt(b, e.Ext)
}

func describeMessages(b *strings.Builder, verb string, messages []Message) {
	for _, m := range messages {
		fmt.Fprintf(b, "  %s %s over %s at %s\n", verb, m.Event, strings.Join(m.Channels, " and "), m.Place)
		describeValues(b, &m)
	}
}

func describeExt(b *strings.Builder, ext map[string]any) {
	for _, key := range sortedKeys(ext) {
		fmt.Fprintf(b, "  ext %s %s\n", key, document.Encode(ext[key]))
	}
}

// describeValues finds every Value of an entity, so that none is forgotten.
func describeValues(b *strings.Builder, entity any) {
	v := reflect.ValueOf(entity).Elem()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		name, field := v.Type().Field(i).Name, v.Field(i)
		if field.Kind() != reflect.Slice {
			describeValue(b, name, field)
			continue
		}
		for j := range field.Len() {
			describeValue(b, name, field.Index(j))
		}
	}
}

func describeValue(b *strings.Builder, name string, v reflect.Value) {
	if known, ok := v.Interface().(interface{ Known() bool }); !ok || !known.Known() {
		return
	}
	mark := ""
	if v.FieldByName("Source").String() == string(Inferred) {
		mark = "~"
	}
	get := fmt.Sprintf("%v", v.FieldByName("Get").Interface())
	if number, ok := v.FieldByName("Get").Interface().(float64); ok {
		get = strconv.FormatFloat(number, 'f', -1, 64)
	}
	if s, ok := v.FieldByName("Get").Interface().(Schema); ok {
		get = fmt.Sprintf("%s in %s#%s\n    %s", s.Format, s.File, s.Pointer, strings.ReplaceAll(strings.TrimSpace(string(s.Text)), "\n", "\n    "))
	}
	place := v.FieldByName("Place").Interface().(Place)
	before, after, several := strings.Cut(get, "\n")
	fmt.Fprintf(b, "  %s%s %s at %s\n", mark, name, before, place)
	if several {
		fmt.Fprintf(b, "%s\n", after)
	}
}

// Every schema that is read as JSON Schema stands on its own: the engine, which
// is given nothing but its text, finds all that it refers to.
func TestAsyncAPISchemasStandAlone(t *testing.T) {
	engine, err := jsonschema.New(jsonschema.Options{Formats: "ignore"})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for name, archive := range asyncFixtures(t) {
		if strings.Contains(name, "broken") {
			continue // their references are left as they are
		}
		c, err := readAsyncAPI(t.Context(), archive.Files[0].Name, Options{}, readArchive(archive))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.Events {
			if e.Schema.Get.Format != "json" {
				continue
			}
			s := schema.Schema{Subject: e.ID, Format: schema.JSON, File: path.Base(e.Schema.Get.File), Text: e.Schema.Get.Text}
			if _, err := engine.Parse(s); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, e.ID, err, s.Text)
			}
			read++
		}
	}
	if read < 30 {
		t.Errorf("only %d schemas were read", read)
	}
}

func TestReadAsyncAPIRefuses(t *testing.T) {
	for _, test := range []struct{ name, file, text, want string }{
		{"a list", "a.yaml", "- asyncapi: 3.0.0\n", "a.yaml:1:1: an AsyncAPI document is a mapping, found a list"},
		{"nothing", "a.yaml", "", "a.yaml:1:1: file is empty"},
		{"text", "a.json", `"asyncapi"`, "is a mapping, found text"},
		{"another document", "a.yaml", "openapi: 3.0.0\n", "the key asyncapi is missing; nexus reads AsyncAPI 2.0 to 2.6 and 3.x"},
		{"a version before", "a.yaml", "info: {}\nasyncapi: 1.2.0\n", `a.yaml:2:11: AsyncAPI version "1.2.0" is not known; nexus reads AsyncAPI 2.0 to 2.6 and 3.x`},
		{"a version after", "a.yaml", "asyncapi: '4.0.0'\n", `AsyncAPI version "4.0.0" is not known`},
		{"a minor version that never was", "a.yaml", "asyncapi: '2.7.0'\n", `AsyncAPI version "2.7.0" is not known`},
		{"a version that is none", "a.yaml", "asyncapi: [3]\n", "the AsyncAPI version is a list"},
		{"a broken file", "a.yaml", "asyncapi: 3.0.0\n  info: x\n", "invalid YAML"},
		{"a key that occurs twice", "a.json", `{"asyncapi": "3.0.0", "asyncapi": "3.0.0"}`, "duplicate key"},
		{"a nest", "a.json", strings.Repeat(`{"asyncapi":`, 600) + "1" + strings.Repeat("}", 600), "nesting is deeper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readAsyncAPI(t.Context(), test.file, Options{}, func(string) ([]byte, error) { return []byte(test.text), nil })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	_, err := readAsyncAPI(t.Context(), "gone.yaml", Options{}, func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is missing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readAsyncAPI(ctx, "a.yaml", Options{}, func(string) ([]byte, error) { return nil, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}

// A byte order mark and Windows line ends change nothing, not even a place.
func TestReadAsyncAPIFromWindows(t *testing.T) {
	for name, archive := range asyncFixtures(t) {
		unix, err := readAsyncAPI(t.Context(), archive.Files[0].Name, Options{}, readArchive(archive))
		if err != nil {
			t.Fatal(err)
		}
		changed := &txtar.Archive{}
		for _, file := range archive.Files {
			text := "\ufeff" + strings.ReplaceAll(string(file.Data), "\n", "\r\n")
			changed.Files = append(changed.Files, txtar.File{Name: file.Name, Data: []byte(text)})
		}
		windows, err := readAsyncAPI(t.Context(), archive.Files[0].Name, Options{}, readArchive(changed))
		if err != nil {
			t.Fatal(err)
		}
		clean := strings.NewReplacer("\r", "", "\ufeff", "")
		if diff := cmp.Diff(describeCatalog(unix), clean.Replace(describeCatalog(windows))); diff != "" {
			t.Errorf("%s (-unix +windows):\n%s", name, diff)
		}
	}
}

func TestAsyncAPIVersion(t *testing.T) {
	for text, want := range map[string]string{
		"asyncapi: 2.6.0\n": "2.6.0",
		"\ufeff# a comment\r\n---\r\nasyncapi: '3.1.0'\r\n":                           "3.1.0",
		"info: {}\n\"asyncapi\" : \"3.0.0\" # last\n":                                 "3.0.0",
		`{"info": {"asyncapi": 1, "x": [1, {"a": 2}]}, "y": [], "asyncapi": "3.0.0"}`: "3.0.0",
		`{"asyncapi": 2.6}`:                             "2.6",
		"  asyncapi: 3.0.0\n":                           "",
		"asyncapi: 1.2.0\n":                             "1.2.0",
		"asyncapi: 4.0.0\n":                             "4.0.0",
		"asyncapis: 3.0.0\n":                            "",
		"openapi: 3.0.0\n":                              "",
		`{"x": "asyncapi", "y": {"asyncapi": "3.0.0"}}`: "",
		`{"asyncapi"`:                                   "",
		"":                                              "",
	} {
		if got, is := asyncAPIVersion([]byte(text)); got != want || is != (want != "") {
			t.Errorf("asyncAPIVersion(%q) = %q, %t", text, got, is)
		}
	}
}

func TestDirectionOf(t *testing.T) {
	for name, want := range map[string]string{
		"onOrderPlaced": "receives", "on-order-placed": "receives", "ordersSubscribe": "receives", "handle_order": "receives",
		"consumeHTTPRequest": "receives", "OrderConsumer": "receives",
		"publishOrder": "sends", "emit.order": "sends", "SendHTTP": "sends", "orderPublisher": "sends",
		"turnOn": "", "subscribe": "", "sendSubscribe": "", "onlineOrder": "", "": "", "order": "", "processOrder": "", "sender2receiver": "",
	} {
		got := ""
		if direction, sure := directionOf(name); sure {
			got = direction.String()
		}
		if got != want {
			t.Errorf("directionOf(%q) = %q, want %q", name, got, want)
		}
	}
}

// A large document is read in time that grows with its size: every message
// refers to one set of schemas.
func TestReadAsyncAPILarge(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"asyncapi": "3.0.0", "info": {"title": "Large", "version": "1"}, "channels": {"c": {"address": "c", "messages": {`)
	for i := range 2000 {
		fmt.Fprintf(&b, `"m%d": {"payload": {"$ref": "#/components/schemas/s%d"}}, `, i, i%1000)
	}
	b.WriteString(`"last": {"payload": {"type": "string"}}}}}, "operations": {"o": {"action": "send", "channel": {"$ref": "#/channels/c"}}}, "components": {"schemas": {`)
	for i := range 1000 {
		fmt.Fprintf(&b, `"s%d": {"description": %q, "properties": {"next": {"$ref": "#/components/schemas/s%d"}}}, `, i, strings.Repeat("x", 10_000), i/100)
	}
	b.WriteString(`"s1000": {}}}}`)
	c, err := readAsyncAPI(t.Context(), "large.json", Options{}, func(string) ([]byte, error) { return []byte(b.String()), nil })
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Events) != 2001 || len(c.Services[0].Sends) != 2001 || len(c.Problems) != 0 {
		t.Errorf("%d events, %d sent, problems %v", len(c.Events), len(c.Services[0].Sends), c.Problems)
	}
}

// What multiplies is bounded: every message refers to all schemas.
func TestReadAsyncAPIBoundsSchemaText(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"asyncapi": "3.0.0", "components": {"messages": {`)
	for i := range 30 {
		fmt.Fprintf(&b, `"m%d": {"payload": {"items": {"$ref": "#/components/schemas/s"}}}, `, i)
	}
	fmt.Fprintf(&b, `"z": {"payload": {"type": "null"}}}, "schemas": {"s": {"description": %q}}}}`, strings.Repeat("x", 15<<20))
	c, err := readAsyncAPI(t.Context(), "wide.json", Options{}, func(string) ([]byte, error) { return []byte(b.String()), nil })
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Problems) != 1 || c.Problems[0].Code != codeTooLarge || len(c.Events) != 31 || c.Event("z", "").Schema.Get.Text != nil {
		t.Errorf("problems %v", c.Problems)
	}
}

func FuzzReadAsyncAPI(f *testing.F) {
	for _, archive := range asyncFixtures(f) {
		f.Add(archive.Files[0].Data, path.Ext(archive.Files[0].Name) == ".json")
	}
	f.Fuzz(func(t *testing.T, text []byte, isJSON bool) {
		name := "asyncapi.yaml"
		if isJSON {
			name = "asyncapi.json"
		}
		read := func(file string) ([]byte, error) {
			if file == name {
				return text, nil
			}
			return nil, fs.ErrNotExist
		}
		c, err := readAsyncAPI(context.Background(), name, Options{}, read)
		if err != nil {
			return
		}
		again, err := readAsyncAPI(context.Background(), name, Options{}, read)
		if err != nil {
			t.Fatalf("read once and then not: %v", err)
		}
		if a, b := describeCatalog(c), describeCatalog(again); a != b {
			t.Errorf("two readings differ:\n%s", cmp.Diff(a, b))
		}
		for _, e := range c.Events {
			if e.ID == "" || e.Place.Line < 1 {
				t.Errorf("an event without id or place: %+v", e)
			}
		}
	})
}
