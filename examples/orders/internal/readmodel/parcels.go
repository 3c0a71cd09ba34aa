package readmodel

import (
	"example.com/orders/internal/nexus/app"
	"example.com/orders/internal/order"
)

// Parcels lists what left the warehouse, and with whom.
var Parcels = app.Rows(order.Aggregate, app.RowsOptions{
	Name:    "Parcels",
	Summary: "What left the warehouse, and with whom.",
	Filters: []string{"status", "carrier"},
}, parcelRow)

// ParcelRow is what Parcels says of an order.
type ParcelRow struct {
	Status         order.Status  `json:"status,omitzero"`
	Carrier        order.Carrier `json:"carrier,omitzero"`
	TrackingNumber string        `json:"trackingNumber,omitzero"`
	ShippedAt      string        `json:"shippedAt,omitzero"`
}

// parcelRow is the row of an order.
func parcelRow(s order.Order) ParcelRow {
	return ParcelRow{
		Status:         s.Status,
		Carrier:        s.Carrier,
		TrackingNumber: s.TrackingNumber,
		ShippedAt:      s.ShippedAt,
	}
}
