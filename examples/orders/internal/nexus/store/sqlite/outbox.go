package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"example.com/orders/internal/nexus/store"
)

// Deliveries yields what is owed; see store.Outbox.
func (s *Store) Deliveries(ctx context.Context, f store.DeliveryFilter) iter.Seq2[store.Delivery, error] {
	return store.Pages(f.After, pageSize, func(after int64) ([]store.Delivery, error) {
		found, err := page(ctx, s, s.read.deliveries, scanDelivery, f.Dead, f.Channel, f.Channel, after, pageSize)
		if err != nil {
			err = fmt.Errorf("reading the outbox of %s: %w", s.path, err)
		}
		return found, err
	}, func(d store.Delivery) int64 { return d.ID })
}

func scanDelivery(scan func(...any) error) (store.Delivery, error) {
	var d store.Delivery
	var r row
	var due int64
	err := scan(append([]any{&d.ID, &d.Channel, &d.Attempts, &due, &d.LastError, &d.Dead}, r.targets()...)...)
	d.Event = r.value()
	if due != 0 {
		d.Due = fromNanos(due)
	}
	return d, err
}

// Owed counts what is owed to each channel; see store.Outbox.
func (s *Store) Owed(ctx context.Context) ([]store.Debt, error) {
	type count struct {
		channel string
		dead    bool
		number  int64
	}
	counts, err := page(ctx, s, s.read.owed, func(scan func(...any) error) (count, error) {
		var c count
		err := scan(&c.channel, &c.dead, &c.number)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("counting what is owed in %s: %w", s.path, err)
	}
	var debts []store.Debt
	for _, c := range counts {
		debts = store.AddDebt(debts, c.channel, c.dead, c.number)
	}
	return debts, nil
}

// Settle removes and changes deliveries; see store.Outbox. It shares transactions
// with appends.
func (s *Store) Settle(ctx context.Context, done []int64, changed []store.Delivery) error {
	end, err := s.use()
	if err == nil {
		err = s.writer.submit(ctx, func(w *writer) error { return w.settle(done, changed) })
		end()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrClosed), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("settling deliveries: %w", err)
	}
	return fmt.Errorf("settling deliveries of %s: %w", s.path, err)
}

func (w *writer) settle(done []int64, changed []store.Delivery) error {
	for _, id := range done {
		if err := run(w.do.settle, id); err != nil {
			return err
		}
	}
	for _, d := range changed {
		if err := run(w.do.change, d.Channel, d.Attempts, dueNanos(d.Due), d.LastError, d.Dead, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// dueNanos is when a delivery is due; 0 is at once.
func dueNanos(due time.Time) int64 {
	if due.IsZero() {
		return 0
	}
	return due.UnixNano()
}
