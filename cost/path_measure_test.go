package cost

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

func measuredSizes(sizes ...Size) *measured {
	return (&Path{}).measurements(&Traffic{Rate: 1, Sizes: sizes})
}

// TestChunksRoundEachEvent has events of 0.2 KB and of 3.9 KB, half and half: 1 and
// 4 KB on average are 2.5, where the mean size of 2.05 KB would make 3.
func TestChunksRoundEachEvent(t *testing.T) {
	m := measuredSizes(Size{Bytes: 205, Share: 0.5}, Size{Bytes: 3994, Share: 0.5})
	if got := m.chunks(1024, 1); got != 2.5 {
		t.Errorf("an event counts as %v KB, want 2.5", got)
	}
}

func TestChunksOfBatches(t *testing.T) {
	tests := []struct {
		name  string
		bytes int
		fill  float64
		want  float64
	}{
		{"nothing is one chunk", 0, 1, 1},
		{"at the edge", 65536, 1, 1},
		{"over the edge", 65537, 1, 2},
		{"a batch at the edge", 16384, 4, 1},
		{"a batch over the edge", 16385, 4, 2},
		{"a mix of batches of one and of two", 40000, 1.25, 0.75*1 + 0.25*2},
	}
	for _, test := range tests {
		if got := measuredSizes(Size{Bytes: test.bytes, Share: 1}).chunks(65536, test.fill); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v chunks, want %v", test.name, got, test.want)
		}
	}
}

// TestChunksOfMixedBatches compares the formula with batches that are drawn.
func TestChunksOfMixedBatches(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sizes := []Size{{Bytes: 900, Share: 0.5}, {Bytes: 6000, Share: 0.3}, {Bytes: 20_000, Share: 0.2}}
	m := measuredSizes(sizes...)
	draw := func() int {
		x := random.Float64()
		for _, size := range sizes {
			if x -= size.Share; x < 0 {
				return size.Bytes
			}
		}
		return sizes[len(sizes)-1].Bytes
	}
	for _, n := range []int{5, 10} {
		const batches = 100_000
		sum := 0.0
		for range batches {
			bytes := 0
			for range n {
				bytes += draw()
			}
			sum += math.Ceil(float64(bytes) / 65536)
		}
		want, got := sum/batches, m.chunks(65536, float64(n))
		if math.Abs(got-want) > 0.05*want {
			t.Errorf("batches of %d count as %.3f chunks, drawn ones as %.3f", n, got, want)
		}
	}
}

// TestFill has batches fill with the rate and the window: at one event a second
// and 100 ms they hardly do.
func TestFill(t *testing.T) {
	p := &Path{batches: true, assumptions: DefaultAssumptions()}
	for rate, want := range map[float64]float64{0: 1, 1: 1.1, 20: 3, 90: 10, 1000: 10} {
		if got := p.measurements(&Traffic{Rate: rate}).fill; math.Abs(got-want) > 1e-12 {
			t.Errorf("at %v events a second a batch has %v, want %v", rate, got, want)
		}
	}
}

// TestEmptyPolls: an idle queue of five pollers that wait 20 seconds is asked
// 657,000 times a month; the busier it is, the fewer are in vain.
func TestEmptyPolls(t *testing.T) {
	if got := emptyPolls(0, 5, 20); math.Abs(got-657_000) > 1 {
		t.Errorf("an idle queue is asked %v times, want 657,000", got)
	}
	last := math.Inf(1)
	for _, rate := range []float64{1e-9, 1e-3, 0.1, 1, 10, 1000} {
		got := emptyPolls(rate, 5, 20)
		if got < 0 || got > last {
			t.Errorf("at %v requests a second %v receives are empty, after %v", rate, got, last)
		}
		last = got
	}
	if last != 0 {
		t.Errorf("a busy queue is asked %v times in vain", last)
	}
}

func TestPeakOf(t *testing.T) {
	observed := Peak{Records: 70, Bytes: 7000}
	tests := []struct {
		name string
		peak Peak
		set  float64
		want Peak
	}{
		{"observed", observed, 0, observed},
		{"what if", observed, 5, Peak{Records: 50, Bytes: 5000}},
		{"nowhere stated", Peak{}, 0, Peak{Records: 10 * DefaultPeakToMean, Bytes: 1000 * DefaultPeakToMean}},
	}
	for _, test := range tests {
		p := &Path{assumptions: Assumptions{Peak: test.set}}
		got := p.measurements(&Traffic{Rate: 10, Sizes: []Size{{Bytes: 100, Share: 1}}, Peak: test.peak}).peak
		if diff := gocmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestEnvelope grows what queues store, and not what is published.
func TestEnvelope(t *testing.T) {
	m := measuredSizes(Size{Bytes: 60_000, Share: 1})
	if body := m.body(true); body != m {
		t.Error("raw delivery changes the message")
	}
	body := m.body(false)
	if want := 60_000*1.125 + envelopeBytes; body.mean != want || body.chunks(65536, 1) != 2 {
		t.Errorf("a message has %v bytes in %v chunks, want %v in 2", body.mean, body.chunks(65536, 1), want)
	}
	if m.traffic.Sizes[0].Bytes != 60_000 {
		t.Error("the traffic itself is changed")
	}
}

func TestSteps(t *testing.T) {
	shards := &Capacity{BytesIn: 100, RecordsIn: 10, BytesOut: 200, Step: []Use{{}}}
	tests := []struct {
		name     string
		capacity Capacity
		load     Load
		want     int
	}{
		{"an idle stream has a shard", *shards, Load{}, 1},
		{"by records", *shards, Load{RecordsIn: 31, BytesIn: 100}, 4},
		{"by bytes in", *shards, Load{RecordsIn: 1, BytesIn: 201}, 3},
		{"by bytes out", *shards, Load{BytesIn: 100, BytesOut: 500}, 3},
		{"a load that fits", *shards, Load{RecordsIn: 30, RecordsOut: 1e9}, 3},
		{"headroom", Capacity{RecordsIn: 10, Step: []Use{{}}, headroom: 0.2}, Load{RecordsIn: 30}, 4},
		{"a least number", Capacity{RecordsIn: 10, Step: []Use{{}}, Min: 3}, Load{RecordsIn: 1}, 3},
		{"nothing in steps", Capacity{Base: []Use{{}}}, Load{RecordsIn: 1e9}, 0},
	}
	for _, test := range tests {
		if got := test.capacity.Steps(test.load); got != test.want {
			t.Errorf("%s: %d steps, want %d", test.name, got, test.want)
		}
	}
}

// TestStores is the context line of the estimate: appending events of 2 KB to
// DynamoDB costs $1.25 a million.
func TestStores(t *testing.T) {
	book, err := DefaultBook()
	if err != nil {
		t.Fatal(err)
	}
	million := &Traffic{Rate: 1e6 / MonthSeconds, Sizes: []Size{{Bytes: 2048, Share: 1}}, MaxLatency: time.Second}
	got := map[string]string{}
	for _, s := range Stores(book, DefaultAssumptions()) {
		for _, c := range Bill(s.Uses(million), false) {
			got[c.Figure.Name] = c.Cost.String()
		}
	}
	want := map[string]string{
		"dynamodb.on_demand/wru":       "$1.25", // 2 x 0.625
		"dynamodb.on_demand/storage":   "$0.48", // 1.907 GB x 0.25
		"firestore.multi_region/write": "$1.80",
		"cosmos.nosql/serverless_ru":   "$2.79", // 10 RU each
		"cosmos.nosql/storage":         "$0.48",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("a million events (-want +got):\n%s", diff)
	}
	a := DefaultAssumptions()
	a.Region = "eu-west-1"
	if stores := Stores(book, a); len(stores[0].Missing) == 0 || stores[0].Uses(million) != nil {
		t.Error("DynamoDB has a line without a price")
	}
}
