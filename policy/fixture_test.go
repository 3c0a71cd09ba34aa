package policy

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/rogpeppe/go-internal/txtar"
)

var asOf = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)

// library compiles the packs once for all tests.
var library = func() *Library {
	l, err := Open(fstest.MapFS{})
	if err != nil {
		panic(err)
	}
	return l
}()

// allPacks selects every rule that nexus brings along.
func allPacks() Selection { return Selection{Packs: PackNames()} }

// loadCatalog reads a catalog below root, with the fields of its JSON Schemas.
func loadCatalog(t testing.TB, fsys fs.FS, name string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(context.Background(), []string{name}, catalog.Options{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := jsonschema.New(jsonschema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Events {
		if len(e.Schema.Get.Text) == 0 || e.Schema.Get.Format != "json" {
			continue
		}
		parsed, err := engine.Parse(schema.Schema{Subject: e.ID, Format: schema.JSON, File: e.Schema.Get.File, Text: e.Schema.Get.Text})
		if err == nil {
			e.AddFields(engine.Fields(parsed))
		}
	}
	return c
}

// plain reads a catalog from the text of a catalog.yaml.
func plain(t testing.TB, text string) *catalog.Catalog {
	t.Helper()
	return loadCatalog(t, fstest.MapFS{"catalog.yaml": {Data: []byte(text)}}, "catalog.yaml")
}

// orders is the catalog of examples/orders.
func orders(t testing.TB) *catalog.Catalog {
	t.Helper()
	return loadCatalog(t, os.DirFS("../examples/orders"), "catalog")
}

// archive makes a file system of a txtar file without its expectations.
func archive(t testing.TB, name string) (fsys fstest.MapFS, comment string) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fsys = fstest.MapFS{}
	for _, f := range a.Files {
		if path.Clean(f.Name) != "want" {
			fsys[path.Clean(f.Name)] = &fstest.MapFile{Data: f.Data}
		}
	}
	return fsys, string(a.Comment)
}

// generated is a catalog of n events as a large company has them: a few services
// to each, a dozen fields, most attributes declared, some wrong.
func generated(n int) *catalog.Catalog {
	c := &catalog.Catalog{}
	for i := range 40 {
		id := fmt.Sprintf("team-%02d", i)
		c.Owners = append(c.Owners, &catalog.Owner{ID: id, Kind: "team", Email: id + "@example.com"})
	}
	for i := range 200 {
		c.Services = append(c.Services, &catalog.Service{
			ID: fmt.Sprintf("service-%03d", i), Version: declared("1.0.0"), External: declared(i%50 == 0),
			Owners: []catalog.Value[string]{declared(fmt.Sprintf("team-%02d", i%40))},
		})
		c.Channels = append(c.Channels, &catalog.Channel{
			ID: fmt.Sprintf("channel-%03d", i), Address: fmt.Sprintf("domain.%d", i), Protocols: []string{"kinesis"},
			TLS: declared(i%30 != 0), RetentionDays: declared(7.0), Ordering: declared(true),
		})
	}
	for i := range n {
		c.Events = append(c.Events, generatedEvent(i))
	}
	return c
}

func declared[T any](v T) catalog.Value[T] {
	return catalog.Value[T]{Get: v, Source: catalog.Declared, Place: catalog.Place{File: "catalog.yaml", Line: 3, Column: 5}}
}

func generatedEvent(i int) *catalog.Event {
	categories := []string{"operational", "personal", "payment", "health", "financial"}
	id := fmt.Sprintf("Event%05d", i)
	service := func(k int) catalog.Party {
		return catalog.Party{Service: fmt.Sprintf("service-%03d", (i+k)%200), Versions: "latest", Need: declared("billing"), Source: catalog.Declared}
	}
	e := &catalog.Event{
		ID: id, Name: id, Version: declared("1.2.0"), Current: true, Kind: catalog.EventKind, Summary: "Something happened",
		Domain:    declared("domain-" + strconv.Itoa(i%12)),
		Owners:    []catalog.Value[string]{declared(fmt.Sprintf("team-%02d", i%40))},
		Producers: []catalog.Party{service(1)}, Consumers: []catalog.Party{service(2), service(3)},
		Channels: []catalog.Value[string]{declared(fmt.Sprintf("channel-%03d", i%200))},
		Schema:   declared(catalog.Schema{File: "schemas/" + id + ".json", Format: "json"}), Examples: i % 2,
		Classification: declared("confidential"), Category: declared(categories[i%len(categories)]),
		Criticality: declared([]string{"low", "medium", "high"}[i%3]), RequiresOrdering: declared(i%2 == 0),
		RetentionDays: declared(float64(30 + i%400)), Disposal: declared("delete"), RatePerMin: declared(12.0),
		Path: declared([]string{"kinesis", "sns-sqs", "sns-sqs-fifo"}[i%3]), Correlation: declared("correlationid"),
		Causation: declared("causationid"), Actor: declared("authid"), PartitionKey: declared("orderId"),
		Regions: []catalog.Value[string]{declared("eu-central-1")},
		Place:   catalog.Place{File: "events/" + id + "/index.mdx", Line: 2, Column: 1},
	}
	for _, name := range strings.Fields("orderId customer.email customer.name customer.address.street total currency items[].sku items[].quantity createdAt channel note status") {
		f := catalog.Field{Path: name, Type: "string", Required: true, Place: catalog.Place{File: "schemas/" + id + ".json", Line: 7, Column: 3}}
		if strings.HasPrefix(name, "customer") {
			f = f.With(catalog.FieldFacts{PII: declared(true), Purpose: declared("delivery"), Erasure: declared("crypto-shred")})
		}
		e.Fields = append(e.Fields, f)
	}
	return e
}
