package gate_test

import (
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// realistic are rules of the kinds that packs are made of: loops over fields,
// channels and consumers, lookups in the catalog, comparisons of attributes.
var realistic = []string{
	`deny contains {"message": "nobody owns it", "at": "owners"} if count(input.event.owners) == 0
deny contains {"message": sprintf("%s is no known owner", [o.id]), "at": "owners"} if {
	some o in input.event.owners
	not data.catalog.owners[o.id]
}`,
	`import data.nexus.lib.personal
applies if personal.event
deny contains {"message": "a personal field has no purpose", "field": f.path} if {
	some f in personal.fields
	f.purpose == null
}`,
	`import data.nexus.lib.personal
applies if personal.event
undeclared contains "x-retention-days" if input.event.retention_days == null
deny contains {"message": "it is kept for ever", "at": "retention_days"} if input.event.retention_days < 0
deny contains {"message": sprintf("channel %s keeps it longer", [c.id])} if {
	some c in input.event.channels
	c.retention_days > input.event.retention_days
}`,
	`import data.nexus.lib.personal
applies if personal.event
bases := {"consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"}
undeclared contains "x-lawful-basis" if input.event.lawful_basis == null
deny contains {"message": "no lawful basis", "at": "lawful_basis"} if {
	input.event.lawful_basis != null
	not input.event.lawful_basis in bases
}`,
	`import data.nexus.lib.personal
applies if personal.event
deny contains {"message": "cannot be erased", "field": f.path} if {
	some f in personal.fields
	f.erasure == null
	f.encrypted != true
}`,
	`applies if "pci-dss" in input.event.regulations
deny contains {"message": "a card's number is not truncated", "field": f.path} if {
	some f in input.event.fields
	f.category == "payment"
	f.truncated != true
	f.encrypted != true
}`,
	`applies if "hipaa" in input.event.regulations
deny contains {"message": "a receiver does not say why it gets health data"} if {
	some c in input.event.consumers
	c.need == null
}`,
	`applies if input.event.classification in {"confidential", "restricted"}
undeclared contains "x-classification" if input.event.classification == null
deny contains {"message": sprintf("%s has no TLS", [c.id])} if {
	some c in input.event.channels
	c.tls != true
}`,
	`applies if input.event.criticality in {"high", "critical"}
deny contains {"message": "the standard path is too slow for it", "at": "path"} if input.event.path == "sns-sqs"
deny contains {"message": "it is too large", "at": "payload_bytes"} if input.event.payload_bytes > 262144`,
	`deny contains {"message": "no correlation id", "at": "correlation"} if input.event.correlation == null
deny contains {"message": "no causation id", "at": "causation"} if input.event.causation == null
deny contains {"message": sprintf("%s looks personal", [f.path]), "field": f.path} if {
	some f in input.event.fields
	regex.match("(^|_)(e?mail|phone|birth|street|iban)", f.name)
	f.pii == null
}`,
	`secret if input.event.classification == "restricted"
stated if {
	input.event.retention_days != null
	input.event.path in {"kinesis", "sns-sqs"}
}
found if road = input.event.path
roads := input.event.channels
applies if stated
applies if secret
undeclared contains "x-path" if {
	not found
	not secret
}
deny contains {"message": "a secret travels in the open"} if {
	secret
	road := "the open"
	some c in roads
	c.tls != true
	contains(road, "open")
}
deny contains {"message": "no road is stated", "at": "path"} if {
	not stated
	found
}`,
}

const personal = `package nexus.lib.personal

fields contains f if {
	some f in input.event.fields
	f.pii == true
}

event if count(fields) > 0
event if input.event.category == "personal"
`

// pack is count rules that repeat the realistic ones.
func pack(count int) []gate.Module {
	modules := []gate.Module{{File: "lib/personal.rego", Text: personal}}
	for i := range count {
		name := fmt.Sprintf("r%02d", i)
		modules = append(modules, rego(name, realistic[i%len(realistic)]))
	}
	return modules
}

// rego is a module with a rule of family bench.
func rego(name, body string) gate.Module {
	return gate.Module{File: name + ".rego", Text: "# METADATA\n# title: " + name + "\n# custom:\n#   id: bench/" + name +
		"\n#   severity: error\npackage nexus.rules.bench." + name + "\n\n" + body + "\n"}
}

func ids(policies *gate.Policies) []string {
	var list []string
	for _, r := range policies.Rules() {
		list = append(list, r.ID)
	}
	return list
}

// order is an event of about 1.2 kB as JSON, with twelve fields.
func order() map[string]any {
	var fields []any
	for i, name := range strings.Fields("order_id customer_email customer_phone street city total currency items card_number placed_at channel note") {
		fields = append(fields, map[string]any{
			"path": "order." + name, "name": name, "pii": i > 0 && i < 5, "category": nil, "purpose": "fulfilment",
			"erasure": "crypto-shred", "encrypted": nil, "truncated": nil,
		})
	}
	return map[string]any{
		"as_of": "2026-01-31", "change": nil, "observed": nil,
		"event": map[string]any{
			"id": "OrderPlaced", "version": "1.2.0", "classification": "confidential", "category": "personal",
			"criticality": "high", "correlation": "header", "causation": nil, "lawful_basis": "contract", "path": "kinesis",
			"retention_days": 365, "payload_bytes": 1200, "fields": fields, "ext": map[string]any{},
			"owners":      []any{map[string]any{"id": "checkout", "known": true, "kind": "team"}},
			"consumers":   []any{map[string]any{"id": "billing", "external": false, "need": "invoices"}, map[string]any{"id": "shipping", "external": false, "need": nil}},
			"channels":    []any{map[string]any{"id": "orders", "tls": true, "retention_days": 7}},
			"schema":      map[string]any{"file": "order.schema.json", "format": "json"},
			"regions":     []any{"eu-central-1"},
			"regulations": []any{"gdpr", "pci-dss"},
		},
	}
}

func catalog() map[string]any {
	return map[string]any{
		"owners":   map[string]any{"checkout": map[string]any{"id": "checkout", "email": "checkout@example.com"}},
		"services": map[string]any{"billing": map[string]any{"id": "billing", "external": false, "sends": []any{}}},
	}
}
