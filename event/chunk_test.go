package event

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reading is what Events or Chunks say of a log.
func reading(t testing.TB, log *Log, chunks bool) []string {
	t.Helper()
	var lines []string
	note := func(e *Event, err error) {
		if err != nil {
			lines = append(lines, "error: "+err.Error())
			return
		}
		lines = append(lines, fmt.Sprintf("%s:%d:%d %s %s %s %s", e.File, e.Line, e.Offset, e.Type, e.Stream, e.ID, e.Data))
	}
	if !chunks {
		for e, err := range log.Events(context.Background()) {
			note(e, err)
		}
		return lines
	}
	decoder := log.NewDecoder()
	for c, err := range log.Chunks(context.Background()) {
		if err != nil {
			note(nil, err)
			continue
		}
		for e, err := range decoder.Events(c) {
			note(e, err)
		}
		c.Release()
	}
	return lines
}

func TestChunksSayWhatEventsSay(t *testing.T) {
	tests := map[string][]byte{
		"regular":    syntheticLog(5000, false),
		"irregular":  syntheticLog(5000, true),
		"no newline": []byte(`{"specversion":"1.0","id":"a","source":"/s","type":"T","subject":"x","data":{"a":1}}`),
		"broken":     []byte("{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"T\"}\n{\"specversion\":\n\n{\"specversion\":\"1.0\",\"id\":\"b\\u0041\",\"type\":\"T\"}\n"),
		"array":      []byte("[{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"T\"},\n{\"specversion\":\"1.0\",\"id\":\"b\",\"type\":\"T\"},{\"x\"}]"),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			log, err := Open(context.Background(), []string{writeLog(t, "log.ndjson", text)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(reading(t, log, false), reading(t, log, true)); diff != "" {
				t.Errorf("(-events +chunks):\n%s", diff)
			}
		})
	}
}
