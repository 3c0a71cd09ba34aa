package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "a": "a", "Thing": "thing", "RegisterThing": "register-thing", "HTTPThing": "http-thing", "ThingID": "thing-id",
		"RegisterHTTPThing": "register-http-thing", "Thing2Part": "thing2-part", "thingPart": "thing-part", "Größe": "größe", "A_B": "a-b", "ÄhreÖl": "ähre-öl",
	} {
		if got := kebab(name); got != want {
			t.Errorf("%q in a path is %q, want %q", name, got, want)
		}
	}
}

type (
	empty struct{}
	row   struct {
		Name  string `json:"name"`
		Limit int    `json:"limit"`
		Gone  string `json:"-"`
	}
)

func things(name, category string) domain.Aggregate[empty] {
	return domain.Aggregate[empty]{Name: name, Category: category, ID: "thingId", Evolve: func(s empty, _ domain.Event) empty { return s }}
}

func rowsOf(name string, filters ...string) Model {
	return Rows(things("Thing", "thing"), RowsOptions{Name: name, Filters: filters}, func(empty) row { return row{} })
}

func TestDefinitionIsChecked(t *testing.T) {
	thing := KindOf(things("Thing", "thing"))
	for _, test := range []struct {
		name   string
		kinds  []Kind
		models []Model
		want   string
	}{
		{"nothing is wrong", []Kind{thing, KindOf(things("Part", "part"))}, []Model{rowsOf("Things", "name")}, ""},
		{"no kinds", nil, nil, "no Kinds"},
		{"a kind twice", []Kind{thing, KindOf(things("Thing", "other"))}, nil, `the name "Thing"`},
		{"a path twice", []Kind{thing, KindOf(things("Other", "thing"))}, nil, "the same path /thing"},
		{"a path that is taken", []Kind{KindOf(things("Model", "models"))}, nil, "the path /models"},
		{"a kind that is wrong", []Kind{KindOf(things("Thing", "a-b"))}, nil, `Category "a-b"`},
		{"a model twice", []Kind{thing}, []Model{rowsOf("Things"), rowsOf("Things")}, `two models have the name "Things"`},
		{"a filter that is not there", []Kind{thing}, []Model{rowsOf("Things", "color")}, `the filter "color"`},
		{"a filter that JSON leaves out", []Kind{thing}, []Model{rowsOf("Things", "Gone")}, `the filter "Gone"`},
		{"a filter that is a parameter", []Kind{thing}, []Model{rowsOf("Things", "limit")}, `"limit" is a parameter`},
		{"a model without a name", []Kind{thing}, []Model{rowsOf("")}, "needs a Name"},
	} {
		err := Definition{Name: "x", Files: fstest.MapFS{}, Kinds: test.kinds, Models: test.models}.check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: the fault is %v, want %q in it", test.name, err, test.want)
		}
	}
}

// TestSupervise: a task that fails is tried again, ever later, until the app ends.
func TestSupervise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var at []time.Duration
		supervise(ctx, slog.New(slog.DiscardHandler), task{"a task", func(ctx context.Context) error {
			at = append(at, time.Since(start))
			if len(at) == 9 {
				cancel()
			}
			return errors.New("no disk")
		}})
		want := "[0s 1s 3s 7s 15s 31s 1m3s 2m3s 3m3s]"
		if fmt.Sprint(at) != want {
			t.Errorf("it ran at %v, want %s", at, want)
		}
	})
	supervise(t.Context(), slog.New(slog.DiscardHandler), task{"a task", func(context.Context) error { return store.ErrClosed }}) // ends
}

// TestFileChannel: lines are whole, whatever was cut short before, and each delivery
// is answered when its line is in the file.
func TestFileChannel(t *testing.T) {
	for _, test := range []struct{ name, before, kept string }{
		{"a new file", "", ""},
		{"whole lines", "{1}\n{2}\n", "{1}\n{2}\n"},
		{"a line cut short", "{1}\n{2", "{1}\n"},
		{"nothing but a line cut short", strings.Repeat("x", 10000), ""},
		{"a long line cut short", "{1}\n" + strings.Repeat("x", 10000), "{1}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "out", "standard.ndjson")
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(test.before), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := openFileChannel(name, "/app")
			if err != nil {
				t.Fatal(err)
			}
			var wait sync.WaitGroup
			for i := range 100 {
				wait.Go(func() {
					event := store.Event{ID: fmt.Sprintf("id-%d", i), Type: "Made", Stream: "north/thing-1", Tenant: "north", Version: int64(i)}
					if err := c.Deliver(t.Context(), event); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rest, ok := strings.CutPrefix(string(text), test.kept)
			if !ok || strings.Count(rest, "\n") != 100 || !strings.HasSuffix(rest, "}\n") {
				t.Errorf("the file does not have the lines that were kept and 100 more: %.200s", text)
			}
			if err := c.Deliver(t.Context(), store.Event{}); err == nil {
				t.Error("a closed channel takes an event")
			}
		})
	}
}

// TestUnfit: what a schema takes and Go has no value for is refused in words about
// JSON, without what was sent.
func TestUnfit(t *testing.T) {
	var into struct {
		Size struct{ Width int8 }
	}
	for body, want := range map[string]string{
		`{"Size": {"Width": 1000}}`:   "/Size/Width: this number does not fit the int8 that the app keeps here",
		`{"Size": {"Width": "1000"}}`: "/Size/Width: this string does not fit the int8 that the app keeps here",
		`{`:                           ": unexpected end of JSON input",
	} {
		if got := unfit(json.Unmarshal([]byte(body), &into)); got.Pointer+": "+got.Message != want {
			t.Errorf("%s is refused with %s: %s, want %s", body, got.Pointer, got.Message, want)
		}
	}
}

func TestHints(t *testing.T) {
	if hintFor(fmt.Errorf("x: %w", os.ErrPermission)) == "" || hintFor(errors.New("x")) != "" {
		t.Error("there is a hint for what the system says, and for nothing else")
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 faults", 1: "1 fault", 2: "2 faults"} {
		if got := count(n, "fault"); got != want {
			t.Errorf("%d in words is %q, want %q", n, got, want)
		}
	}
}
