package event

import "github.com/nexus-blueprint/nexus/skeleton/upcast"

// ShortType is the last part of a type's name without its version: OrderPlaced
// for com.shop.OrderPlaced, com.shop.OrderPlaced.v2 and shop/OrderPlaced. Systems
// prefix the names of types, and catalogs leave the prefix out. Upcasters, which
// apps have without this package, find their types by the same rule.
func ShortType(name string) string { return upcast.ShortType(name) }
