//go:build bench && (linux || darwin)

package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// The shape of a generated catalog beside its events. Names count from zero.
const (
	benchServices = 200
	benchTeams    = 40
	benchChannels = 60
	benchDomains  = 12
)

// writeCatalog writes an EventCatalog folder of n events as a large company has
// them: services that send and receive, channels, teams, and a schema with each
// event. It is the same for the same n. Most events declare what the packs ask;
// about one in twelve breaks a rule, and one in thirteen leaves a question open.
func writeCatalog(t *testing.T, n int) string {
	t.Helper()
	root := t.TempDir()
	write := func(text string, name ...string) {
		writeFile(t, filepath.Join(append([]string{root}, name...)...), text)
	}
	for i := range n {
		id := benchEvent(i)
		write(eventPage(i), "events", id, "index.mdx")
		write(eventSchema(i), "events", id, "schema.json")
		write(fmt.Sprintf(`{"recordId": "r-%d", "totalCents": 1200, "currency": "EUR"}`, i), "events", id, "examples", "typical.json")
	}
	for s := range benchServices {
		write(servicePage(s, n), "services", fmt.Sprintf("service-%03d", s), "index.mdx")
	}
	for c := range benchChannels {
		write(channelPage(c), "channels", fmt.Sprintf("channel-%02d", c), "index.mdx")
	}
	for team := range benchTeams {
		write(fmt.Sprintf("---\nid: team-%02d\nname: Team %d\nemail: team-%02d@example.com\n---\n", team, team, team),
			"teams", fmt.Sprintf("team-%02d.mdx", team))
	}
	for d := range benchDomains {
		write(domainPage(d), "domains", fmt.Sprintf("domain-%02d", d), "index.mdx")
	}
	return root
}

func benchEvent(i int) string { return fmt.Sprintf("Event%05d", i) }

// benchCategory is the kind of data in event i: one in ten holds health or card data.
func benchCategory(i int) string {
	switch i % 20 {
	case 0:
		return "health"
	case 1:
		return "payment"
	case 2, 3, 4, 5, 6, 7:
		return "operational"
	}
	return "personal"
}

// eventPage is the frontmatter of event i, and what a person reads below it.
func eventPage(i int) string {
	id, category := benchEvent(i), benchCategory(i)
	var page strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&page, format+"\n", values...) }
	line("---\nid: %s\nname: Event %d\nversion: 1.%d.0\nsummary: |\n  What happened to record %d, told to whoever works with it.", id, i, i%7, i)
	line("owners:\n  - team-%02d", i%benchTeams)
	line("channels:\n  - id: channel-%02d\nschemaPath: schema.json", i%benchChannels)
	line("x-data-classification: %s", []string{"confidential", "internal", "restricted"}[i%3])
	if i%14 != 8 { // else nobody says what it holds
		line("x-data-category: %s", category)
	}
	line("x-criticality: high\nx-path: kinesis\nx-requires-ordering: true\nx-max-latency-ms: 2000\nx-business-impact: orders wait")
	line("x-rate-per-min: %d\nx-payload-bytes: %d", 1+i%600, 400+i%900)
	line("x-correlation: correlationid\nx-causation: causationid\nx-actor: authid\nx-integrity: signature\nx-partition-key: recordId")
	line("x-regions: [eu-central-1]\nx-audit: true\nx-encrypted: true\nx-disposal: crypto-shred")
	line("x-approval:\n  reference: REQ-%d\n  author: ana\n  approver: ben", i)
	if i%17 != 9 { // else it is kept for ever
		line("x-retention-days: %d", 2190)
	}
	switch category {
	case "personal", "health":
		line("x-regulations: [gdpr, soc2]\nx-erasure: crypto-shred")
		if i%19 != 10 { // else it has no lawful basis
			line("x-lawful-basis: contract")
		}
		if category == "health" {
			line("x-special-condition: explicit consent\nx-impact-assessment: DPIA-%d", i)
		}
	case "payment":
		line("x-regulations: [pci-dss, soc2]\nx-erasure: crypto-shred\nx-lawful-basis: contract")
	default:
		line("x-regulations: [soc2]")
	}
	line("---\n\nRecord %d changed. Receivers may rely on the order of one record's events.\n\n<NodeGraph />", i)
	return page.String()
}

// benchSchema is a schema of some twelve fields; the verbs are the number of the
// event and what is declared of its personal and its card fields.
const benchSchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Event %[1]d",
  "description": "What happened to record %[1]d.",
  "type": "object",
  "properties": {
    "recordId": { "type": "string", "format": "uuid", "x-pii": false },
    "customer": {
      "type": "object",
      "properties": {
        "id": { "type": "string", "format": "uuid"%[2]s },
        "email": { "type": "string", "format": "email", "maxLength": 254%[2]s },
        "street": { "type": "string", "maxLength": 200%[2]s },
        "country": { "type": "string", "pattern": "^[A-Z]{2}$"%[2]s }
      },
      "required": ["id"],
      "additionalProperties": false
    },
    "lines": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "sku": { "type": "string", "minLength": 1, "maxLength": 40, "x-pii": false },
          "quantity": { "type": "integer", "minimum": 1, "maximum": 1000, "x-pii": false },
          "unitPriceCents": { "type": "integer", "minimum": %[1]d, "x-pii": false }
        },
        "required": ["sku", "quantity"],
        "additionalProperties": false
      },
      "minItems": 1,
      "maxItems": 200
    },
    "totalCents": { "type": "integer", "minimum": 1, "x-pii": false },
    "currency": { "enum": ["CHF", "EUR", "GBP", "SEK"], "x-pii": false },
    "reference": { "type": "string", "maxLength": 40%[3]s },
    "placedAt": { "type": "string", "format": "date-time", "x-pii": false }
  },
  "required": ["recordId", "totalCents", "placedAt"],
  "additionalProperties": false
}
`

func eventSchema(i int) string {
	person, reference := `, "x-pii": false`, `, "x-pii": false`
	switch benchCategory(i) {
	case "personal", "health":
		person = `, "x-pii": true, "x-data-category": "contact", "x-purpose": "delivery", "x-erasure": "crypto-shred", "x-encrypted": true`
	case "payment":
		reference = `, "x-pii": false, "x-data-category": "pan", "x-tokenized": true`
	}
	return fmt.Sprintf(benchSchema, i, person, reference)
}

// servicePage is a service that sends every event of its number, and receives
// those of the two services after it.
func servicePage(s, events int) string {
	var page strings.Builder
	fmt.Fprintf(&page, "---\nid: service-%03d\nname: Service %d\nversion: 1.0.0\nowners:\n  - team-%02d\nsends:\n", s, s, s%benchTeams)
	for i := s; i < events; i += benchServices {
		fmt.Fprintf(&page, "  - id: %s\n    version: ^1.0.0\n", benchEvent(i))
	}
	page.WriteString("receives:\n")
	for _, sender := range []int{(s + 1) % benchServices, (s + 2) % benchServices} {
		for i := sender; i < events; i += benchServices {
			fmt.Fprintf(&page, "  - id: %s\n    version: ^1.0.0\n    fields: [recordId, totalCents, currency]\n    x-need: settles the account\n    x-agreement: BAA-%d\n", benchEvent(i), s)
		}
	}
	page.WriteString("---\n")
	return page.String()
}

func channelPage(c int) string {
	return fmt.Sprintf("---\nid: channel-%02d\nname: Channel %d\nversion: 1.0.0\nowners:\n  - team-%02d\naddress: stream.%d\nprotocols:\n  - kinesis\n"+
		"x-tls: true\nx-ordering: true\nx-partitions: 8\nx-retention-days: 7\nx-max-bytes: 1048576\nx-regions: [eu-central-1]\n---\n", c, c, c%benchTeams, c)
}

func domainPage(d int) string {
	var page strings.Builder
	fmt.Fprintf(&page, "---\nid: domain-%02d\nname: Domain %d\nversion: 1.0.0\nservices:\n", d, d)
	for s := d; s < benchServices; s += benchDomains {
		fmt.Fprintf(&page, "  - id: service-%03d\n", s)
	}
	page.WriteString("---\n")
	return page.String()
}
