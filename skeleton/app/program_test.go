package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app"
)

// console is what a program writes, for several goroutines.
type console struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{} // closed when want was written
	want string
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.text.Write(p)
	if c.want != "" && strings.Contains(c.text.String(), c.want) {
		c.want = ""
		close(c.seen)
	}
	return n, err
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// run starts the program and waits for its end.
func run(t testing.TB, d app.Definition, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log console
	code = app.Main(t.Context(), args, app.Env{Stdout: &out, Stderr: &log}, d)
	return code, out.String(), log.String()
}

// started is the program while it serves.
type started struct {
	url  string
	stop func() (code int)
	log  *console
}

func start(t *testing.T, d app.Definition, dir string, environment map[string]string) started {
	t.Helper()
	return startWith(t, d, dir, environment)
}

func startWith(t *testing.T, d app.Definition, dir string, environment map[string]string, args ...string) started {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := &console{want: `"msg":"serving"`, seen: make(chan struct{})}
	ended := make(chan int, 1)
	go func() {
		ended <- app.Main(ctx, append([]string{"-addr", "127.0.0.1:0", "-data", dir}, args...), app.Env{Stdout: log, Stderr: log, Getenv: func(name string) string { return environment[name] }}, d)
	}()
	stop := sync.OnceValue(func() int { cancel(); return <-ended })
	t.Cleanup(func() { stop() })
	select {
	case <-log.seen:
	case code := <-ended:
		t.Fatalf("the program ended with %d: %s", code, log)
	}
	for line := range strings.Lines(log.String()) {
		var entry struct{ Msg, URL string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("the log has a line that is no JSON: %s", line)
		}
		if entry.Msg == "serving" {
			return started{url: entry.URL, stop: stop, log: log}
		}
	}
	t.Fatalf("the log says nothing of where it serves: %s", log)
	return started{}
}

func (s started) post(t *testing.T, token, path, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// get is the status of a query; headers are "Name: value".
func (s started) get(t *testing.T, path string, headers ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
