// Package cost estimates what it costs to route events: from a price book, the
// traffic of a catalog or of a recorded log, and a model of every path that
// events can travel.
//
//	book, err := cost.DefaultBook()
//	work, err := cost.FromCatalog(c, cost.TrafficOptions{})
//	estimate, err := cost.Make(ctx, work, book, cost.Options{Strategy: cost.Compare})
//
// A month is 730 hours, as in the calculators of the providers. Prices are list
// prices in US dollars, without taxes, discounts and data transfer.
package cost

import "time"

// Hours and seconds of the month that everything is estimated for.
const (
	MonthHours   = 730
	MonthSeconds = MonthHours * 3600
)

// Ordering is what a consumer may rely on about the order of events.
type Ordering string

// Orderings, the weakest first.
const (
	Unordered Ordering = "none"
	PerKey    Ordering = "key" // events of one key come in their order
)

// ConsumerKind is how a consumer gets at events.
type ConsumerKind string

// Kinds of consumers. Where a path has no such kind, it delivers as it does.
const (
	Polling ConsumerKind = "poll" // asks for events, and asks in vain
	Lambda  ConsumerKind = "lambda"
	FanOut  ConsumerKind = "efo"  // an enhanced fan-out consumer of Kinesis
	Webhook ConsumerKind = "http" // is called over HTTP
)

// Consumer is one service that receives a type.
type Consumer struct {
	Name string
	Kind ConsumerKind
}

// Traffic is what one event type asks of the path that it travels.
type Traffic struct {
	Type   string
	Owners []string
	Domain string
	// Consumers receive every event of the type. Where the catalog names none,
	// there is one without a name.
	Consumers []Consumer

	Rate  float64 // events a second, the mean over a month
	Sizes []Size  // how large the events are; together all of them
	Peak  Peak

	Ordering    Ordering
	MaxLatency  time.Duration // from the producer to the consumer, 99th percentile; 0: any
	Criticality string        // as the catalog declares it: low, medium, high, critical
	Declared    string        // the path that the catalog declares, as it is written there
	// Recorded is the share of events by the path that was recorded with them, nil
	// where none was.
	Recorded map[string]float64
	// RecordedSizes is how large the events of each recorded path are, without those
	// paths whose events are taken to be as large as all.
	RecordedSizes map[string][]Size
	Basis         Basis
	// Grown is what was added to Sizes for a change of the schema.
	Grown Growth
}

// Size is a size of events and how many have it.
type Size struct {
	Bytes int     // as a broker bills the event, one CloudEvent in compact JSON
	Share float64 // of the type's events, 0 to 1
}

// Peak is the load that shared capacity is sized for.
type Peak struct {
	Records float64 // a second
	Bytes   float64 // a second
	// Assumed says where the peak comes from when no log shows it.
	Assumed string
}

// Basis is where the figures of a type come from.
type Basis string

// Bases.
const (
	DeclaredTraffic Basis = "declared" // the catalog's rate and size
	ObservedTraffic Basis = "observed" // a log
)

// A Use is a quantity of what the price book has a price for.
type Use struct {
	Figure   *Figure
	Quantity float64 // in the figure's unit, a month
	Note     string  // the arithmetic or the assumption behind the quantity
}

// A Load is what a type puts on a path of stepped capacity at its peak.
type Load struct {
	BytesIn, RecordsIn, BytesOut, RecordsOut float64 // a second
}

// A Quote is what a type would use on a path, or why the path refuses it.
type Quote struct {
	Uses    []Use         // what depends on the type's volume
	Load    Load          // what it asks of shared capacity; zero on paths without
	Latency time.Duration // 99th percentile, with the time that batches are waited for
	Fill    float64       // messages a batch
	Refused []Refusal     // why it cannot travel here; nil when it can

	silent bool // its uses need no notes
}

// A Refusal is one demand of a type that a path does not meet.
type Refusal struct {
	Need string // latency, latency-unknown, ordering, size, quota, retention or price
	Text string
}

// A Line is one amount of an estimate.
type Line struct {
	Type       string // "" where it is nobody's alone
	Owners     []string
	Domain     string
	Path       string
	Item       string // the figure's name
	Unit       string
	Quantity   float64 // a month
	Price      string  // of one unit in dollars, as the book has it
	Cost       Money   // a month
	Assumption string
}
