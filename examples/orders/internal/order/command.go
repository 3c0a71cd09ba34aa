package order

// PlaceOrder asks to open an order for a basket that the customer confirmed.
type PlaceOrder struct {
	// The order, and the stream it is recorded in.
	OrderID string `json:"orderId"`
	// The customer, by a random number.
	CustomerID string `json:"customerId"`
	// Where the customer is told about the order. Recorded encrypted, with the customer's
	// own key; described here as it is once decrypted.
	Email    string   `json:"email"`
	Lines    []Line   `json:"lines"`
	Currency Currency `json:"currency"`
}

// PayOrder asks to note that the payment provider moved the money.
type PayOrder struct {
	// The order, and the stream it is recorded in.
	OrderID     string   `json:"orderId"`
	PaymentID   string   `json:"paymentId"`
	AmountCents int64    `json:"amountCents"`
	Currency    Currency `json:"currency"`
}

// ShipOrder asks to note that the parcel was handed to the carrier.
type ShipOrder struct {
	// The order, and the stream it is recorded in.
	OrderID        string  `json:"orderId"`
	Carrier        Carrier `json:"carrier"`
	TrackingNumber string  `json:"trackingNumber"`
}

// CancelOrder asks to stop an order that is not shipped yet.
type CancelOrder struct {
	// The order, and the stream it is recorded in.
	OrderID string `json:"orderId"`
	Reason  Reason `json:"reason"`
}

// RefundOrder asks to note that money went back to the customer.
type RefundOrder struct {
	// The order, and the stream it is recorded in.
	OrderID     string   `json:"orderId"`
	RefundID    string   `json:"refundId"`
	AmountCents int64    `json:"amountCents"`
	Currency    Currency `json:"currency"`
}
