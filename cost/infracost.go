package cost

import (
	"fmt"
	"math"
	"strings"
)

// InfracostUsage is the outcome as the usage file of Infracost, with quantities in
// the units that are billed: requests after batching, payload units after
// rounding. The resources have names that are to be replaced by those of the
// team's own Terraform.
//
// The keys are those of Infracost's usage file, version 0.1.
func (e *Estimate) InfracostUsage(o *Outcome) ([]byte, error) {
	sums := map[string]float64{}
	for _, line := range o.Lines {
		sums[line.Item] += line.Quantity
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Monthly usage of the strategy %s, estimated by nexus. Rename the resources to those of your Terraform.\nversion: 0.1\nresource_usage:\n", o.Strategy)
	any := false
	for _, r := range infracostResources {
		var keys strings.Builder
		for _, k := range r.keys {
			if quantity := sums[k.item] * k.factor; quantity > 0 {
				fmt.Fprintf(&keys, "    %s: %s\n", k.key, wholeNumber(quantity))
			}
		}
		if keys.Len() > 0 {
			any = true
			fmt.Fprintf(&b, "  %s:\n%s", r.resource, keys.String())
		}
	}
	if !any {
		return nil, fmt.Errorf("the strategy %s uses nothing that Infracost has a usage key for", o.Strategy)
	}
	return []byte(b.String()), nil
}

// wholeNumber rounds up what is billed, so that little usage does not become none.
func wholeNumber(x float64) string { return fmt.Sprintf("%.0f", math.Ceil(x-1e-9)) }

type infracostKey struct {
	item, key string
	factor    float64
}

var infracostResources = []struct {
	resource string
	keys     []infracostKey
}{
	{"aws_kinesis_stream.events", []infracostKey{
		{"kinesis.provisioned/put_payload_unit", "monthly_provisioned_put_units", 1},
		{"kinesis.on_demand_standard/data_in", "monthly_on_demand_data_in_gb", 1},
		{"kinesis.on_demand_standard/data_out", "monthly_on_demand_data_out_gb", 1},
		{"kinesis.on_demand_standard/efo_out", "monthly_on_demand_efo_data_out_gb", 1},
	}},
	{"aws_sns_topic.events", []infracostKey{{"sns.standard/publish", "monthly_requests", 1}}},
	{"aws_sns_topic.events_fifo", []infracostKey{{"sns.fifo/publish", "monthly_requests", 1}}},
	{"aws_sqs_queue.events", []infracostKey{{"sqs.standard/request", "monthly_requests", 1}}},
	{"aws_sqs_queue.events_fifo", []infracostKey{{"sqs.fifo/request", "monthly_requests", 1}}},
	{"aws_cloudwatch_event_bus.events", []infracostKey{{"eventbridge/custom_event", "monthly_custom_events", 1}}},
}
