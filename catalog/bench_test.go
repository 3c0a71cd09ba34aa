package catalog

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// generatedEvents is the size of the catalog that the benchmark loads.
const generatedEvents = 10_000

const generatedFrontmatter = `---
id: Event%[1]d
name: Event %[1]d
version: 1.2.0
summary: |
  What happened the %[1]dth time.
owners:
  - team-%[2]d
channels:
  - id: channel-%[2]d
schemaPath: schema.json
x-data-classification: confidential
x-regulations: [gdpr, soc2]
x-data-category: personal
x-criticality: high
x-requires-ordering: true
x-max-latency-ms: 2000
x-business-impact: no order is fulfilled
x-retention-days: 365
x-rate-per-min: 120
x-payload-bytes: 900
x-path: kinesis
x-correlation: correlationid
x-causation: causationid
x-fields:
  customer.email: {pii: true, purpose: delivery}
---

# Event %[1]d

<NodeGraph />
`

const generatedSchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "orderId": { "type": "string", "format": "uuid" },
    "customer": {
      "type": "object",
      "properties": {
        "email": { "type": "string", "format": "email" },
        "name": { "type": "string", "x-pii": true }
      },
      "required": ["email"]
    },
    "total": { "type": "integer", "minimum": %d },
    "placedAt": { "type": "string", "format": "date-time" }
  },
  "required": ["orderId", "customer", "total"],
  "additionalProperties": false
}
`

// generate writes an EventCatalog of n events, ten to a service.
func generate(t testing.TB, n int) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, "catalog", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		dir := fmt.Sprintf("services/service-%d/events/Event%d/", i/10, i)
		write(dir+"index.mdx", fmt.Sprintf(generatedFrontmatter, i, i/100))
		write(dir+"schema.json", fmt.Sprintf(generatedSchema, i))
	}
	for s := range (n + 9) / 10 {
		text := fmt.Sprintf("---\nid: service-%d\nversion: 1.0.0\nowners: [team-%d]\nsends:\n", s, s/10)
		for i := range 10 {
			text += fmt.Sprintf("  - id: Event%d\n", s*10+i)
		}
		text += fmt.Sprintf("receives:\n  - id: Event%d\n    version: ^1.0.0\n---\n", (s*10+10)%n)
		write(fmt.Sprintf("services/service-%d/index.mdx", s), text)
	}
	for c := range (n + 99) / 100 {
		write(fmt.Sprintf("channels/channel-%d/index.mdx", c), fmt.Sprintf("---\nid: channel-%d\nversion: 1.0.0\naddress: events.%d\nprotocols: [kafka]\n---\n", c, c))
		write(fmt.Sprintf("teams/team-%d.mdx", c), fmt.Sprintf("---\nid: team-%d\nname: Team %d\nemail: team%d@example.com\n---\n", c, c, c))
	}
	return root
}

// BenchmarkLoad reads through both ways to open a folder. An os.Root opens every
// folder on the way to a file, so that it costs more for each.
func BenchmarkLoad(b *testing.B) {
	dir := generate(b, generatedEvents)
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	for _, bench := range []struct {
		name string
		fsys fs.FS
	}{{"DirFS", os.DirFS(dir)}, {"Root", root.FS()}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := Load(context.Background(), []string{"catalog"}, Options{FS: bench.fsys})
				if err != nil || len(c.Events) != generatedEvents || len(c.Problems)+len(c.Oddities) > 0 {
					b.Fatalf("%v: %d events, %v, %v", err, len(c.Events), c.Problems, c.Oddities)
				}
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	root := generate(b, generatedEvents)
	c, err := Load(context.Background(), []string{"catalog"}, Options{FS: os.DirFS(root)})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Check(CheckOptions{})
	}
}
