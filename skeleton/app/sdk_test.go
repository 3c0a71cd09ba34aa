package app_test

import (
	"bytes"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTelemetry starts the app with a collector, which gets spans and metrics, and
// nothing of what events say.
func TestTelemetry(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := map[string]string{}
	collector := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] += r.Header.Get("X-Key") + body.String()
	})}
	go func() { _ = collector.Serve(listener) }()
	defer collector.Close()
	dir := t.TempDir()
	a := start(t, boxesApp(t), dir, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:hidden@" + listener.Addr().String(), "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=k%3D1", "OTEL_SERVICE_NAME": "attic",
	})
	if status := a.post(t, readFile(t, filepath.Join(dir, "dev.key")), "/box/"+box1+"/open-box", `{"label": "very private"}`); status != http.StatusOK {
		t.Fatalf("a command is answered %d", status)
	}
	if code := a.stop(); code != 0 {
		t.Fatalf("the app ended with %d: %s", code, a.log)
	}
	mu.Lock()
	defer mu.Unlock()
	for path, want := range map[string]string{"/v1/traces": "POST /box/{id}/open-box", "/v1/metrics": "nexus.projection.lag"} {
		for _, want := range []string{want, "k=1", `"stringValue":"attic"`} {
			if !strings.Contains(got[path], want) {
				t.Errorf("%s has no %q: %s", path, want, got[path])
			}
		}
		if strings.Contains(got[path], "private") {
			t.Errorf("%s tells what events say: %s", path, got[path])
		}
	}
	if strings.Contains(a.log.String(), "hidden") {
		t.Error("the log has the password of the collector")
	}
}
