package readmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/orders/internal/order"
)

func TestOrders(t *testing.T) {
	got := orderRow(order.Order{
		Status:     order.StatusRefunded,
		CustomerID: "customerId",
		TotalCents: 3,
		Currency:   order.Currency("currency"),
		PlacedAt:   "placedAt",
	})
	want := OrderRow{
		Status:     order.StatusRefunded,
		CustomerID: "customerId",
		TotalCents: 3,
		Currency:   order.Currency("currency"),
		PlacedAt:   "placedAt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the row is another one (-want +got):\n%s", diff)
	}
}
