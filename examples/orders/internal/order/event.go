package order

// OrderPlaced says that a customer confirmed the basket. Nothing is paid or shipped yet.
type OrderPlaced struct {
	// The order, and the stream it is recorded in.
	OrderID string `json:"orderId"`
	// The customer, by a random number.
	CustomerID string `json:"customerId"`
	// Where the customer is told about the order. Recorded encrypted, with the customer's
	// own key; described here as it is once decrypted.
	Email      string   `json:"email"`
	Lines      []Line   `json:"lines"`
	TotalCents int64    `json:"totalCents"`
	Currency   Currency `json:"currency"`
	PlacedAt   string   `json:"placedAt"`
}

// EventType is the name of the event in the catalog.
func (OrderPlaced) EventType() string { return "OrderPlaced" }

// OrderPaid says that the payment provider moved the money.
type OrderPaid struct {
	// The order, and the stream it is recorded in.
	OrderID     string   `json:"orderId"`
	PaymentID   string   `json:"paymentId"`
	AmountCents int64    `json:"amountCents"`
	Currency    Currency `json:"currency"`
	PaidAt      string   `json:"paidAt"`
}

// EventType is the name of the event in the catalog.
func (OrderPaid) EventType() string { return "OrderPaid" }

// OrderShipped says that the parcel left the warehouse.
type OrderShipped struct {
	// The order, and the stream it is recorded in.
	OrderID        string  `json:"orderId"`
	Carrier        Carrier `json:"carrier"`
	TrackingNumber string  `json:"trackingNumber"`
	ShippedAt      string  `json:"shippedAt"`
}

// EventType is the name of the event in the catalog.
func (OrderShipped) EventType() string { return "OrderShipped" }

// OrderCancelled says that the order will not be fulfilled. What was paid is refunded.
type OrderCancelled struct {
	// The order, and the stream it is recorded in.
	OrderID     string `json:"orderId"`
	Reason      Reason `json:"reason"`
	CancelledAt string `json:"cancelledAt"`
}

// EventType is the name of the event in the catalog.
func (OrderCancelled) EventType() string { return "OrderCancelled" }

// OrderRefunded says that money went back to the customer, all of it or a part.
type OrderRefunded struct {
	// The order, and the stream it is recorded in.
	OrderID     string   `json:"orderId"`
	RefundID    string   `json:"refundId"`
	AmountCents int64    `json:"amountCents"`
	Currency    Currency `json:"currency"`
	RefundedAt  string   `json:"refundedAt"`
}

// EventType is the name of the event in the catalog.
func (OrderRefunded) EventType() string { return "OrderRefunded" }

// Line is part of an order.
type Line struct {
	SKU            string `json:"sku"`
	Quantity       int64  `json:"quantity"`
	UnitPriceCents int64  `json:"unitPriceCents"`
}

// Currency is the currency of an order.
type Currency string

// What a currency may be.
const (
	CurrencyCHF Currency = "CHF"
	CurrencyEUR Currency = "EUR"
	CurrencyGBP Currency = "GBP"
	CurrencySEK Currency = "SEK"
)

// Carrier is the carrier of an order.
type Carrier string

// What a carrier may be.
const (
	CarrierDhl      Carrier = "dhl"
	CarrierPostnord Carrier = "postnord"
	CarrierUps      Carrier = "ups"
)

// Reason is the reason of an order.
type Reason string

// What a reason may be.
const (
	ReasonCustomer      Reason = "customer"
	ReasonFraud         Reason = "fraud"
	ReasonOutOfStock    Reason = "out-of-stock"
	ReasonPaymentFailed Reason = "payment-failed"
)
