package order

import (
	"testing"

	"example.com/orders/internal/nexus/domain/domaintest"
)

// TestLaws draws stories and holds Decide and Evolve to what the store relies on.
func TestLaws(t *testing.T) {
	domaintest.Laws(t, Aggregate,
		domaintest.Any[PlaceOrder](),
		domaintest.Any[PayOrder](),
		domaintest.Any[ShipOrder](),
		domaintest.Any[CancelOrder](),
		domaintest.Any[RefundOrder](),
	)
}
