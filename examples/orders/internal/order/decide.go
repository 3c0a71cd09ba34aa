package order

import (
	"time"

	"example.com/orders/internal/nexus/domain"
)

// Decide answers PlaceOrder with OrderPlaced, unless the order is there already.
func (c PlaceOrder) Decide(s Order, now time.Time) ([]domain.Event, error) {
	if s.OrderID != "" {
		return nil, domain.Refuse("order %s is there already", c.OrderID)
	}
	return []domain.Event{OrderPlaced{
		OrderID:    c.OrderID,
		CustomerID: c.CustomerID,
		Email:      c.Email,
		Lines:      c.Lines,
		TotalCents: domain.Sum(c.Lines, func(l Line) int64 { return l.Quantity * l.UnitPriceCents }),
		Currency:   c.Currency,
		PlacedAt:   now.UTC().Format(time.RFC3339Nano),
	}}, nil
}

// Decide answers PayOrder with OrderPaid, if the order is placed.
func (c PayOrder) Decide(s Order, now time.Time) ([]domain.Event, error) {
	if s.OrderID == "" {
		return nil, domain.Refuse("there is no order %s", c.OrderID)
	}
	if s.Status != StatusPlaced {
		return nil, domain.Refuse("order %s is %s: PayOrder takes only those that are placed", c.OrderID, s.Status)
	}
	return []domain.Event{OrderPaid{
		OrderID:     c.OrderID,
		PaymentID:   c.PaymentID,
		AmountCents: c.AmountCents,
		Currency:    c.Currency,
		PaidAt:      now.UTC().Format(time.RFC3339Nano),
	}}, nil
}

// Decide answers ShipOrder with OrderShipped, if the order is paid.
func (c ShipOrder) Decide(s Order, now time.Time) ([]domain.Event, error) {
	if s.OrderID == "" {
		return nil, domain.Refuse("there is no order %s", c.OrderID)
	}
	if s.Status != StatusPaid {
		return nil, domain.Refuse("order %s is %s: ShipOrder takes only those that are paid", c.OrderID, s.Status)
	}
	return []domain.Event{OrderShipped{
		OrderID:        c.OrderID,
		Carrier:        c.Carrier,
		TrackingNumber: c.TrackingNumber,
		ShippedAt:      now.UTC().Format(time.RFC3339Nano),
	}}, nil
}

// Decide answers CancelOrder with OrderCancelled, if the order is placed or paid.
func (c CancelOrder) Decide(s Order, now time.Time) ([]domain.Event, error) {
	if s.OrderID == "" {
		return nil, domain.Refuse("there is no order %s", c.OrderID)
	}
	if s.Status != StatusPlaced && s.Status != StatusPaid {
		return nil, domain.Refuse("order %s is %s: CancelOrder takes only those that are placed or paid", c.OrderID, s.Status)
	}
	return []domain.Event{OrderCancelled{
		OrderID:     c.OrderID,
		Reason:      c.Reason,
		CancelledAt: now.UTC().Format(time.RFC3339Nano),
	}}, nil
}

// Decide answers RefundOrder with OrderRefunded, if the order is paid, shipped or
// cancelled.
func (c RefundOrder) Decide(s Order, now time.Time) ([]domain.Event, error) {
	if s.OrderID == "" {
		return nil, domain.Refuse("there is no order %s", c.OrderID)
	}
	if s.Status != StatusPaid && s.Status != StatusShipped && s.Status != StatusCancelled {
		return nil, domain.Refuse("order %s is %s: RefundOrder takes only those that are paid, shipped or cancelled", c.OrderID, s.Status)
	}
	return []domain.Event{OrderRefunded{
		OrderID:     c.OrderID,
		RefundID:    c.RefundID,
		AmountCents: c.AmountCents,
		Currency:    c.Currency,
		RefundedAt:  now.UTC().Format(time.RFC3339Nano),
	}}, nil
}
