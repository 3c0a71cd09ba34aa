package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/iot/internal/nexus/store"
)

// crashFolder is the environment variable that makes a test process the victim:
// the folder in which it is to write. crashRound makes its ids differ.
const (
	crashFolder = "STORETEST_CRASH_FOLDER"
	crashRound  = "STORETEST_CRASH_ROUND"
)

// Crash kills a process that appends with 16 writers, as often as told, and opens
// what it leaves: no event that was acknowledged may be lost, no append may be
// there in part, and every hash must hold. It starts the test binary anew with
// the test that calls it, which therefore must do nothing else before.
func Crash(t *testing.T, a Adapter, times int) {
	if dir := os.Getenv(crashFolder); dir != "" {
		a.appendUntilKilled(t, dir)
		return
	}
	dir := t.TempDir()
	acknowledged := map[string]store.Place{}
	for round := range times {
		// The number of answers to wait for decides where in a commit the kill falls.
		answers := killAfter(t, dir, round, 30+round*37%100)
		for id, place := range answers {
			acknowledged[id] = place
		}
		a.verifyAfterCrash(t, dir, round, acknowledged)
	}
	t.Logf("killed %d times, %d acknowledged appends", times, len(acknowledged))
}

// appendUntilKilled prints what is acknowledged, a line each.
func (a Adapter) appendUntilKilled(t *testing.T, dir string) {
	s, err := a.Open(context.Background(), dir, crashOptions)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	inParallel(func(w int) {
		for n := 0; ; n++ {
			stream, batch := fmt.Sprint("stream ", w%6), make([]string, 1+n%5)
			for i := range batch {
				batch[i] = fmt.Sprintf("%s-%d-%d:%d/%d", os.Getenv(crashRound), w, n, i, len(batch))
			}
			appended, err := s.Append(context.Background(), stream, store.Any, events(batch...))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			_, err = fmt.Printf("acknowledged %s %d %d %q\n", batch[len(batch)-1], appended.Version, appended.Position, stream)
			mu.Unlock()
			if err != nil {
				return // nobody listens
			}
		}
	})
}

// crashOptions owe one delivery for each event.
var crashOptions = store.Options{Channels: func(store.Event) []string { return []string{"standard"} }}

// killAfter starts a victim, kills it when it has acknowledged so many appends,
// and returns where the last event of each is that it acknowledged before it died.
func killAfter(t *testing.T, dir string, round, answers int) map[string]store.Place {
	t.Helper()
	pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+pattern, "-test.count=1", "-test.timeout=2m")
	victim.Env = append(os.Environ(), crashFolder+"="+dir, fmt.Sprintf("%s=%d", crashRound, round))
	victim.Stderr = os.Stderr
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]store.Place{}
	var other []string
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n') // a line without an end was not said in full
		if err != nil {
			break
		}
		var id string
		var place store.Place
		if n, _ := fmt.Sscanf(line, "acknowledged %s %d %d %q", &id, &place.Version, &place.Position, &place.Stream); n != 4 {
			other = append(other, line)
			continue
		}
		acknowledged[id] = place
		if len(acknowledged) == answers {
			if err := victim.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, output)
	err = victim.Wait()
	if err == nil || len(acknowledged) < answers {
		t.Fatalf("the process ended by itself after %d appends (%v): %s", len(acknowledged), err, strings.Join(other, ""))
	}
	return acknowledged
}

// verifyAfterCrash opens what the victims of all rounds so far have left.
func (a Adapter) verifyAfterCrash(t *testing.T, dir string, round int, acknowledged map[string]store.Place) {
	t.Helper()
	s, err := a.Open(t.Context(), dir, crashOptions)
	if err != nil {
		t.Fatal(err)
	}
	stored := collect(t, s.ReadAll(t.Context(), 0, 0))
	if _, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0)); err != nil {
		t.Errorf("round %d: %v", round, err)
	}
	places := map[string]store.Place{}
	var batch string // the append that the event before was part of
	for i, e := range stored {
		places[e.ID] = e.Place()
		if e.Position != int64(i+1) {
			t.Fatalf("round %d: position %d follows %d", round, e.Position, i)
		}
		if name, part, ok := strings.Cut(e.ID, ":"); ok {
			var n, of int
			_, _ = fmt.Sscanf(part, "%d/%d", &n, &of)
			whole := n == 0 && batch == "" || n > 0 && batch == name
			if batch = name; n == of-1 {
				batch = ""
			}
			if !whole {
				t.Errorf("round %d: %s is there without the rest of its append", round, e.ID)
			}
		}
	}
	if batch != "" {
		t.Errorf("round %d: append %s is there in part", round, batch)
	}
	for id, place := range acknowledged {
		if places[id] != place {
			t.Errorf("round %d: %s was acknowledged at %+v, and is at %+v", round, id, place, places[id])
		}
	}
	if outbox, ok := s.(store.Outbox); ok {
		var owed []string
		for _, d := range collect(t, outbox.Deliveries(t.Context(), store.DeliveryFilter{})) {
			owed = append(owed, d.Event.ID)
		}
		if !slices.Equal(owed, ids(stored)) {
			t.Errorf("round %d: %d deliveries are owed, which are not those of the %d events", round, len(owed), len(stored))
		}
	}
	mustAppend(t, s, "after", store.Exact(int64(round)), fmt.Sprint("after ", round))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
