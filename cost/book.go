package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// Book is a dated list of prices, limits and latencies. A Book does not change.
type Book struct {
	figures   map[string]map[string]*Figure // by region, then name
	limits    map[string]float64
	latencies map[string]Latency
}

// Figure is one price and where it comes from.
type Figure struct {
	Name   string // service/item: kinesis.provisioned/shard_hour
	Region string
	Unit   string // what one of it is: shard-hour
	// Price is the price of the first unit in dollars, as the book has it.
	Price string
	// Tiers are the prices by monthly quantity. There is one at least.
	Tiers []Tier

	// Chunk is the number of bytes that each thing billed is rounded up to, per
	// Per: record, request, event or item. It is 0 where nothing is rounded.
	Chunk    int
	Per      string
	Minimum  int     // bytes that the smallest request counts as
	Overhead int     // bytes that are billed beside the payload
	Batch    Batch   // how much one request may carry
	Floor    float64 // MiB a second that an account pays for at least
	Decimal  bool    // a GB is 10^9 bytes, and not 2^30

	// Free is the quantity that an account does not pay for in a month. Figures of
	// one FreePool share it.
	Free     float64
	FreePool string

	Confidence string // A: the provider's price feed, B: its page, C: second hand, D: unverified
	Sources    []string
	Date       time.Time // on which the price was seen; zero when its sources bear no date
	Note       string

	// missing says that the book lacks the figure. Who would use it is refused: it
	// never counts as 0.
	missing *MissingPriceError
}

// Tier is a price that holds up to a monthly quantity.
type Tier struct {
	To    float64 // +Inf in the last tier
	Price string  // dollars a unit
	pico  float64 // the price in 10^-12 dollars: a whole number
}

// Batch is how much one request may carry, 0 where the book has no bound.
type Batch struct{ Messages, Bytes int }

// Latency is how long events take from producer to consumer.
type Latency struct {
	P50, P99   time.Duration
	Confidence string
	Sources    []string
	Date       time.Time
	Note       string
}

// Known reports whether the book has a figure for it.
func (l Latency) Known() bool { return l.P99 > 0 }

// MissingPriceError says that the book has no price for a figure in a region. A
// path refuses the types that would use the figure; it never counts as 0.
type MissingPriceError struct{ Region, Figure string }

// Error names figure and region.
func (e *MissingPriceError) Error() string {
	return fmt.Sprintf("the price book has no price for %s in %s; add it with --prices", e.Figure, e.Region)
}

// UnknownRegionError says that the book has no prices for a region.
type UnknownRegionError struct {
	Region string
	Known  []string
}

// Error names the regions that there are.
func (e *UnknownRegionError) Error() string {
	text := fmt.Sprintf("the price book has no region %q; it has %s", e.Region, strings.Join(e.Known, ", "))
	if near := report.Nearest(e.Region, e.Known); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	}
	return text
}

// Figure is the price of a service's item, such as kinesis.provisioned/shard_hour,
// in a region. The error is a *MissingPriceError.
func (b *Book) Figure(region, name string) (*Figure, error) {
	if f, ok := b.figures[region][name]; ok {
		return f, nil
	}
	return nil, &MissingPriceError{Region: region, Figure: name}
}

// Figures lists the book by region and name.
func (b *Book) Figures() []*Figure {
	var list []*Figure
	for _, region := range b.Regions() {
		for _, name := range slices.Sorted(maps.Keys(b.figures[region])) {
			list = append(list, b.figures[region][name])
		}
	}
	return list
}

// Regions lists the regions that the book has prices for. A provider with one
// price list for the world is a region of its own.
func (b *Book) Regions() []string { return slices.Sorted(maps.Keys(b.figures)) }

// Limit is what a service can carry, such as kinesis.shard/in_bytes_s. It is
// false when the book does not have it.
func (b *Book) Limit(name string) (float64, bool) {
	limit, ok := b.limits[name]
	return limit, ok
}

// Latency is the end-to-end latency of a service, such as kinesis.polled. It is
// not Known when the book does not have it.
func (b *Book) Latency(name string) Latency { return b.latencies[name] }

// Over is the book with the figures, limits and latencies of b in place of those
// of base that they name.
func (b *Book) Over(base *Book) *Book {
	over := &Book{figures: map[string]map[string]*Figure{}, limits: maps.Clone(base.limits), latencies: maps.Clone(base.latencies)}
	for _, book := range []*Book{base, b} {
		for region, figures := range book.figures {
			if over.figures[region] == nil {
				over.figures[region] = map[string]*Figure{}
			}
			maps.Copy(over.figures[region], figures)
		}
	}
	maps.Copy(over.limits, b.limits)
	maps.Copy(over.latencies, b.latencies)
	return over
}

// Cost is what a month's quantity costs: every tier at its own price, after the
// free allowance where free is true. Allowances that figures share are Bill's.
func (f *Figure) Cost(quantity float64, free bool) Money {
	if free {
		quantity = max(0, quantity-f.Free)
	}
	return Dollars(f.dollars(quantity))
}

// dollars is what a month's quantity costs, however much that is.
func (f *Figure) dollars(quantity float64) float64 {
	var pico, from float64
	for _, tier := range f.Tiers {
		if quantity <= from {
			break
		}
		// The conversion keeps the product from being fused with the sum, so that
		// every machine computes the same amount.
		pico += float64((min(quantity, tier.To) - from) * tier.pico)
		from = tier.To
	}
	return pico / picoDollars
}

const picoDollars = 1e12

// FromBytes counts bytes in the figure's unit.
func (f *Figure) FromBytes(bytes float64) float64 {
	switch {
	case strings.HasPrefix(f.Unit, "TiB"):
		return bytes / (1 << 40)
	case f.Decimal:
		return bytes / 1e9
	}
	return bytes / (1 << 30)
}

// A Charge is a month's amount of one figure.
type Charge struct {
	Figure   *Figure
	Quantity float64
	Free     float64 // of the quantity, what the free allowance covers
	Cost     Money
}

// Bill adds up uses by figure, in the order in which figures first occur, and
// prices the sums: tiers and free allowances are the account's and not those of
// one type. With free false, allowances are passed over.
func Bill(uses []Use, free bool) []Charge {
	var charges []Charge
	place := map[*Figure]int{}
	for _, use := range uses {
		i, ok := place[use.Figure]
		if !ok {
			i = len(charges)
			place[use.Figure] = i
			charges = append(charges, Charge{Figure: use.Figure})
		}
		charges[i].Quantity += use.Quantity
	}
	spent := map[string]float64{}
	for i := range charges {
		c := &charges[i]
		if free {
			c.Free = min(c.Quantity, max(0, c.Figure.Free-spent[c.Figure.pool()]))
			spent[c.Figure.pool()] += c.Free
		}
		c.Cost = c.Figure.Cost(c.Quantity-c.Free, false)
	}
	return charges
}

// pool names the allowance that the figure draws on.
func (f *Figure) pool() string {
	if f.FreePool != "" {
		return f.FreePool
	}
	return f.Region + " " + f.Name
}
