package avro

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
)

// crowd is a union of n records, each of which refers to itself and to all
// before it.
func crowd(n int, changed string) string {
	records := make([]string, n)
	names := `"null"`
	for i := range n {
		names += fmt.Sprintf(`, "R%d"`, i)
		records[i] = fmt.Sprintf(`{"type": "record", "name": "R%d", "fields": [{"name": "next", "type": [%s]}, {"name": "a", "type": %q}]}`, i, names, changed)
	}
	return "[" + strings.Join(records, ",\n") + "]"
}

// crowds are two versions of a crowd of which every record has changed.
func crowds(t testing.TB, n int) (old, next *parsed) {
	e := newEngine(t)
	return parseText(t, e, crowd(n, "int")).(*parsed), parseText(t, e, crowd(n, "boolean")).(*parsed)
}

// ending is a context that is cancelled after some looks at it.
type ending struct {
	context.Context
	looks, left int
}

func (e *ending) Err() error {
	if e.looks++; e.looks > e.left {
		return context.Canceled
	}
	return nil
}

// leaving is how many steps an interrupted comparison of 60 records may take
// more: each loop that is given up may end the one around it only after the
// branches of a union, or the fields of a record.
const leaving = 3 * 60

// An interrupted comparison takes few steps more, and builds no further witness.
func TestCompareEndsWithItsContext(t *testing.T) {
	old, next := crowds(t, 60)
	demanded := compat.Full.Directions()
	whole := &ending{Context: t.Context(), left: 1 << 30}
	if _, err := newEngine(t).Compare(whole, old, next, demanded); err != nil {
		t.Fatal(err)
	}
	for _, left := range []int{0, 1, 10, whole.looks / 2, whole.looks - 1} {
		ctx := &ending{Context: t.Context(), left: left}
		p := &progress{ctx: ctx}
		c, err := compare(p, old, next, demanded)
		if c != nil || !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled after %d looks: got %v, %v", left, c, err)
		}
		if most := (left+1)*stepsPerLook + leaving; p.steps > most {
			t.Errorf("cancelled after %d looks, it took %d steps, want at most %d", left, p.steps, most)
		}
		if ctx.looks != left+1 {
			t.Errorf("cancelled after %d looks, it looked %d times", left, ctx.looks)
		}
	}
}

// A resolver that finds nothing to object to has the longest way to go.
func TestResolverEndsWithItsContext(t *testing.T) {
	e := newEngine(t)
	old, next := parseText(t, e, crowd(60, "int")).(*parsed), parseText(t, e, crowd(60, "long")).(*parsed)
	p := &progress{ctx: &ending{Context: t.Context(), left: 1}}
	newResolver(p).resolves(old.root.node, next.root.node)
	if most := 2*stepsPerLook + leaving; p.err == nil || p.steps > most {
		t.Errorf("it took %d steps, want at most %d; it says %v", p.steps, most, p.err)
	}
}

// Compare itself hands its context on.
func TestCompareOfCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := newEngine(t)
	p := parseText(t, e, `"int"`)
	if _, err := e.Compare(ctx, p, p, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The steps grow as the text does, which is four times as long for twice the
// records.
func TestWorkGrowsWithTheText(t *testing.T) {
	steps := func(n int) int {
		old, next := crowds(t, n)
		p := &progress{ctx: t.Context()}
		if _, err := compare(p, old, next, nil); err != nil {
			t.Fatal(err)
		}
		return p.steps
	}
	if small, large := steps(20), steps(40); large > 5*small {
		t.Errorf("%d steps for 20 records, %d for 40", small, large)
	}
}
