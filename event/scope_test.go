package event

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func message(topic, key string) string {
	return fmt.Sprintf(`{"topic":%q,"partition":0,"offset":1,"key":%q,"payload":"{\"type\":\"T\"}"}`+"\n", topic, key)
}

// TestTopics: keys of Kafka are unique within their topic. How streams are named
// does not depend on which file comes first, nor on what the sample shows.
func TestTopics(t *testing.T) {
	one := strings.Repeat(message("orders", "17"), sampleSize+10)
	other := message("customers", "17")
	noEvent := `{"topic":"deleted","partition":0,"offset":1,"key":"17","payload":null}` + "\n"
	tests := []struct {
		name, mapping string
		files         []string
		want          []string
	}{
		{"one topic", "", []string{one, one}, []string{"17"}},
		{"two topics", "", []string{one, other}, []string{"customers/17", "orders/17"}},
		{"two topics the other way", "", []string{other, one}, []string{"customers/17", "orders/17"}},
		{"two topics in one file", "", []string{one + other}, []string{"customers/17", "orders/17"}},
		{"no event of the other", "", []string{noEvent + one, noEvent}, []string{"17"}},
		{"mapped by hand", ".key", []string{one, other}, []string{"17"}},
	}
	for _, test := range tests {
		var names []string
		for i, text := range test.files {
			name := filepath.Join(t.TempDir(), fmt.Sprint(i))
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		var o Options
		if test.mapping != "" {
			o.Map = map[string]string{"stream": test.mapping}
		}
		log, err := Open(context.Background(), names, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, streams(log)); diff != "" {
			t.Errorf("%s: streams differ (-want +got):\n%s", test.name, diff)
		}
	}
}

// row17 is a change of a row of one table in a database that a connector reads.
func row17(connector, database string) string {
	return fmt.Sprintf(`{"before":null,"after":{"id":17},"source":{"connector":"postgresql","name":%q,"db":%q,"schema":"public","table":"orders","lsn":1},"op":"c","ts_ms":1}`+"\n", connector, database)
}

// TestDatabases: a row of Debezium is one in its database, and which that is goes
// into the stream's name where a log has several.
func TestDatabases(t *testing.T) {
	one := strings.Repeat(row17("shop", "d1"), sampleSize+10)
	keyless := strings.ReplaceAll(row17("shop", "d3"), `"id"`, `"order_id"`)
	fault := "its source database is another than that of the records before"
	for _, test := range []struct {
		text        string
		file, stdin []string
	}{
		{one, []string{"public.orders/17"}, []string{"public.orders/17"}},
		{keyless + one, []string{"", "public.orders/17"}, []string{"", "public.orders/17"}},
		{one + row17("shop", "d2"), []string{"shop.d1/public.orders/17", "shop.d2/public.orders/17"}, []string{fault, "public.orders/17"}},
		{row17("eu", "d1") + one, []string{"eu.d1/public.orders/17", "shop.d1/public.orders/17"}, []string{"eu.d1/public.orders/17", "shop.d1/public.orders/17"}},
	} {
		name := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(name, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for from, want := range map[string][]string{name: test.file, "-": test.stdin} {
			log, err := Open(context.Background(), []string{from}, Options{Stdin: strings.NewReader(test.text)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, streams(log)); diff != "" {
				t.Errorf("%s: streams differ (-want +got):\n%s", from, diff)
			}
		}
	}
}

// TestTombstones: they are counted anew in every reading, in chunks too.
func TestTombstones(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, []byte(row17("a", "d")+"null\n"+row17("b", "d")+" null \nnull"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := Open(context.Background(), []string{name}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, err := range log.Events(context.Background()) {
			if err != nil {
				t.Error(err)
			}
		}
		if n := log.Tombstones(); n != 3 {
			t.Errorf("%d tombstones, want 3", n)
		}
	}
	for chunk, err := range log.Chunks(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range log.NewDecoder().Events(chunk) {
			if err != nil {
				t.Error(err)
			}
		}
	}
	if n := log.Tombstones(); n != 3 {
		t.Errorf("%d tombstones in chunks, want 3", n)
	}
}

// TestTopicsOfStandardInput: what comes behind the sample cannot be known, so
// that another topic is a fault and not a wrong name.
func TestTopicsOfStandardInput(t *testing.T) {
	one := strings.Repeat(message("orders", "17"), sampleSize+10)
	other := message("customers", "17")
	fault := "its topic is another than that of the records before"
	for text, want := range map[string][]string{
		one:         {"17"},
		one + other: {"17", fault},
		other + one: {"customers/17", "orders/17"},
	} {
		log, err := Open(context.Background(), []string{"-"}, Options{Stdin: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, streams(log)); diff != "" {
			t.Errorf("streams differ (-want +got):\n%s", diff)
		}
	}
}

// streams are the streams of a log, sorted, and its faults other than missing
// types, without their second half.
func streams(log *Log) []string {
	seen := map[string]bool{}
	for e, err := range log.Events(context.Background()) {
		if err == nil {
			seen[string(e.Stream)] = true
			continue
		}
		text := err.Error()
		if broken, ok := errors.AsType[*RecordError](err); ok {
			text = broken.Message
		}
		if !strings.HasPrefix(text, "no type") {
			text, _, _ = strings.Cut(text, ", and")
			seen[text] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
