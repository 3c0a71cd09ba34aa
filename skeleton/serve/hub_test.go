package serve

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// A subscriber gets exactly what was published for its tenant while it was
// subscribed, in order, until it is further behind than it may be.
func TestHubDeliversInOrderOrDrops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type reader struct {
			*Subscription
			want []string
			gone bool
		}
		var hub Hub
		var readers []*reader
		dropped := 0
		pick := func(t *rapid.T) *reader {
			if len(readers) == 0 {
				t.Skip("nobody subscribed")
			}
			return rapid.SampledFrom(readers).Draw(t, "reader")
		}
		sent := 0
		t.Repeat(map[string]func(*rapid.T){
			"subscribe": func(t *rapid.T) {
				tenant := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tenant")
				s, err := hub.Subscribe(tenant)
				if err != nil {
					t.Skip("full")
				}
				readers = append(readers, &reader{Subscription: s})
			},
			"publish": func(t *rapid.T) {
				tenant := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tenant")
				sent++
				text := strconv.Itoa(sent)
				for _, r := range readers {
					switch {
					case r.gone || r.tenant != tenant:
					case len(r.want) == backlog:
						r.gone = true
						dropped++
					default:
						r.want = append(r.want, text)
					}
				}
				hub.Publish(tenant, Message{Data: []byte(text)})
			},
			"read": func(t *rapid.T) {
				r := pick(t)
				if len(r.want) == 0 {
					t.Skip("nothing to read")
				}
				if m, ok := <-r.C; !ok || string(m.Data) != r.want[0] {
					t.Fatalf("read %q, %v; want %q", m.Data, ok, r.want[0])
				}
				r.want = r.want[1:]
			},
			"close": func(t *rapid.T) {
				r := pick(t)
				r.Close()
				r.gone = true
			},
			"": func(t *rapid.T) {
				if hub.Dropped() != dropped {
					t.Fatalf("%d were dropped, want %d", hub.Dropped(), dropped)
				}
				for _, r := range readers {
					if len(r.want) > 0 {
						continue
					}
					select {
					case m, ok := <-r.C:
						if ok || !r.gone {
							t.Fatalf("a reader of %s reads %q, %v", r.tenant, m.Data, ok)
						}
					default:
						if r.gone {
							t.Fatal("a reader that is gone waits for more")
						}
					}
				}
			},
		})
	})
}

func TestHubBoundsTheSubscribersOfATenant(t *testing.T) {
	var hub Hub
	var last *Subscription
	for range maxSubscribers {
		var err error
		if last, err = hub.Subscribe("a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := hub.Subscribe("a"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	if _, err := hub.Subscribe("b"); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	last.Close()
	if _, err := hub.Subscribe("a"); err != nil {
		t.Errorf("after one has left: %v", err)
	}
	hub.Close()
	if _, err := hub.Subscribe("c"); err == nil || hub.Watched("a") {
		t.Errorf("a closed hub: %v, watched %v", err, hub.Watched("a"))
	}
}

func TestHubIsUsedByMany(t *testing.T) {
	var hub Hub
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 200 {
				tenant := fmt.Sprint((i + n) % 3)
				if s, err := hub.Subscribe(tenant); err == nil {
					hub.Publish(tenant, Message{})
					<-s.C
					s.Close()
					s.Close()
				}
			}
		})
	}
	all.Wait()
	if len(hub.tenants) != 0 {
		t.Errorf("%d tenants still have subscribers", len(hub.tenants))
	}
}

// Publishing to pages that are stuck costs no more than to none.
func BenchmarkPublish(b *testing.B) {
	for _, readers := range []int{0, maxSubscribers} {
		b.Run(fmt.Sprintf("stuck=%d", readers), func(b *testing.B) {
			var hub Hub
			for range readers {
				if _, err := hub.Subscribe("a"); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				hub.Publish("a", Message{Event: "board"})
			}
		})
	}
}
