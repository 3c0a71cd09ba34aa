package store

import (
	"context"
	"iter"
	"time"
)

// Outbox is a store that also keeps what is owed to the world outside: for each
// event, the channels that Options.Channels named. A delivery is stored in the
// transaction of its event, so there is never one without the other.
type Outbox interface {
	// Deliveries yields what is owed, in the order of the events, those that are
	// not due yet too: whoever keeps the order of a stream must see them.
	Deliveries(ctx context.Context, f DeliveryFilter) iter.Seq2[Delivery, error]
	// Settle removes the deliveries that are done, by id, and stores what of
	// others has changed, all together: Channel, Attempts, Due, LastError, Dead.
	// One that is not there any more is passed over.
	Settle(ctx context.Context, done []int64, changed []Delivery) error
}

// DeliveryFilter says which deliveries to read. The zero value is all that are
// not dead.
type DeliveryFilter struct {
	Channel string // empty is all
	After   int64  // the id after which to begin
	Dead    bool   // those that were given up, instead of the others
}

// Delivery is an event that is owed to a channel.
type Delivery struct {
	ID        int64
	Channel   string
	Attempts  int       // that failed
	Due       time.Time // not to be tried before; zero is at once
	LastError string
	Dead      bool // given up
	Event     Event
}
