package order

import (
	"testing"

	"example.com/orders/internal/nexus/domain/domaintest"
)

// FuzzCommands sends any bodies: go test -fuzz FuzzCommands ./internal/order
func FuzzCommands(f *testing.F) {
	domaintest.Fuzz(f, Aggregate)
}
