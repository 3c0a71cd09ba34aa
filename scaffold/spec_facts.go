package scaffold

import (
	"encoding/json"
	"fmt"
	"slices"
)

// factKinds are the facts that nexus knows of an event, by what they are. Any other
// fact is the user's own, for policies of their own.
var factKinds = map[string]string{
	"data-classification": "text", "data-category": "text", "criticality": "text", "business-impact": "text",
	"disposal": "text", "path": "text", "correlation": "text", "causation": "text", "actor": "text",
	"integrity": "text", "partition-key": "text", "lawful-basis": "text", "special-condition": "text",
	"impact-assessment": "text", "erasure": "text", "transfer-mechanism": "text", "domain": "text", "owner": "text",
	"max-latency-ms": "number", "retention-days": "number", "rate-per-min": "number", "payload-bytes": "number",
	"requires-ordering": "true or false", "encrypted": "true or false", "audit": "true or false",
	"regulations": "list", "regions": "list", "approval": "mapping", "fields": "mapping",
}

// ownFacts are facts that nexus writes itself.
var ownFacts = []string{"aggregate", "produces"}

func (c *specCheck) fact(name string, value any, at string) {
	kind, known := factKinds[name]
	switch {
	case slices.Contains(ownFacts, name):
		c.failKey(at, fmt.Sprintf("the fact %s is written by nexus", name), "leave it out")
	case known:
		if got := factKind(value); got != kind {
			c.fail(at, fmt.Sprintf("the fact %s takes a %s", name, kind), "write it as in an EventCatalog page, without x-")
		}
	default:
		if hint := near(name, sortedKeys(factKinds)); hint != "" {
			c.failKey(at, fmt.Sprintf("there is no fact %s", name), hint)
		}
		if message, hint := checkFieldName(name); message != "" {
			c.failKey(at, message, hint)
		}
	}
}

func factKind(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number:
		return "number"
	case []any:
		return "list"
	case map[string]any:
		return "mapping"
	}
	return "nothing"
}
