// Package readmodel holds the lists that queries are answered from. Each has a row for
// every stream of an aggregate, made of its state.
package readmodel

import (
	"example.com/orders/internal/nexus/app"
	"example.com/orders/internal/order"
)

// Orders lists every order with its customer, its total and how far it is.
var Orders = app.Rows(order.Aggregate, app.RowsOptions{
	Name:    "Orders",
	Summary: "Every order with its customer, its total and how far it is.",
	Filters: []string{"status", "customerId"},
}, orderRow)

// OrderRow is what Orders says of an order.
type OrderRow struct {
	Status     order.Status   `json:"status,omitzero"`
	CustomerID string         `json:"customerId"`
	TotalCents int64          `json:"totalCents"`
	Currency   order.Currency `json:"currency"`
	PlacedAt   string         `json:"placedAt"`
}

// orderRow is the row of an order.
func orderRow(s order.Order) OrderRow {
	return OrderRow{
		Status:     s.Status,
		CustomerID: s.CustomerID,
		TotalCents: s.TotalCents,
		Currency:   s.Currency,
		PlacedAt:   s.PlacedAt,
	}
}
