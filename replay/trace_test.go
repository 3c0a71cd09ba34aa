package replay_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/replay"
)

func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const traced = `{"specversion":"1.0","id":"e1","source":"/checkout","type":"shop.OrderPlaced","subject":"order-1","time":"2025-03-01T10:00:00Z","sequence":"1","correlationid":"c1","causationid":"c1"}
{"specversion":"1.0","id":"e2","source":"/billing","type":"shop.PaymentCaptured.v2","subject":"payment-1","time":"2025-03-01T10:00:00.210Z","sequence":"1","correlationid":"c1","causationid":"e1"}
{"specversion":"1.0","id":"e9","source":"/other","type":"shop.OrderPlaced","subject":"order-2","time":"2025-03-01T10:00:01Z","sequence":"1","correlationid":"c2","causationid":"c2"}
{"specversion":"1.0","id":"e3","source":"/warehouse","type":"shop.OrderShipped","subject":"order-1","time":"2025-03-01T12:30:00Z","sequence":"2","correlationid":"c1","causationid":"e2"}
{"specversion":"1.0","id":"e2","source":"/billing","type":"shop.PaymentCaptured.v2","subject":"payment-1","time":"2025-03-01T10:00:00.210Z","sequence":"1","correlationid":"c1","causationid":"e1"}
{"specversion":"1.0","id":"e4","source":"/warehouse","type":"shop.StockReserved","subject":"order-1","time":"2025-03-01T09:59:59.5Z","sequence":"3","correlationid":"c1","causationid":"e1"}
{"specversion":"1.0","id":"e5","source":"/mail","type":"shop.MailSent","subject":"mail-1","time":"2025-03-01T13:00:00Z","sequence":"1","correlationid":"c1","causationid":"lost"}
{"specversion":"1.0","id":"e6","source":"/loop","type":"shop.Ping","subject":"loop-1","time":"2025-03-01T14:00:00Z","sequence":"1","correlationid":"c1","causationid":"e7"}
{"specversion":"1.0","id":"e7","source":"/loop","type":"shop.Pong","subject":"loop-1","time":"2025-03-01T14:00:01Z","sequence":"2","correlationid":"c1","causationid":"e6"}
`

const tracedTree = `OrderPlaced  order-1 #1  2025-03-01T10:00:00Z
├─ StockReserved  order-1 #3  -500ms
└─ PaymentCaptured  payment-1 #1  +210ms
   └─ OrderShipped  order-1 #2  +2h30m0s
MailSent  mail-1 #1  2025-03-01T13:00:00Z  (its cause lost is not here)
Ping  loop-1 #1  2025-03-01T14:00:00Z  (its cause e7 is one of its effects)
└─ Pong  loop-1 #2  +1s
`

func TestTrace(t *testing.T) {
	for _, id := range []string{"c1", "e1", "e3", "e7"} {
		log := logOf(t, traced)
		tree, err := replay.Trace(context.Background(), log, nil, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tracedTree, drawn(tree)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
		if tree.Events != 7 || tree.Copies != 1 || tree.Orphans != 1 || tree.Correlation != "c1" || *tree.Seconds != 14401.5 {
			t.Errorf("%s: %+v", id, tree)
		}
		if diff := cmp.Diff([]string{"loop-1", "mail-1", "order-1", "payment-1"}, tree.Streams); diff != "" {
			t.Error(diff)
		}
		if _, err := json.Marshal(tree); err != nil {
			t.Error(err)
		}
	}
}

func drawn(t *replay.Tree) string {
	var b strings.Builder
	for _, l := range t.Lines() {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// TestTraceWithoutCorrelation follows causation ids both ways.
func TestTraceWithoutCorrelation(t *testing.T) {
	text := line("a", "s-1", 1, "") + line("b", "s-1", 2, `,"causationid":"a"`) + line("x", "s-2", 1, "") +
		line("d", "s-1", 4, `,"causationid":"c"`) + line("c", "s-1", 3, `,"causationid":"b"`) + line("e", "s-1", 5, `,"causationid":"a"`)
	want := "A  s-1 #1\n├─ A  s-1 #2\n│  └─ A  s-1 #3\n│     └─ A  s-1 #4\n└─ A  s-1 #5\n"
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		tree, err := replay.Trace(context.Background(), logOf(t, text), nil, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, drawn(tree)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestTraceOfNothing(t *testing.T) {
	_, err := replay.Trace(context.Background(), logOf(t, traced), nil, "nothing")
	if err == nil || !strings.Contains(err.Error(), `"nothing": no event of the log has this id`) {
		t.Errorf("error: %v", err)
	}
}

// A cause outside of the correlation is found, and whose it is said.
func TestTraceNamesTheCorrelationOfACause(t *testing.T) {
	const text = `{"specversion":"1.0","id":"e1","source":"/s","type":"Placed","subject":"a","correlationid":"c1"}
{"specversion":"1.0","id":"e2","source":"/s","type":"Paid","subject":"a","correlationid":"c2","causationid":"e1"}
{"specversion":"1.0","id":"e3","source":"/s","type":"Timer","subject":"t"}
{"specversion":"1.0","id":"e4","source":"/s","type":"Sent","subject":"a","correlationid":"c2","causationid":"e3"}
{"specversion":"1.0","id":"e5","source":"/s","type":"Lost","subject":"a","correlationid":"c2","causationid":"e9"}
`
	tree, err := replay.Trace(context.Background(), logOf(t, text), nil, "c2")
	if err != nil {
		t.Fatal(err)
	}
	want := `Paid  a  (its cause e1 is of correlation c1)
Sent  a  (its cause e3 has no correlation)
Lost  a  (its cause e9 is not here)
`
	if diff := cmp.Diff(want, drawn(tree)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
