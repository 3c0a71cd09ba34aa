package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/event"
)

// orders is a log of a few hundred events and one line that is none.
func orders(events int) []byte {
	var text []byte
	start := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	for i := range events {
		text = event.AppendNative(text, &event.Event{
			ID: fmt.Appendf(nil, "e%d", i), Type: fmt.Sprint("T", i%3), Source: "/orders", Stream: fmt.Appendf(nil, "order-%d", i%7),
			Sequence: int64(i / 7), HasSequence: true, Time: start.Add(time.Duration(i) * time.Second),
			CorrelationID: fmt.Appendf(nil, "c%d", i/5), Data: fmt.Appendf(nil, `{"n":%d}`, i),
		})
		if i == 3 {
			text = append(text, "broken\n"...)
		}
	}
	return text
}

// everything is all that an index says, or its first error.
func everything(x *Index) (string, error) {
	var b strings.Builder
	fmt.Fprintln(&b, x.Files(), x.Sources(), x.Faults())
	types, err := x.Types()
	if err != nil {
		return "", err
	}
	for _, t := range types {
		fmt.Fprintln(&b, t.Type, t.Count, t.Bytes, t.DataBytes, t.Untimed, t.sizes, t.dataSizes, t.seconds)
	}
	for s, err := range x.Samples() {
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&b, s)
	}
	for s, err := range x.Streams() {
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&b, s.ID, s.Events, s.Ordered)
		for p, err := range s.Postings(0) {
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&b, p)
		}
	}
	for i := range 20 {
		i *= 19
		for _, list := range []func(string) func(func(Posting, error) bool){
			func(id string) func(func(Posting, error) bool) { return x.Event("e" + id) },
			func(id string) func(func(Posting, error) bool) { return x.Correlation("c" + id) },
		} {
			for p, err := range list(fmt.Sprint(i)) {
				if err != nil {
					return "", err
				}
				fmt.Fprintln(&b, i, p)
			}
		}
	}
	return b.String(), nil
}

// answers is everything that the index with a content says.
func answers(content []byte, mapped bool) (string, error) {
	p, err := newPages(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return "", err
	}
	if mapped {
		p.mapped = content
	}
	x, err := load(p)
	if err != nil {
		return "", err
	}
	return everything(x)
}

// content is an index of a log with some events.
func content(t testing.TB, events int) []byte {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "log.nxi")
	if _, err := Build(context.Background(), openLog(t, writeFile(t, filepath.Join(folder, "log"), orders(events))), path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDamage: an index that was changed anywhere is an error and never answers
// differently.
func TestDamage(t *testing.T) {
	good := content(t, 400)
	want, err := answers(good, true)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := answers(good, false); err != nil || read != want {
		t.Fatalf("read on demand the index says something else: %v", err)
	}
	refused := func(what string, text []byte, mapped bool) {
		t.Helper()
		got, err := answers(text, mapped)
		if err == nil {
			t.Errorf("%s is no error; the answers are the same: %t", what, got == want)
		}
	}
	for at := 0; at < len(good); at += 37 {
		text := bytes.Clone(good)
		text[at] ^= 1 << (at % 8)
		refused(fmt.Sprintf("a flipped bit at byte %d", at), text, at%2 == 0)
	}
	for size := 0; size < len(good); size += 211 {
		refused(fmt.Sprintf("an index of %d bytes", size), good[:size], size%2 == 0)
	}
	refused("an index that has grown", append(bytes.Clone(good), 0), true)
	refused("a log", orders(100), true)
}

func TestOpenErrors(t *testing.T) {
	folder, good := t.TempDir(), content(t, 10)
	newer := bytes.Clone(good)
	newer[headerVersion]++
	damaged := bytes.Clone(good)
	damaged[len(good)-1]++
	tests := []struct {
		name string
		text []byte
		want string
	}{
		{"empty", nil, "it is no index of nexus"},
		{"foreign", []byte("{}"), "it is no index of nexus"},
		{"newer", newer, "its version is 2, and this nexus reads version 1: build it again"},
		{"cut off", good[:len(good)-1], fmt.Sprintf("it is cut off or has grown: %d bytes", len(good)-1)},
		{"cut in the header", good[:100], "it is cut off or has grown: 100 bytes"},
		{"damaged", damaged, "its checksum does not fit: build it again"},
	}
	for _, test := range tests {
		_, err := Open(writeFile(t, filepath.Join(folder, test.name), test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "opening the index "+folder) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	if _, err := Open(filepath.Join(folder, "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing index: %v", err)
	}
}

// FuzzOpen opens any file as an index and asks it for everything. To get behind
// the checksums, they are made to fit.
func FuzzOpen(f *testing.F) {
	good := content(f, 20)
	f.Add(good, true)
	f.Add(good, false)
	f.Add(good[:pageSize], false)
	f.Fuzz(func(_ *testing.T, text []byte, mend bool) {
		if mend {
			text = mended(text)
		}
		_, _ = answers(text, true) // it ends, and without a panic
	})
}

// mended gives an index the checksums of what it holds.
func mended(text []byte) []byte {
	if len(text) < 2*pageSize {
		return text
	}
	w := writer{size: pageSize}
	for i := range w.sections {
		for shift := range 8 {
			at := headerParts + 16*i + shift
			w.sections[i].offset |= int64(text[at]) << (8 * shift)
			w.sections[i].length |= int64(text[at+8]) << (8 * shift)
		}
	}
	// 4,100 bytes are a page and its checksum.
	pages := (len(text) - pageSize) / (pageSize + 4)
	w.pending = bytes.Clone(text[pageSize : pageSize+pages*pageSize])
	w.err = errors.New("nothing is written")
	content := bytes.Clone(w.pending)
	w.flush()
	size := int64(pageSize + len(content) + len(w.sums))
	return append(append(w.header(size), content...), w.sums...)
}

// TestMendedDamage changes bytes of the content under fitting checksums: the
// index may then say anything, but in good order.
func TestMendedDamage(t *testing.T) {
	good := content(t, 150)
	if !bytes.Equal(mended(good), good) {
		t.Fatal("mending changes a good index")
	}
	refused := 0
	for at := headerParts; at < len(good); at += 7 {
		for _, value := range []byte{0x00, 0x7f, 0xff} {
			text := bytes.Clone(good)
			text[at] = value
			if _, err := answers(mended(text), true); err != nil {
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// TestDeterministic: the same log gives the same bytes in any folder.
func TestDeterministic(t *testing.T) {
	var indexes [2][]byte
	for i := range indexes {
		folder := t.TempDir()
		name := writeFile(t, filepath.Join(folder, "log"), orders(1000))
		written := time.Date(2025, 3, 1, 10, 0, 0, 5, time.UTC)
		if err := os.Chtimes(name, written, written); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, "log.nxi")
		if _, err := Build(context.Background(), openLog(t, name), path); err != nil {
			t.Fatal(err)
		}
		var err error
		if indexes[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != 2 {
			t.Errorf("besides log and index there are %d files: %v", len(entries), err)
		}
	}
	if !bytes.Equal(indexes[0], indexes[1]) {
		t.Error("two indexes of one log differ")
	}
}

// TestWriteErrors: a failure leaves nothing behind.
func TestWriteErrors(t *testing.T) {
	folder := t.TempDir()
	log := openLog(t, writeFile(t, filepath.Join(folder, "log"), orders(10)))
	path := filepath.Join(folder, "log.nxi")
	writeFile(t, filepath.Join(path, "inside"), nil) // a folder that is not empty
	if _, err := Build(context.Background(), log, path); err == nil || !strings.HasPrefix(err.Error(), "writing the index "+path) {
		t.Errorf("building over a folder: %v", err)
	}
	if _, err := Build(context.Background(), log, filepath.Join(folder, "gone", "log.nxi")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("building in a folder that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, log, filepath.Join(folder, "other.nxi")); !errors.Is(err, context.Canceled) {
		t.Errorf("building after an interrupt: %v", err)
	}
	var names []string
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := gocmp.Diff([]string{"log", "log.nxi"}, names); diff != "" || err != nil {
		t.Errorf("what is left differs (-want +got):\n%s%v", diff, err)
	}
}
