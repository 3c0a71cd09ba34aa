package event

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestPicker: offset and length of an event are what a Picker needs to make it
// again, and what is no such record is an error with its place.
func TestPicker(t *testing.T) {
	name := writeLog(t, "log", []byte("\n"+three+"["+cloudEvent("4")+"]"))
	log, err := Open(context.Background(), []string{name}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, n := log.Picker(), 0
	for e, err := range log.Events(context.Background()) {
		if err != nil {
			break // an array on a line is no event
		}
		n++
		picked, err := p.Event(e.File, e.Line, e.Offset, text[e.Offset:e.Offset+int64(e.Length)])
		if err != nil || show(picked) != show(e) || picked.Length != e.Length {
			t.Errorf("picked event %s: %v", e.ID, err)
		}
	}
	if n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	one := cloudEvent("1")
	for text, want := range map[string]string{
		one + " ":                        fmt.Sprintf("log:7: the record ends before its length (at byte %d)", 100+len(one)),
		one[:20]:                         "log:7: the record is cut off (at byte 120)",
		"\n" + one:                       "log:7: a JSON object was expected (at byte 100)",
		strings.Replace(one, "{", "", 1): "log:7: ",
	} {
		if _, err := p.Event("log", 7, 100, []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestIsCompressed(t *testing.T) {
	for head, want := range map[string]bool{"": false, "{": false, "\x1f\x8b\x08": true, "BZh9": true, "\x28\xb5\x2f\xfd": true} {
		if IsCompressed([]byte(head)) != want {
			t.Errorf("%q is compressed: %t", head, !want)
		}
	}
}
