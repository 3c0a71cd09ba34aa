package index

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/event"
)

// TestRepeating: an id that a stream has twice is found, among many that it has
// once or that other streams have too.
func TestRepeating(t *testing.T) {
	var b strings.Builder
	line := func(stream, id string, sequence int) {
		fmt.Fprintf(&b, `{"specversion":"1.0","id":%q,"source":"/s","type":"A","subject":%q,"sequence":"%d","time":"2025-03-01T10:00:00Z"}`+"\n", id, stream, sequence)
	}
	for i := range 1000 {
		line(fmt.Sprintf("stream-%02d", i%10), fmt.Sprintf("id-%d", i), i)
		line("others", fmt.Sprintf("id-%d", i), i)
	}
	line("stream-07", "id-17", 5000)
	line("stream-03", "id-17", 5000)
	b.WriteString(`{"specversion":"1.0","id":"x","source":"/s","type":"A","subject":"untimed","sequence":"1"}` + "\n")
	name := filepath.Join(t.TempDir(), "log.ndjson")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	x := build(t, openLog(t, name))
	got := map[string]bool{}
	repeating, err := x.Repeating()
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	for s, err := range x.Streams() {
		if err != nil {
			t.Fatal(err)
		}
		if found, err := x.Stream(s.ID); err != nil || found.Number != number || s.Number != number {
			t.Errorf("%s is number %d and %d, want %d: %v", s.ID, s.Number, found.Number, number, err)
		}
		if s.Timed != (s.ID != "untimed") {
			t.Errorf("%s: timed is %t", s.ID, s.Timed)
		}
		number++
		if repeating[s.Number] {
			got[s.ID] = true
		}
	}
	if diff := gocmp.Diff(map[string]bool{"stream-07": true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestIdentity is the same for the same log, and changes with what is in it and
// with the way it is read.
func TestIdentity(t *testing.T) {
	const line = `{"specversion":"1.0","id":"1","source":"/s","type":"A","subject":"s","sequence":"1","partitionkey":"p","time":"2025-03-01T10:00:00Z"}` + "\n"
	name := filepath.Join(t.TempDir(), "log.ndjson")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	identity := func(o event.Options) [sha256.Size]byte {
		log, err := event.Open(context.Background(), []string{name}, o)
		if err != nil {
			t.Fatal(err)
		}
		return build(t, log).Identity()
	}
	write(line)
	was := identity(event.Options{})
	if identity(event.Options{}) != was {
		t.Error("the same log has two identities")
	}
	if identity(event.Options{Map: map[string]string{"stream": ".partitionkey"}}) == was {
		t.Error("another mapping has the same identity")
	}
	write(line + line)
	if identity(event.Options{}) == was {
		t.Error("a longer log has the same identity")
	}
}
