package protobuf

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
)

// countdown is a context that ends after it was asked a number of times.
type countdown struct {
	context.Context
	left, asked int
}

func (c *countdown) Err() error {
	if c.asked++; c.asked > c.left {
		return context.Canceled
	}
	return nil
}

// manyMessages is a file of messages whose fields have a type.
func manyMessages(count int, kind string) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\n")
	for i := range count {
		fmt.Fprintf(&b, "message M%d { %s total = 1; E e = 2; enum E { UNKNOWN = 0; } }\n", i, kind)
	}
	return b.String()
}

func TestCompareEndsWhereItIsInterrupted(t *testing.T) {
	const messages = 100
	e := newEngine(t, "")
	old, next := parseText(t, e, manyMessages(messages, "int32")), parseText(t, e, manyMessages(messages, "string"))
	whole := &countdown{Context: context.Background(), left: 1 << 30}
	if _, err := e.Compare(whole, old, next, compat.Full.Directions()); err != nil {
		t.Fatal(err)
	}
	if whole.asked < 3*messages {
		t.Errorf("Compare asked its context %d times for %d messages, want once for each message, field and change", whole.asked, messages)
	}
	for left := range whole.asked {
		ctx := &countdown{Context: context.Background(), left: left}
		c, err := e.Compare(ctx, old, next, compat.Full.Directions())
		if c != nil || !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted after %d of %d questions, Compare returns %v, %v", left, whole.asked, c, err)
		}
		// The loops around the one that notices, two deep here, and Compare itself.
		if more := ctx.asked - left; more > 8 {
			t.Fatalf("interrupted after %d questions, Compare asks %d times more", left, more)
		}
	}
}

// Where there are many changes all are listed, and the first come with a witness.
func TestWitnessesAreBounded(t *testing.T) {
	const messages = maxTrials + 50
	e := newEngine(t, "")
	c := mustCompare(t, e, parseText(t, e, manyMessages(messages, "int32")), parseText(t, e, manyMessages(messages, "string")))
	for _, d := range compat.Full.Directions() {
		breaks, witnesses := 0, 0
		for _, change := range c.Changes {
			if change.Effect(d).Breaks {
				breaks++
			}
			if change.Effect(d).Witness != nil {
				witnesses++
			}
		}
		if truth := c.Truth(d); breaks != messages || witnesses != maxTrials || truth.Verdict != compat.Breaking || truth.Proof != compat.ByWitness {
			t.Errorf("%s: %d breaks, %d witnesses, %s by %s", d, breaks, witnesses, truth.Verdict, truth.Proof)
		}
	}
}

// What a fix would make of a file is compiled to check the fix, and not kept.
func TestTextsOfFixesAreNotKept(t *testing.T) {
	e := newEngine(t, "")
	o := compat.Options{Level: compat.Full, Profile: compat.Profile{Name: "containment"}}
	old := parseText(t, e, "syntax = \"proto3\"; message A { string x = 1; int32 y = 2; }")
	next := parseText(t, e, "syntax = \"proto3\"; message A { bytes x = 1; string y = 2; }")
	r, err := compat.Check(context.Background(), e, o, []compat.Parsed{old}, next)
	if err != nil {
		t.Fatal(err)
	}
	r.Suggest(context.Background(), e, o)
	for _, b := range r.Breaks {
		if len(b.Fixes) == 0 {
			t.Errorf("%s has no fix", b.Change.Message)
		}
	}
	if len(e.cache.linked) != 2 {
		t.Errorf("%d compiled files are kept, want the two versions", len(e.cache.linked))
	}
}

// Each fix of a long file costs reading it again, so only the first breaks get one.
func TestFixesOfALongFileAreFew(t *testing.T) {
	e := newEngine(t, "")
	o := compat.Options{Level: compat.Backward, Profile: compat.Profile{Name: "containment"}}
	note := "//" + strings.Repeat("x", 1<<20) + "\n"
	r, err := compat.Check(context.Background(), e, o,
		[]compat.Parsed{parseText(t, e, note+manyMessages(20, "int32"))}, parseText(t, e, note+manyMessages(20, "string")))
	if err != nil {
		t.Fatal(err)
	}
	r.Suggest(context.Background(), e, o)
	fixed := 0
	for _, b := range r.Breaks {
		if len(b.Fixes) > 0 {
			fixed++
		}
	}
	if fixed == 0 || fixed == len(r.Breaks) {
		t.Errorf("%d of %d breaks have a fix, want some", fixed, len(r.Breaks))
	}
}

// Lists whose members moved are paired as those that stayed.
func TestLookup(t *testing.T) {
	e := newEngine(t, "FILE")
	const old = "syntax = \"proto3\"; message A { string x = 1; string y = 2; string z = 3; } message B {} enum E { U = 0; V = 1; W = 2; } enum F { G = 0; } " +
		"service S { rpc M(A) returns (B); rpc N(A) returns (B); } service T {}"
	const moved = "syntax = \"proto3\"; service T {} service S { rpc N(A) returns (B); rpc M(A) returns (B); } enum F { G = 0; } enum E { U = 0; W = 2; V = 1; } " +
		"message B {} message A { string z = 3; string x = 1; string y = 2; }"
	if c := mustCompare(t, e, parseText(t, e, old), parseText(t, e, moved)); len(c.Changes) > 0 {
		t.Errorf("changes: %+v", c.Changes)
	}
}

func TestSpansCover(t *testing.T) {
	all := joined([]span{{10, 20}, {1, 3}, {3, 5}, {12, 15}, {30, 31}})
	for _, test := range []struct {
		span
		want bool
	}{
		{span{1, 5}, true}, {span{2, 4}, true}, {span{4, 6}, false}, {span{0, 1}, false}, {span{10, 20}, true},
		{span{19, 21}, false}, {span{5, 10}, false}, {span{30, 31}, true}, {span{31, 32}, false}, {span{1, 31}, false},
	} {
		if got := all.cover(test.span); got != test.want {
			t.Errorf("%v covered: %t, want %t", test.span, got, test.want)
		}
	}
}
