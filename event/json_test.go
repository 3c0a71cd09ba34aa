package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/document"
)

// texts are the seeds of the fuzz targets: one for each turn of the grammar.
var texts = []string{
	`{}`, `[]`, `null`, `true`, `false`, `nul`, `tru`, `0`, `-0`, `01`, `-`, `1.`, `1.5e+3`, `1e`, `.5`, `+1`,
	`"a\u00e9\n"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\x"`, `"\u12`, `"abc`, "\"a\tb\"", "\"caf\xc3\xa9\"", "\"\xff\"",
	`{"a":1,"a":2}`, `{"a" : [1, {"b":null} ] , "c":""}`, `{"a":1,}`, `[1,]`, `{"a"}`, `{a:1}`, `{"a":1`, `[1 2]`, " [ ] ",
	strings.Repeat("[", 600) + strings.Repeat("]", 600),
	`{"specversion":"1.0","id":"e1","source":"/o","type":"T","subject":"s","sequence":"01","data":{"a":1}}`,
	`{"specversion":"1.0","id":"e1","type":"T","id":"e2"}`,
	`{"specversion":"1.0","id":"e1","type":"T"}{"specversion":"1.0"}`,
	`{"specversion":"1.0"{"specversion":"1.0","type":"T"}`,
	`{"data":"x","type":"T","specversion": "1.0" , "time":"2025-03-01T10:00:00Z"}`,
	`{"specversion":"1.0","type":"T","data_base64":"e30="}`,
}

// FuzzSkipValue holds the walk against encoding/json, which is laxer in two
// things: it mends invalid UTF-8 and allows deeper nesting.
func FuzzSkipValue(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		end, err := skipValue(text, skipSpace(text, 0), 0)
		if end < 0 || end > len(text) {
			t.Fatalf("%q ends at %d", text, end)
		}
		if errors.Is(err, errDepth) {
			return
		}
		got := err == nil && skipSpace(text, end) == len(text)
		if want := json.Valid(text) && utf8.Valid(text); got != want {
			t.Errorf("%q: valid is %t (%v at %d), encoding/json says %t", text, got, err, end, want)
		}
		if err != nil && errors.Is(err, errCut) && end != len(text) {
			t.Errorf("%q: cut off at %d, which is not its end", text, end)
		}
	})
}

// FuzzUnquote holds strings against encoding/json.
func FuzzUnquote(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		quoted := appendQuoted(nil, text)
		if utf8.Valid(text) && string(unquote(quoted)) != string(text) {
			t.Errorf("%q becomes %q", text, unquote(quoted))
		}
		var want string
		if end, err := skipValue(text, 0, 0); err != nil || text[0] != '"' || json.Unmarshal(text[:end], &want) != nil {
			return
		} else if got := string(unquote(text[:end])); got != want {
			t.Errorf("%q is %q, encoding/json says %q", text[:end], got, want)
		}
	})
}

// FuzzNative reads any text as a CloudEvent, with a skimmer that has seen none
// and with one that has seen many, and holds both against encoding/json.
func FuzzNative(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fresh, used := nativeDecoder(), nativeDecoder()
		for _, seed := range texts {
			_, _ = used.native([]byte(seed))
		}
		end, err := fresh.native(text)
		usedEnd, usedErr := used.native(text)
		if end != usedEnd || !errors.Is(usedErr, err) && usedErr.Error() != err.Error() {
			t.Fatalf("%q: fresh %d %v, used %d %v", text, end, err, usedEnd, usedErr)
		}
		if err != nil {
			checkRefusal(t, text, err)
			return
		}
		if a, b := show(&fresh.event), show(&used.event); a != b {
			t.Fatalf("%q: fresh %s, used %s", text, a, b)
		}
		checkNative(t, text[:end], &fresh.event)
	})
}

func nativeDecoder() *decoder {
	d := newDecoder(&cloudEvents, compiled{native: true})
	d.emit = func(*Event) bool { return true }
	return d
}

// checkRefusal fails when the grammar was given as a reason and encoding/json
// finds no fault.
func checkRefusal(t *testing.T, text []byte, err error) {
	t.Helper()
	syntax := []error{errCut, errValue, errKey, errColon, errComma, errNumber, errControl, errLineEnd, errEscape, errEncoding}
	for _, fault := range syntax {
		if errors.Is(err, fault) && json.Valid(text) && utf8.Valid(text) {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
}

// checkNative compares an event with what encoding/json reads.
func checkNative(t *testing.T, text []byte, e *Event) {
	t.Helper()
	var want map[string]json.RawMessage
	if err := json.Unmarshal(text, &want); err != nil || !utf8.Valid(text) {
		t.Fatalf("%q was read, encoding/json says %v", text, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	keys := 0
	_, _ = decoder.Token()
	for decoder.More() {
		_, _ = decoder.Token()
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
		keys++
	}
	if keys != len(want) {
		t.Fatalf("%q was read though a key occurs twice", text)
	}
	for name, got := range map[string][]byte{"id": e.ID, "type": []byte(e.Type), "source": []byte(e.Source), "correlationid": e.CorrelationID} {
		var s any
		d := json.NewDecoder(bytes.NewReader(want[name]))
		d.UseNumber()
		_ = d.Decode(&s)
		switch s := s.(type) {
		case string:
			if s != string(got) {
				t.Errorf("%q: %s is %q, want %q", text, name, got, s)
			}
		case json.Number:
			if s.String() != string(got) {
				t.Errorf("%q: %s is %q, want %q", text, name, got, s)
			}
		}
	}
	if data := want["data"]; data != nil && string(data) != "null" && !bytes.Equal(data, e.Data) {
		t.Errorf("%q: data is %q, want %q", text, e.Data, data)
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := skipValue(deep(document.MaxDepth), 0, 0); err != nil {
		t.Errorf("%d arrays: %v", document.MaxDepth, err)
	}
	if _, err := skipValue(deep(document.MaxDepth+1), 0, 0); !errors.Is(err, errDepth) {
		t.Errorf("%d arrays: %v", document.MaxDepth+1, err)
	}
}

// TestManyKeys: more keys than the skimmer numbers, and a duplicate among them.
func TestManyKeys(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"specversion":"1.0","type":"T"`)
	for i := range 200 {
		b.WriteString(`,"key` + strings.Repeat("x", i) + `":1`)
	}
	d := nativeDecoder()
	for range 2 {
		if _, err := d.native([]byte(b.String() + `,"last":1}`)); err != nil {
			t.Error(err)
		}
		if _, err := d.native([]byte(b.String() + `,"key":2}`)); !errors.Is(err, errDuplicate) {
			t.Errorf("a key that occurs twice: %v", err)
		}
		if _, err := d.native([]byte(b.String() + `,"keyxx":2}`)); !errors.Is(err, errDuplicate) {
			t.Errorf("a key that occurs twice: %v", err)
		}
	}
}
