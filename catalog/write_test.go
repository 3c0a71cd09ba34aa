package catalog

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// Whatever catalog is written and read back is the same catalog, but for places
// and for what was inferred.
func TestFolderIsReadBack(t *testing.T) {
	for name, fixture := range everyFixture(t) {
		t.Run(name, func(t *testing.T) {
			c, err := Load(t.Context(), fixture.paths, Options{FS: fixture.root})
			if err != nil {
				t.Skipf("it is no catalog: %v", err)
			}
			compareCatalogs(t, c, readBack(t, c.Folder()))
		})
	}
}

type fixture struct {
	root  fstest.MapFS
	paths []string
}

// everyFixture are the catalogs of testdata.
func everyFixture(t *testing.T) map[string]fixture {
	t.Helper()
	all := map[string]fixture{}
	files, err := filepath.Glob(loadFixtures)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, paths, _ := unpack(t, archive)
		all[filepath.Base(file)] = fixture{root, paths}
	}
	for file, archive := range asyncFixtures(t) {
		root := fstest.MapFS{}
		for _, f := range archive.Files {
			root[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
		}
		all[filepath.Base(file)] = fixture{root, []string{archive.Files[0].Name}}
	}
	if len(all) < 10 {
		t.Fatalf("only %d fixtures", len(all))
	}
	return all
}

// readBack loads what was written.
func readBack(t rapid.TB, f Folder) *Catalog {
	t.Helper()
	root := fstest.MapFS{}
	for _, file := range f.Files {
		name := "catalog/" + file.Name
		if root[name] != nil {
			t.Fatalf("%s is written twice", name)
		}
		root[name] = &fstest.MapFile{Data: file.Text, Mode: 0o644}
	}
	c, err := Load(context.Background(), []string{"catalog"}, Options{FS: root})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Problems {
		t.Errorf("%s", p.Message)
	}
	return c
}

func compareCatalogs(t rapid.TB, want, got *Catalog) {
	t.Helper()
	essence(want)
	essence(got)
	options := gocmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Catalog{}, Event{}), gocmp.AllowUnexported(Field{})}
	for _, part := range []struct {
		name      string
		want, got any
	}{
		{"events", want.Events, got.Events}, {"services", want.Services, got.Services},
		{"channels", want.Channels, got.Channels}, {"owners", want.Owners, got.Owners},
	} {
		if diff := gocmp.Diff(part.want, part.got, options); diff != "" {
			t.Errorf("%s (-source +read back):\n%s", part.name, diff)
		}
	}
}

// essence leaves of a catalog what writing keeps.
func essence(c *Catalog) {
	for _, e := range c.Events {
		if e.Version.Known() {
			e.Version.Source = Declared
		}
		s := &e.Schema
		if s.Source = ""; len(s.Get.Text) == 0 {
			s.Get = Schema{}
		}
		if d, err := document.Parse("schema.json", s.Get.Text); err == nil {
			s.Get.Text = []byte(document.Encode(d.Value()))
		}
		s.Get.File, s.Get.Pointer, s.Get.Format = "", "", strings.ToLower(s.Get.Format)
		s.Source = Declared
		e.Domain = ofFolder(e.Domain, e.Place)
		e.Examples = 0
		for _, parties := range [][]Party{e.Producers, e.Consumers} {
			for i := range parties {
				p := &parties[i]
				p.Source = ""
				slices.Sort(p.Fields)
				if c.Service(p.Service) == nil {
					*p = Party{Service: p.Service}
				}
			}
		}
	}
	for _, s := range c.Services {
		s.Domain = ofFolder(s.Domain, s.Place)
		// What leads to an event is in the event's parties.
		leadsTo := func(m Message) bool { return len(c.inRange(m.Event, m.Versions)) > 0 }
		s.Sends, s.Receives = slices.DeleteFunc(s.Sends, leadsTo), slices.DeleteFunc(s.Receives, leadsTo)
	}
	for _, channel := range c.Channels {
		slices.Sort(channel.Parameters)
	}
	for _, o := range c.Owners {
		if o.Kind != "user" {
			o.Kind = "team"
		}
	}
	stripPlaces(reflect.ValueOf(c).Elem())
}

// stripPlaces empties all places and all that was inferred, and sorts lists of
// values, whose order means nothing.
func stripPlaces(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			stripPlaces(v.Elem())
		}
	case reflect.Slice:
		if list, ok := v.Interface().([]Value[string]); ok {
			v.Set(reflect.ValueOf(declaredOf(list)))
			return
		}
		for i := range v.Len() {
			stripPlaces(v.Index(i))
		}
		if fields, ok := v.Interface().([]Field); ok {
			slices.SortFunc(fields, func(a, b Field) int { return cmp.Compare(a.Path, b.Path) })
		}
	case reflect.Struct:
		if f, ok := v.Addr().Interface().(*Field); ok {
			stripPlaces(reflect.ValueOf(f.own()).Elem())
		}
		if v.Type() == reflect.TypeFor[Place]() {
			v.SetZero()
			return
		}
		if source := v.FieldByName("Source"); source.IsValid() && source.String() == string(Inferred) {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				stripPlaces(v.Field(i))
			}
		}
	}
}

func declaredOf(list []Value[string]) []Value[string] {
	var declared []Value[string]
	for _, v := range list {
		if v.Source == Declared {
			declared = append(declared, Value[string]{Get: v.Get, Source: Declared})
		}
	}
	slices.SortFunc(declared, func(a, b Value[string]) int { return cmp.Compare(a.Get, b.Get) })
	return declared
}

// Every attribute of the model is written, whatever its value.
func TestFolderKeepsEveryAttribute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCatalog(t)
		want := c.Folder()
		if again := c.Folder(); !reflect.DeepEqual(want, again) {
			t.Fatal("two folders of one catalog differ")
		}
		compareCatalogs(t, c, readBack(t, want))
	})
}

// awkward are texts that YAML would like to take for something else.
var awkward = []string{
	"no", "Yes", "~", "null", "1.0", "1_0", "0x1F", "1e3", "2026-01-31", "12:30:45", ".5", "- a", "a: b", "a #b", "#b", "'", `"`, `\`, "---", "{a}", "[b]",
	"*a", "&a", "!a", "%a", "@a", "`a", "a\nb", "a\tb", "é", "日本", "\u0085", "\u2028", "😀", "a, b", "<<", "=", "?", "1.0.0", "1.0.0-rc.1", "v1", "true.", "a/../b", "..", "CON",
}

func drawText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := rapid.OneOf(rapid.SampledFrom(awkward), rapid.StringMatching(`[A-Za-z][A-Za-z0-9 ._:#,-]{0,12}`)).Draw(t, "text")
		return cmp.Or(strings.TrimSpace(text), "x")
	})
}

// drawCatalog fills every Value of an event, a channel and a service, or leaves
// it out.
func drawCatalog(t *rapid.T) *Catalog {
	ids := rapid.SliceOfNDistinct(drawText(), 1, 4, rapid.ID[string]).Draw(t, "ids")
	c := &Catalog{}
	for _, id := range ids {
		e := &Event{ID: id, Kind: rapid.SampledFrom([]Kind{EventKind, CommandKind, QueryKind}).Draw(t, "kind"), Current: true}
		drawValues(t, reflect.ValueOf(e).Elem())
		e.Classification.Get, e.Criticality.Get, e.Category.Get = strings.ToLower(e.Classification.Get), strings.ToLower(e.Criticality.Get), strings.ToLower(e.Category.Get)
		e.Ext = map[string]any{drawText().Draw(t, "key") + "-own": []any{drawText().Draw(t, "value"), map[string]any{drawText().Draw(t, "inner"): true}}}
		e.Fields = []Field{{Path: drawText().Draw(t, "path")}}
		drawValues(t, reflect.ValueOf(e.Fields[0].own()).Elem())
		e.Schema = Value[Schema]{Get: Schema{File: "a.json", Pointer: "/x", Format: "json", Text: []byte(`{"type":"object"}`)}, Source: Declared}
		c.Events = append(c.Events, e)
		channel := &Channel{ID: id, Address: drawText().Draw(t, "address"), Parameters: []string{drawText().Draw(t, "parameter")}}
		drawValues(t, reflect.ValueOf(channel).Elem())
		c.Channels = append(c.Channels, channel)
		s := &Service{ID: id, Sends: []Message{{Event: "nobody knows", Versions: drawText().Draw(t, "range"), Fields: []string{drawText().Draw(t, "field")}}}}
		drawValues(t, reflect.ValueOf(s).Elem())
		drawValues(t, reflect.ValueOf(&s.Sends[0]).Elem())
		c.Services = append(c.Services, s)
		c.Owners = append(c.Owners, &Owner{ID: id, Kind: rapid.SampledFrom([]string{"team", "user"}).Draw(t, "owner"), Email: drawText().Draw(t, "mail")})
	}
	c.sort()
	return c
}

func drawValues(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		name := v.Type().Field(i).Name
		if !rapid.Bool().Draw(t, name) {
			continue
		}
		switch field := v.Field(i).Addr().Interface().(type) {
		case *Value[string]:
			*field = Value[string]{Get: drawText().Draw(t, name), Source: Declared}
		case *Value[bool]:
			*field = Value[bool]{Get: rapid.Bool().Draw(t, name), Source: Declared}
		case *Value[float64]:
			*field = Value[float64]{Get: rapid.Float64Range(0, 1e9).Draw(t, name), Source: Declared}
		case *Value[Approval]:
			*field = Value[Approval]{Get: Approval{Reference: drawText().Draw(t, name), Author: drawText().Draw(t, name)}, Source: Declared}
		case *[]Value[string]:
			*field = []Value[string]{{Get: drawText().Draw(t, name), Source: Declared}}
		}
	}
}

func TestScalarIsReadAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(awkward)).Draw(t, "text")
		if strings.ContainsRune(text, '\ufffd') {
			return
		}
		d, err := document.Parse("page.yaml", []byte("a: ["+scalar(text)+"]\nb: "+scalar(text)+"\n"+scalar("k"+text)+": 1\n"))
		if err != nil {
			t.Fatalf("%q is written as %s: %v", text, scalar(text), err)
		}
		value := d.Value().(map[string]any)
		if value["a"].([]any)[0] != text || value["b"] != text || value["k"+text] == nil {
			t.Errorf("%q is written as %s and read as %#v", text, scalar(text), value)
		}
	})
}

func TestFolderTellsWhatIsLeft(t *testing.T) {
	c := FromSubjects([]Subject{{Name: "orders-value", Level: "BACKWARD", Versions: []schema.Schema{
		{Version: "1", Format: schema.Protobuf, Text: []byte("import \"common/money.proto\";\nimport \"google/protobuf/timestamp.proto\";\n")},
		{Version: "2", Format: schema.Protobuf, Text: []byte("message A {}\n")},
	}}})
	c.Events[1].Examples = 2
	f := c.Folder()
	var names []string
	for _, file := range f.Files {
		names = append(names, file.Name)
	}
	wantNames := []string{
		"events/orders-value/index.mdx", "events/orders-value/schema.proto",
		"events/orders-value/versioned/1/index.mdx", "events/orders-value/versioned/1/schema.proto",
	}
	if diff := gocmp.Diff(wantNames, names); diff != "" {
		t.Error(diff)
	}
	wantLeft := []string{
		"what the schema of orders-value refers to: copy common/money.proto, or mend the references in events/orders-value/versioned/1/schema.proto",
		"the examples of 1 event: copy them to the folder examples beside each page (orders-value)",
	}
	if diff := gocmp.Diff(wantLeft, f.Left); diff != "" {
		t.Error(diff)
	}
	if page := string(f.Files[0].Text); !strings.Contains(page, "x-compatibility-level: BACKWARD\n") {
		t.Errorf("the level is missing:\n%s", page)
	}
}

func TestWriteNeverOverwrites(t *testing.T) {
	f := Folder{Files: []File{{"events/A/index.mdx", []byte("new")}, {"teams/t.mdx", []byte("new")}}}
	dir := filepath.Join(t.TempDir(), "some", "catalog")
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	err := f.Write(dir)
	occupied, ok := errors.AsType[*OccupiedError](err)
	if !ok || !slices.Equal(occupied.Files, []string{"events/A/index.mdx", "teams/t.mdx"}) {
		t.Errorf("writing twice gives %v", err)
	}
	other := Folder{Files: []File{{"events/B/index.mdx", []byte("new")}, {"events/A/index.mdx/x", nil}}}
	if err := other.Write(dir); err == nil {
		t.Error("a file on the way was no hindrance")
	}
	if err := other.addTo(dir); err == nil {
		t.Error("a file was made a folder")
	}
	if _, err := os.Stat(filepath.Join(dir, "events/B/index.mdx")); err == nil {
		t.Error("half of the files stay after a failure")
	}
	more := Folder{Files: []File{{"events/B/index.mdx", []byte("more")}}}
	if err := more.Write(dir); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "events/A/index.mdx")); err != nil || !bytes.Equal(text, []byte("new")) {
		t.Errorf("another file changed: %q, %v", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(left) > 0 {
		t.Errorf("scratch folders are left: %v", left)
	}
}

func TestWriteFillsAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := (Folder{Files: []File{{"teams/t.mdx", []byte("new")}}}).Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "teams", "t.mdx")); err != nil {
		t.Error(err)
	}
}

// The documentation lists every key.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "catalog.md"))
	if err != nil {
		t.Fatal(err)
	}
	keys := slices.Concat(prefixed("x-", eventAttributes), prefixed("x-", channelAttributes), prefixed("x-", serviceAttributes), prefixed("x-", messageAttributes))
	for _, key := range append(keys, prefixed("", fieldAttributes)...) {
		if !bytes.Contains(text, []byte("`"+key+"`")) && !bytes.Contains(text, []byte("    "+key+": ")) {
			t.Errorf("docs/catalog.md does not name %s", key)
		}
	}
}
