//go:build unix

package replay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/nexus-blueprint/nexus/event"
)

// orderRules are three operations: set, add and append.
const orderRules = `
reducers:
  order:
    init: {status: new, total: 0, items: []}
    on:
      OrderPlaced: &rules
        - {set: status, to: .status}
        - {add: total, by: .amount}
        - {append: items, value: .item}
      OrderPaid: *rules
      OrderShipped: *rules
      ItemAdded: *rules
`

// writeOrders writes a native log of lines of about 415 bytes over a few types
// and 20,000 streams. Irregular logs leave attributes out and change their order;
// reversed ones hold every stream from its end.
func writeOrders(b testing.TB, events int, irregular, randomIDs, reversed bool) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "orders.ndjson")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	types := []string{"orders.OrderPlaced.v1", "orders.OrderPaid.v2", "orders.OrderShipped.v1", "orders.ItemAdded.v1"}
	for i := range events {
		stream, sequence := i%20000, i/20000+1
		id := i
		if randomIDs {
			id = i * 7919 % 99999989
		}
		if reversed {
			sequence = events/20000 - i/20000
		}
		causation := fmt.Sprintf(`"causationid":"01J8Z3K5Q7M9N1P3%08d",`, max(i-1, 0))
		schema := `"dataschema":"nexus://orders/Order/2",`
		if irregular && i%3 == 0 {
			causation = ""
		}
		if irregular && i%2 == 0 {
			causation, schema = schema, causation
		}
		data := fmt.Sprintf(`{"status":"paid","amount":%d.%02d,"item":{"sku":"SKU-%04d","quantity":%d}}`, i%500, i%100, i%3000, i%5+1)
		if irregular && i%5 == 0 {
			data = fmt.Sprintf(`{"item":{"quantity":%d,"sku":"SKU-%04d"},"amount":%d,"note":"a \"quoted\" word","status":"paid"}`, i%5+1, i%3000, i%500)
		}
		fmt.Fprintf(w, `{"specversion":"1.0","id":"01J8Z3K5Q7M9N1P3%08d","source":"/shop/orders","type":"%s","subject":"order-%06d",`+
			`"time":"2025-03-01T10:%02d:%02d.%03dZ","sequence":"%020d","correlationid":"5f1c7d52-9a7e-4f1e-8d1a-%012d",%s%s"data":%s}`+"\n",
			id, types[i%4], stream, i/60%60, i%60, i%1000, sequence, stream, causation, schema, data)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return name
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

const benchEvents = 1_000_000

func benchmarkFold(b *testing.B, name, rules string, o FoldOptions) {
	r := compileReducer(b, rules)
	b.ReportAllocs()
	start, rounds := cpuSeconds(b), 0
	for b.Loop() {
		log, err := event.Open(context.Background(), []string{name}, event.Options{})
		if err != nil {
			b.Fatal(err)
		}
		result, err := FoldAll(context.Background(), log, r, o)
		if err != nil {
			b.Fatal(err)
		}
		var line []byte
		for i := range result.Streams {
			if line, err = result.Streams[i].AppendJSON(line[:0]); err != nil {
				b.Fatal(err)
			}
			_, _ = io.Discard.Write(line)
		}
		rounds++
	}
	b.ReportMetric(float64(rounds)*benchEvents/(cpuSeconds(b)-start)/1e6, "Mevents/CPU-s")
	b.ReportMetric(float64(rounds)*benchEvents/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

// BenchmarkFoldAll reads, folds and writes the states of 1,000,000 events.
func BenchmarkFoldAll(b *testing.B) {
	b.Run("regular", func(b *testing.B) {
		benchmarkFold(b, writeOrders(b, benchEvents, false, false, false), orderRules, FoldOptions{Workers: 1})
	})
	b.Run("two workers", func(b *testing.B) {
		benchmarkFold(b, writeOrders(b, benchEvents, false, false, false), orderRules, FoldOptions{Workers: 2})
	})
	b.Run("irregular", func(b *testing.B) {
		benchmarkFold(b, writeOrders(b, benchEvents, true, false, false), orderRules, FoldOptions{Workers: 1})
	})
	b.Run("unordered", func(b *testing.B) {
		benchmarkFold(b, writeOrders(b, benchEvents, false, false, true), orderRules, FoldOptions{Workers: 1})
	})
	b.Run("random ids", func(b *testing.B) {
		benchmarkFold(b, writeOrders(b, benchEvents, false, true, false), orderRules, FoldOptions{Workers: 1})
	})
}
