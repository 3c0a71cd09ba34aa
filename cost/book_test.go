package cost_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/document"
)

func parseBook(name, text string) (*cost.Book, error) {
	d, err := document.ParseLocated(name, []byte(text))
	if err != nil {
		return nil, err
	}
	return cost.ParseBook(d)
}

// TestBookFaults reads files of testdata/faults.txtar, each with one fault; the
// comment of each is the error.
func TestBookFaults(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/faults.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		t.Run(file.Name, func(t *testing.T) {
			first, _, _ := strings.Cut(string(file.Data), "\n")
			want := strings.TrimPrefix(first, "# ")
			_, err := parseBook("prices.yaml", string(file.Data))
			fault, ok := errors.AsType[*document.Error](err)
			if !ok {
				t.Fatalf("the file is read; want %s", want)
			}
			got := fmt.Sprintf("%d: %s", fault.Line, fault.Message)
			if fault.Hint != "" {
				got += " (" + fault.Hint + ")"
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

const ownPrices = `schema: nexus.prices/v1
sources:
  contract: {title: our agreement, date: 2026-05-01}
regions:
  us-east-1:
    kinesis.on_demand_standard:
      data_in: {price: 0.06, unit: GB, confidence: A, sources: [contract]}
  eu-central-1:
    sqs.standard:
      request: {tiers: [{to: 1000, price: 0.5}, {price: 0.25}], unit: request, confidence: A, sources: [contract]}
latency_ms:
  pubsub: {p50: 20, p99: 80, confidence: B, sources: [contract]}
`

// TestOver lays a file of a few figures over the default book: prices change, how
// they are counted stays, and the rest is as it was.
func TestOver(t *testing.T) {
	own, err := parseBook("own.yaml", ownPrices)
	if err != nil {
		t.Fatal(err)
	}
	book := own.Over(defaultBook(t))
	in := figure(t, book, "us-east-1", "kinesis.on_demand_standard/data_in")
	if in.Price != "0.06" || in.Chunk != 1024 || in.Date.Format(time.DateOnly) != "2026-05-01" {
		t.Errorf("data_in costs %s in chunks of %d as of %s", in.Price, in.Chunk, in.Date)
	}
	if out := figure(t, book, "us-east-1", "kinesis.on_demand_standard/data_out"); out.Price != "0.04" {
		t.Errorf("data_out costs %s", out.Price)
	}
	if request := figure(t, book, "eu-central-1", "sqs.standard/request"); request.FreePool != "sqs" || len(request.Tiers) != 2 {
		t.Errorf("the request of a new region is %+v", request)
	}
	if got := book.Latency("pubsub").P99; got != 80*time.Millisecond {
		t.Errorf("Pub/Sub takes %s", got)
	}
	if diff := gocmp.Diff([]string{"azure-eastus", "eu-central-1", "eu-west-1", "gcp-global", "us-east-1"}, book.Regions()); diff != "" {
		t.Errorf("regions differ (-want +got):\n%s", diff)
	}
	if base := figure(t, defaultBook(t), "us-east-1", "kinesis.on_demand_standard/data_in"); base.Price != "0.08" {
		t.Errorf("the default book has changed to %s", base.Price)
	}
}

func figure(t *testing.T, book *cost.Book, region, name string) *cost.Figure {
	t.Helper()
	return use(t, book, region, name, 0).Figure
}

func TestMissingPrice(t *testing.T) {
	_, err := defaultBook(t).Figure("eu-west-1", "kinesis.provisioned/efo_data")
	missing, ok := errors.AsType[*cost.MissingPriceError](err)
	if !ok || missing.Region != "eu-west-1" || missing.Figure != "kinesis.provisioned/efo_data" {
		t.Errorf("got %v", err)
	}
}

// TestDefaultBook holds what each figure of the book has to state, and that the
// default region lacks nothing that a path needs.
func TestDefaultBook(t *testing.T) {
	book := defaultBook(t)
	for _, f := range book.Figures() {
		if f.Unit == "" || f.Confidence == "" || len(f.Sources) == 0 || len(f.Tiers) == 0 {
			t.Errorf("%s in %s is incomplete: %+v", f.Name, f.Region, f)
		}
		if (f.Confidence == "A") && f.Date.IsZero() {
			t.Errorf("%s in %s is of the price feed and bears no date", f.Name, f.Region)
		}
	}
	for _, p := range paths(t, "retention=30d") {
		for _, missing := range p.Missing {
			t.Errorf("%s: %v", p.Name, missing)
		}
	}
	for _, s := range cost.Stores(book, cost.DefaultAssumptions()) {
		for _, missing := range s.Missing {
			t.Errorf("%s: %v", s.Name, missing)
		}
	}
}

// TestFigureCost goes through tiers and the free allowance.
func TestFigureCost(t *testing.T) {
	book := defaultBook(t)
	request := figure(t, book, "us-east-1", "sqs.standard/request")
	tests := []struct {
		quantity float64
		free     bool
		want     cost.Money
	}{
		{0, false, 0},
		{1e6, false, 400_000_000},
		{1e6, true, 0},
		{1.5e6, true, 200_000_000},
		{1e11, false, 40_000 * cost.Dollar},
		{1.5e11, false, 55_000 * cost.Dollar},
		{3e11, false, 94_000 * cost.Dollar},
	}
	for _, test := range tests {
		if got := request.Cost(test.quantity, test.free); got != test.want {
			t.Errorf("%v requests (free %t) cost %s, want %s", test.quantity, test.free, got, test.want)
		}
	}
}

// TestBill adds up before it prices, and spends one allowance once.
func TestBill(t *testing.T) {
	book := defaultBook(t)
	standard, fifo := "sqs.standard/request", "sqs.fifo/request"
	uses := []cost.Use{
		use(t, book, "us-east-1", standard, 600_000),
		use(t, book, "us-east-1", fifo, 2_000_000),
		use(t, book, "us-east-1", standard, 100_000),
	}
	type charge struct {
		Name     string
		Quantity float64
		Free     float64
		Cost     string
	}
	bill := func(free bool) []charge {
		var list []charge
		for _, c := range cost.Bill(uses, free) {
			list = append(list, charge{c.Figure.Name, c.Quantity, c.Free, c.Cost.String()})
		}
		return list
	}
	if diff := gocmp.Diff([]charge{{standard, 700_000, 0, "$0.28"}, {fifo, 2_000_000, 0, "$1.00"}}, bill(false)); diff != "" {
		t.Errorf("without allowances (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]charge{{standard, 700_000, 700_000, "$0.00"}, {fifo, 2_000_000, 300_000, "$0.85"}}, bill(true)); diff != "" {
		t.Errorf("with allowances (-want +got):\n%s", diff)
	}
}

func TestStrict(t *testing.T) {
	book := defaultBook(t)
	asOf := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	uses := []cost.Use{
		use(t, book, "us-east-1", "kinesis.provisioned/put_payload_unit", 1),
		use(t, book, "us-east-1", "sqs.standard/send_by_service", 1),
		use(t, book, "us-east-1", "sqs.standard/send_by_service", 1),
		use(t, book, "us-east-1", "eventbridge/custom_event", 1),
		use(t, book, "gcp-global", "firestore.multi_region/write", 1),
	}
	why := func(maxAge time.Duration) []string {
		var list []string
		for _, err := range cost.Strict(uses, asOf, maxAge) {
			weak, _ := errors.AsType[*cost.WeakFigureError](err)
			list = append(list, weak.Figure.Name+": "+weak.Why)
		}
		return list
	}
	unverified := "sqs.standard/send_by_service: it is unverified (confidence D)"
	if diff := gocmp.Diff([]string{unverified}, why(0)); diff != "" {
		t.Errorf("of any age (-want +got):\n%s", diff)
	}
	want := []string{
		unverified,
		"eventbridge/custom_event: it was seen on 2024-07-01, more than 365 days ago",
		"firestore.multi_region/write: no source of it bears a date",
	}
	if diff := gocmp.Diff(want, why(365*24*time.Hour)); diff != "" {
		t.Errorf("of a year (-want +got):\n%s", diff)
	}
}

func FuzzParseBook(f *testing.F) {
	f.Add(ownPrices)
	f.Add("schema: nexus.prices/v1\nregions: {us-east-1: {sqs.standard: {request: {tiers: [], price: -1}}}}\n")
	f.Add(`schema: nexus.prices/v1` + "\nlatency_ms: {pubsub: {p50: 1e400, p99: x}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		book, err := parseBook("fuzz.yaml", text)
		if err != nil {
			if fault, ok := errors.AsType[*document.Error](err); !ok || fault.Message == "" {
				t.Fatalf("the error has no place: %v", err)
			}
			return
		}
		for _, figure := range book.Over(defaultBook(t)).Figures() {
			if figure.Cost(1e12, true) < 0 {
				t.Errorf("%s costs less than nothing", figure.Name)
			}
		}
	})
}
