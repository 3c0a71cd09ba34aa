package cost_test

import (
	"math"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/cost"
)

func TestRefusals(t *testing.T) {
	plain := uniform(10, 2048)
	with := func(change func(*cost.Traffic)) *cost.Traffic {
		traffic := *plain
		change(&traffic)
		return &traffic
	}
	within := func(d time.Duration) *cost.Traffic {
		return with(func(t *cost.Traffic) { t.MaxLatency = d })
	}
	ordered := with(func(t *cost.Traffic) { t.Ordering = cost.PerKey })
	tests := []struct {
		name, path, whatIf string
		traffic            *cost.Traffic
		want               []string
	}{
		{"nothing asked", "sns-sqs", "batch=10", plain, nil},
		{"order on a queue", "sqs", "batch=10", ordered, []string{"ordering"}},
		{"order on a FIFO queue", "sqs-fifo", "batch=10", ordered, nil},
		{"order on a bus", "eventbridge", "batch=10", ordered, []string{"ordering"}},
		{"order on a stream", "kinesis", "batch=10", ordered, nil},
		{"one second on a polled stream", "kinesis", "batch=10", within(time.Second), []string{"latency"}},
		{"one second on a stream with fan-out", "kinesis", "efo=all", within(time.Second), nil},
		{"a window that fits", "sns-sqs", "batch=10", within(331 * time.Millisecond), nil},
		{"faster than a queue", "sns-sqs", "batch=10", within(329 * time.Millisecond), []string{"latency"}},
		{"a latency that nobody measured", "pubsub", "batch=10", within(time.Second), []string{"latency-unknown"}},
		{"too large for a topic", "sns-sqs", "batch=10", uniform(1, 300<<10), []string{"size"}},
		{"not too large for a queue", "sqs", "batch=10", uniform(1, 300<<10), nil},
		{"too large for all", "sqs", "batch=10", uniform(1, 11<<20), []string{"size"}},
		{"too many calls of a FIFO queue", "sqs-fifo", "batch=1", uniform(200, 100), []string{"quota"}},
		{"in batches", "sqs-fifo", "batch=10", uniform(200, 100), nil},
		{"too many for a FIFO topic", "sns-sqs-fifo", "batch=10", uniform(1001, 100), []string{"quota", "quota"}},
		{"too many for a bus", "eventbridge", "batch=10", uniform(4000, 100), []string{"quota"}},
		{"too many deliveries of a bus", "eventbridge", "consumers=7", uniform(1000, 100), []string{"quota"}},
		{"more units than a namespace has", "event-hubs", "batch=10", uniform(14_000, 100), []string{"quota"}},
		{"two consumers on the basic tier", "event-hubs-basic", "consumers=2", plain, []string{"quota"}},
		{"longer than a tier keeps", "event-hubs", "retention=8d", plain, []string{"retention"}},
		{"more fan-out than a stream has", "kinesis-provisioned", "efo=all,consumers=21", plain, []string{"quota"}},
		{"no price in the region", "kinesis-on-demand", "region=eu-west-1", plain, []string{"price"}},
		{"no price of calls that nobody makes", "sns-sqs", "region=eu-west-1", plain, nil},
		{"no price of calls that are made", "sns-sqs", "region=eu-west-1", with(func(t *cost.Traffic) { t.Consumers = []cost.Consumer{{Kind: cost.Webhook}} }), []string{"price"}},
		{"no price of fan-out that nobody uses", "kinesis-provisioned", "region=eu-west-1", plain, nil},
		{"no price of fan-out that is used", "kinesis-provisioned", "region=eu-west-1,efo=all", plain, []string{"price", "price"}},
		{"a price in the region", "eventbridge", "region=eu-west-1", plain, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, refusal := range path(t, test.path, test.whatIf).Quote(test.traffic).Refused {
				got = append(got, refusal.Need)
				t.Log(refusal.Text)
			}
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Errorf("needs differ (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLatencyPaysForBatches has the window end where the type's promise does.
func TestLatencyPaysForBatches(t *testing.T) {
	p := path(t, "sns-sqs")
	tests := []struct {
		max, latency time.Duration
		fill         float64
	}{
		{0, 430 * time.Millisecond, 6},
		{time.Second, 430 * time.Millisecond, 6},
		{380 * time.Millisecond, 380 * time.Millisecond, 3.5},
		{330 * time.Millisecond, 330 * time.Millisecond, 1},
	}
	for _, test := range tests {
		traffic := uniform(50, 2048)
		traffic.MaxLatency = test.max
		q := p.Quote(traffic)
		if math.Abs(q.Fill-test.fill) > 1e-9 || q.Latency != test.latency || q.Refused != nil {
			t.Errorf("within %s: fill %v, latency %s, refused %v; want %v and %s", test.max, q.Fill, q.Latency, q.Refused, test.fill, test.latency)
		}
	}
}
