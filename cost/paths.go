package cost

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// Path is one way that events can travel from their producer to their consumers.
type Path struct {
	Name     string // as catalogs and flags write it: sns-sqs
	Title    string // for people: SNS to SQS
	Provider string // aws, gcp, azure or self-hosted
	Region   string // whose prices apply

	Ordering Ordering // the strongest that it keeps
	Latency  Latency  // without the time that batches are waited for
	MaxBytes int      // of one event

	// Capacity is what types share and rent in steps; nil where only use is paid.
	Capacity *Capacity
	// Floor is what an account is billed for at least of the figures in it.
	Floor []Use
	// Missing are prices that the book lacks. The path refuses the types that would
	// use them.
	Missing []*MissingPriceError

	needed  []*MissingPriceError // those of Missing that every type would use
	readers int                  // enhanced fan-out consumers that a stream can have; 0 where there are none
	quota   Load                 // what an account puts on the path a second at most; 0 is no bound

	assumptions Assumptions
	fanOut      Latency // where every consumer reads by enhanced fan-out
	batches     bool    // producers wait for batches to fill
	measure     func(*measured, *Quote)
}

// Capacity is a resource that the types of a path share: shards, throughput units
// or brokers.
type Capacity struct {
	Noun string // what one step is called: shard
	// What one step carries a second, 0 where nothing bounds it.
	BytesIn, RecordsIn, BytesOut, RecordsOut float64

	Step   []Use // what one step costs a month
	FanOut []Use // what each enhanced fan-out consumer adds to a step
	Base   []Use // what a stream or cluster costs a month, whatever it carries

	Min, Max int     // steps; Max 0: no bound
	headroom float64 // share of the peak that is added to it
}

// Bounds are the limits of a step in the order of Load.Vector; 0 is none.
func (c *Capacity) Bounds() [4]float64 {
	return [4]float64{c.BytesIn, c.RecordsIn, c.BytesOut, c.RecordsOut}
}

// Vector is the load in the order of Capacity.Bounds.
func (l Load) Vector() [4]float64 {
	return [4]float64{l.BytesIn, l.RecordsIn, l.BytesOut, l.RecordsOut}
}

// Steps is how many steps carry a load, headroom included. It is 0 where capacity
// is not rented in steps. It may exceed Max: the path cannot carry the load then.
func (c *Capacity) Steps(l Load) int {
	if len(c.Step) == 0 {
		return 0
	}
	steps := float64(max(1, c.Min))
	for i, bound := range c.Bounds() {
		if bound > 0 {
			// What floating point adds to a load that fits exactly rents no step.
			steps = max(steps, math.Ceil(l.Vector()[i]/bound*(1+c.headroom)-1e-9))
		}
	}
	return int(min(steps, math.MaxInt32))
}

// Rent is what a stream or cluster of so many steps costs a month, with so many
// enhanced fan-out consumers.
func (c *Capacity) Rent(steps, fanOut int) []Use { return c.rents(1, steps, steps*fanOut) }

// rents is what several streams or clusters cost a month together, with so many
// steps, and enhanced fan-out consumers counted once for each step that they read.
func (c *Capacity) rents(streams, steps, readers int) []Use {
	var rent []Use
	add := func(uses []Use, times int) {
		for _, use := range uses {
			use.Quantity *= float64(times)
			rent = append(rent, use)
		}
	}
	add(c.Base, streams)
	add(c.Step, steps)
	if readers > 0 {
		add(c.FanOut, readers)
	}
	return rent
}

// builders lists all paths in the order in which they are shown.
var builders = []func(*shelf) *Path{
	kinesisProvisioned, kinesisOnDemand, kinesisAdvantage,
	snsSQS, snsSQSFIFO, sqsStandard, sqsFIFO, eventBridgeSQS,
	pubSub, eventHubsBasic, eventHubsStandard, eventHubsPremium, msk, selfHostedKafka,
}

// Paths are all ways that the book knows, under the assumptions. The error is an
// *UnknownRegionError.
func Paths(book *Book, a Assumptions) ([]*Path, error) {
	if regions := book.awsRegions(); !slices.Contains(regions, a.Region) {
		return nil, &UnknownRegionError{Region: a.Region, Known: regions}
	}
	paths := make([]*Path, len(builders))
	for i, build := range builders {
		s := &shelf{book: book, region: a.Region, a: a}
		p := build(s)
		p.Region, p.Missing, p.assumptions = s.region, s.missing, a
		if p.Capacity != nil {
			p.Capacity.headroom = a.Headroom
		}
		p.needed = s.needed
		for _, uses := range p.always() {
			p.needed = missingOf(p.needed, uses)
		}
		paths[i] = p
	}
	return paths, nil
}

// always is what the path bills whichever types are on it.
func (p *Path) always() [][]Use {
	always := [][]Use{p.Floor}
	if p.Capacity != nil {
		always = append(always, p.Capacity.Base, p.Capacity.Step)
	}
	return always
}

// missingOf adds to a list what the book lacks of the figures that are used, each
// once.
func missingOf(list []*MissingPriceError, uses []Use) []*MissingPriceError {
	for _, use := range uses {
		if missing := use.Figure.missing; missing != nil && !slices.Contains(list, missing) {
			list = append(list, missing)
		}
	}
	return list
}

// awsRegions are the regions that --region can name: other providers have one
// price list each.
func (b *Book) awsRegions() []string {
	return slices.DeleteFunc(b.Regions(), func(region string) bool {
		return strings.HasPrefix(region, "gcp-") || strings.HasPrefix(region, "azure-")
	})
}

// aliases are names of paths that people write beside Path.Name.
var aliases = map[string]string{
	"sns":         "sns-sqs",
	"sns-fifo":    "sns-sqs-fifo",
	"eventbridge": "eventbridge-sqs",
	"pub-sub":     "pubsub",
	"event-hubs":  "event-hubs-standard",
	"eventhubs":   "event-hubs-standard",
	"aws-msk":     "msk",
}

var spelling = strings.NewReplacer("->", "-", "→", "-", "+", "-", "_", "-", "/", "-", " ", "")

// FindPath returns the path that a declared name means: kinesis, SNS->SQS,
// event-hubs. The name kinesis alone is the mode that the assumptions say,
// on-demand by default: it is what those get who name no capacity.
func FindPath(paths []*Path, declared string) (*Path, error) {
	name := spelling.Replace(strings.ToLower(strings.TrimSpace(declared)))
	if to, ok := aliases[name]; ok {
		name = to
	}
	names := []string{"kinesis"}
	for _, p := range paths {
		if p.Name == name || name == "kinesis" && p.Name == "kinesis-"+p.assumptions.Kinesis {
			return p, nil
		}
		names = append(names, p.Name)
	}
	message := fmt.Sprintf("no path is called %q", declared)
	if near := report.Nearest(name, names); near != "" {
		return nil, fmt.Errorf("%s; did you mean %s?", message, near)
	}
	return nil, fmt.Errorf("%s; the paths are %s", message, strings.Join(names[1:], ", "))
}

// Quote says what a type would use on the path, and why the path refuses it. What
// a refusing path would use is quoted all the same, unless a price is missing.
func (p *Path) Quote(t *Traffic) Quote {
	if len(p.needed) > 0 {
		return unpriced(p.needed)
	}
	m := p.measurements(t)
	q := Quote{Fill: m.fill}
	p.measure(m, &q)
	missing := missingOf(nil, q.Uses)
	if p.Capacity != nil && m.count(FanOut) > 0 {
		missing = missingOf(missing, p.Capacity.FanOut)
	}
	if len(missing) > 0 {
		return unpriced(missing)
	}
	if m.latency.Known() {
		q.Latency = m.latency.P99
		if q.Fill > 1 {
			q.Latency += m.window
		}
	}
	p.check(m, &q)
	return q
}

// unpriced is the quote of a type that would use what the book has no price for.
func unpriced(missing []*MissingPriceError) Quote {
	q := Quote{Fill: 1}
	for _, m := range missing {
		q.refuse("price", "%s", m.Error())
	}
	return q
}

// latencyTo is the latency to a set of consumers.
func (p *Path) latencyTo(consumers []Consumer) Latency {
	slow := slices.ContainsFunc(consumers, func(c Consumer) bool { return c.Kind != FanOut })
	if slow || !p.fanOut.Known() {
		return p.Latency
	}
	return p.fanOut
}

func (q *Quote) use(f *Figure, quantity float64, format string, args ...any) {
	use := Use{Figure: f, Quantity: quantity}
	if !q.silent {
		use.Note = fmt.Sprintf(format, args...)
	}
	q.Uses = append(q.Uses, use)
}

func (q *Quote) refuse(need, format string, args ...any) {
	q.Refused = append(q.Refused, Refusal{Need: need, Text: fmt.Sprintf(format, args...)})
}

// check adds the refusals that are alike on all paths.
func (p *Path) check(m *measured, q *Quote) {
	t := m.traffic
	if t.Ordering == PerKey && p.Ordering == Unordered {
		q.refuse("ordering", "%s keeps no order, and %s needs that of its keys", p.Title, t.Type)
	}
	if p.MaxBytes > 0 && m.largest > p.MaxBytes {
		q.refuse("size", "%s takes events of at most %d bytes, and %s has one of %d", p.Title, p.MaxBytes, t.Type, m.largest)
	}
	if t.MaxLatency > 0 {
		switch {
		case !m.latency.Known():
			q.refuse("latency-unknown", "the latency of %s is unknown, and %s asks for %s; --prices can state its latency", p.Title, t.Type, t.MaxLatency)
		case q.Latency > t.MaxLatency:
			q.refuse("latency", "%s takes %s at the 99th percentile, and %s asks for %s", p.Title, q.Latency.Round(time.Millisecond), t.Type, t.MaxLatency)
		}
	}
	if c := p.Capacity; c != nil && c.Max > 0 && c.Steps(q.Load) > c.Max {
		q.refuse("quota", "%s alone needs %s, and %s has at most %d", t.Type, report.Count(c.Steps(q.Load), c.Noun), p.Title, c.Max)
	}
}

// amount is a large number for people: 2,628,000.
func amount(x float64) string {
	text := strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
