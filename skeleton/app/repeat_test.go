package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/domain"
)

// TestKeyOfAnotherCommand: an Idempotency-Key belongs to one command of one stream.
// Whoever sends another command with it is not told that this one was done.
func TestKeyOfAnotherCommand(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		const key = "Idempotency-Key: fill"
		first := b.must(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "a lamp"}`, key)
		for _, same := range []string{`{"item":"a lamp"}`, `{"boxId": "` + box1 + `", "item": "a lamp"}`, `{"item": "a lamp", "boxId": "` + box1 + `"}`} {
			if got := b.must(b.north, "POST", "/box/"+box1+"/fill-box", same, key); got.body != first.body {
				t.Errorf("%s again is answered %s, want %s", same, got.body, first.body)
			}
		}
		for _, test := range []struct{ name, command, body string }{
			{"another body", "fill-box", `{"item": "a chair"}`},
			{"another command", "close-box", `{}`},
			{"a command that is refused", "open-box", `{"label": "attic"}`},
		} {
			got := b.send(b.north, "POST", "/box/"+box1+"/"+test.command, test.body, key)
			if got.status != http.StatusUnprocessableEntity || got.problem(t).Code != "key-reused" {
				t.Errorf("%s with the key of another is answered %d %s", test.name, got.status, got.body)
			}
		}
		b.must(b.north, "POST", "/box/"+box2+"/open-box", `{"label": "cellar"}`, key)
		b.must(b.tide, "POST", "/box/"+box1+"/open-box", `{"label": "hold"}`, key)
	})
}

// TestKeyAtTheSameMoment: of several commands with one key, sent at the same moment,
// one is done, and only those that are equal to it are told so.
func TestKeyAtTheSameMoment(t *testing.T) {
	eachStore(t, func(t *testing.T, o app.Options) {
		b := filled(t, o)
		const each = 8
		var mu sync.Mutex
		done := map[string]int{}
		var wait sync.WaitGroup
		for i := range 2 * each {
			item := fmt.Sprintf("thing %d", i%2)
			wait.Go(func() {
				got := b.send(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "`+item+`"}`, "Idempotency-Key: moment")
				mu.Lock()
				defer mu.Unlock()
				if got.status == http.StatusOK {
					done[item]++
				} else if got.status != http.StatusUnprocessableEntity {
					t.Errorf("%s is answered %d %s", item, got.status, got.body)
				}
			})
		}
		wait.Wait()
		if len(done) != 1 || done["thing 0"]+done["thing 1"] != each {
			t.Errorf("done are %v, want one of them, %d times", done, each)
		}
		if events := allEvents(t, b.Store()); len(events) != 7 {
			t.Errorf("there are %d events, want the 4 of before and 3", len(events))
		}
	})
}

// TestRepeatedCommandThatChangesNothingNow: a command that decides nothing the
// second time is answered as the first time all the same.
func TestRepeatedCommandThatChangesNothingNow(t *testing.T) {
	calm := boxes
	calm.Commands = slices.Clone(boxes.Commands)
	calm.Commands[2] = domain.On("CloseBox", "Closes the box.", func(c closeBox, b box, now time.Time) ([]domain.Event, error) {
		if b.State == "closed" {
			return nil, nil
		}
		return []domain.Event{boxClosed{BoxID: c.BoxID, When: now}}, nil
	})
	d := boxesApp(t)
	d.Kinds = []app.Kind{app.KindOf(calm)}
	b := begin(t, d, app.Options{})
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
	first := b.must(b.north, "POST", "/box/"+box1+"/close-box", `{}`, "Idempotency-Key: close")
	b.must(b.north, "POST", "/box/"+box2+"/open-box", `{"label": "cellar"}`)
	if again := b.must(b.north, "POST", "/box/"+box1+"/close-box", `{}`, "Idempotency-Key: close"); again.body != first.body {
		t.Errorf("closed again is answered %s, want %s", again.body, first.body)
	}
	if other := b.must(b.north, "POST", "/box/"+box1+"/close-box", `{}`, "Idempotency-Key: other"); other.body != `{"stream":"box-`+box1+`","version":2,"position":3}` {
		t.Errorf("closed with another key is answered %s", other.body)
	}
}
