package projection_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	modelsqlite "github.com/nexus-blueprint/nexus/skeleton/projection/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// While it is rebuilt again and again and events keep coming, no reader sees an
// empty model, one that goes back, or one that is not the sum of its events.
func TestRebuildBesideReaders(t *testing.T) {
	for name, subject := range subjects(t) {
		t.Run(name, func(t *testing.T) {
			events := newEvents()
			last := fill(t, events, 300)
			p := projection.New("totals", events, subject, projection.Options{Batch: 16})
			start(t, p)
			await(t, p, last)
			done := make(chan struct{})
			var everybody sync.WaitGroup
			for range 2 {
				everybody.Go(func() {
					for before := last; ; {
						seen, at := subject.read(t)
						if at.Position < before {
							t.Errorf("a reader at %d sees %d", before, at.Position)
						}
						if want := sum(all(t, events)[:at.Position]); !cmp.Equal(want, seen) {
							t.Errorf("at %d: %s", at.Position, cmp.Diff(want, seen))
						}
						before = at.Position
						select {
						case <-done:
							return
						default:
						}
					}
				})
			}
			everybody.Go(func() {
				for range 200 {
					fill(t, events, 1)
				}
			})
			for range 5 {
				if err := p.Rebuild(t.Context()); err != nil {
					t.Error(err)
				}
			}
			close(done)
			everybody.Wait()
			await(t, p, 500)
			if s := status(t, p); s.Rebuild.Done != 5 || s.Rebuild.Active || s.Rebuild.Error != "" {
				t.Errorf("rebuilds %+v", s.Rebuild)
			}
		})
	}
}

// A rebuild that fails leaves what readers see, and what it began is removed.
func TestRebuildFails(t *testing.T) {
	dir := t.TempDir()
	var strict atomic.Bool
	d := definition()
	handle := d.Handle
	d.Handle = func(ctx context.Context, tx *modelsqlite.Tx, e store.Event) error {
		if strict.Load() && e.ID == "e7" {
			return errors.New("not any more")
		}
		return handle(ctx, tx, e)
	}
	subject, _ := inFile(t, dir, d)
	events := newEvents()
	fill(t, events, 20)
	p := projection.New("totals", events, subject, projection.Options{Batch: 3})
	start(t, p)
	await(t, p, 20)
	strict.Store(true)
	if err := p.Rebuild(t.Context()); err == nil {
		t.Error("there is no error")
	}
	want := projection.RebuildStatus{Position: 6, Error: `rebuilding projection "totals": event "e7" (Added, stream "s0", version 3, position 7): not any more: correct the code that handles it, or skip its id to go on without it`}
	if diff := cmp.Diff(want, status(t, p).Rebuild); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	last := fill(t, events, 1)
	await(t, p, last)
	if seen, _ := subject.read(t); !cmp.Equal(seen, sum(all(t, events))) {
		t.Errorf("readers see %v", seen)
	}
	if files := models(t, dir); !cmp.Equal(files, []string{"totals.1.db"}) {
		t.Errorf("files %v", files)
	}
}

func models(t *testing.T, dir string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return names
}

func TestOneRebuildAtATime(t *testing.T) {
	events := newEvents()
	fill(t, events, 1)
	entered, leave := make(chan struct{}), make(chan struct{})
	p := projection.New("totals", blocked{events, entered, leave}, inMemory(), projection.Options{})
	first := make(chan error)
	go func() { first <- p.Rebuild(t.Context()) }()
	<-entered
	if !status(t, p).Rebuild.Active {
		t.Error("it is not said to be active")
	}
	if err := p.Rebuild(t.Context()); !errors.Is(err, projection.ErrRebuilding) {
		t.Errorf("got error %v", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// blocked is a source whose first read waits.
type blocked struct {
	store.Store
	entered, leave chan struct{}
}

func (b blocked) ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error] {
	select {
	case b.entered <- struct{}{}:
		<-b.leave
	case <-b.leave:
	}
	return b.Store.ReadAll(ctx, after, limit)
}

// Other code rebuilds the model by itself; meanwhile the old one is read.
func TestNewVersionRebuilds(t *testing.T) {
	dir, events := t.TempDir(), newEvents()
	fill(t, events, 30)
	old, model := inFile(t, dir, definition())
	p := projection.New("totals", events, old, projection.Options{})
	stop := start(t, p)
	await(t, p, 30)
	if err := errors.Join(stop(), model.Close()); err != nil {
		t.Fatal(err)
	}
	doubles := definition()
	doubles.Version = "2"
	doubles.Handle = func(ctx context.Context, tx *modelsqlite.Tx, e store.Event) error {
		for range 2 {
			if err := definition().Handle(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	}
	subject, _ := inFile(t, dir, doubles)
	seen, at := subject.read(t)
	if !at.Outdated || at.Position != 30 || !cmp.Equal(seen, sum(all(t, events))) {
		t.Errorf("before the rebuild: %v at %+v", seen, at)
	}
	p = projection.New("totals", events, subject, projection.Options{})
	start(t, p)
	for outdated := true; outdated; {
		_, at := subject.read(t)
		outdated = at.Outdated
	}
	want := sum(all(t, events))
	for stream := range want {
		want[stream] *= 2
	}
	if seen, at := subject.read(t); at.Position != 30 || !cmp.Equal(seen, want) {
		t.Errorf("after the rebuild: %v at %+v, want %v", seen, at, want)
	}
}

func TestOtherTablesBeginAnew(t *testing.T) {
	dir, events := t.TempDir(), newEvents()
	fill(t, events, 5)
	old, model := inFile(t, dir, definition())
	if err := old.Apply(t.Context(), all(t, events), projection.After(all(t, events)[4])); err != nil {
		t.Fatal(err)
	}
	if err := model.Close(); err != nil {
		t.Fatal(err)
	}
	wider := definition()
	wider.Tables += `; CREATE INDEX by_total ON totals (total)`
	subject, _ := inFile(t, dir, wider)
	if seen, at := subject.read(t); at != (projection.Checkpoint{}) || len(seen) > 0 {
		t.Errorf("%v at %+v", seen, at)
	}
}

// What a crash leaves of a rebuild is removed, and of two finished generations
// the newer one is read.
func TestCrashInARebuild(t *testing.T) {
	for _, finished := range []bool{false, true} {
		t.Run(fmt.Sprint("finished=", finished), func(t *testing.T) {
			dir, events := t.TempDir(), newEvents()
			fill(t, events, 5)
			list := all(t, events)
			_, first := inFile(t, dir, definition())
			if err := first.Apply(t.Context(), list[:3], projection.After(list[2])); err != nil {
				t.Fatal(err)
			}
			fresh, err := first.Fresh(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.Apply(t.Context(), list, projection.After(list[4])); err != nil {
				t.Fatal(err)
			}
			want := int64(3)
			if finished {
				want = 5
				if _, err := first.Swap(t.Context(), fresh); err != nil {
					t.Fatal(err)
				}
			}
			// Copies are what a process that was killed leaves.
			crashed := t.TempDir()
			if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			subject, _ := inFile(t, crashed, definition())
			if _, at := subject.read(t); at.Position != want {
				t.Errorf("position %d, want %d", at.Position, want)
			}
			if files := models(t, crashed); len(files) != 1 {
				t.Errorf("files %v", files)
			}
		})
	}
}

// A model of other events than those that are stored is rebuilt before it goes
// on, whether the store is shorter by now or longer.
func TestRestoredStore(t *testing.T) {
	for name, length := range map[string]int{"shorter": 10, "as long": 20, "longer": 30} {
		for kind, subject := range subjects(t) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				events := newEvents()
				fill(t, events, 20)
				p := projection.New("totals", events, subject, projection.Options{})
				stop := start(t, p)
				await(t, p, 20)
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				restored := newEvents()
				for i := range length {
					appendEvent(t, restored, "Added", fmt.Sprint("r", i), "s", 1)
				}
				p = projection.New("totals", restored, subject, projection.Options{Batch: 4})
				start(t, p)
				await(t, p, int64(length))
				await(t, p, appendEvent(t, restored, "Added", "last", "s", 1))
				seen, at := subject.read(t)
				if diff := cmp.Diff(totals{"s": int64(length) + 1}, seen); diff != "" || at.Position != int64(length)+1 {
					t.Errorf("at %d (-want +got):\n%s", at.Position, diff)
				}
			})
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*modelsqlite.Definition){
		`opening read model "../x": it has no good name: lower case letters, digits, - and _ were expected`: func(d *modelsqlite.Definition) { d.Name = "../x" },
		`opening read model "Ä": it has no good name: lower case letters, digits, - and _ were expected`:    func(d *modelsqlite.Definition) { d.Name = "Ä" },
		`opening read model "totals": it does not say how to handle an event: give it Handle, or Begin`:     func(d *modelsqlite.Definition) { d.Handle = nil },
	} {
		d := definition()
		spoil(&d)
		if _, err := modelsqlite.Open(t.Context(), t.TempDir(), d); err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
	_, m := inFile(t, t.TempDir(), definition())
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Checkpoint(t.Context()); !errors.Is(err, modelsqlite.ErrClosed) {
		t.Errorf("a closed model: %v", err)
	}
}
