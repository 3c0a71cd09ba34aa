package readmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/orders/internal/order"
)

func TestParcels(t *testing.T) {
	got := parcelRow(order.Order{
		Status:         order.StatusRefunded,
		Carrier:        order.Carrier("carrier"),
		TrackingNumber: "trackingNumber",
		ShippedAt:      "shippedAt",
	})
	want := ParcelRow{
		Status:         order.StatusRefunded,
		Carrier:        order.Carrier("carrier"),
		TrackingNumber: "trackingNumber",
		ShippedAt:      "shippedAt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the row is another one (-want +got):\n%s", diff)
	}
}
