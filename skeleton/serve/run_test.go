package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// running is an app that serves connections in memory, in the time of a test.
type running struct {
	*app
	pipes  *pipes
	client *http.Client
	stop   func() error
}

func run(t *testing.T, change ...func(*serve.Options)) running {
	r := running{app: newApp(t, change...), pipes: newPipes()}
	transport := &http.Transport{DialContext: r.pipes.dial}
	r.client = &http.Client{Transport: transport}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, r.pipes) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		transport.CloseIdleConnections()
		return err
	})
	return r
}

func (r running) get(t *testing.T, path string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://app"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", r.north)
	answer, err := r.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestSlowCallersAreCutOff(t *testing.T) {
	for _, test := range []struct {
		name, sent string
		after      time.Duration
	}{
		{"nothing", "", 5 * time.Second},
		{"half of the headers", "GET / HTTP/1.1\r\nHost: app\r\nX-Slow: ", 5 * time.Second},
		{"half of the body", "POST /notes/plans/write HTTP/1.1\r\nHost: app\r\nContent-Type: application/json\r\nContent-Length: 100\r\nX-API-Key: KEY\r\n\r\n{", 15 * time.Second},
		{"no further request", "GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n", time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t)
				connection, err := r.pipes.dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				sent := make(chan error, 1)
				go func() {
					_, err := io.WriteString(connection, strings.ReplaceAll(test.sent, "KEY", r.north))
					sent <- err
				}()
				if _, err := io.Copy(io.Discard, connection); err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Fatal(err)
				}
				if took := time.Since(begin); took < test.after || took > test.after+time.Second {
					t.Errorf("cut off after %v, want %v", took, test.after)
				}
				<-sent
				if err := r.stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Only so many connections are served at a time; the next one waits, and is served
// when one of them ends.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, func(o *serve.Options) { o.Limits.Connections = 2 })
		var open []net.Conn
		for range 2 {
			connection, err := r.pipes.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, connection)
		}
		answered := make(chan int, 1)
		go func() {
			answer := r.get(t, "/healthz")
			answer.Body.Close()
			answered <- answer.StatusCode
		}()
		synctest.Wait()
		select {
		case <-answered:
			t.Error("a third connection was served")
		default:
		}
		open[0].Close()
		if status := <-answered; status != http.StatusOK {
			t.Errorf("when a connection had ended, the next one got %d", status)
		}
		open[1].Close()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// An app whose places are all taken stops as well.
func TestStoppingWithoutAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, func(o *serve.Options) { o.Limits.Connections = 1 })
		connection, err := r.pipes.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		synctest.Wait()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestHeadersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t)
		request, err := http.NewRequestWithContext(t.Context(), "GET", "http://app/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Large", strings.Repeat("x", 64<<10))
		answer, err := r.client.Do(request)
		if err == nil {
			if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("64 KiB of headers: %s", answer.Status)
			}
			answer.Body.Close()
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestOptionsOfTheServerNeedAKey: the one request that net/http answers by itself
// unless it is told not to.
func TestOptionsOfTheServerNeedAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t)
		for header, want := range map[string]string{"": "401 Unauthorized", "X-API-Key: " + r.north + "\r\n": "404 Not Found"} {
			connection, err := r.pipes.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.WriteString(connection, "OPTIONS * HTTP/1.1\r\nHost: app\r\n"+header+"\r\n") }() // what was not sent is not answered
			answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Status != want {
				t.Errorf("OPTIONS * with %d bytes of a key: %s, want %s", len(header), answer.Status, want)
			}
			answer.Body.Close()
			connection.Close()
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// What has begun is answered when the app stops, and what has not is refused.
func TestStoppingAnswersWhatHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{})
		r := run(t, func(o *serve.Options) {
			o.Queries[0].Handle = func(context.Context, serve.Request) (serve.Answer, error) {
				close(begun)
				time.Sleep(3 * time.Second)
				return serve.Answer{Value: "answered"}, nil
			}
		})
		answered := make(chan string, 1)
		go func() {
			answer := r.get(t, "/notes/plans")
			defer answer.Body.Close()
			answered <- body(t, answer.Body)
		}()
		<-begun
		begin := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if got := <-answered; got != "\"answered\"\n" {
			t.Errorf("a request that had begun got %q", got)
		}
		if took := time.Since(begin); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("stopping took %v, want what the request took", took)
		}
		if w := r.do(request("GET", "/readyz", "")); w.Code != http.StatusServiceUnavailable {
			t.Errorf("an app that stops says that it is ready: %d", w.Code)
		}
		if _, err := r.pipes.dial(t.Context(), "", ""); !errors.Is(err, net.ErrClosed) {
			t.Errorf("an app that stops takes connections: %v", err)
		}
	})
}

func TestStoppingHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, release := make(chan struct{}), make(chan struct{})
		r := run(t, func(o *serve.Options) {
			o.Queries[0].Handle = func(context.Context, serve.Request) (serve.Answer, error) {
				close(begun)
				<-release
				return serve.Answer{}, nil
			}
		})
		asked := make(chan error, 1)
		go func() {
			request, err := http.NewRequestWithContext(t.Context(), "GET", "http://app/notes/plans", nil)
			if err == nil {
				request.Header.Set("X-API-Key", r.north)
				_, err = r.client.Do(request)
			}
			asked <- err
		}()
		<-begun
		if err := r.stop(); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "10s") {
			t.Errorf("stopping with a request that never ends: %v", err)
		}
		close(release)
		if err := <-asked; err == nil {
			t.Error("the request was answered")
		}
	})
}

// TestUnreadBodyIsNotWaitedFor: whoever is refused before his body is read is told at
// once, and not when the rest of it should have come.
func TestUnreadBodyIsNotWaitedFor(t *testing.T) {
	const sent = "POST %s HTTP/1.1\r\nHost: app\r\nContent-Type: application/json\r\nContent-Length: 100\r\n%s\r\n{"
	for _, test := range []struct{ name, path, headers, want string }{
		{"no key", "/notes/plans/write", "", "401 Unauthorized"},
		{"a wrong key", "/notes/plans/write", "X-API-Key: north.x\r\n", "401 Unauthorized"},
		{"no such path", "/nothing", "X-API-Key: KEY\r\n", "404 Not Found"},
		{"a wrong header", "/notes/plans/write", "X-API-Key: KEY\r\nIf-Match: x\r\n", "400 Bad Request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t)
				connection, err := r.pipes.dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				defer connection.Close()
				begin := time.Now()
				if _, err := fmt.Fprintf(connection, sent, test.path, strings.ReplaceAll(test.headers, "KEY", r.north)); err != nil {
					t.Fatal(err)
				}
				reader := bufio.NewReader(connection)
				answer, err := http.ReadResponse(reader, nil)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begin); answer.Status != test.want || !answer.Close || took != 0 {
					t.Errorf("answered %s after %v, and the connection ends: %v; want %s at once and its end", answer.Status, took, answer.Close, test.want)
				}
				if _, err := io.Copy(io.Discard, answer.Body); err != nil {
					t.Error(err)
				}
				if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) || time.Since(begin) > 2*time.Second {
					t.Errorf("the connection ended after %v: %v", time.Since(begin), err)
				}
				if err := r.stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// What is refused after its body was read keeps its connection.
func TestReadBodyKeepsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t)
		request, err := http.NewRequestWithContext(t.Context(), "POST", "http://app/notes/plans/write", strings.NewReader("{"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-API-Key", r.north)
		request.Header.Set("Content-Type", "application/json")
		answer, err := r.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || answer.Close {
			t.Errorf("answered %s, and the connection ends: %v", answer.Status, answer.Close)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
