package cost

import (
	"fmt"
	"slices"
)

// Unpriced reports whether no type at all is in the total. There is no amount then,
// and nothing that a gate could judge: the total of 0 is nobody's.
func (o *Outcome) Unpriced() bool { return len(o.ledger.parts) == 0 }

// Comparable reports whether an outcome and the baseline have a type in common that
// both place: where they have none there is no saving, and no claim to be judged.
func (e *Estimate) Comparable(o *Outcome) bool {
	left := leftBy(e.Baseline().Left, o.Left)
	return slices.ContainsFunc(o.ledger.parts, func(p part) bool { return !left[e.Workload.Types[p.kind].Type] })
}

// unpriced reports whether a type would use what the book lacks on a path.
func (m *pricer) unpriced(path int) bool {
	for kind := range m.work.Types {
		if slices.ContainsFunc(m.quote(kind, path).Refused, func(r Refusal) bool { return r.Need == "price" }) {
			return true
		}
	}
	return false
}

// noAmount stands where there is no amount. It is not 0.
const noAmount = "-"

// partial marks a total that lacks types.
func partial(o *Outcome) string {
	if o.Complete() || o.Unpriced() {
		return o.TotalText()
	}
	return o.TotalText() + "*"
}

// TotalText is the total for people, a dash where no type is in it.
func (o *Outcome) TotalText() string {
	if o.Unpriced() {
		return noAmount
	}
	return o.Total.String()
}

func (o *Outcome) rangeText() string {
	if o.Unpriced() {
		return noAmount
	}
	return rangeText(o.Interval)
}

func (t TypeOutcome) costText() string {
	if len(t.Paths) == 0 {
		return noAmount
	}
	return t.Cost.String()
}

// TooLargeError says that an amount is larger than can be counted.
type TooLargeError struct {
	Strategy string
	Type     string // that costs most
}

// Error names the strategy and the type.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the strategy %s costs %s a month, which is too large to be counted, most of it for %s", e.Strategy, mostMoney, e.Type)
}

// dearest is the type that uses most, however much that is.
func (l *ledger) dearest() string {
	name, most := "", -1.0
	for i, part := range l.parts {
		sum := 0.0
		for _, use := range l.uses[i] {
			sum += use.Figure.dollars(use.Quantity)
		}
		if sum > most {
			name, most = l.m.work.Types[part.kind].Type, sum
		}
	}
	return name
}
