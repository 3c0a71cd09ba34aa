package event

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

// drawData draws JSON text and the same value as DynamoDB types it.
func drawData(t *rapid.T, depth int) (plain, typed string) {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	switch {
	case kind == 0:
		n := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,4})?`).Draw(t, "number")
		return n, `{"N":"` + n + `"}`
	case kind == 1:
		return "true", `{"BOOL":true}`
	case kind == 2 && depth > 0:
		return "null", `{"NULL":true}`
	case kind == 3 && depth < 3:
		var plains, typeds []string
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			p, d := drawData(t, depth+1)
			plains, typeds = append(plains, p), append(typeds, d)
		}
		return "[" + strings.Join(plains, ",") + "]", `{"L":[` + strings.Join(typeds, ",") + `]}`
	case kind >= 4 && depth < 3:
		return drawObject(t, depth)
	}
	s := string(appendQuoted(nil, []byte(drawText(t, "string"))))
	return s, `{"S":` + s + `}`
}

func drawObject(t *rapid.T, depth int) (plain, typed string) {
	var plains, typeds []string
	for i := range rapid.IntRange(0, 4).Draw(t, "members") {
		key := string(appendQuoted(nil, fmt.Appendf(nil, "k%d%s", i, drawText(t, "key"))))
		p, d := drawData(t, depth+1)
		plains, typeds = append(plains, key+":"+p), append(typeds, key+":"+d)
	}
	return "{" + strings.Join(plains, ",") + "}", `{"M":{` + strings.Join(typeds, ",") + `}}`
}

func drawText(t *rapid.T, label string) string {
	return rapid.String().Filter(utf8.ValidString).Draw(t, label)
}

// drawEvents draws a log in which every event has all that the formats share.
func drawEvents(t *rapid.T) (events []*Event, typed []string) {
	for i := range rapid.IntRange(1, 5).Draw(t, "events") {
		plain, d := drawObject(t, 0)
		events = append(events, &Event{
			ID:            fmt.Appendf(nil, "e%d%s", i, drawText(t, "id")),
			Type:          "T" + drawText(t, "type"),
			Source:        "/" + drawText(t, "source"),
			Stream:        []byte("s" + drawText(t, "stream")),
			Sequence:      rapid.Int64Range(0, 1<<62).Draw(t, "sequence"),
			HasSequence:   true,
			Time:          time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).UTC(),
			CorrelationID: []byte("c" + drawText(t, "correlation")),
			CausationID:   []byte("d" + drawText(t, "causation")),
			Data:          []byte(plain),
		})
		typed = append(typed, d)
	}
	return events, typed
}

// readAll reads a log whole, as clones.
func readAll(t interface{ Fatalf(string, ...any) }, text []byte) []*Event {
	log, err := Open(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(text)})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	var events []*Event
	for e, err := range log.Events(context.Background()) {
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		events = append(events, e.Clone())
	}
	return events
}

// essence is an event without where it stood and its extensions.
func essence(e *Event) string {
	c := *e
	c.File, c.Line, c.Offset, c.attributes, c.Metadata, c.Recorded = "", 0, 0, nil, nil, time.Time{}
	return show(&c)
}

func TestAppendNativeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, _ := drawEvents(t)
		e := events[0]
		e.Recorded = e.Time.Add(time.Second)
		e.SchemaVersion = rapid.SampledFrom([]string{"", "2", "v1.0", "draft"}).Draw(t, "schema version")
		if rapid.Bool().Draw(t, "has metadata") {
			plain, _ := drawObject(t, 0)
			e.Metadata = []byte(plain)
		}
		switch rapid.IntRange(0, 3).Draw(t, "data") {
		case 0:
			e.Data = nil
		case 1:
			e.Data, e.Base64 = []byte(`"`+base64.StdEncoding.EncodeToString([]byte("\xff"+drawText(t, "binary")))+`"`), true
		case 2:
			e.CorrelationID, e.CausationID, e.Stream, e.HasSequence, e.Time = nil, nil, nil, false, time.Time{}
		}
		line := AppendNative(nil, e)
		if !json.Valid(line) || bytes.Count(line, []byte{'\n'}) != 1 {
			t.Fatalf("not one line of JSON: %q", line)
		}
		got := readAll(t, line)
		e.File, e.Line = "-", 1
		if e.HasSequence == false {
			e.Sequence = 0
		}
		if diff := cmp.Diff(show(e), show(got[0])); diff != "" {
			t.Fatalf("%s\nthe event read differs (-written +read):\n%s", line, diff)
		}
		if again := AppendNative(nil, got[0]); !bytes.Equal(again, line) {
			t.Fatalf("written again:\n%s\n%s", line, again)
		}
	})
}

// TestFormatsAgree: a log is the same events in whatever format it is kept.
func TestFormatsAgree(t *testing.T) {
	q := func(text []byte) string { return string(appendQuoted(nil, text)) }
	at := func(e *Event) string { return e.Time.Format(time.RFC3339Nano) }
	writers := map[string]func(e *Event, typed string) string{
		"lines":  func(e *Event, _ string) string { return string(AppendNative(nil, e)) },
		"joined": func(e *Event, _ string) string { return strings.TrimSpace(string(AppendNative(nil, e))) },
		"spaced": func(e *Event, _ string) string {
			var b bytes.Buffer
			_ = json.Indent(&b, AppendNative(nil, e), "", " ")
			return strings.ReplaceAll(b.String(), "\n", "")
		},
		"dynamodb": func(e *Event, typed string) string {
			return fmt.Sprintf(`{"Item":{"pk":{"S":%s},"sk":{"N":"%d"},"id":{"S":%s},"type":{"S":%s},"source":{"S":%s},"time":{"S":"%s"},"correlationId":{"S":%s},"causationId":{"S":%s},"data":%s}}`+"\n",
				q(e.Stream), e.Sequence, q(e.ID), q([]byte(e.Type)), q([]byte(e.Source)), at(e), q(e.CorrelationID), q(e.CausationID), typed)
		},
		"kcat": func(e *Event, _ string) string {
			return fmt.Sprintf(`{"topic":"t","partition":0,"offset":1,"ts":1740823200210,"key":"k","headers":["ce_id",%s,"ce_type",%s,"ce_source",%s,"ce_subject",%s,"ce_sequence","%d","ce_time","%s","ce_correlationid",%s,"ce_causationid",%s],"payload":%s}`+"\n",
				q(e.ID), q([]byte(e.Type)), q([]byte(e.Source)), q(e.Stream), e.Sequence, at(e), q(e.CorrelationID), q(e.CausationID), q(e.Data))
		},
		"kinesis": func(e *Event, _ string) string {
			return fmt.Sprintf(`{"Records":[{"kinesis":{"partitionKey":"p","sequenceNumber":"49","data":"%s"}}]}`+"\n",
				base64.StdEncoding.EncodeToString(AppendNative(nil, e)))
		},
		"kurrentdb": func(e *Event, _ string) string {
			return fmt.Sprintf(`{"eventId":%s,"eventType":%s,"eventNumber":%d,"streamId":%s,"updated":"%s","data":%s,"metaData":%s}`+"\n",
				q(e.ID), q([]byte(e.Type)), e.Sequence, q(e.Stream), at(e), q(e.Data),
				q([]byte(fmt.Sprintf(`{"$correlationId":%s,"$causationId":%s}`, q(e.CorrelationID), q(e.CausationID)))))
		},
		"marten": func(e *Event, _ string) string {
			return fmt.Sprintf(`{"seq_id":1,"id":%s,"stream_key":%s,"version":%d,"type":%s,"timestamp":"%s","data":%s,"correlation_id":%s,"causation_id":%s,"mt_dotnet_type":"x"}`+"\n",
				q(e.ID), q(e.Stream), e.Sequence, q([]byte(e.Type)), at(e), e.Data, q(e.CorrelationID), q(e.CausationID))
		},
		"house": func(e *Event, _ string) string {
			return fmt.Sprintf(`{"eventId":%s,"aggregateId":%s,"version":"%d","eventType":%s,"service":%s,"createdAt":%d,"payload":%s,"correlationId":%s,"causationId":%s}`+"\n",
				q(e.ID), q(e.Stream), e.Sequence, q([]byte(e.Type)), q([]byte(e.Source)), e.Time.UnixNano(), e.Data, q(e.CorrelationID), q(e.CausationID))
		},
	}
	withoutSource := map[string]bool{"kurrentdb": true, "marten": true}
	rapid.Check(t, func(t *rapid.T) {
		events, typed := drawEvents(t)
		for i := range events { // nanoseconds since 1970 are told from seconds by magnitude
			events[i].Time = events[i].Time.Add(1e9 * time.Second)
		}
		for name, write := range writers {
			var text bytes.Buffer
			for i, e := range events {
				text.WriteString(write(e, typed[i]))
			}
			got := readAll(t, text.Bytes())
			if len(got) != len(events) {
				t.Fatalf("%s: %d events, want %d", name, len(got), len(events))
			}
			for i, e := range events {
				want := *e
				if withoutSource[name] {
					want.Source = ""
				}
				if name == "spaced" {
					want.Data, got[i].Data = compact(t, e.Data), compact(t, got[i].Data)
				}
				if diff := cmp.Diff(essence(&want), essence(got[i])); diff != "" {
					t.Fatalf("%s: %s\nthe event differs (-want +got):\n%s", name, text.Bytes(), diff)
				}
			}
		}
	})
}

func compact(t *rapid.T, text []byte) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAppendNativeOfOtherFormats: columns become extensions under names that
// CloudEvents allows.
func TestAppendNativeOfOtherFormats(t *testing.T) {
	row := `{"seq_id":41,"id":"m1","stream_id":"17","version":2,"type":"order_paid","timestamp":"2025-03-01T10:00:00.5Z","data":{"a":1},"tenant_id":"acme","mt_dotnet_type":"X","tags":["a"],"Data_Base64":"x","headers":{"by":"jo"}}`
	got := string(AppendNative(nil, readAll(t, []byte(row))[0]))
	want := `{"specversion":"1.0","id":"m1","source":"marten","type":"order_paid","subject":"17","time":"2025-03-01T10:00:00.5Z","sequence":"00000000000000000002","seqid":41,"tenantid":"acme","mtdotnettype":"X","database64":"x","metadata":"{\"by\":\"jo\"}","data":{"a":1}}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the event written differs (-want +got):\n%s", diff)
	}
}

func TestCloneIsIndependent(t *testing.T) {
	events := readAll(t, []byte(three))
	for i, e := range events {
		if string(e.ID) != fmt.Sprint(i+1) || string(e.Get("subject")) != `"s"` || string(e.Record()) != cloudEvent(fmt.Sprint(i+1)) {
			t.Errorf("clone %d is %s of record %s", i+1, show(e), e.Record())
		}
	}
	if events[0].Get("nothing") != nil {
		t.Error("an attribute that is not there is found")
	}
}

// FuzzReaders reads any text in every format: what is yielded is either an event
// with a type and checked data, or a fault inside the text.
func FuzzReaders(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text), uint8(0))
	}
	for i, format := range formats {
		archive, err := txtar.ParseFile("testdata/formats/" + strings.NewReplacer("json", "house", "-", "_").Replace(format.name) + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasPrefix(file.Name, "log/") {
				f.Add(file.Data, uint8(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, n uint8) {
		name := ""
		if int(n) < len(formats) {
			name = formats[n].name
		}
		log, err := Open(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(text), Format: name})
		if err != nil {
			return
		}
		for e, err := range log.Events(context.Background()) {
			if broken, ok := errors.AsType[*RecordError](err); ok {
				if broken.Offset < 0 || broken.Offset > int64(len(text)) || broken.Line < 1 || broken.Line > int64(bytes.Count(text, []byte{'\n'}))+1 {
					t.Errorf("a fault outside of the text: %v", broken)
				}
				continue
			}
			if err != nil {
				continue // a text that starts like a compressed one
			}
			if e.Type == "" || e.Offset < 0 || e.Offset > int64(len(text)) || e.Data != nil && !json.Valid(e.Data) || e.Metadata != nil && !json.Valid(e.Metadata) {
				t.Errorf("a broken event: %s", show(e))
			}
			if line := AppendNative(nil, e); !json.Valid(line) || bytes.Count(line, []byte{'\n'}) != 1 {
				t.Errorf("written as %q", line)
			}
		}
	})
}

// TestAppendNativeIsOneLine: data that was pretty-printed is not.
func TestAppendNativeIsOneLine(t *testing.T) {
	pretty := "[\n {\n  \"specversion\": \"1.0\",\n  \"id\": \"1\",\n  \"type\": \"T\",\n  \"data\": {\r\n   \"a\": [\n    \"x\\ny\"\n   ]\n  }\n }\n]"
	got := string(AppendNative(nil, readAll(t, []byte(pretty))[0]))
	want := `{"specversion":"1.0","id":"1","source":"cloudevents","type":"T","data":{   "a": [    "x\ny"   ]  }}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the event written differs (-want +got):\n%s", diff)
	}
}
