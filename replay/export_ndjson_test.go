package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/replay"
)

func exported(t *testing.T, text string, o replay.ExportOptions) (string, *replay.Exported) {
	t.Helper()
	var b bytes.Buffer
	done, err := replay.ExportNDJSON(context.Background(), &b, logOf(t, text).Events(context.Background()), o)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), done
}

func TestExportChooses(t *testing.T) {
	ids := func(o replay.ExportOptions) string {
		var ids []string
		text, _ := exported(t, traced, o)
		for line := range strings.Lines(text) {
			_, rest, _ := strings.Cut(line, `"id":"`)
			id, _, _ := strings.Cut(rest, `"`)
			ids = append(ids, id)
		}
		return strings.Join(ids, " ")
	}
	noon := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, want string
		o          replay.ExportOptions
	}{
		{"stream", "e1 e3 e4", replay.ExportOptions{Stream: "order-1"}},
		{"correlation", "e9", replay.ExportOptions{Correlation: "c2"}},
		{"from", "e3 e5 e6 e7", replay.ExportOptions{From: noon}},
		{"to", "e1 e2 e9 e2 e4", replay.ExportOptions{To: noon}},
		{"both", "e3", replay.ExportOptions{Stream: "order-1", From: noon}},
		{"where", "e9", replay.ExportOptions{Where: func(e *event.Event) (bool, error) { return e.Source == "/other", nil }}},
	} {
		if got := ids(test.o); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestExportRedacts(t *testing.T) {
	text := `{"specversion":"1.0","id":"e1","source":"/s","type":"A","subject":"s-1","sequence":"1","actor":"Ada Lind","metadata":"{\"user\":\"Ada Lind\"}",` +
		`"data":{"name":"Ada \"A\" Lind","age": 36,"tags":["a",null,true],"address":{"city":"Bern"},"none":{}}}` + "\n" +
		`{"specversion":"1.0","id":"e2","source":"/s","type":"A","subject":"s-1","sequence":"2","data_base64":"QWRh"}` + "\n"
	want := `{"specversion":"1.0","id":"e1","source":"/s","type":"A","subject":"s-1","sequence":"00000000000000000001",` +
		`"data":{"name":"[redacted]","age": "[redacted]","tags":["[redacted]",null,"[redacted]"],"address":{"city":"[redacted]"},"none":{}}}` + "\n" +
		`{"specversion":"1.0","id":"e2","source":"/s","type":"A","subject":"s-1","sequence":"00000000000000000002"}` + "\n"
	got, _ := exported(t, text, replay.ExportOptions{Redact: func(e *event.Event) []byte { return replay.HideValues(e.Data) }})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

// TestExportHasSource: CloudEvents allows no empty source.
func TestExportHasSource(t *testing.T) {
	row := `{"seq_id":1,"id":"m1","stream_id":"17","version":1,"type":"paid","timestamp":"2025-03-01T10:00:00Z","data":{}}` + "\n"
	for _, o := range []replay.ExportOptions{{}, {Redact: func(e *event.Event) []byte { return e.Data }}} {
		if got, _ := exported(t, row, o); !strings.Contains(got, `"source":"marten"`) {
			t.Errorf("exported as %s", got)
		}
	}
}

func TestExportCountsUnreadable(t *testing.T) {
	_, done := exported(t, traced+`{"specversion":"1.0","id":`, replay.ExportOptions{})
	if done.Unreadable != 1 || len(done.Faults) != 1 || done.Faults[0].Line != 10 || done.Written != 9 {
		t.Errorf("%+v", done)
	}
}

func TestExportErrors(t *testing.T) {
	log := logOf(t, traced)
	fails := errors.New("no field x")
	_, err := replay.ExportNDJSON(context.Background(), &bytes.Buffer{}, log.Events(context.Background()), replay.ExportOptions{
		Where: func(*event.Event) (bool, error) { return false, fails },
	})
	if !errors.Is(err, fails) || !strings.Contains(err.Error(), "log.ndjson:1: no field x") {
		t.Errorf("where: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := replay.ExportNDJSON(ctx, &bytes.Buffer{}, log.Events(context.Background()), replay.ExportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func FuzzHideValues(f *testing.F) {
	f.Add(`{"a":[1,"x\"y",null,{"b":true}],"c d":-1.5e9}`)
	f.Fuzz(func(t *testing.T, text string) {
		hidden := replay.HideValues([]byte(text))
		if !json.Valid([]byte(text)) {
			return // only checked text is promised
		}
		if !json.Valid(hidden) {
			t.Errorf("%q becomes %q", text, hidden)
		}
	})
}
