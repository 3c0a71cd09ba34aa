package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

type account struct {
	Balance int            `json:"balance"`
	Parts   map[string]int `json:"parts,omitempty"`
	Last    []string       `json:"last"`
}

var accounts = audit.Fold[account]{
	New: func() account { return account{Parts: map[string]int{}, Last: []string{}} },
	Apply: func(a account, e store.Event) (account, error) {
		var data struct {
			Amount int
			Part   string
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return a, err
		}
		if e.Type == "Broken" {
			return a, errors.New("the account is closed")
		}
		a.Balance += data.Amount
		if data.Part != "" {
			a.Parts[data.Part] += data.Amount
		}
		if e.Type == "Cleared" {
			a.Parts = map[string]int{}
		}
		a.Last = []string{e.ID}
		return a, nil
	},
}

func post(t testing.TB, events store.Store, kind string, amount int, part string) store.Event {
	t.Helper()
	id := fmt.Sprint("e", len(all(t, events))+1)
	return add(t, events, "s", store.Event{ID: id, Type: kind, CausationID: "by " + id, Data: json.RawMessage(fmt.Sprintf(`{"amount":%d,"part":%q}`, amount, part))})
}

func TestAt(t *testing.T) {
	events := newEvents()
	var stored []store.Event
	for i := range 6 {
		stored = append(stored, post(t, events, "Posted", i, ""))
	}
	balance := 0
	for i, e := range stored {
		balance += i
		for _, until := range []audit.Until{{Version: e.Version}, {Time: e.Recorded}, {Time: e.Recorded.Add(999)}} {
			got, err := audit.At(t.Context(), events, accounts, "s", until)
			if err != nil {
				t.Fatal(err)
			}
			want := audit.Point[account]{
				State:   account{Balance: balance, Parts: map[string]int{}, Last: []string{e.ID}},
				Version: e.Version, Position: e.Position, Recorded: e.Recorded, Hash: e.Hash,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("until %+v (-want +got):\n%s", until, diff)
			}
		}
	}
	nothing, err := audit.At(t.Context(), events, accounts, "s", audit.Until{Time: stored[0].Recorded.Add(-1)})
	if err != nil || nothing.Version != 0 || nothing.State.Balance != 0 {
		t.Errorf("before all: %+v, %v", nothing, err)
	}
	post(t, events, "Broken", 0, "")
	_, err = audit.At(t.Context(), events, accounts, "s", audit.Until{})
	if want := `folding stream "s": version 7, Broken: the account is closed`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestWrites(t *testing.T) {
	events := newEvents()
	post(t, events, "Posted", 5, "a")
	post(t, events, "Posted", 0, "a")
	post(t, events, "Posted", 7, "b/c")
	post(t, events, "Cleared", 1, "")
	post(t, events, "Posted", -1, "a")
	for _, test := range []struct {
		pointer string
		until   audit.Until
		want    []string
	}{
		{"/balance", audit.Until{}, []string{"e5: 13 -> 12", "e4: 12 -> 13", "e3: 5 -> 12", "e1: 0 -> 5"}},
		{"/balance", audit.Until{Version: 2}, []string{"e1: 0 -> 5"}},
		{"/parts/a", audit.Until{}, []string{"e5:  -> -1", "e4: 5 -> ", "e1:  -> 5"}},
		{"/parts/b~1c", audit.Until{}, []string{"e4: 7 -> ", "e3:  -> 7"}},
		{"/last/0", audit.Until{Version: 2}, []string{`e2: "e1" -> "e2"`, `e1:  -> "e1"`}},
		{"/nothing/here", audit.Until{}, nil},
	} {
		writes, err := audit.Writes(t.Context(), events, accounts, "s", test.pointer, test.until)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range writes {
			got = append(got, fmt.Sprintf("%s: %s -> %s", w.ID, w.Before, w.After))
			if w.CausationID != "by "+w.ID {
				t.Errorf("the cause of %s is %q", w.ID, w.CausationID)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s until %+v (-want +got):\n%s", test.pointer, test.until, diff)
		}
	}
	if _, err := audit.Writes(t.Context(), events, accounts, "s", "balance", audit.Until{}); err == nil {
		t.Error("a pointer without a slash is taken")
	}
	post(t, events, "Broken", 0, "")
	if _, err := audit.Writes(t.Context(), events, accounts, "s", "", audit.Until{}); err == nil || !strings.Contains(err.Error(), "the account is closed") {
		t.Errorf("got error %v", err)
	}
}

// The writes of a value are a chain from the first state to the last.
func TestWritesAreAChain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := newEvents()
		for range rapid.IntRange(1, 15).Draw(rt, "events") {
			post(t, events, rapid.SampledFrom([]string{"Posted", "Cleared"}).Draw(rt, "type"), rapid.IntRange(-1, 1).Draw(rt, "amount"), rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "part"))
		}
		pointer := rapid.SampledFrom([]string{"", "/balance", "/parts", "/parts/a", "/last"}).Draw(rt, "pointer")
		writes, err := audit.Writes(t.Context(), events, accounts, "s", pointer, audit.Until{})
		if err != nil {
			rt.Fatal(err)
		}
		for i, w := range writes {
			if string(w.Before) == string(w.After) {
				rt.Fatalf("%s changed nothing", w.ID)
			}
			if i > 0 && string(writes[i-1].Before) != string(w.After) {
				rt.Fatalf("%s leaves %s, %s finds %s", w.ID, w.After, writes[i-1].ID, writes[i-1].Before)
			}
		}
	})
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		before, after string
		want          []string
	}{
		{`{"a":1}`, `{"a":1}`, nil},
		{`{"a":1,"b":2}`, `{"c":3,"b":4}`, []string{"/a: 1 -> ", "/b: 2 -> 4", "/c:  -> 3"}},
		{`{"l":[1,2,3]}`, `{"l":[1,5]}`, []string{"/l/1: 2 -> 5", "/l/2: 3 -> "}},
		{`{"x":{"y":[{"z":null}]}}`, `{"x":{"y":[{"z":{}}]}}`, []string{"/x/y/0/z: null -> {}"}},
		{`{"a":[1]}`, `{"a":{"0":1}}`, []string{`/a: [1] -> {"0":1}`}},
		{`{"a":null}`, `{}`, []string{"/a: null -> "}},
		{`1`, `12345678901234567890.10`, []string{": 1 -> 12345678901234567890.10"}},
		{`{"a/b~":1}`, `{"a/b~":2}`, []string{"/a~1b~0: 1 -> 2"}},
	} {
		changes, err := audit.Compare(json.RawMessage(test.before), json.RawMessage(test.after))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changes {
			got = append(got, fmt.Sprintf("%s: %s -> %s", c.Pointer, c.Before, c.After))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s and %s (-want +got):\n%s", test.before, test.after, diff)
		}
	}
	if _, err := audit.Compare(account{}, func() {}); err == nil {
		t.Error("a state that is no JSON is compared")
	}
}

func TestParsePointer(t *testing.T) {
	for text, want := range map[string]audit.Pointer{
		"": nil, "/": {""}, "/a/0/b": {"a", "0", "b"}, "/a~1b/~0c/~01": {"a/b", "~c", "~1"}, "//": {"", ""},
	} {
		got, err := audit.ParsePointer(text)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"a", "/~", "/~2", "/a~", strings.Repeat("/a", 600)} {
		if got, err := audit.ParsePointer(text); err == nil {
			t.Errorf("%.20q is %.20q", text, got)
		}
	}
}

func FuzzParsePointer(f *testing.F) {
	f.Add("/a~1b/~0c/0")
	f.Add("//")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := audit.ParsePointer(text); err == nil && p.String() != text {
			t.Errorf("%q comes back as %q", text, p.String())
		}
	})
}
