package cost

import (
	"cmp"
	_ "embed"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nexus-blueprint/nexus/document"
)

// BookSchema is the form of price files that is read.
const BookSchema = "nexus.prices/v1"

//go:embed prices.yaml
var embedded []byte

var defaultBook = sync.OnceValues(func() (*Book, error) {
	d, err := document.ParseLocated("prices.yaml", embedded)
	if err != nil {
		return nil, err
	}
	return (&bookReader{d: d}).book()
})

// DefaultBook is the price book that nexus carries.
func DefaultBook() (*Book, error) { return defaultBook() }

// ParseBook reads a price file in the form of the one that nexus carries. It may
// name as few figures as it likes: Over lays it on the default book. Every figure
// has to be one that a path knows, in the unit that the path counts in, and says
// where it comes from. The error is a *document.Error, which names file and line.
func ParseBook(d *document.Document) (*Book, error) {
	known, err := DefaultBook()
	if err != nil {
		return nil, err
	}
	return (&bookReader{d: d, known: known}).book()
}

// bookReader reads a price file. What known holds is all that the file may name;
// nil admits everything.
type bookReader struct {
	d     *document.Document
	known *Book
	dates map[string]time.Time // of the sources
	err   error
}

// latencyNames are the services whose latency a path asks for. The book that
// nexus carries lacks some of them.
var latencyNames = []string{
	"event_hubs", "eventbridge-sqs", "kafka", "kinesis.efo", "kinesis.polled",
	"pubsub", "sns-sqs", "sns-sqs-fifo", "sqs.fifo", "sqs.standard",
}

func (r *bookReader) book() (*Book, error) {
	top := r.object("", "schema", "currency", "month_hours", "sources", "regions", "limits", "latency_ms")
	r.expect("/schema", strconv.Quote(BookSchema))
	if top["currency"] != nil {
		r.expect("/currency", `"USD"`)
	}
	if top["month_hours"] != nil {
		r.expect("/month_hours", strconv.Itoa(MonthHours))
	}
	r.readSources()
	b := &Book{figures: map[string]map[string]*Figure{}, limits: map[string]float64{}, latencies: map[string]Latency{}}
	for region, at := range r.entries("/regions") {
		b.figures[region] = r.region(region, at)
	}
	for service, at := range r.entries("/limits") {
		r.readLimits(service, at, b.limits)
	}
	for name, at := range r.entries("/latency_ms") {
		if !slices.Contains(latencyNames, name) {
			r.fail(at, nearestHint(name, latencyNames), "no path asks for a latency %q", name)
		}
		b.latencies[name] = r.latency(at)
	}
	if r.err != nil {
		return nil, r.err
	}
	return b, nil
}

func (r *bookReader) readSources() {
	r.dates = map[string]time.Time{}
	for id, at := range r.entries("/sources") {
		object := r.object(at, "title", "date")
		r.required(at, object, "title")
		r.dates[id] = r.date(at, object)
	}
}

// region reads the services of a region and their items.
func (r *bookReader) region(region, pointer string) map[string]*Figure {
	figures := map[string]*Figure{}
	for service, at := range r.entries(pointer) {
		for item, place := range r.entries(at) {
			name := service + "/" + item
			if r.known != nil && r.known.anywhere(region, name) == nil {
				r.fail(place, nearestHint(name, r.known.names()), "no path uses a figure %q", name)
			}
			figures[name] = r.figure(region, name, place)
		}
	}
	return figures
}

func (r *bookReader) figure(region, name, pointer string) *Figure {
	object := r.object(pointer, "price", "tiers", "unit", "round", "batch", "floor", "overhead_bytes",
		"gb", "free_tier", "confidence", "sources", "date", "note")
	f := &Figure{Name: name, Region: region, Unit: r.required(pointer, object, "unit"), Note: r.text(pointer, object, "note")}
	f.Tiers = r.tiers(pointer, object)
	f.Price = f.Tiers[0].Price
	if object["round"] != nil {
		at := document.Join(pointer, "round")
		round := r.object(at, "per", "bytes", "min_bytes")
		f.Per = r.choice(at, round, "per", "record", "request", "event", "item")
		f.Chunk, f.Minimum = r.step(at, round, "bytes"), r.step(at, round, "min_bytes")
	}
	if object["batch"] != nil {
		at := document.Join(pointer, "batch")
		batch := r.object(at, "messages", "bytes")
		f.Batch = Batch{r.whole(at, batch, "messages"), r.whole(at, batch, "bytes")}
	}
	if object["floor"] != nil {
		at := document.Join(pointer, "floor")
		f.Floor = r.number(at, r.object(at, "mib_per_s"), "mib_per_s")
	}
	if object["free_tier"] != nil {
		at := document.Join(pointer, "free_tier")
		free := r.object(at, "monthly", "pool")
		f.Free, f.FreePool = r.number(at, free, "monthly"), r.text(at, free, "pool")
	}
	f.Overhead = r.whole(pointer, object, "overhead_bytes")
	if object["gb"] != nil {
		f.Decimal = r.choice(pointer, object, "gb", "binary", "decimal") == "decimal"
	}
	f.Confidence, f.Sources, f.Date = r.provenance(pointer, object)
	if model := r.known.anywhere(region, name); model != nil {
		if f.Unit != model.Unit {
			r.fail(document.Join(pointer, "unit"), "state the price of one "+model.Unit, "%s is counted by the %s, found %q", name, model.Unit, f.Unit)
		}
		if object["round"] != nil {
			r.expectRounding(document.Join(pointer, "round"), f, model)
		}
		f.countAs(model)
	}
	return f
}

// expectRounding refuses to round what the paths do not round, or by another thing
// than they do: it would be read and then play no part.
func (r *bookReader) expectRounding(pointer string, f, model *Figure) {
	switch {
	case model.Per == "":
		r.fail(pointer, "leave round out", "%s is not rounded", f.Name)
	case f.Per != model.Per:
		r.fail(document.Join(pointer, "per"), "write per: "+model.Per, "%s is rounded for each %s, found %q", f.Name, model.Per, f.Per)
	case f.Chunk > 0 && model.Chunk == 0:
		r.fail(document.Join(pointer, "bytes"), "leave bytes out", "%s is not rounded up to a number of bytes", f.Name)
	case f.Minimum > 0 && model.Minimum == 0:
		r.fail(document.Join(pointer, "min_bytes"), "leave min_bytes out", "%s has no smallest size", f.Name)
	}
}

// countAs lets a price file state a price alone: how a provider counts is a
// property of the figure, and not of the price that somebody pays.
func (f *Figure) countAs(model *Figure) {
	f.Per = cmp.Or(f.Per, model.Per)
	f.Chunk, f.Minimum = cmp.Or(f.Chunk, model.Chunk), cmp.Or(f.Minimum, model.Minimum)
	f.Batch.Messages, f.Batch.Bytes = cmp.Or(f.Batch.Messages, model.Batch.Messages), cmp.Or(f.Batch.Bytes, model.Batch.Bytes)
	f.Floor = cmp.Or(f.Floor, model.Floor)
	f.Overhead = cmp.Or(f.Overhead, model.Overhead)
	f.Free, f.FreePool = cmp.Or(f.Free, model.Free), cmp.Or(f.FreePool, model.FreePool)
	f.Decimal = f.Decimal || model.Decimal
}

// tiers reads price, or a list of tiers of which the last has no end.
func (r *bookReader) tiers(pointer string, object map[string]any) []Tier {
	if object["tiers"] == nil {
		return []Tier{r.tier(pointer, object, math.Inf(1))}
	}
	at := document.Join(pointer, "tiers")
	if object["price"] != nil {
		r.fail(at, "", "expected price or tiers, found both")
	}
	list, ok := object["tiers"].([]any)
	if !ok || len(list) == 0 {
		r.fail(at, "", "expected a list of tiers")
		return []Tier{{To: math.Inf(1)}}
	}
	var tiers []Tier
	from := 0.0
	for i := range list {
		place := document.Join(at, strconv.Itoa(i))
		tier := r.object(place, "to", "price")
		to := math.Inf(1)
		if i < len(list)-1 || tier["to"] != nil {
			to = r.number(place, tier, "to")
		}
		switch {
		case to <= from:
			r.fail(document.Join(place, "to"), "", "a tier ends at %v, and the one before it at %v", to, from)
		case i == len(list)-1 && !math.IsInf(to, 1):
			r.fail(document.Join(place, "to"), "leave to out of the last tier", "the last tier has an end, and nothing says what more costs")
		}
		tiers, from = append(tiers, r.tier(place, tier, to)), to
	}
	return tiers
}

// maxPrice bounds what one unit can cost: beyond it is a slip of the pen.
const maxPrice = 1e6

func (r *bookReader) tier(pointer string, object map[string]any, to float64) Tier {
	price := r.number(pointer, object, "price")
	pico := math.Round(price * picoDollars)
	switch {
	case price > maxPrice:
		r.fail(document.Join(pointer, "price"), "prices are in dollars for one unit", "a price of %v dollars is no price of one unit", price)
	case math.Abs(price*picoDollars-pico) > max(1, pico)*1e-6:
		r.fail(document.Join(pointer, "price"), "prices have at most 12 decimals", "the price has more decimals than can be counted")
	}
	return Tier{To: to, Price: strconv.FormatFloat(price, 'f', -1, 64), pico: pico}
}

// provenance reads how far a figure can be trusted, and why.
func (r *bookReader) provenance(pointer string, object map[string]any) (string, []string, time.Time) {
	confidence := r.choice(pointer, object, "confidence", "A", "B", "C", "D")
	date := r.date(pointer, object)
	at := document.Join(pointer, "sources")
	list, _ := object["sources"].([]any)
	if len(list) == 0 {
		r.fail(at, "name entries of the sources at the top of the file", "%s states no sources", strings.Join(document.Split(pointer)[1:], " "))
	}
	var ids []string
	for i, value := range list {
		id, _ := value.(string)
		from, ok := r.dates[id]
		if !ok {
			r.fail(document.Join(at, strconv.Itoa(i)), nearestHint(id, slices.Sorted(maps.Keys(r.dates))), "there is no source %s", document.Encode(value))
		}
		if object["date"] == nil && from.After(date) {
			date = from
		}
		ids = append(ids, id)
	}
	return confidence, ids, date
}

func (r *bookReader) readLimits(service, pointer string, limits map[string]float64) {
	r.provenance(pointer, r.mapping(pointer))
	for key, at := range r.entries(pointer) {
		if slices.Contains([]string{"confidence", "sources", "date", "note"}, key) {
			continue
		}
		name := service + "/" + key
		if r.known != nil && !strings.HasPrefix(name, "eventbridge.") {
			if _, ok := r.known.Limit(name); !ok {
				r.fail(at, nearestHint(name, slices.Sorted(maps.Keys(r.known.limits))), "no path knows a limit %q", name)
			}
		}
		limits[name] = r.number(pointer, r.mapping(pointer), key)
	}
}

func (r *bookReader) latency(pointer string) Latency {
	object := r.object(pointer, "p50", "p99", "confidence", "sources", "date", "note")
	l := Latency{
		P50:  time.Duration(r.number(pointer, object, "p50") * float64(time.Millisecond)),
		P99:  time.Duration(r.number(pointer, object, "p99") * float64(time.Millisecond)),
		Note: r.text(pointer, object, "note"),
	}
	if l.P99 < l.P50 || l.P99 == 0 {
		r.fail(document.Join(pointer, "p99"), "", "expected a latency at the 99th percentile that is not below the median")
	}
	l.Confidence, l.Sources, l.Date = r.provenance(pointer, object)
	return l
}

// anywhere is the figure of a name in the region, or else in any: providers count
// alike everywhere. It is nil when no region has it.
func (b *Book) anywhere(region, name string) *Figure {
	if b == nil {
		return nil
	}
	for _, place := range append([]string{region}, b.Regions()...) {
		if f, ok := b.figures[place][name]; ok {
			return f
		}
	}
	return nil
}

// names lists the names of all figures.
func (b *Book) names() []string {
	var names []string
	for _, f := range b.Figures() {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
