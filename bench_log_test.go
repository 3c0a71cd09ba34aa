//go:build bench && (linux || darwin)

package main_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// benchStreams is how many streams a generated log has.
const benchStreams = 20_000

// benchTypes are the types of a generated log's events, and the status that each sets.
var benchTypes = []struct{ name, status string }{
	{"OrderPlaced", "placed"}, {"OrderPaid", "paid"}, {"OrderShipped", "shipped"}, {"OrderAmended", "amended"},
}

// writeLog writes n CloudEvents of some 400 bytes, the streams mixed, each stream
// in order. Events after the first of a stream are caused by the one before. The
// log is the same for the same n, and a shorter one is the beginning of a longer.
func writeLog(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log.ndjson")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	sequences, causes := make([]int, benchStreams), make([]int, benchStreams)
	at := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		stream, kind, cents := random.IntN(benchStreams), benchTypes[random.IntN(len(benchTypes))], random.IntN(100_000)
		if sequences[stream]++; sequences[stream] == 1 {
			causes[stream] = i
		}
		at = at.Add(time.Duration(random.IntN(400)) * time.Millisecond)
		fmt.Fprintf(w, `{"specversion":"1.0","id":"01JNEVENT%017d","source":"/shop/orders","type":"com.example.shop.%s",`+
			`"subject":"order-%05d","time":"%s","sequence":"%020d","correlationid":"5f1c7d52-9a7e-4f1e-8d1a-%012d",`+
			`"causationid":"01JNEVENT%017d","datacontenttype":"application/json",`+
			`"data":{"status":"%s","amount":%d.%02d,"item":{"sku":"SKU-%04d","quantity":%d}}}`+"\n",
			i, kind.name, stream, at.Format("2006-01-02T15:04:05.000Z"), sequences[stream], stream, causes[stream],
			kind.status, cents/100, cents%100, random.IntN(3000), random.IntN(5)+1)
		causes[stream] = i
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
