package index

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// TestFresh: what makes an index stale, and what it says then.
func TestFresh(t *testing.T) {
	text := orders(2000) // longer than what is hashed of it
	if len(text) < 3*endSize {
		t.Fatalf("the log has only %d bytes", len(text))
	}
	written := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	change := func(at int) []byte {
		changed := bytes.Clone(text)
		changed[at] = '7'
		return changed
	}
	id := bytes.LastIndex(text, []byte(`"e1999"`)) + 2
	tests := []struct {
		name string
		text []byte
		at   time.Time
		o    event.Options
		want string
	}{
		{"nothing", text, written, event.Options{}, ""},
		{"grown", append(bytes.Clone(text), text[:bytes.IndexByte(text, '\n')+1]...), written, event.Options{}, "log.ndjson has grown by "},
		{"shrunk", text[:len(text)-10], written, event.Options{}, "log.ndjson has shrunk by 10 bytes"},
		{"other start", change(bytes.Index(text, []byte(`"e0"`)) + 2), written, event.Options{}, "log.ndjson has other content at its start or end"},
		{"other end", change(id), written, event.Options{}, "log.ndjson has other content at its start or end"},
		{"other middle", change(bytes.Index(text, []byte(`"e1000"`)) + 2), written.Add(time.Second), event.Options{}, "log.ndjson was written to since"},
		{"other mapping", text, written, event.Options{Map: map[string]string{"stream": ".id"}}, "the log was read with another format or mapping"},
	}
	for _, test := range tests {
		name := filepath.Join(t.TempDir(), "log.ndjson")
		put := func(text []byte, at time.Time) {
			writeFile(t, name, text)
			if err := os.Chtimes(name, at, at); err != nil {
				t.Fatal(err)
			}
		}
		put(text, written)
		x := build(t, openLog(t, name))
		put(test.text, test.at)
		log, err := event.Open(context.Background(), []string{name}, test.o)
		if err != nil {
			t.Fatal(err)
		}
		if fresh, reason := x.Fresh(log); fresh != (test.want == "") || !strings.HasPrefix(reason, test.want) {
			t.Errorf("%s: fresh is %t, because %q, want %q", test.name, fresh, reason, test.want)
		}
	}
}

func TestFreshFiles(t *testing.T) {
	folder := t.TempDir()
	a := writeFile(t, filepath.Join(folder, "a"), orders(10))
	b := writeFile(t, filepath.Join(folder, "b"), orders(10))
	x := build(t, openLog(t, a))
	tests := []struct {
		names []string
		want  string
	}{
		{[]string{a}, ""},
		{[]string{a, b}, "it was made of 1 files, the log has 2"},
		{[]string{b}, "it was made of a, not of b"},
	}
	for _, test := range tests {
		if fresh, reason := x.Fresh(openLog(t, test.names...)); fresh != (test.want == "") || reason != test.want {
			t.Errorf("%v: fresh is %t, because %q, want %q", test.names, fresh, reason, test.want)
		}
	}
	log := openLog(t, a)
	if err := os.Remove(a); err != nil {
		t.Fatal(err)
	}
	if fresh, reason := x.Fresh(log); fresh || !strings.Contains(reason, "indexing the log: ") {
		t.Errorf("without its file the index is fresh: %t, because %q", fresh, reason)
	}
}

// TestMoved: log and index may move together.
func TestMoved(t *testing.T) {
	folder := t.TempDir()
	old := filepath.Join(folder, "old")
	name := writeFile(t, filepath.Join(old, "log"), orders(10))
	if _, err := Build(context.Background(), openLog(t, name), filepath.Join(old, "log.nxi")); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(folder, "new")
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	x, err := Open(filepath.Join(moved, "log.nxi"))
	if err != nil {
		t.Fatal(err)
	}
	log := openLog(t, filepath.Join(moved, "log"))
	if fresh, reason := x.Fresh(log); !fresh {
		t.Error(reason)
	}
	agree(t, x, log)
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}

func TestRefusedInputs(t *testing.T) {
	folder := t.TempDir()
	plain := writeFile(t, filepath.Join(folder, "log"), orders(10))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(orders(10)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	zipped := writeFile(t, filepath.Join(folder, "zipped"), packed.Bytes())
	tests := []struct {
		names []string
		want  string
	}{
		{[]string{zipped}, "indexing " + zipped + ": it is compressed, and an index points into plain text: export it first: nexus replay export " + zipped + " --as ndjson --show-data -o FILE"},
		{[]string{plain, plain}, "indexing " + plain + ": the log names it twice: name it once"},
		{[]string{"-"}, "indexing -: standard input has no place to find an event again: write it to a file first"},
	}
	for _, test := range tests {
		log, err := event.Open(context.Background(), test.names, event.Options{Stdin: bytes.NewReader(orders(10))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Build(context.Background(), log, filepath.Join(folder, "log.nxi")); fmt.Sprint(err) != test.want {
			t.Errorf("%v: %v, want %s", test.names, err, test.want)
		}
	}
}

// A meddler is a context that does something to the log while it is read.
type meddler struct {
	context.Context
	meddle func()
}

func (m *meddler) Err() error {
	if m.meddle != nil {
		m.meddle()
		m.meddle = nil
	}
	return m.Context.Err()
}

// TestChangedWhileRead: a log that grows or shrinks while it is indexed is an
// error.
func TestChangedWhileRead(t *testing.T) {
	for name, size := range map[string]int64{"grown": 1 << 20, "shrunk": 100} {
		folder := t.TempDir()
		path := writeFile(t, filepath.Join(folder, "log"), orders(1000))
		log := openLog(t, path)
		ctx := &meddler{context.Background(), func() {
			if err := os.Truncate(path, size); err != nil {
				t.Error(err)
			}
		}}
		_, err := Build(ctx, log, filepath.Join(folder, "log.nxi"))
		if err == nil || !strings.Contains(err.Error(), ": it changed while it was read: log has "+name+" by ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChangedSince: an event that is no longer where the index says is an error,
// and never another event.
func TestChangedSince(t *testing.T) {
	text := orders(20)
	first := bytes.IndexByte(text, '\n') + 1
	second := first + bytes.IndexByte(text[first:], '\n') + 1
	tests := []struct {
		name string
		text []byte
		want string
	}{
		{"another event", append(bytes.Clone(text[first:second]), text[first:]...), "there is another event, of type T1"},
		{"another stream", bytes.Replace(text, []byte(`"order-0"`), []byte(`"order-1"`), 1), "there is an event of another stream"},
		{"no record", append(bytes.Repeat([]byte("x"), first), text[first:]...), "a JSON object was expected"},
		{"cut off", text[:first/2], "the file ends before it"},
	}
	for _, test := range tests {
		name := writeFile(t, filepath.Join(t.TempDir(), "log"), text)
		log := openLog(t, name)
		x := build(t, log)
		r := x.Reader(log)
		s, err := x.Stream("order-0")
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, name, test.text)
		for p, err := range s.Postings(0) {
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Read(p)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasSuffix(err.Error(), ": build the index again") {
				t.Errorf("%s: %v, want %s", test.name, err, test.want)
			}
			break
		}
		n := 0
		for _, err := range r.Events(context.Background(), s.Postings(0)) {
			if n++; err == nil {
				t.Errorf("%s: an event of what changed", test.name)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d rounds, want one with an error", test.name, n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestIDsAreCompared: what shares only the hash of an id is not its event. Here
// the log got other ids behind the back of its index.
func TestIDsAreCompared(t *testing.T) {
	text := orders(20)
	name := writeFile(t, filepath.Join(t.TempDir(), "log"), text)
	log := openLog(t, name)
	x := build(t, log)
	text = bytes.Replace(text, []byte(`"correlationid":"c1"`), []byte(`"correlationid":"c9"`), 1)
	writeFile(t, name, bytes.Replace(text, []byte(`"id":"e7"`), []byte(`"id":"x7"`), 1))
	r := x.Reader(log)
	ctx := context.Background()
	if got := collect(t, r.Correlation(ctx, "c1")); len(got) != 4 {
		t.Errorf("correlation c1 has %d events, want 4 of 5:\n%s", len(got), strings.Join(got, "\n"))
	}
	if got := collect(t, r.Event(ctx, "e7")); len(got) != 0 {
		t.Errorf("event e7 is %s", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
