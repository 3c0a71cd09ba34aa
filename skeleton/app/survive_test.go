package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// filledFolder is the data folder of an app that was closed, with a box of so many
// commands.
func filledFolder(t *testing.T, commands int) string {
	t.Helper()
	dir := t.TempDir()
	a, err := app.Open(t.Context(), boxesApp(t), app.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	execute(t, a, "OpenBox", `{"label": "attic"}`)
	for n := range commands {
		execute(t, a, "FillBox", fmt.Sprintf(`{"item": "lamp %d"}`, n))
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func execute(t *testing.T, a *app.App, command, body string) {
	t.Helper()
	if _, err := a.Execute(t.Context(), app.Caller{Tenant: "dev", Actor: "ann"}, "Box", box1, command, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

// TestRemovedFolder: of a file that was removed, or that another one stands in for,
// the system lets a program write on, and forgets it all. No command is answered as
// done then.
func TestRemovedFolder(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(dir string) error
	}{
		{"removed", os.RemoveAll},
		{"replaced", func(dir string) error {
			name := filepath.Join(dir, "events.db")
			text, err := os.ReadFile(name)
			return errors.Join(err, os.Rename(name, name+".old"), os.WriteFile(name, text, 0o600))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("no file in use can be removed")
			}
			log := &console{}
			dir := filepath.Join(t.TempDir(), "data")
			b := filled(t, app.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(log, nil))})
			if got := b.send("", "GET", "/readyz", ""); got.status != http.StatusOK {
				t.Fatalf("before it, ready is answered %d", got.status)
			}
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			if got := b.send(b.north, "POST", "/box/"+box2+"/open-box", `{"label": "cellar"}`); got.status != http.StatusInternalServerError {
				t.Errorf("a command is answered %d %s", got.status, got.body)
			}
			if got := b.send("", "GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
				t.Errorf("ready is answered %d", got.status)
			}
			if !strings.Contains(log.String(), "was removed or replaced") {
				t.Errorf("the log does not say why: %s", log)
			}
		})
	}
}

// TestChangedEvents: who changed the file behind the app's back is found out, be it
// a page that is no page any more or one letter.
func TestChangedEvents(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(text []byte)
		code   int
		want   string
	}{
		{"nothing", func([]byte) {}, 0, "0 faults"},
		{"a letter", func(text []byte) { text[bytes.Index(text, []byte("lamp 70"))] = 'd' }, 1, "dev/box-" + box1},
		{"a page", func(text []byte) {
			page := bytes.Index(text, []byte("lamp 70")) / 4096 * 4096
			copy(text[page:], bytes.Repeat([]byte{0xa5}, 4096))
		}, 3, "the file is damaged: restore it from a backup"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filledFolder(t, 100)
			file := filepath.Join(dir, "events.db")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			test.change(text)
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := run(t, boxesApp(t), "verify", "-data", dir)
			if code != test.code || !strings.Contains(stdout+stderr, test.want) {
				t.Errorf("verify ends with %d, want %d and %q: %s%s", code, test.code, test.want, stdout, stderr)
			}
		})
	}
}

// stuck is a caller that takes nothing of its answer.
type stuck struct {
	*httptest.ResponseRecorder
	writing chan struct{} // closed at the first write
	once    sync.Once
	release chan struct{}
}

func (s *stuck) Write([]byte) (int, error) {
	s.once.Do(func() { close(s.writing) })
	<-s.release
	return 0, errors.New("the caller is gone")
}

// TestStuckPage: a page that takes nothing holds up no command.
func TestStuckPage(t *testing.T) {
	b := begin(t, boxesApp(t), app.Options{Dir: t.TempDir()})
	page := &stuck{ResponseRecorder: httptest.NewRecorder(), writing: make(chan struct{}), release: make(chan struct{})}
	left := make(chan struct{})
	go func() {
		defer close(left)
		r := httptest.NewRequest(http.MethodGet, "/ui/events", nil)
		r.Header.Set("Authorization", "Bearer "+b.north)
		b.Handler().ServeHTTP(page, r)
	}()
	<-page.writing
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
	for range 50 {
		b.must(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "a lamp"}`)
		if err := b.Live().Tick(); err != nil {
			t.Fatal(err)
		}
	}
	if b.Live().Dropped() != 1 {
		t.Errorf("%d pages were dropped, want the stuck one", b.Live().Dropped())
	}
	close(page.release)
	<-left
}

// line is a channel that is down until a moment, and keeps what it takes.
type line struct {
	up time.Time

	mu  sync.Mutex
	got []store.Event
}

func (l *line) Deliver(_ context.Context, event store.Event) error {
	if time.Now().Before(l.up) {
		return errors.New("nobody answers")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, event)
	return nil
}

// TestChannelsDownForAMinute: with both ways out down for a minute commands are
// accepted as ever, nothing is lost, the order of each stream is kept, and all is
// delivered soon after. The minute passes in a clock of its own.
func TestChannelsDownForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, out := boxesApp(t), &line{up: time.Now().Add(time.Minute)}
		d.Standard, d.Critical = out, out
		a, err := app.Open(t.Context(), d, app.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx, nil) }()
		owner := app.Caller{Tenant: "dev", Actor: "ann"}
		story, err := a.Story("Box")
		if err != nil {
			t.Fatal(err)
		}
		for second := range 60 {
			id := fmt.Sprintf("5b4e1c6e-6a0a-4b0f-9a3c-%012d", second)
			for _, step := range story {
				if _, err := a.Execute(t.Context(), owner, "Box", id, step.Command, step.Body); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
		}
		time.Sleep(30 * time.Second) // the longest that a channel is left alone
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		checkInOrder(t, allEvents(t, a.Store()), out.got)
		for d, err := range a.Outbox().Deliveries(t.Context(), store.DeliveryFilter{}) {
			t.Errorf("still owed: %+v, %v", d, err)
		}
		for d, err := range a.Outbox().Deliveries(t.Context(), store.DeliveryFilter{Dead: true}) {
			t.Errorf("given up: %+v, %v", d, err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

// checkInOrder: all that is stored was delivered once, each stream in its order.
func checkInOrder(t *testing.T, stored, delivered []store.Event) {
	t.Helper()
	streams := func(events []store.Event) map[string][]int64 {
		versions := map[string][]int64{}
		for _, e := range events {
			versions[e.Stream] = append(versions[e.Stream], e.Version)
		}
		return versions
	}
	if diff := cmp.Diff(streams(stored), streams(delivered)); diff != "" {
		t.Errorf("versions by stream (-stored +delivered):\n%s", diff)
	}
}
