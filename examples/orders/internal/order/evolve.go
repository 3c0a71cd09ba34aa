package order

import "example.com/orders/internal/nexus/domain"

// Evolve is the state of an order after an event. It depends on nothing else, and an
// event that it does not know changes nothing.
func Evolve(s Order, event domain.Event) Order {
	switch e := event.(type) {
	case OrderPlaced:
		s.Status = StatusPlaced
		s.OrderID = e.OrderID
		s.CustomerID = e.CustomerID
		s.Email = e.Email
		s.Lines = e.Lines
		s.TotalCents = e.TotalCents
		s.Currency = e.Currency
		s.PlacedAt = e.PlacedAt
	case OrderPaid:
		s.Status = StatusPaid
		s.PaymentID = e.PaymentID
		s.AmountCents = e.AmountCents
		s.Currency = e.Currency
		s.PaidAt = e.PaidAt
	case OrderShipped:
		s.Status = StatusShipped
		s.Carrier = e.Carrier
		s.TrackingNumber = e.TrackingNumber
		s.ShippedAt = e.ShippedAt
	case OrderCancelled:
		s.Status = StatusCancelled
		s.Reason = e.Reason
		s.CancelledAt = e.CancelledAt
	case OrderRefunded:
		s.Status = StatusRefunded
		s.RefundID = e.RefundID
		s.AmountCents = e.AmountCents
		s.Currency = e.Currency
		s.RefundedAt = e.RefundedAt
	}
	return s
}
