package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

// noting is a store that counts how often deliveries are noted.
type noting struct {
	*memory.Store
	times atomic.Int64
}

func (n *noting) Settle(ctx context.Context, done []int64, changed []store.Delivery) error {
	n.times.Add(1)
	return n.Store.Settle(ctx, done, changed)
}

// timing is a channel that keeps when something was delivered.
type timing struct{ delivered chan time.Time }

func (c timing) Deliver(context.Context, store.Event) error {
	c.delivered <- time.Now()
	return nil
}

// The first event is delivered at once, and those that follow close behind together.
func TestEventsThatFollowOthersAreDeliveredTogether(t *testing.T) {
	for gather, want := range map[time.Duration][]time.Duration{
		0:                     {0, 25 * time.Millisecond, 25 * time.Millisecond, 25 * time.Millisecond},
		5 * time.Millisecond:  {0, 5 * time.Millisecond, 5 * time.Millisecond, 5 * time.Millisecond},
		-1 * time.Millisecond: {0, time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			events := &noting{Store: memory.New(store.Options{Channels: outbox.Channels})}
			channel := timing{make(chan time.Time, 10)}
			relay, err := outbox.New(outbox.Options{Store: events, Standard: channel, Critical: channel, Gather: gather})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- relay.Run(ctx) }()
			synctest.Wait()
			begun := time.Now()
			for i := range 4 {
				if _, err := events.Append(ctx, fmt.Sprint("stream-", i), store.NoStream, []store.Event{{ID: fmt.Sprint(i), Type: "E"}}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Second)
			stop()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			close(channel.delivered)
			var after []time.Duration
			for at := range channel.delivered {
				after = append(after, at.Sub(begun))
			}
			passes := int64(len(slices.Compact(slices.Clone(want))))
			if !slices.Equal(after, want) || events.times.Load() != passes {
				t.Errorf("gather %v: delivered after %v and noted %d times, want %v and %d", gather, after, events.times.Load(), want, passes)
			}
			if err := events.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
