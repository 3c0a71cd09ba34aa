package order

import (
	"testing"
	"time"

	"example.com/orders/internal/nexus/domain/domaintest"
)

// now is when the commands are decided.
var now = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)

// What an order is asked, and what comes of it.
var (
	placeOrder = PlaceOrder{
		OrderID:    "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		CustomerID: "2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f",
		Email:      "mia@example.com",
		Lines: []Line{
			{SKU: "TEA-250", Quantity: 2, UnitPriceCents: 990},
			{SKU: "CUP-1", Quantity: 1, UnitPriceCents: 1450},
		},
		Currency: CurrencyEUR,
	}
	orderPlaced = OrderPlaced{
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
	}

	payOrder = PayOrder{
		OrderID:     "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		PaymentID:   "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
		AmountCents: 3430,
		Currency:    CurrencyEUR,
	}
	orderPaid = OrderPaid{
		OrderID:     "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		PaymentID:   "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
		AmountCents: 3430,
		Currency:    CurrencyEUR,
		PaidAt:      "2026-01-31T12:00:00Z",
	}

	shipOrder = ShipOrder{
		OrderID:        "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		Carrier:        CarrierPostnord,
		TrackingNumber: "PN-558-201",
	}
	orderShipped = OrderShipped{
		OrderID:        "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		Carrier:        CarrierPostnord,
		TrackingNumber: "PN-558-201",
		ShippedAt:      "2026-01-31T12:00:00Z",
	}

	cancelOrder    = CancelOrder{OrderID: "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11", Reason: ReasonCustomer}
	orderCancelled = OrderCancelled{
		OrderID:     "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		Reason:      ReasonCustomer,
		CancelledAt: "2026-01-31T12:00:00Z",
	}

	refundOrder = RefundOrder{
		OrderID:     "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		RefundID:    "e5f60718-293a-4b4c-9d5e-6f708192a3b4",
		AmountCents: 3430,
		Currency:    CurrencyEUR,
	}
	orderRefunded = OrderRefunded{
		OrderID:     "7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11",
		RefundID:    "e5f60718-293a-4b4c-9d5e-6f708192a3b4",
		AmountCents: 3430,
		Currency:    CurrencyEUR,
		RefundedAt:  "2026-01-31T12:00:00Z",
	}
)

func TestPlaceOrder(t *testing.T) {
	domaintest.Of(t, Aggregate).
		At(now).
		When(placeOrder).
		Then(orderPlaced)
}

func TestPlaceOrderOnlyOnce(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced).
		When(placeOrder).
		ThenRefused("is there already")
}

func TestPayOrder(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced).
		At(now).
		When(payOrder).
		Then(orderPaid)
}

func TestPayOrderUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(payOrder).
		ThenRefused("there is no order")
}

func TestPayOrderWhenPaid(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced, orderPaid).
		When(payOrder).
		ThenRefused(" is paid")
}

func TestShipOrder(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced, orderPaid).
		At(now).
		When(shipOrder).
		Then(orderShipped)
}

func TestShipOrderUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(shipOrder).
		ThenRefused("there is no order")
}

func TestShipOrderWhenPlaced(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced).
		When(shipOrder).
		ThenRefused(" is placed")
}

func TestCancelOrder(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced).
		At(now).
		When(cancelOrder).
		Then(orderCancelled)
}

func TestCancelOrderUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(cancelOrder).
		ThenRefused("there is no order")
}

func TestCancelOrderWhenShipped(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced, orderPaid, orderShipped).
		When(cancelOrder).
		ThenRefused(" is shipped")
}

func TestRefundOrder(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced, orderPaid).
		At(now).
		When(refundOrder).
		Then(orderRefunded)
}

func TestRefundOrderUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(refundOrder).
		ThenRefused("there is no order")
}

func TestRefundOrderWhenPlaced(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(orderPlaced).
		When(refundOrder).
		ThenRefused(" is placed")
}
