//go:build unix

package event

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
)

func benchmarkRead(b *testing.B, text []byte) {
	name := writeLog(b, "log.ndjson", text)
	log, err := Open(context.Background(), []string{name}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	events := 0
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	start := cpuSeconds(b)
	for b.Loop() {
		for e, err := range log.Events(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			events += min(1, len(e.Data))
		}
	}
	b.ReportMetric(float64(events)/(cpuSeconds(b)-start)/1e6, "Mevents/CPU-s")
}

// cpuSeconds is the processor time this process has used: on a busy machine it
// says more than the time on the wall.
func cpuSeconds(b *testing.B) float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func BenchmarkNative(b *testing.B)          { benchmarkRead(b, syntheticLog(100_000, false)) }
func BenchmarkNativeIrregular(b *testing.B) { benchmarkRead(b, syntheticLog(100_000, true)) }

func BenchmarkDynamoDBExport(b *testing.B) {
	var text bytes.Buffer
	for i := range 50_000 {
		fmt.Fprintf(&text, `{"Item":{"pk":{"S":"order#%d"},"sk":{"N":"%d"},"type":{"S":"OrderPaid"},"ts":{"S":"2025-03-01T10:00:00Z"},`+
			`"id":{"S":"e%d"},"data":{"M":{"amount":{"N":"12.5"},"currency":{"S":"EUR"}}}}}`+"\n", i%1000, i/1000, i)
	}
	benchmarkRead(b, text.Bytes())
}

// BenchmarkEncodingJSON is the plain way, for comparison.
func BenchmarkEncodingJSON(b *testing.B) {
	text := syntheticLog(20_000, false)
	events := 0
	b.SetBytes(int64(len(text)))
	start := cpuSeconds(b)
	for b.Loop() {
		for line := range bytes.Lines(text) {
			var e struct {
				Type, Subject, Sequence, Time, Correlationid string
				Data                                         json.RawMessage
			}
			if err := json.Unmarshal(line, &e); err != nil {
				b.Fatal(err)
			}
			events++
		}
	}
	b.ReportMetric(float64(events)/(cpuSeconds(b)-start)/1e6, "Mevents/CPU-s")
}
