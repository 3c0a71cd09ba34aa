package policy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event"
)

// recorded reads a log that is written as NDJSON of CloudEvents.
func recorded(t testing.TB, lines string) iter.Seq2[*event.Event, error] {
	t.Helper()
	log, err := event.Open(context.Background(), []string{"-"}, event.Options{Stdin: strings.NewReader(strings.TrimSpace(lines) + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	return log.Events(context.Background())
}

const observedCatalog = `
events:
  OrderPlaced:
    version: 1.0.0
    fields: {email: {pii: true}, total: {}}
  OrderShipped: {version: 1.0.0}
  OrderLost: {version: 1.0.0}
`

// observeWith reads a log beside a catalog whose OrderPlaced has the given fields.
func observeWith(t testing.TB, fields []catalog.Field, erased []string, lines string) *Observations {
	t.Helper()
	c := plain(t, observedCatalog)
	c.Event("OrderPlaced", "").Fields = fields
	o, err := Observe(context.Background(), recorded(t, lines), ObserveOptions{Catalog: c, Erased: erased})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestObserve(t *testing.T) {
	fields := []catalog.Field{
		catalog.Field{Path: "email"}.With(catalog.FieldFacts{PII: catalog.Value[bool]{Get: true, Source: catalog.Declared}}),
		{Path: "total"}, {Path: "items[].sku"}, {Path: "labels[*]"}, {Path: "free"},
	}
	o := observeWith(t, fields, []string{"customer-7"}, `
{"specversion":"1.0","id":"a1","type":"com.shop.OrderPlaced.v2","source":"/shop","subject":"order-1","sequence":"1","time":"2026-01-01T00:00:00Z","correlationid":"c1","authid":"mara","dataclassification":"confidential","consumer":"billing","hash":"x","data":{"email":"ann@example.com","total":12,"items":[{"sku":"A"},{"sku":"B","gift":true}],"labels":{"x":"1"},"free":{"any":"thing"},"note":"card 4111 1111 1111 1111"}}
{"specversion":"1.0","id":"a2","type":"OrderPlaced","source":"/shop","subject":"ann@example.com","sequence":"2","time":"2026-01-01T00:00:00.5Z","causationid":"a1","data":{"total":13,"cvv":"123"}}
{"specversion":"1.0","id":"a3","type":"OrderPlaced","source":"/desk","subject":"customer-7","time":"2026-01-01T00:02:00Z","causationid":"a9","data":{"email":"enc:9f8e","total":13}}
{"specversion":"1.0","id":"a4","type":"OrderPlaced","source":"/desk","subject":"customer-7","causationid":"a5","data":{"email":"bob@example.com"}}
{"specversion":"1.0","id":"a5","type":"OrderShipped","source":"/desk","subject":"order-1","time":"2026-01-01T00:04:00Z"}
{"specversion":"1.0","id":"a6","type":"PriceChanged","source":"/desk","subject":"price-1","time":"2026-01-01T00:04:00Z"}
`)
	got := asJSON(t, o.of("OrderPlaced").input(o))
	want := asJSON(t, map[string]any{
		"count": 4, "first": "2026-01-01T00:00:00Z", "last": "2026-01-01T00:02:00Z", "rate_per_min": 1, "peak_per_second": 2,
		"payload_bytes": map[string]any{"mean": 60.5, "max": 160},
		"sources":       []string{"/desk", "/shop"}, "consumers": []string{"billing"},
		"missing":            map[string]any{"correlation": 3, "causation": 1, "actor": 3, "time": 1, "sequence": 2, "integrity": 3},
		"dangling_causation": 1, "classifications": []string{"confidential"}, "keys_with_identifier": 1,
		"values": map[string]any{
			"pan":   map[string]any{"count": 1, "fields": []string{"note"}, "first_offset": 0},
			"sad":   map[string]any{"count": 1, "fields": []string{"cvv"}, "first_offset": 420},
			"email": map[string]any{"count": 2, "fields": []string{"email"}, "first_offset": 0},
		},
		"erased_readable": 1, "unknown_fields": []string{"cvv", "items[].gift", "note"},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"OrderPlaced", "OrderShipped", "PriceChanged", "com.shop.OrderPlaced.v2"}, o.TypeNames()); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	if o.Count("OrderShipped") != 1 || o.Count("OrderLost") != 0 || o.Events != 6 {
		t.Errorf("%d shipped, %d lost, %d events", o.Count("OrderShipped"), o.Count("OrderLost"), o.Events)
	}
	if diff := cmp.Diff([]string{"not judged, since the catalog lacks them: the log's PriceChanged"}, o.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestMetadataCountsAsAttributes: stores that keep actor, hash and key in metadata
// of their own say the same as CloudEvents extensions.
func TestMetadataCountsAsAttributes(t *testing.T) {
	tests := map[string]struct {
		metadata string
		want     extensions
	}{
		"all there":          {`{"actorId": "mara", "hash":"9f", "partition_key":"ann@example.com", "deep":{"user":[1,{"a":"}"}]}}`, extensions{actor: true, integrity: true, key: true}},
		"empty is absent":    {`{"actor":"", "signature":null}`, extensions{}},
		"a key of no name":   {`{"partitionKey":"order-17"}`, extensions{}},
		"two keys":           {`{"partition_key":"ann@example.com", "partitionKey":"order-17"}`, extensions{key: true}},
		"a card as the key":  {`{"partitionKey":"4111111111111111"}`, extensions{key: true, pan: true}},
		"a card in a header": {`{"x-trace":"card-4111 1111 1111 1111"}`, extensions{pan: true}},
		"nothing":            {`{}`, extensions{}},
		"metadata is a text": {`"actor"`, extensions{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var o observed
			if got := o.seeExtensions(&event.Event{Metadata: []byte(test.metadata)}); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestCardNumbersInAttributes: an event without data is looked at, too, and is
// counted once.
func TestCardNumbersInAttributes(t *testing.T) {
	o := observeWith(t, nil, nil, `
{"specversion":"1.0","id":"a1","type":"OrderPlaced","source":"/shop","subject":"card-4111111111111111","partitionkey":"4111-1111-1111-1111"}
{"specversion":"1.0","id":"a2","type":"OrderPlaced","source":"/shop","subject":"order-2","data":{}}`)
	seen := o.of("OrderPlaced")
	want := map[string]any{"count": 1, "fields": []string{"partitionkey", "stream"}, "first_offset": int64(0)}
	if diff := cmp.Diff(want, seen.pan.input()); diff != "" {
		t.Errorf("card numbers (-want +got):\n%s", diff)
	}
}

// TestBinaryDataIsNotSearched, and that is said: its values count for nothing.
func TestBinaryDataIsNotSearched(t *testing.T) {
	o := observeWith(t, nil, nil, `
{"specversion":"1.0","id":"a1","type":"OrderPlaced","source":"/shop","subject":"order-1","data_base64":"AAEC/w=="}
{"specversion":"1.0","id":"a2","type":"com.shop.OrderPlaced","source":"/shop","subject":"order-2","data_base64":"AAEC/w=="}
{"specversion":"1.0","id":"a3","type":"OrderPlaced","source":"/shop","subject":"order-3","data":{}}
{"specversion":"1.0","id":"a4","type":"OrderShipped","source":"/shop","subject":"order-1","data_base64":"AAEC/w=="}
{"specversion":"1.0","id":"a5","type":"OrderLost","source":"/shop","subject":"order-3","data":{}}`)
	want := []string{
		"OrderPlaced: 2 events with binary data, whose values were not searched",
		"OrderShipped: 1 event with binary data, whose values were not searched",
	}
	if diff := cmp.Diff(want, o.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestObserveReportsWhatCannotBeRead(t *testing.T) {
	line := `{"specversion":"1.0","id":"a","type":"OrderPlaced","source":"/shop","subject":"o","data":{}}` + "\n"
	o := observeWith(t, nil, nil, strings.Repeat(line, 60)+strings.Repeat("{broken\n", maxProblems+5)+line)
	if o.Events != 61 || len(o.Problems) != maxProblems+1 {
		t.Fatalf("%d events, %d problems", o.Events, len(o.Problems))
	}
	if p := o.Problems[0]; p.Location == nil || p.Location.Line != 61 || p.Code != codeRecord {
		t.Errorf("the first problem is %v at %v", p.Message, p.Location)
	}
	if last := o.Problems[maxProblems].Message; !strings.HasPrefix(last, "5 more records") {
		t.Errorf("the last problem is %q", last)
	}
}

func TestObserveEndsWithTheLog(t *testing.T) {
	broken := errors.New("the disk is gone")
	log := func(yield func(*event.Event, error) bool) { yield(nil, broken) }
	if _, err := Observe(context.Background(), log, ObserveOptions{Catalog: plain(t, observedCatalog)}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestObserveIsBounded meets every bound and says so.
func TestObserveIsBounded(t *testing.T) {
	log := func(yield func(*event.Event, error) bool) {
		e := event.Event{Time: asOf}
		for i := range maxTypes + 10 {
			e.Type = fmt.Sprint("Type", i)
			e.ID = fmt.Append(e.ID[:0], i)
			yield(&e, nil)
		}
		e.Type = "OrderPlaced"
		for i := range maxNames + 10 {
			e.Source = fmt.Sprint("source", i)
			yield(&e, nil)
		}
	}
	o, err := Observe(context.Background(), log, ObserveOptions{Catalog: plain(t, observedCatalog)})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.TypeNames()) != maxTypes || o.Count("OrderPlaced") != maxNames+10 || len(o.of("OrderPlaced").sources.set) != maxNames {
		t.Errorf("%d types, %d events, %d sources", len(o.TypeNames()), o.Count("OrderPlaced"), len(o.of("OrderPlaced").sources.set))
	}
	want := []string{
		"the log holds more than 10000 event types; the names of the others were not kept",
		"OrderPlaced: more than 100 different names of one kind were seen; the first ones were kept",
		"not judged, since the catalog lacks them: the log's Type0, Type1, Type10, Type100, Type1000 and 9995 more",
	}
	if diff := cmp.Diff(want, o.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestCausesBeyondTheBoundAreNotGuessed(t *testing.T) {
	c := newCauses()
	seen := &observed{}
	c.see(&event.Event{ID: []byte("a"), CausationID: []byte("lost")}, seen)
	for i := range uint64(maxIDs) {
		c.ids[i] = struct{}{}
	}
	c.see(&event.Event{ID: []byte("b")}, seen)
	if c.resolve(); !c.full || seen.dangling != 0 {
		t.Errorf("full %v, %d dangling", c.full, seen.dangling)
	}
}

func TestSeconds(t *testing.T) {
	var s seconds
	for _, offset := range []int{0, 1, 0, 1, 0, 2, 64, 0} { // slightly out of order, then far
		s.see(asOf.Add(time.Duration(offset) * time.Second))
	}
	if s.peak != 3 {
		t.Errorf("the busiest second has %d events, want 3", s.peak)
	}
}

func TestTypeNames(t *testing.T) {
	g := newGatherer(ObserveOptions{Catalog: plain(t, observedCatalog)})
	for name, want := range map[string]string{
		"OrderPlaced": "OrderPlaced", "com.shop.OrderPlaced": "OrderPlaced", "com.shop.OrderPlaced.v12": "OrderPlaced",
		"orders/OrderPlaced": "OrderPlaced", "OrderPlaced.2": "OrderPlaced", "urn:shop:OrderPlaced": "OrderPlaced",
		"orderplaced": "", "com.shop.OrderPlacedLate": "", "v1": "", "": "",
	} {
		got := ""
		if e := g.find(name); e != nil {
			got = e.ID
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	const line = `{"specversion":"1.0","id":"a%d","type":"OrderPlaced","source":"/shop","subject":"order-%d","sequence":"1","time":"2026-01-01T00:00:00Z","correlationid":"c1","causationid":"a1","data":{"email":"ann@example.com","total":12.50,"currency":"EUR","items":[{"sku":"A-1","quantity":2},{"sku":"B-2","quantity":1}],"address":{"street":"Long Street 12","city":"Ghent"}}}` + "\n"
	var text strings.Builder
	const events = 20_000
	for i := range events {
		fmt.Fprintf(&text, line, i, i)
	}
	c := plain(b, observedCatalog)
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		log, err := event.Open(context.Background(), []string{"-"}, event.Options{Stdin: io.Reader(strings.NewReader(text.String()))})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Observe(context.Background(), log.Events(context.Background()), ObserveOptions{Catalog: c}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}
