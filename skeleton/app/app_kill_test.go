package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/audit"
	"github.com/nexus-blueprint/nexus/skeleton/load"
)

// killFolder is the environment variable that makes a test process the victim: the
// data folder of the app that it is to serve.
const killFolder = "APP_KILL_FOLDER"

// answered is a command whose answer arrived.
type answered struct {
	Stream   string
	Version  int64
	Position int64
	item     string // what it put in
}

// TestKill9 kills an app that 16 callers write to over HTTP, as often as told, and
// opens what it leaves: everything that was answered is there, every command whole
// or not at all, and all that is made of events agrees with them.
func TestKill9(t *testing.T) {
	if dir := os.Getenv(killFolder); dir != "" {
		serveUntilKilled(t, dir)
		return
	}
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	dir := t.TempDir()
	var all []answered
	var hits int64
	for round := range kills {
		v := startVictim(t, dir)
		all = append(all, v.writeUntil(t, round, 20+random.IntN(200))...)
		hits += verifyAfterKill(t, dir, all)
		if t.Failed() {
			t.Fatalf("in round %d, with the seed %d", round+1, seed)
		}
	}
	if hits == 0 {
		t.Error("no state began with a snapshot, so nothing was learnt about snapshots")
	}
	t.Logf("killed %d times, %d answered commands", kills, len(all))
}

// serveUntilKilled is the victim: it says where it listens.
func serveUntilKilled(t *testing.T, dir string) {
	a, err := app.Open(t.Context(), boxesApp(t), app.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("listens at %s\n", listener.Addr())
	t.Error("it ended by itself:", a.Run(context.Background(), listener))
}

// victim is an app in a process of its own.
type victim struct {
	process *exec.Cmd
	address string
	token   string
}

func startVictim(t *testing.T, dir string) *victim {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill9$", "-test.count=1", "-test.timeout=2m")
	process.Env = append(os.Environ(), killFolder+"="+dir)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	v := &victim{process: process}
	for v.address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the app ended before it listened: %s, %v", line, process.Wait())
		}
		v.address, _ = strings.CutPrefix(strings.TrimSpace(line), "listens at ")
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	token, err := os.ReadFile(filepath.Join(dir, "dev.key"))
	if err != nil {
		t.Fatal(err)
	}
	v.token = strings.TrimSpace(string(token))
	return v
}

// killWriters write at the same time, two to each box.
const killWriters = 16

// boxID is the box of a writer, the same in all rounds.
func boxID(writer int) string { return fmt.Sprintf("5b4e1c6e-6a0a-4b0f-9a3c-%012d", writer/2) }

// writeUntil writes until so many commands were answered, kills the app while the
// others are on their way, and returns what was answered until it died.
func (v *victim) writeUntil(t *testing.T, round, answers int) []answered {
	t.Helper()
	client := load.Client(killWriters)
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all []answered
	var writers sync.WaitGroup
	for w := range killWriters {
		writers.Go(func() {
			for n := 0; ; n++ {
				a, err := v.fill(t.Context(), client, boxID(w), fmt.Sprintf("%d-%d-%d", round, w, n))
				if err != nil {
					return // it is dead
				}
				mu.Lock()
				all = append(all, a)
				if len(all) == answers {
					if err := v.process.Process.Kill(); err != nil {
						t.Error(err)
					}
				}
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	_ = v.process.Wait() // it was killed
	if len(all) < answers {
		t.Fatalf("the app died after %d answers, before it was killed", len(all))
	}
	return all
}

// fill puts an item into a box, which it opens if it is not there yet.
func (v *victim) fill(ctx context.Context, client *http.Client, box, item string) (answered, error) {
	status, a, err := v.send(ctx, client, box, "fill-box", fmt.Sprintf(`{"item": %q}`, item))
	if err == nil && status == http.StatusConflict {
		if _, _, err = v.send(ctx, client, box, "open-box", `{"label": "attic"}`); err == nil {
			status, a, err = v.send(ctx, client, box, "fill-box", fmt.Sprintf(`{"item": %q}`, item))
		}
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("answered with %d", status)
	}
	a.item = item
	return a, err
}

func (v *victim) send(ctx context.Context, client *http.Client, box, command, body string) (status int, a answered, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+v.address+"/box/"+box+"/"+command, strings.NewReader(body))
	if err != nil {
		return 0, a, err
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return 0, a, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, a, json.NewDecoder(answer.Body).Decode(&a)
}

// verifyAfterKill opens what a victim left, and returns how many states began with a
// snapshot.
func verifyAfterKill(t *testing.T, dir string, all []answered) int64 {
	t.Helper()
	a, err := app.Open(t.Context(), boxesApp(t), app.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	events := allEvents(t, a.Store())
	checkAnswered(t, events, all)
	checkWhole(t, events)
	if report, err := audit.Verify(t.Context(), a.Store()); err != nil || !report.OK() {
		t.Errorf("the chain does not hold: %+v, %v", report.Faults, err)
	}
	catchUp(t, a)
	checkStates(t, dir, a, events)
	if err := a.Relay().Drain(t.Context()); err != nil {
		t.Error(err)
	}
	checkDelivered(t, dir, events)
	return a.SnapshotStats()[boxes.Name].Hits
}
