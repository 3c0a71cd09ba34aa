package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"example.com/iot/internal/nexus/store"
)

const (
	writers = 16
	rounds  = 12 // appends of each writer
)

// inParallel runs what each of the writers does and waits for all.
func inParallel(run func(writer int)) {
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() { run(w) })
	}
	all.Wait()
}

func testRepeatedConcurrently(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	answers := make([]store.Appended, writers)
	inParallel(func(w int) {
		var err error
		if answers[w], err = s.Append(t.Context(), "stream", store.NoStream, events("a", "b")); err != nil {
			t.Error(err)
		}
	})
	for w, got := range answers {
		if got != (store.Appended{Version: 2, Position: 2}) {
			t.Errorf("writer %d: got %+v, want what the first got", w, got)
		}
	}
	wantEqual(t, "what is stored", []string{"a", "b"}, ids(collect(t, s.ReadAll(t.Context(), 0, 0))))
}

// testConflicts lets all writers append to one stream, each at the version it
// knows, until it has succeeded often enough.
func testConflicts(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	inParallel(func(w int) {
		version := int64(0)
		for round := 0; round < rounds; {
			appended, err := s.Append(t.Context(), "stream", store.Exact(version), events(fmt.Sprintf("%d-%d", w, round)))
			conflict, refused := errors.AsType[*store.ConflictError](err)
			switch {
			case err == nil && appended.Version == version+1:
				version = appended.Version
				round++
			case refused && conflict.Actual > version:
				version = conflict.Actual
			default:
				t.Errorf("writer %d at version %d: got %+v, error %v", w, version, appended, err)
				return
			}
		}
	})
	wantEqual(t, "events", writers*rounds, len(collect(t, s.Read(t.Context(), "stream", store.ReadOptions{}))))
	if _, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0)); err != nil {
		t.Error(err)
	}
}

// testNoGaps reads all that there is, waits, and goes on, while others write.
func testNoGaps(t *testing.T, a Adapter) {
	const total = writers * rounds * 3
	s := a.open(t, store.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			if err := follow(ctx, s, total); err != nil {
				t.Error(err)
			}
		})
	}
	inParallel(func(w int) {
		for round := range rounds {
			id := fmt.Sprintf("%d-%d", w, round)
			if _, err := s.Append(t.Context(), fmt.Sprint("stream ", w%5), store.Any, events(id+"a", id+"b", id+"c")); err != nil {
				t.Error(err)
				cancel()
			}
			// A conflict in between uses up no position.
			_, err := s.Append(t.Context(), fmt.Sprint("stream ", w%5), store.Exact(1<<40), events(id+"d", id+"e"))
			wantIs(t, id, err, store.ErrConflict)
		}
	})
	readers.Wait()
}

// follow reads until the last position and fails at the first gap.
func follow(ctx context.Context, s store.Store, last int64) error {
	for position := int64(0); position < last; {
		if _, err := s.WaitPosition(ctx, position+1); err != nil {
			return err
		}
		before := position
		for e, err := range s.ReadAll(ctx, position, 100) {
			if err != nil {
				return err
			}
			if e.Position != position+1 {
				return fmt.Errorf("position %d follows %d", e.Position, position)
			}
			position = e.Position
		}
		if position == before {
			return fmt.Errorf("nothing is read after position %d, although the wait for the next is over", position)
		}
	}
	return nil
}

func testWaitPosition(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	wait := func(position int64) <-chan int64 {
		reached := make(chan int64, 1)
		go func() {
			last, err := s.WaitPosition(t.Context(), position)
			if err != nil {
				t.Error(err)
			}
			reached <- last
		}()
		return reached
	}
	wantEqual(t, "the last position of an empty store", 0, <-wait(0))
	for i := range int64(10) {
		next, second := wait(i+1), wait(i+1)
		mustAppend(t, s, "stream", store.Exact(i), fmt.Sprint(i))
		wantEqual(t, "the next position", i+1, <-next)
		wantEqual(t, "the next position, for another", i+1, <-second)
	}
	wantEqual(t, "a position that has passed", 10, <-wait(3))
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	go func() {
		_, err := s.WaitPosition(ctx, 11)
		given <- err
	}()
	cancel()
	wantIs(t, "a wait that was given up", <-given, context.Canceled)
	go func() {
		_, err := s.WaitPosition(t.Context(), 11)
		given <- err
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantIs(t, "a wait that the end of the store ends", <-given, store.ErrClosed)
}

// testClose closes the store under its writers. What was answered is stored, what
// was not is not.
func testClose(t *testing.T, a Adapter) {
	dir := t.TempDir()
	s := a.openIn(t, dir, store.Options{})
	stored := make([][]string, writers)
	begun := make(chan bool, writers)
	var all sync.WaitGroup
	all.Go(func() {
		inParallel(func(w int) {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d", w, n)
				if _, err := s.Append(t.Context(), fmt.Sprint("stream ", w), store.Exact(int64(n)), events(id)); err != nil {
					wantIs(t, "an append while the store closes", err, store.ErrClosed)
					return
				}
				stored[w] = append(stored[w], id)
				if n == 0 {
					begun <- true
				}
			}
		})
	})
	for range writers {
		<-begun
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	_, err := s.Append(t.Context(), "stream", store.Any, events("late"))
	wantIs(t, "Append", err, store.ErrClosed)
	wantIs(t, "Read", failure(s.Read(t.Context(), "stream", store.ReadOptions{})), store.ErrClosed)
	wantIs(t, "ReadAll", failure(s.ReadAll(t.Context(), 0, 0)), store.ErrClosed)
	_, err = s.WaitPosition(t.Context(), 0)
	wantIs(t, "WaitPosition", err, store.ErrClosed)
	if a.Volatile {
		return
	}
	s = a.openIn(t, dir, store.Options{})
	for w, want := range stored {
		wantEqual(t, "what is stored", want, ids(collect(t, s.Read(t.Context(), fmt.Sprint("stream ", w), store.ReadOptions{}))))
	}
}
