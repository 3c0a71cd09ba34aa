package order

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/orders/internal/nexus/domain"
	"example.com/orders/internal/nexus/domain/domaintest"
)

// TestEvolve says what each event makes of an order.
func TestEvolve(t *testing.T) {
	for _, test := range []struct {
		event string
		given []domain.Event
		want  Order
	}{
		{
			event: "OrderPlaced",
			given: []domain.Event{orderPlaced},
			want: Order{
				Status:     StatusPlaced,
				OrderID:    "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
				CustomerID: "2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f",
				Email:      "mia@example.com",
				Lines: []Line{
					{SKU: "TEA-250", Quantity: 2, UnitPriceCents: 990},
					{SKU: "CUP-1", Quantity: 1, UnitPriceCents: 1450},
				},
				TotalCents: 3430,
				Currency:   CurrencyEUR,
				PlacedAt:   "2026-01-31T12:00:00Z",
			},
		},
		{
			event: "OrderPaid",
			given: []domain.Event{orderPlaced, orderPaid},
			want: Order{
				Status:     StatusPaid,
				OrderID:    "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
				CustomerID: "2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f",
				Email:      "mia@example.com",
				Lines: []Line{
					{SKU: "TEA-250", Quantity: 2, UnitPriceCents: 990},
					{SKU: "CUP-1", Quantity: 1, UnitPriceCents: 1450},
				},
				TotalCents:  3430,
				Currency:    CurrencyEUR,
				PlacedAt:    "2026-01-31T12:00:00Z",
				PaymentID:   "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
				AmountCents: 3430,
				PaidAt:      "2026-01-31T12:00:00Z",
			},
		},
		{
			event: "OrderShipped",
			given: []domain.Event{orderPlaced, orderPaid, orderShipped},
			want: Order{
				Status:     StatusShipped,
				OrderID:    "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
				CustomerID: "2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f",
				Email:      "mia@example.com",
				Lines: []Line{
					{SKU: "TEA-250", Quantity: 2, UnitPriceCents: 990},
					{SKU: "CUP-1", Quantity: 1, UnitPriceCents: 1450},
				},
				TotalCents:     3430,
				Currency:       CurrencyEUR,
				PlacedAt:       "2026-01-31T12:00:00Z",
				PaymentID:      "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
				AmountCents:    3430,
				PaidAt:         "2026-01-31T12:00:00Z",
				Carrier:        CarrierPostnord,
				TrackingNumber: "PN-558-201",
				ShippedAt:      "2026-01-31T12:00:00Z",
			},
		},
		{
			event: "OrderCancelled",
			given: []domain.Event{orderPlaced, orderCancelled},
			want: Order{
				Status:     StatusCancelled,
				OrderID:    "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
				CustomerID: "2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f",
				Email:      "mia@example.com",
				Lines: []Line{
					{SKU: "TEA-250", Quantity: 2, UnitPriceCents: 990},
					{SKU: "CUP-1", Quantity: 1, UnitPriceCents: 1450},
				},
				TotalCents:  3430,
				Currency:    CurrencyEUR,
				PlacedAt:    "2026-01-31T12:00:00Z",
				Reason:      ReasonCustomer,
				CancelledAt: "2026-01-31T12:00:00Z",
			},
		},
		{
			event: "OrderRefunded",
			given: []domain.Event{orderPlaced, orderPaid, orderRefunded},
			want: Order{
				Status:     StatusRefunded,
				OrderID:    "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
				CustomerID: "2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f",
				Email:      "mia@example.com",
				Lines: []Line{
					{SKU: "TEA-250", Quantity: 2, UnitPriceCents: 990},
					{SKU: "CUP-1", Quantity: 1, UnitPriceCents: 1450},
				},
				TotalCents:  3430,
				Currency:    CurrencyEUR,
				PlacedAt:    "2026-01-31T12:00:00Z",
				PaymentID:   "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
				AmountCents: 3430,
				PaidAt:      "2026-01-31T12:00:00Z",
				RefundID:    "e5f60718-293a-4b4c-9d5e-6f708192a3b4",
				RefundedAt:  "2026-01-31T12:00:00Z",
			},
		},
	} {
		t.Run(test.event, func(t *testing.T) {
			domaintest.Of(t, Aggregate).Given(test.given...).ThenState(func(got Order) {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("the state is another one (-want +got):\n%s", diff)
				}
			})
		})
	}
}
