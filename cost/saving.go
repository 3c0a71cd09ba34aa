package cost

import "slices"

// Saving is the founding document's formula with its parts: what is saved is the
// share of the cost that moves to another path, times what that path is cheaper.
//
//	saving = moved × (1 − ratio) − stayed
type Saving struct {
	Saving Share
	// Moved is the share of the baseline's cost that moves. No price of the other
	// paths, not even nothing, can save more: it is the ceiling.
	Moved float64
	// Ratio is what the moved types cost on their new paths, as a share of what they
	// cost in the baseline.
	Ratio float64
	// Stayed is what all else costs more than before, as a share of the baseline:
	// capacity goes in steps, and who stays pays for what is left over.
	Stayed float64

	draws []float64 // the saving by draw of the volume
}

// Share is a ratio with the interval that covers Level of what may come.
type Share struct{ Point, Low, High float64 }

// Saving compares a strategy with the baseline, by the types that both place.
func (e *Estimate) Saving(o *Outcome) Saving {
	if o.saving == nil {
		base, other := e.alike(o)
		o.saving = saving(base, other)
	}
	return *o.saving
}

func saving(base, o *Outcome) *Saving {
	s := &Saving{draws: make([]float64, len(o.draws))}
	s.Saving.Point = saved(base.Total.Dollars(), o.Total.Dollars())
	for i := range s.draws {
		s.draws[i] = saved(base.draws[i], o.draws[i])
	}
	s.Saving.Low, s.Saving.High = Interval(s.draws, Level)

	var was, now Money
	for i := range o.Types {
		if !slices.Equal(o.Types[i].Paths, base.Types[i].Paths) {
			was += base.Types[i].Cost
			now += o.Types[i].Cost
		}
	}
	if was == 0 {
		now = 0 // nothing that cost anything moves, and there is no ratio
	}
	if base.Total > 0 {
		s.Moved = was.Dollars() / base.Total.Dollars()
		s.Stayed = ((o.Total - now) - (base.Total - was)).Dollars() / base.Total.Dollars()
	}
	if was > 0 {
		s.Ratio = now.Dollars() / was.Dollars()
	}
	return s
}

// alike is the baseline and an outcome with the types that both place. One that
// only the outcome leaves would count as if it cost nothing.
func (e *Estimate) alike(o *Outcome) (base, other *Outcome) {
	base = e.Baseline()
	left := leftBy(base.Left, o.Left)
	if len(left) == 0 {
		return base, o
	}
	return e.outcome(base.Strategy, e.pricer.without(base.ledger.parts, left)), e.outcome(o.Strategy, e.pricer.without(o.ledger.parts, left))
}

func leftBy(lists ...[]Left) map[string]bool {
	left := map[string]bool{}
	for _, l := range slices.Concat(lists...) {
		left[l.Type] = true
	}
	return left
}

// without is a plan that lacks some types.
func (m *pricer) without(parts []part, left map[string]bool) plan {
	return plan{parts: slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return left[m.work.Types[p.kind].Type] })}
}

func saved(base, other float64) float64 {
	if base <= 0 {
		return 0
	}
	return 1 - other/base
}

// A Claim is a saving that somebody promised, judged.
type Claim struct {
	Claimed  float64 // 0.73 is 73 %
	Strategy string
	Holds    bool // at the point
	Saving   Saving
	// Likely is the share of what may come in which it holds.
	Likely float64
	// Otherwise are the assumptions under which the verdict is the other one, and
	// Deciding the one that moves the saving most, whether or not it turns it.
	Otherwise []Sensitivity
	Deciding  *Sensitivity
}

// Claim judges a promised saving of a strategy over the baseline.
func (e *Estimate) Claim(claimed float64, o *Outcome, sensitivities []Sensitivity) Claim {
	c := Claim{Claimed: claimed, Strategy: o.Strategy, Saving: e.Saving(o)}
	c.Holds = c.Saving.Saving.Point >= claimed
	held := 0
	for _, draw := range c.Saving.draws {
		if draw >= claimed {
			held++
		}
	}
	if n := len(c.Saving.draws); n > 0 {
		c.Likely = float64(held) / float64(n)
	}
	for i, s := range sensitivities {
		if (s.Saving >= claimed) != c.Holds {
			c.Otherwise = append(c.Otherwise, s)
		}
		if moved := distance(s.Saving, c.Saving.Saving.Point); c.Deciding == nil || moved > distance(c.Deciding.Saving, c.Saving.Saving.Point) {
			c.Deciding = &sensitivities[i]
		}
	}
	return c
}

func distance(a, b float64) float64 { return max(a-b, b-a) }
