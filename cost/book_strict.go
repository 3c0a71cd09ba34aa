package cost

import (
	"fmt"
	"time"
)

// A WeakFigureError says why a price should not be relied on.
type WeakFigureError struct {
	Figure *Figure
	Why    string
}

// Error names the figure.
func (e *WeakFigureError) Error() string {
	return fmt.Sprintf("the price of %s in %s is weak: %s; check it with the provider and state it with --prices", e.Figure.Name, e.Figure.Region, e.Why)
}

// Age is how old the price is. It is false when no source bears a date.
func (f *Figure) Age(asOf time.Time) (time.Duration, bool) {
	if f.Date.IsZero() {
		return 0, false
	}
	return asOf.Sub(f.Date), true
}

// Weak says why the figure should not be relied on, or nil: it is unverified, it
// bears no date, or it is older than maxAge. A maxAge of 0 lets every age pass.
func (f *Figure) Weak(asOf time.Time, maxAge time.Duration) error {
	age, dated := f.Age(asOf)
	switch {
	case f.Confidence == "D":
		return &WeakFigureError{f, "it is unverified (confidence D)"}
	case maxAge > 0 && !dated:
		return &WeakFigureError{f, "no source of it bears a date"}
	case maxAge > 0 && age > maxAge:
		return &WeakFigureError{f, fmt.Sprintf("it was seen on %s, more than %d days ago", f.Date.Format(time.DateOnly), int(maxAge.Hours()/24))}
	}
	return nil
}

// Strict lists, once each, the figures behind uses that should not be relied on.
func Strict(uses []Use, asOf time.Time, maxAge time.Duration) []error {
	var weak []error
	for _, charge := range Bill(uses, false) {
		if err := charge.Figure.Weak(asOf, maxAge); err != nil {
			weak = append(weak, err)
		}
	}
	return weak
}
