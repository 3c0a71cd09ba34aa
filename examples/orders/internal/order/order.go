// Package order is about orders: which events they have, what these lead to, and which
// commands are taken.
package order

import "example.com/orders/internal/nexus/domain"

// Aggregate is all that the app knows about orders.
var Aggregate = domain.Aggregate[Order]{
	Name: "Order", Category: "order", ID: "orderId", Schema: 1,
	Summary: "What a customer bought, from the basket to the parcel.",
	Evolve:  Evolve,
	Events: []domain.EventType{
		domain.Recorded[OrderPlaced](),
		domain.Recorded[OrderPaid](),
		domain.Recorded[OrderShipped](),
		domain.Recorded[OrderCancelled](),
		domain.Recorded[OrderRefunded](),
	},
	Commands: []domain.Command[Order]{
		domain.On("PlaceOrder", "Asks to open an order for a basket that the customer confirmed.", PlaceOrder.Decide),
		domain.On("PayOrder", "Asks to note that the payment provider moved the money.", PayOrder.Decide),
		domain.On("ShipOrder", "Asks to note that the parcel was handed to the carrier.", ShipOrder.Decide),
		domain.On("CancelOrder", "Asks to stop an order that is not shipped yet.", CancelOrder.Decide),
		domain.On("RefundOrder", "Asks to note that money went back to the customer.", RefundOrder.Decide),
	},
	Story: []string{"PlaceOrder", "PayOrder", "ShipOrder", "RefundOrder"},
}

// Status says how far an order is.
type Status string

// The statuses.
const (
	StatusPlaced    Status = "placed"
	StatusPaid      Status = "paid"
	StatusShipped   Status = "shipped"
	StatusCancelled Status = "cancelled"
	StatusRefunded  Status = "refunded"
)

// Order is what a customer bought, from the basket to the parcel.
type Order struct {
	Status Status `json:"status,omitzero"`
	// The order, and the stream it is recorded in.
	OrderID string `json:"orderId"`
	// The customer, by a random number.
	CustomerID string `json:"customerId"`
	// Where the customer is told about the order. Recorded encrypted, with the customer's
	// own key; described here as it is once decrypted.
	Email          string   `json:"email"`
	Lines          []Line   `json:"lines"`
	TotalCents     int64    `json:"totalCents"`
	Currency       Currency `json:"currency"`
	PlacedAt       string   `json:"placedAt"`
	PaymentID      string   `json:"paymentId,omitzero"`
	AmountCents    int64    `json:"amountCents,omitzero"`
	PaidAt         string   `json:"paidAt,omitzero"`
	Carrier        Carrier  `json:"carrier,omitzero"`
	TrackingNumber string   `json:"trackingNumber,omitzero"`
	ShippedAt      string   `json:"shippedAt,omitzero"`
	Reason         Reason   `json:"reason,omitzero"`
	CancelledAt    string   `json:"cancelledAt,omitzero"`
	RefundID       string   `json:"refundId,omitzero"`
	RefundedAt     string   `json:"refundedAt,omitzero"`
}
