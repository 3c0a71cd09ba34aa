package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestTrailShowsWhoAndWhy(t *testing.T) {
	a := filled(t)
	type event struct {
		ID, Type, Actor, CorrelationID, Hash, PrevHash string
		Version                                        int64
		Data                                           json.RawMessage
	}
	var got struct {
		Stream string
		Events []event
		Next   int64
	}
	w := a.as(a.north, "GET", "/streams/plans/events", "")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if got.Stream != "plans" || len(got.Events) != 2 || got.Next != 0 {
		t.Fatalf("trail: %s", w.Body)
	}
	second := got.Events[1]
	if second.PrevHash != got.Events[0].Hash || second.ID != "c2" || second.Actor != "robot" || second.CorrelationID != "affair" {
		t.Errorf("the second event: %+v", second)
	}
	if strings.Contains(w.Body.String(), "<b>") {
		t.Errorf("what events contain is not escaped: %s", w.Body)
	}
	if w := a.as(a.north, "GET", "/streams/plans/events?from=0", ""); w.Code != http.StatusBadRequest {
		t.Errorf("from=0: %d", w.Code)
	}
}

func TestTrailIsShownInPages(t *testing.T) {
	a := filled(t)
	for i := range 250 {
		a.as(a.north, "POST", "/notes/plans/write", "{}", fmt.Sprintf("Idempotency-Key: more-%d", i))
	}
	seen, next := 0, int64(1)
	for pages := 0; next != 0 && pages < 5; pages++ {
		var got struct {
			Events []struct{ Version int64 }
			Next   int64
		}
		w := a.as(a.north, "GET", fmt.Sprintf("/streams/plans/events?from=%d", next), "")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, event := range got.Events {
			if seen++; event.Version != int64(seen) {
				t.Fatalf("event %d has the version %d", seen, event.Version)
			}
		}
		next = got.Next
	}
	if seen != 252 {
		t.Errorf("%d events were shown, want 252", seen)
	}
}
