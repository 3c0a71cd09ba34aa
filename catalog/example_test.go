package catalog_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/nexus-blueprint/nexus/catalog"
)

// A plain catalog is one YAML or JSON file: mappings from ids to events,
// services, channels and owners. nexus's own attributes have the names they have
// in EventCatalog's frontmatter, without x-.
func Example() {
	const text = `
owners:
  sales: {name: Sales, email: sales@example.com}   # kind: team, or user
events:
  OrderPlaced:
    version: 1.0.0
    kind: event                  # or command, query
    summary: A customer confirmed the basket.
    owners: [sales]
    channels: [orders]
    schema: OrderPlaced.json     # from this file's folder; or a JSON Schema right here
    data-classification: confidential
    retention-days: 365
    fields:
      customer.email: {pii: true, purpose: delivery}
    x-colour: blue               # your own, for your own policies
services:
  shop:
    owners: [sales]
    sends: [OrderPlaced]
  billing:
    owners: [sales]
    receives:
      - {id: OrderPlaced, version: ^1.0.0, fields: [total], need: capture the total}
channels:
  orders: {address: shop.orders, protocols: [kafka-secure], retention-days: 7}
`
	root := fstest.MapFS{
		"catalog.yaml":     {Data: []byte(text), Mode: 0o644},
		"OrderPlaced.json": {Data: []byte(`{"type": "object"}`), Mode: 0o644},
	}
	c, err := catalog.Load(context.Background(), []string{"catalog.yaml"}, catalog.Options{FS: root})
	if err != nil {
		fmt.Println(err)
		return
	}
	for e := range c.Current() {
		fmt.Println(e.ID, e.Version.Get, "goes from", e.ProducerIDs(), "to", e.ConsumerIDs())
		fmt.Println("kept for", e.RetentionDays.Get, "days, says", e.RetentionDays.Place)
	}
	// Output:
	// OrderPlaced 1.0.0 goes from [shop] to [billing]
	// kept for 365 days, says catalog.yaml:13:21
}
