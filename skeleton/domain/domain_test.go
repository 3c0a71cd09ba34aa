package domain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

type (
	tally   struct{ Marks int }
	marked  struct{ Marks int }
	renamed struct{ Marks int }
	mark    struct{ Marks int }
)

func (marked) EventType() string  { return "Marked" }
func (renamed) EventType() string { return "Renamed" }

func tallies(change func(*domain.Aggregate[tally])) domain.Aggregate[tally] {
	a := domain.Aggregate[tally]{
		Name: "Tally", Category: "tally", ID: "tallyId",
		Evolve: func(s tally, e domain.Event) tally {
			switch e := e.(type) {
			case marked:
				s.Marks += e.Marks
			case renamed:
				s.Marks += 100 * e.Marks
			}
			return s
		},
		Events: []domain.EventType{domain.Recorded[marked](), domain.Recorded[renamed]()},
		Commands: []domain.Command[tally]{domain.On("Mark", "Marks.", func(c mark, _ tally, _ time.Time) ([]domain.Event, error) {
			return []domain.Event{marked(c)}, nil
		})},
		Story: []string{"Mark"},
	}
	if change != nil {
		change(&a)
	}
	return a
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*domain.Aggregate[tally])
		want   []string
	}{
		{"nothing is wrong", nil, nil},
		{"letters of any script", func(a *domain.Aggregate[tally]) { a.Category = "zähler" }, nil},
		{"no name", func(a *domain.Aggregate[tally]) { a.Name = "" }, []string{"needs a Name"}},
		{"no id", func(a *domain.Aggregate[tally]) { a.ID = "" }, []string{"an ID"}},
		{"a category with a hyphen", func(a *domain.Aggregate[tally]) { a.Category = "tally-sheet" }, []string{`Category "tally-sheet"`}},
		{"a category in upper case", func(a *domain.Aggregate[tally]) { a.Category = "Tally" }, []string{`Category "Tally"`}},
		{"no category", func(a *domain.Aggregate[tally]) { a.Category = "" }, []string{`Category ""`}},
		{"no evolve, and an event twice", func(a *domain.Aggregate[tally]) {
			a.Evolve = nil
			a.Events = append(a.Events, domain.Recorded[marked]())
		}, []string{"no Evolve", `the name "Marked"`}},
		{"a command twice", func(a *domain.Aggregate[tally]) { a.Commands = append(a.Commands, a.Commands[0]) }, []string{`the name "Mark"`}},
		{"a story of a command that is not there", func(a *domain.Aggregate[tally]) { a.Story = []string{"Erase"} }, []string{`the command "Erase"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := tallies(test.change).Check()
			if len(test.want) == 0 && err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the fault is %v, want %q in it", err, want)
				}
			}
		})
	}
}

func TestFolding(t *testing.T) {
	list, err := gate.Decode([]byte(`[
		{"type": "Marked", "from": 1, "to": 2, "do": [{"rename": "n", "to": "Marks"}]},
		{"type": "Marked", "from": 2, "to": 3, "type_to": "Renamed", "do": []}]`))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := upcast.Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		upcasters *upcast.Chain
		event     store.Event
		want      int
		fault     string
	}{
		{"as it is", nil, store.Event{Type: "Marked", SchemaVersion: "1.0.0", Data: json.RawMessage(`{"Marks": 2}`)}, 2, ""},
		{"over two versions and to another type", chain, store.Event{Type: "Marked", SchemaVersion: "1.3.0", Data: json.RawMessage(`{"n": 2}`)}, 200, ""},
		{"over one", chain, store.Event{Type: "Marked", SchemaVersion: "2", Data: json.RawMessage(`{"Marks": 3}`)}, 300, ""},
		{"a type that nobody knows", nil, store.Event{Type: "Erased"}, 0, "does not know the type Erased"},
		{"data that are no such event", nil, store.Event{Type: "Marked", Data: json.RawMessage(`{"Marks": "two"}`)}, 0, "reading the data of Marked"},
		{"a version that is none", nil, store.Event{Type: "Marked", SchemaVersion: "new", Data: json.RawMessage(`{}`)}, 0, `schema version "new"`},
		{"data that cannot be upcast", chain, store.Event{Type: "Marked", SchemaVersion: "1", Data: json.RawMessage(`7`)}, 0, "no object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folding, err := tallies(nil).Folding(test.upcasters)
			if err != nil {
				t.Fatal(err)
			}
			got, err := folding.Fold(folding.New(), []store.Event{test.event})
			if test.fault == "" && (err != nil || got.Marks != test.want) {
				t.Errorf("it leads to %+v (%v), want %d", got, err, test.want)
			}
			if test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
				t.Errorf("the error is %v, want %q in it", err, test.fault)
			}
		})
	}
}

// TestReducer: what an app did before another upcaster was declared is told apart
// from what it does now, and what the same app did is not.
func TestReducer(t *testing.T) {
	of := func(upcasters string) string {
		t.Helper()
		list, err := gate.Decode([]byte(upcasters))
		if err != nil {
			t.Fatal(err)
		}
		chain, err := upcast.Parse(list)
		if err != nil {
			t.Fatal(err)
		}
		folding, err := tallies(nil).Folding(chain)
		if err != nil {
			t.Fatal(err)
		}
		return folding.Reducer
	}
	const one, other = `[{"type": "Marked", "from": 1, "to": 2, "do": [{"rename": "n", "to": "Marks"}]}]`, `[{"type": "Marked", "from": 1, "to": 2, "do": [{"rename": "m", "to": "Marks"}]}]`
	none, err := tallies(nil).Folding(nil)
	if err != nil {
		t.Fatal(err)
	}
	if again := of(one); none.Reducer == "" || none.Reducer != of(`[]`) || again != of(one) {
		t.Errorf("equal reducers have the names %q and %q, %q and %q", none.Reducer, of(`[]`), again, of(one))
	}
	if none.Reducer == of(one) || of(one) == of(other) {
		t.Errorf("the names %q, %q and %q are not three", none.Reducer, of(one), of(other))
	}
}

func TestCommand(t *testing.T) {
	a := tallies(nil)
	command, ok := a.Command("Mark")
	if !ok || !command.Takes(mark{}) || command.Takes(marked{}) {
		t.Fatalf("the command Mark takes something else than mark: %v", ok)
	}
	value, err := command.Decode([]byte(`{"Marks": 4}`))
	if err != nil || value != (mark{4}) {
		t.Errorf("the body is %v (%v), want mark{4}", value, err)
	}
	_, err = command.Decode([]byte(`{"Marks": "four"}`))
	if malformed, ok := errors.AsType[*domain.BodyError](err); !ok || malformed.Command != "Mark" {
		t.Errorf("the error is %v, want a *BodyError of Mark", err)
	}
	if _, ok := a.Command("Erase"); ok {
		t.Error("a command is found that is not there")
	}
}

func TestSum(t *testing.T) {
	items := []struct {
		price float64
		count int64
	}{{0.5, 2}, {1.25, 3}}
	if got := domain.Sum(items, func(i struct {
		price float64
		count int64
	}) int64 {
		return i.count
	}); got != 5 {
		t.Errorf("the sum is %d, want 5", got)
	}
	if got := domain.Sum(nil, func(string) float64 { return 1 }); got != 0 {
		t.Errorf("the sum of nothing is %v", got)
	}
}

func TestValue(t *testing.T) {
	if got := domain.Value(new(2.5)); got != 2.5 {
		t.Errorf("the value is %v, want 2.5", got)
	}
	if got := domain.Value[float64](nil); got != 0 {
		t.Errorf("the value of nothing is %v", got)
	}
}
