package store

import (
	"context"
	"iter"
	"slices"
	"strings"
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
	// Owed counts what is owed to each channel, sorted by name. One to which nothing
	// is owed may be left out.
	Owed(ctx context.Context) ([]Debt, error)
}

// Debt is how much is owed to a channel.
type Debt struct {
	Channel string
	Waiting int64 // deliveries that are to be made
	Dead    int64 // those that were given up
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

// AddDebt adds to what is owed to a channel, in a list that is sorted by channel.
// It is how a store implements Owed.
func AddDebt(debts []Debt, channel string, dead bool, count int64) []Debt {
	at, known := slices.BinarySearchFunc(debts, channel, func(d Debt, name string) int { return strings.Compare(d.Channel, name) })
	if !known {
		debts = slices.Insert(debts, at, Debt{Channel: channel})
	}
	if dead {
		debts[at].Dead += count
	} else {
		debts[at].Waiting += count
	}
	return debts
}
