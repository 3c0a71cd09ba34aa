package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestJSONIsWhatEncodingJSONWrites: writing piece by piece changes no byte, and
// every check comes back as it was, whatever it holds.
func TestJSONIsWhatEncodingJSONWrites(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `a"b\c`, "a\nb", "<&>", "ä", "\u2028", "\x7f"}))
	check := rapid.Custom(func(t *rapid.T) Check {
		c := Check{
			Subject: text.Draw(t, "subject"), Rule: text.Draw(t, "rule"), Result: ResultKind(text.Draw(t, "result")),
			Location: Location{File: text.Draw(t, "file"), Line: rapid.IntRange(1, 2).Draw(t, "line"), Pointer: text.Draw(t, "pointer")},
		}
		if rapid.Bool().Draw(t, "in a log") {
			offset := rapid.Int64().Draw(t, "offset")
			c.Location.Offset = &offset
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		r := &Report{Checks: rapid.SliceOfN(check, 0, 6).Draw(t, "checks"), Findings: make([]Finding, rapid.IntRange(0, 2).Draw(t, "findings"))}
		var written bytes.Buffer
		if err := renderJSON(&written, r); err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, written.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(indented.String(), written.String()); diff != "" {
			t.Errorf("not indented as a whole (-whole +pieces):\n%s", diff)
		}
		var got struct{ Checks json.RawMessage }
		if err := json.Unmarshal(written.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(encoded(t, r.Checks), encoded(t, got.Checks)); diff != "" {
			t.Errorf("checks (-encoding/json +written):\n%s", diff)
		}
	})
}

// encoded is v as encoding/json writes it, or [] for an absent list.
func encoded(t *rapid.T, v any) string {
	var b bytes.Buffer
	if err := writeJSON(&b, "json", v); err != nil {
		t.Fatal(err)
	}
	if b.String() == "null\n" {
		return "[]\n"
	}
	return b.String()
}

var errFull = errors.New("no space left on device")

// full is a disk that takes so many more bytes.
type full int

func (room *full) Write(p []byte) (int, error) {
	if len(p) > int(*room) {
		return int(*room), errFull
	}
	*room -= full(len(p))
	return len(p), nil
}

func TestJSONTellsThatItCouldNotBeWritten(t *testing.T) {
	for _, room := range []full{0, 100_000} {
		if err := renderJSON(&room, &Report{Checks: make([]Check, 10_000)}); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: error %v, want %v", room, err, errFull)
		}
	}
	var b bytes.Buffer
	if err := renderJSON(&b, &Report{Data: func() {}}); err == nil {
		t.Error("a payload that is no JSON value gave no error")
	}
}
