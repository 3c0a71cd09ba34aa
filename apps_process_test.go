package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// An appProcess is an app that was made by `nexus new`, built, and serving.
type appProcess struct {
	program string
	data    string // the data folder
	url     string
}

// buildApp builds an app as on a machine without a network.
func buildApp(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "app")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	goOffline(t, dir, "build", "-o", program, ".")
	return program
}

// key makes a key for a tenant and returns its token. The app reads keys when it
// starts.
func (a *appProcess) key(t *testing.T, tenant string) string {
	t.Helper()
	return strings.TrimSpace(a.run(t, "key", "someone-"+tenant, "-tenant", tenant, "-data", a.data))
}

// run runs a command of the app to its end and returns what it prints.
func (a *appProcess) run(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), a.program, args...)
	var problems bytes.Buffer
	c.Stderr = &problems
	out, err := c.Output()
	if err != nil {
		t.Fatalf("the app's %s: %v\n%s%s", strings.Join(args, " "), err, out, problems.Bytes())
	}
	return string(out)
}

// serve starts the app on a free port; the end of the test ends it.
func (a *appProcess) serve(t *testing.T) {
	t.Helper()
	c := exec.Command(a.program, "-addr", "127.0.0.1:0", "-data", a.data)
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	drained := make(chan struct{})
	t.Cleanup(func() {
		if err := c.Process.Kill(); err != nil {
			t.Errorf("ending the app: %v", err)
		}
		<-drained
		_ = c.Wait() // it was killed
	})
	lines := bufio.NewScanner(log)
	for a.url == "" && lines.Scan() {
		seen.Write(append(lines.Bytes(), '\n'))
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			a.url = line.URL
		}
	}
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, log) // what it logs later is nobody's
	}()
	if a.url == "" {
		t.Fatalf("the app does not say where it serves:\n%s", seen.Bytes())
	}
}

// get reads an answer of the app into a value, and returns its header.
func (a *appProcess) get(t *testing.T, token, path string, into any) http.Header {
	t.Helper()
	answer, text := a.send(t, http.MethodGet, token, path, "", nil)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s is answered with %s: %s", path, answer.Status, text)
	}
	readJSON(t, "GET "+path, text, into)
	return answer.Header
}

// send sends a request, and returns the answer with its body.
func (a *appProcess) send(t *testing.T, method, token, path, body string, header map[string]string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer, text
}

// readJSON reads a value in which numbers keep their text.
func readJSON(t *testing.T, what string, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v in %s", what, err, text)
	}
}

// A walk drives an app: commands in any order, on streams of two tenants.
type walk struct {
	kind, model string // in the app's addresses
	// commands are those of the kind with bodies that it takes; the first begins a
	// stream.
	commands []walkCommand
}

type walkCommand struct {
	name   string
	bodies []string // without the id
}

// walks are those of the examples. Their values are ones that are easily changed on
// the way: numbers in several forms, and text that some would escape.
var walks = map[string]walk{
	"orders": {"order", "orders", []walkCommand{
		{"place-order", []string{
			`{"customerId":"2a6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f","email":"mia@example.com","lines":[{"sku":"TEA-250","quantity":2,"unitPriceCents":990},{"sku":"Größe <b>&\u2028","quantity":999,"unitPriceCents":99999}],"currency":"EUR"}`,
			`{"customerId":"0b6f8f0e-94b1-4c56-8d0f-1c2b3a4d5e6f","email":"o'neil+tea@example.com","lines":[{"sku":"\"\\","quantity":1,"unitPriceCents":1}],"currency":"CHF"}`,
		}},
		{"pay-order", []string{`{"paymentId":"c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f","amountCents":3430,"currency":"EUR"}`}},
		{"ship-order", []string{`{"carrier":"dhl","trackingNumber":"注文-1"}`, `{"carrier":"ups","trackingNumber":" "}`}},
		{"cancel-order", []string{`{"reason":"out-of-stock"}`, `{"reason":"fraud"}`}},
		{"refund-order", []string{`{"refundId":"e5f60718-293a-4b4c-9d5e-6f708192a3b4","amountCents":1,"currency":"SEK"}`}},
	}},
	"iot": {"sensor", "sensors", []walkCommand{
		{"register-sensor", []string{
			`{"location":"Ünterführung <b>&\u2028","unit":"celsius","limit":21.50}`,
			`{"location":"","unit":"pascal","limit":1e21}`,
			`{"location":"\"\\\u0007","unit":"percent","limit":0}`,
		}},
		{"record-reading", []string{
			`{"value":0,"measuredAt":"2026-01-31T10:00:00.000Z"}`, `{"value":-0.1,"measuredAt":"2026-01-31T11:00:00+01:00"}`,
			`{"value":1e-7,"measuredAt":"2026-01-31T10:00:00Z"}`, `{"value":123456789.12345679,"measuredAt":"2026-01-31T10:00:00Z"}`,
		}},
		{"trigger-alert", []string{`{"level":"warning","reason":""}`, `{"level":"critical","reason":"über"}`}},
		{"resolve-alert", []string{`{"resolution":"gelöst\n"}`, `{"resolution":""}`}},
	}},
}

// tenantsOfWalks own the streams of a walk in turn.
var tenantsOfWalks = []string{"north", "south"}

// A walked stream is one that a walk or the app's own load has written to.
type walked struct{ tenant, id, stream string }

const (
	walkedStreams = 24
	walkedSteps   = 5 // after the first
)

// drive sends commands to streams of the walk's own, and returns these.
func (w walk) drive(t *testing.T, a *appProcess, tokens map[string]string) []walked {
	t.Helper()
	accepted := map[string]int{}
	streams := make([]walked, walkedStreams)
	for i := range streams {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012x", i)
		streams[i] = walked{tenantsOfWalks[i%len(tenantsOfWalks)], id, w.kind + "-" + id}
		choice := i // all digits of it choose something
		for step := range 1 + walkedSteps {
			command := w.commands[0]
			if step > 0 {
				command = w.commands[1+(choice+step*(1+i/3))%(len(w.commands)-1)]
			}
			body := command.bodies[(choice+step)%len(command.bodies)]
			if w.send(t, a, tokens[streams[i].tenant], streams[i], command.name, body, step) {
				accepted[command.name]++
			}
			choice += 7
		}
	}
	for _, command := range w.commands {
		if accepted[command.name] == 0 {
			t.Errorf("no %s was accepted, so nothing is learnt about it: %v", command.name, accepted)
		}
	}
	return streams
}

// send sends a command twice, as a caller does who got no answer, and reports
// whether it was accepted. The domain may refuse it.
func (w walk) send(t *testing.T, a *appProcess, token string, to walked, command, body string, step int) bool {
	t.Helper()
	path := "/" + w.kind + "/" + to.id + "/" + command
	header := map[string]string{
		"Idempotency-Key":      fmt.Sprintf("%s-%d", to.id, step),
		"Nexus-Correlation-Id": "walk-" + to.id,
		"Nexus-Causation-Id":   fmt.Sprintf("step-%d", step),
	}
	first, text := a.send(t, http.MethodPost, token, path, body, header)
	var problem struct{ Code string }
	readJSON(t, "POST "+path, text, &problem)
	switch {
	case first.StatusCode == http.StatusConflict && problem.Code == "refused":
		return false
	case first.StatusCode >= http.StatusBadRequest:
		t.Fatalf("POST %s is answered with %s: %s\n%s", path, first.Status, text, body)
	}
	again, _ := a.send(t, http.MethodPost, token, path, body, header)
	if got, want := again.Header.Get("Nexus-Version"), first.Header.Get("Nexus-Version"); again.StatusCode >= http.StatusBadRequest || got != want {
		t.Fatalf("POST %s a second time is answered with %s, version %s, not %s", path, again.Status, got, want)
	}
	return true
}

// load puts the app's own load on it for one tenant, and returns the streams.
func (w walk) load(t *testing.T, a *appProcess, token, tenant string) []walked {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	a.run(t, "load", "-url", a.url, "-key-file", file, "-writers", "8", "-calls", "400")
	var streams []walked
	for _, id := range slices.Sorted(maps.Keys(a.rows(t, token, w.model))) {
		streams = append(streams, walked{tenant, id, w.kind + "-" + id})
	}
	if len(streams) == 0 {
		t.Fatal("the load has written nothing")
	}
	return streams
}

// verified is what the app says of the events of one tenant.
type verified struct {
	OK     bool
	Events int64
}

// verify also returns the position of the last event.
func (a *appProcess) verify(t *testing.T, token string) (_ verified, position string) {
	t.Helper()
	var v verified
	answer := a.get(t, token, "/audit/verify", &v)
	return v, answer.Get("Nexus-Position")
}

// rows are all rows of a read model by id, with all events so far.
func (a *appProcess) rows(t *testing.T, token, model string) map[string]modelRow {
	t.Helper()
	_, position := a.verify(t, token)
	rows := map[string]modelRow{}
	query := url.Values{"limit": {"1000"}, "after": {position}, "timeout": {"10s"}}
	for {
		var page struct {
			Rows []struct {
				ID string
				modelRow
			}
			Next string
		}
		a.get(t, token, "/models/"+model+"?"+query.Encode(), &page)
		for _, row := range page.Rows {
			rows[row.ID] = row.modelRow
		}
		if page.Next == "" {
			return rows
		}
		query.Set("from", page.Next)
	}
}

// A modelRow is what a read model says of a stream.
type modelRow struct {
	Version int64
	Data    map[string]any
}
