package serve_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/load"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// BenchmarkHTTP is what HTTP itself costs a command, with 16 writers over the
// loopback and events in memory.
func BenchmarkHTTP(b *testing.B) {
	const writers = 16
	a := newApp(b, func(o *serve.Options) { o.Log = nil })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	var calls atomic.Int64
	enough, cancel := context.WithCancel(b.Context())
	report, err := load.Run(enough, load.Options{
		Writers: writers, Duration: time.Hour,
		Do: load.HTTP(load.Client(writers), func(ctx context.Context, call load.Call) (*http.Request, error) {
			if calls.Add(1) > int64(b.N) {
				cancel()
			}
			target := fmt.Sprintf("http://%s/notes/%d-%d/write", listener.Addr(), call.Writer, call.Number%100)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(`{"text": "one"}`))
			if err == nil {
				r.Header = http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {a.north}, "Idempotency-Key": {fmt.Sprintf("%d-%d", call.Writer, call.Number)}}
			}
			return r, err
		}),
	})
	if !errors.Is(err, context.Canceled) || report.Failed() > 0 {
		b.Fatalf("%v, %v", err, report.Errors)
	}
	b.ReportMetric(report.PerMinute(), "events/min")
	b.ReportMetric(float64(report.Latency.P99.Microseconds())/1000, "p99-ms")
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
