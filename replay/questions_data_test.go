package replay

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/event"
)

// TestDataIsRedacted: with a Redactor no value of a state is in what machines get
// or tables show, and every list is a list.
func TestDataIsRedacted(t *testing.T) {
	log := openLog(t, t.TempDir(), strings.ReplaceAll(shopLog, "Ada", "Secret"))
	r, s := compileReducer(t, shop), loadOne(t, strings.ReplaceAll(shopLog, "Ada", "Secret"))
	hide := Redactor(func(Path, any) any { return "hidden" })
	p, err := ParsePath(".customer")
	if err != nil {
		t.Fatal(err)
	}
	history, err := Blame(r, s, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	difference, err := DiffPoints(r, s, AtSequence(0), Point{})
	if err != nil {
		t.Fatal(err)
	}
	x := mustExpr(t, "state.customer.name == 'Secret'")
	bisection, err := Bisect(r, s, x, Options{})
	if err != nil {
		t.Fatal(err)
	}
	alternative, err := WhatIf(r, s, Overlay{Drops: []Point{AtSequence(1), AtSequence(2)}})
	if err != nil {
		t.Fatal(err)
	}
	minimum, err := Minimise(t.Context(), r, s, mustExpr(t, "state.customer.name != null"), MinimiseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	comparison, err := Compare(t.Context(), log, r, MergeReducer(nil), CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string][2]any{
		"blame":    {history.Data(hide), history.Table(hide)},
		"diff":     {difference.Data(hide), difference.Table(hide)},
		"bisect":   {bisection.Data(hide).Changes, bisection.Tables(hide)[0]}, // the expression is the user's own
		"whatif":   {alternative.Data(hide), alternative.Tables(hide)},
		"minimise": {minimum.Data(hide), minimum.Table(hide)},
		"compare":  {comparison.Data(hide), comparison.Tables(hide)},
	} {
		for _, form := range answer {
			text, err := json.Marshal(form)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "Secret") || !strings.Contains(string(text), "hidden") {
				t.Errorf("%s is not redacted: %s", name, text)
			}
		}
	}
	if text, err := json.Marshal(history.Data(nil)); err != nil || !strings.Contains(string(text), `"after":{"name":"Secret","vip":true}`) {
		t.Errorf("unredacted: %s, %v", text, err)
	}
}

// TestDataHasLists: an answer with nothing in it has empty lists, not null.
func TestDataHasLists(t *testing.T) {
	r, s := compileReducer(t, shop), loadOne(t, shopLog)
	log := openLog(t, t.TempDir(), shopLog)
	difference, err := DiffPoints(r, s, Point{}, Point{})
	if err != nil {
		t.Fatal(err)
	}
	alternative, err := WhatIf(r, s, Overlay{})
	if err != nil {
		t.Fatal(err)
	}
	comparison, err := Compare(t.Context(), log, r, r, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	verification, err := Verify(t.Context(), log, r, FoldOptions{At: AtTime(s.Events[0].Time.AddDate(-1, 0, 0))})
	if err != nil {
		t.Fatal(err)
	}
	advice, err := Snapshots(t.Context(), log, r, SnapshotOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lists := regexp.MustCompile(`"(changes|overlay|broken|broken_after|differing|causes|streams|intervals|lengths)":null`)
	if want := "root " + verification.Root + " over 0 streams and 0 events"; verification.Headline() != want {
		t.Errorf("headline %s, want %s", verification.Headline(), want)
	}
	for _, data := range []any{difference.Data(nil), alternative.Data(nil), comparison.Data(nil), verification.Data(), advice.Data()} {
		text, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		if null := lists.Find(text); null != nil {
			t.Errorf("%s in %s", null, text)
		}
	}
}

// TestRootOfAnyFormat: a batch and single records of the same events have one
// root, which an expectation accepts with and without its prefix.
func TestRootOfAnyFormat(t *testing.T) {
	r := compileReducer(t, shop)
	lines := strings.Split(strings.TrimSpace(shopLog), "\n")
	var root string
	for i, text := range []string{shopLog, "[" + strings.Join(lines, ",\n") + "]", strings.ReplaceAll(shopLog, "\n", "\r\n")} {
		v, err := Verify(t.Context(), openLog(t, t.TempDir(), text), r, FoldOptions{Workers: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		if root == "" {
			root = v.Root
		}
		expected, err := ParseRoot(strings.TrimPrefix(strings.ToUpper(root), "SHA256:"))
		if err != nil {
			t.Fatal(err)
		}
		if findings := v.Expect(expected); findings != nil {
			t.Errorf("text %d: %s", i, findings[0].Message)
		}
	}
}

// TestStandardInputIsReadOnce: what reads a log twice refuses standard input.
func TestStandardInputIsReadOnce(t *testing.T) {
	log, err := event.Open(t.Context(), []string{"-"}, event.Options{Stdin: strings.NewReader(shopLog)})
	if err != nil {
		t.Fatal(err)
	}
	r := compileReducer(t, shop)
	for name, ask := range map[string]func(context.Context) error{
		"comparing reducers":  func(ctx context.Context) error { _, err := Compare(ctx, log, r, r, CompareOptions{}); return err },
		"measuring snapshots": func(ctx context.Context) error { _, err := Snapshots(ctx, log, r, SnapshotOptions{}); return err },
	} {
		if err := ask(t.Context()); err == nil || err.Error() != name+": standard input can be read only once: write it to a file" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCompareWithinBounds: streams for which there is no memory, or which are more
// than are traced, are still found and counted.
func TestCompareWithinBounds(t *testing.T) {
	d := strings.ReplaceAll(shopLog, "order-1", "order-2")
	log := openLog(t, t.TempDir(), shopLog+d)
	for _, o := range []CompareOptions{{Trace: 1}, {Fold: FoldOptions{Most: 1}}} {
		c, err := Compare(t.Context(), log, compileReducer(t, shop), compileReducer(t, strings.ReplaceAll(shop, "* 1.1", "* 2")), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Differing) != 2 || c.Differing[0].Cause != "Surcharged" || c.Differing[1].Cause != CauseUntraced || len(c.Findings()) != 2 {
			t.Errorf("%+v", c.Differing)
		}
	}
}

// TestReducersOfOneName are told apart by version, else by hash.
func TestReducersOfOneName(t *testing.T) {
	a := compileReducer(t, shop)
	for config, want := range map[string]string{
		shop: "order order",
		strings.Replace(shop, "version: 2", "version: 3", 1): "order version 2 order version 3",
		strings.Replace(shop, "total: 0", "total: 1", 1):     "order " + a.Hash()[:8] + " order ",
	} {
		old, new := (&Comparison{Old: a, New: compileReducer(t, config)}).labels()
		if got := old + " " + new; !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestBlameOfTheMerge: a rule that writes the whole state is named too.
func TestBlameOfTheMerge(t *testing.T) {
	h, err := Blame(MergeReducer(nil), loadOne(t, shopLog), Path{{Key: "amount", Index: -1}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range h.Writes {
		got = append(got, nameOf(w.Event)+" "+strings.Join(w.Rules, ","))
	}
	if text := strings.Join(got, "; "); text != "6 merge; 5 merge; 2 merge; 1 merge" {
		t.Error(text)
	}
}
