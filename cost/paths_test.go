package cost_test

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/cost"
)

func defaultBook(t testing.TB) *cost.Book {
	t.Helper()
	book, err := cost.DefaultBook()
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// paths are all paths under the default assumptions, changed by what-if.
func paths(t testing.TB, whatIf ...string) []*cost.Path {
	t.Helper()
	a, err := cost.ParseWhatIf(whatIf...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := cost.Paths(defaultBook(t), a)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func path(t testing.TB, name string, whatIf ...string) *cost.Path {
	t.Helper()
	p, err := cost.FindPath(paths(t, whatIf...), name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// uniform is traffic of one size with peaks of three times the mean.
func uniform(rate, bytes float64, consumers ...cost.Consumer) *cost.Traffic {
	return &cost.Traffic{
		Type: "OrderPlaced", Rate: rate, Sizes: []cost.Size{{Bytes: int(bytes), Share: 1}}, Consumers: consumers,
		Peak: cost.Peak{Records: 3 * rate, Bytes: 3 * rate * bytes},
	}
}

func readers(n int, kind cost.ConsumerKind) []cost.Consumer {
	list := make([]cost.Consumer, n)
	for i := range list {
		list[i] = cost.Consumer{Name: string(kind) + strconv.Itoa(i), Kind: kind}
	}
	return list
}

// month is what a type alone costs on a path.
func month(p *cost.Path, t *cost.Traffic, free bool) cost.Money {
	return total(monthUses(p, t), free)
}

// monthUses is what a type alone uses on a path, with capacity and floor.
func monthUses(p *cost.Path, t *cost.Traffic) []cost.Use {
	uses := p.Quote(t).Uses
	for _, floor := range p.Floor {
		used := 0.0
		for _, use := range uses {
			if use.Figure == floor.Figure {
				used += use.Quantity
			}
		}
		floor.Quantity = max(0, floor.Quantity-used)
		uses = append(uses, floor)
	}
	if c := p.Capacity; c != nil {
		fanOut := 0
		for _, consumer := range t.Consumers {
			if consumer.Kind == cost.FanOut {
				fanOut++
			}
		}
		uses = append(uses, c.Rent(c.Steps(p.Quote(t).Load), fanOut)...)
	}
	return uses
}

func total(uses []cost.Use, free bool) cost.Money {
	var sum cost.Money
	for _, charge := range cost.Bill(uses, free) {
		sum += charge.Cost
	}
	return sum
}

// TestGrid prices one type on nine paths at four sizes and six rates. Batches are
// full at every rate when the window is nine seconds.
func TestGrid(t *testing.T) {
	file, err := os.Open("testdata/grid.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var names []string
	byName := map[string]*cost.Path{}
	worst := map[string]float64{}
	cells := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		cell := strings.Fields(lines.Text())
		switch {
		case cell[0] == "#":
			continue
		case names == nil:
			names = cell
			for _, name := range names[2:] {
				whatIf := "window=9s,free-tiers=on,empty-polls=off"
				if base, single := strings.CutSuffix(name, "-single"); single {
					byName[name] = path(t, base, whatIf, "batch=1")
				} else {
					byName[name] = path(t, name, whatIf)
				}
			}
			continue
		}
		traffic := uniform(number(t, cell[1]), number(t, cell[0])*1024)
		for i, name := range names[2:] {
			want, got := number(t, cell[i+2]), month(byName[name], traffic, true).Dollars()
			off := math.Abs(got - want)
			worst[name] = max(worst[name], off)
			if off > 0.50+1e-6 { // what rounding to whole dollars hides

				t.Errorf("%s at %s KB and %s a second costs $%.2f, want $%s", name, cell[0], cell[1], got, cell[i+2])
			}
			cells++
		}
	}
	if cells != 24*9 {
		t.Errorf("%d cells were compared, want %d", cells, 24*9)
	}
	for _, name := range names[2:] {
		t.Logf("%-20s is off by $%.3f at most", name, worst[name])
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestCalculators reproduces what calculators of providers showed for their own
// forms. Sizes are in the kilobytes of the form.
func TestCalculators(t *testing.T) {
	const kb = 1024
	fanOut := readers(10, cost.FanOut)
	onDemand := path(t, "kinesis-on-demand")
	provisioned := path(t, "kinesis-provisioned")
	book := defaultBook(t)
	tests := []struct {
		name string
		got  cost.Money
		want float64
	}{
		{
			"Kinesis on demand: 10 records a second of 10 KB, 10 polling and 10 fan-out consumers",
			month(onDemand, uniform(10, 10*kb, append(readers(10, cost.Polling), fanOut...)...), false), 274.81,
		},
		{
			"Kinesis provisioned: the same on 2 shards, 10 fan-out consumers",
			total(append(provisioned.Quote(uniform(10, 10*kb, fanOut...)).Uses, provisioned.Capacity.Rent(2, 10)...), false), 273.85,
		},
		{
			"Kinesis Advantage: 3 records a second of 200 KB, 2 consumers",
			month(path(t, "kinesis-advantage"), uniform(3, 200*kb, readers(2, cost.Polling)...), false), 3079.73,
		},
		{
			"SQS: 10 million standard, 10 million FIFO and 10 million fair requests",
			total([]cost.Use{
				use(t, book, "us-east-1", "sqs.standard/request", 10e6),
				use(t, book, "us-east-1", "sqs.fifo/request", 10e6),
				use(t, book, "us-east-1", "sqs.standard/fair_queue_addon", 10e6),
			}, false), 10.00,
		},
		{
			// 10M x 4 KB = 40 GB in, 400 GB out; 10 of 30 days of archive.
			"SNS FIFO: 10 million messages of 4 KB, 10 subscriptions, 10 days of archive, 10 GB filtered",
			total([]cost.Use{
				use(t, book, "us-east-1", "sns.fifo/publish", 10e6),
				use(t, book, "us-east-1", "sns.fifo/publish_payload", 40),
				use(t, book, "us-east-1", "sns.fifo/deliver", 100e6),
				use(t, book, "us-east-1", "sns.fifo/deliver_payload", 400),
				use(t, book, "us-east-1", "sns.fifo/archive_processing", 40),
				use(t, book, "us-east-1", "sns.fifo/archive_storage", 40*10/30.0),
				use(t, book, "us-east-1", "sns.standard/payload_filtering", 10),
			}, false), 10.28,
		},
		{
			"Pub/Sub: 10 TiB published, 10 TiB delivered",
			total([]cost.Use{use(t, book, "gcp-global", "pubsub/throughput", 20)}, false), 800.00,
		},
		{
			"Event Hubs standard: 20 throughput units, 100 million events",
			total(append(path(t, "event-hubs-standard").Capacity.Rent(20, 0), use(t, book, "azure-eastus", "event_hubs.standard/ingress", 100)), false), 440.80,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Logf("%s, want $%.2f", test.got, test.want)
			if off := math.Abs(test.got.Dollars() - test.want); off > 0.05 {
				t.Errorf("got %s, want $%.2f", test.got, test.want)
			}
		})
	}
}

func use(t *testing.T, book *cost.Book, region, name string, quantity float64) cost.Use {
	t.Helper()
	f, err := book.Figure(region, name)
	if err != nil {
		t.Fatal(err)
	}
	return cost.Use{Figure: f, Quantity: quantity}
}

// TestFanOutHurtsQueuesMore prices three consumers at 1,000 events of 2 KB a
// second.
func TestFanOutHurtsQueuesMore(t *testing.T) {
	tests := []struct {
		path, whatIf string
		want         float64
	}{
		{"kinesis-provisioned", "batch=10", 135},
		{"kinesis-on-demand", "batch=10", 1032},
		{"sns-sqs", "batch=10", 761},
		{"sns-sqs", "batch=1", 7620},
		{"event-hubs-standard", "batch=10", 293},
		{"pubsub", "batch=10", 806},
	}
	for _, test := range tests {
		p := path(t, test.path, "window=9s,free-tiers=on,empty-polls=off,consumers=3", test.whatIf)
		got := month(p, uniform(1000, 2048), true).Dollars()
		if math.Abs(got-test.want) > max(0.5, test.want/100) {
			t.Errorf("%s with %s costs $%.2f, want $%v", test.path, test.whatIf, got, test.want)
		}
	}
}

func TestFindPath(t *testing.T) {
	tests := []struct{ declared, whatIf, want string }{
		{"kinesis", "batch=10", "kinesis-on-demand"},
		{"Kinesis", "kinesis=provisioned", "kinesis-provisioned"},
		{"kinesis-advantage", "batch=10", "kinesis-advantage"},
		{"SNS->SQS", "batch=10", "sns-sqs"},
		{"sns+sqs", "batch=10", "sns-sqs"},
		{"sns_sqs_fifo", "batch=10", "sns-sqs-fifo"},
		{"eventbridge", "batch=10", "eventbridge-sqs"},
		{"event-hubs", "batch=10", "event-hubs-standard"},
		{"kafka", "batch=10", "kafka"},
	}
	for _, test := range tests {
		if got := path(t, test.declared, test.whatIf).Name; got != test.want {
			t.Errorf("%s with %s is %s, want %s", test.declared, test.whatIf, got, test.want)
		}
	}
	for declared, want := range map[string]string{
		"kinesiss": `no path is called "kinesiss"; did you mean`,
		"carrier":  `no path is called "carrier"; the paths are kinesis-provisioned,`,
	} {
		if _, err := cost.FindPath(paths(t), declared); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", declared, err, want)
		}
	}
}

func TestPathsRefuseAnUnknownRegion(t *testing.T) {
	for _, region := range []string{"us-eats-1", "gcp-global"} {
		a := cost.DefaultAssumptions()
		a.Region = region
		_, err := cost.Paths(defaultBook(t), a)
		if err == nil || !strings.Contains(err.Error(), "it has eu-west-1, us-east-1") {
			t.Errorf("%s: %v", region, err)
		}
	}
}

// TestQuotesGrow holds what every path promises: more events never cost less, and
// each use is a number that can be paid for.
func TestQuotesGrow(t *testing.T) {
	list := paths(t, "empty-polls=off,window=0s")
	rapid.Check(t, func(r *rapid.T) {
		small := rapid.IntRange(1, 60_000).Draw(r, "small")
		share := rapid.Float64Range(0, 1).Draw(r, "share")
		traffic := &cost.Traffic{
			Type: "T", Rate: rapid.Float64Range(0, 1e5).Draw(r, "rate"),
			Sizes:     []cost.Size{{Bytes: small, Share: share}, {Bytes: rapid.IntRange(1, 250_000).Draw(r, "large"), Share: 1 - share}},
			Consumers: readers(rapid.IntRange(0, 4).Draw(r, "consumers"), cost.Lambda),
		}
		more := *traffic
		more.Rate *= rapid.Float64Range(1, 10).Draw(r, "growth")
		for _, p := range list {
			for _, use := range p.Quote(traffic).Uses {
				if math.IsNaN(use.Quantity) || math.IsInf(use.Quantity, 0) || use.Quantity < 0 {
					r.Fatalf("%s uses %v of %s", p.Name, use.Quantity, use.Figure.Name)
				}
			}
			if before, after := month(p, traffic, false), month(p, &more, false); after+cost.Dollar/1000 < before {
				r.Fatalf("%s costs %s, and %s for more events", p.Name, before, after)
			}
		}
	})
}

// BenchmarkQuote quotes one type on every path.
func BenchmarkQuote(b *testing.B) {
	list := paths(b)
	traffic := uniform(10, 2048, readers(2, cost.Lambda)...)
	for b.Loop() {
		for _, p := range list {
			p.Quote(traffic)
		}
	}
}
