package cost

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Assumptions are what an estimate takes for granted. Each has a key, and can be
// changed by it: WhatIf.
type Assumptions struct {
	Region string // of the AWS paths

	Batch     int           // messages that producers and consumers put in a request at most
	Window    time.Duration // that producers wait for a batch to fill
	Aggregate int           // events that producers put in one Kinesis record

	Peak     float64 // busiest second to mean; 0: as the traffic has it
	Headroom float64 // capacity beyond the peak, as a share of it

	Consumers  int           // of every type; 0: as the traffic has them
	FanOut     string        // who reads Kinesis by enhanced fan-out: declared, all or none
	Retention  time.Duration // that streams keep events
	EmptyPolls bool          // count receives that return nothing
	FreeTiers  bool          // subtract what accounts do not pay for
	SQSSend    string        // what SQS bills when another service delivers to it: low, nothing, or high, a request
	Raw        bool          // SNS delivers the payload alone, without its envelope

	Kinesis string // the capacity mode of the name kinesis: on-demand, provisioned or advantage
	Streams string // how many streams there are: one shared, or one per domain or type
}

// DefaultAssumptions are those that hold when nobody asks what if.
//
// The window is short because the time is lost to every event: assuming that
// producers wait longer would make queues look cheaper than they are run.
// Headroom is 0 because the peak is already the busiest second, and free tiers
// are left out because they are the account's and may be used up elsewhere.
// SQSSend is low because public sources do not settle the charge; the high end is
// a scenario.
func DefaultAssumptions() Assumptions {
	return Assumptions{
		Region: "us-east-1", Batch: 10, Window: 100 * time.Millisecond, Aggregate: 1,
		FanOut: "declared", Retention: 24 * time.Hour, EmptyPolls: true, SQSSend: "low", Raw: true,
		Kinesis: "on-demand", Streams: "shared",
	}
}

// A Setting is one assumption and its value, for people.
type Setting struct {
	Key, Value, Help string
	Changed          bool // from the default
}

// assumption is one row of the table of what-if keys.
type assumption struct {
	key, help string
	get       func(*Assumptions) string
	set       func(*Assumptions, string) error
}

var assumptions = []assumption{
	textRow("region", "AWS region", func(a *Assumptions) *string { return &a.Region }),
	countRow("batch", "messages in a request at most", 1, 10, func(a *Assumptions) *int { return &a.Batch }),
	durationRow("window", "time that producers wait for a batch to fill", time.Minute, func(a *Assumptions) *time.Duration { return &a.Window }),
	countRow("aggregate", "events in one Kinesis record", 1, 10_000, func(a *Assumptions) *int { return &a.Aggregate }),
	{"peak", "busiest second to mean; traffic: as the log or the catalog has it", func(a *Assumptions) string { return orTraffic(a.Peak, formatNumber(a.Peak)) }, setPeak},
	{"headroom", "capacity beyond the peak", func(a *Assumptions) string { return formatNumber(a.Headroom*100) + "%" }, setHeadroom},
	{"consumers", "consumers of every type; traffic: as the catalog has them", func(a *Assumptions) string { return orTraffic(float64(a.Consumers), strconv.Itoa(a.Consumers)) }, setConsumers},
	choiceRow("efo", "who reads Kinesis by enhanced fan-out", func(a *Assumptions) *string { return &a.FanOut }, "declared", "all", "none"),
	durationRow("retention", "time that streams keep events", 365*24*time.Hour, func(a *Assumptions) *time.Duration { return &a.Retention }),
	onOffRow("empty-polls", "receives that return nothing", func(a *Assumptions) *bool { return &a.EmptyPolls }),
	onOffRow("free-tiers", "free monthly allowances of the account", func(a *Assumptions) *bool { return &a.FreeTiers }),
	choiceRow("sqs-send", "what SQS bills when another service delivers to a queue: nothing (low) or a request (high)", func(a *Assumptions) *string { return &a.SQSSend }, "low", "high"),
	onOffRow("raw", "SNS delivers the payload without its envelope", func(a *Assumptions) *bool { return &a.Raw }),
	choiceRow("kinesis", "capacity mode of the path kinesis", func(a *Assumptions) *string { return &a.Kinesis }, "on-demand", "provisioned", "advantage"),
	choiceRow("streams", "one stream for all, for each domain or for each type", func(a *Assumptions) *string { return &a.Streams }, "shared", "domain", "type"),
}

// WhatIf changes assumptions by a list such as batch=5,peak=10, in which each key
// stands once.
func (a Assumptions) WhatIf(list string) (Assumptions, error) {
	stated := map[string]string{}
	for item := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok {
			return a, fmt.Errorf("what-if %q has no value; write key=value, for example batch=5", item)
		}
		i := slices.IndexFunc(assumptions, func(row assumption) bool { return row.key == key })
		if i < 0 {
			return a, unknownKey(key)
		}
		if before, twice := stated[key]; twice {
			return a, fmt.Errorf("what-if has %s twice: %s and %s; which one is meant?", key, before, value)
		}
		stated[key] = value
		if err := assumptions[i].set(&a, strings.TrimSpace(value)); err != nil {
			return a, fmt.Errorf("what-if %s=%s: %w", key, value, err)
		}
	}
	return a, nil
}

// ParseWhatIf is the default assumptions changed by lists such as batch=5,peak=10.
func ParseWhatIf(lists ...string) (Assumptions, error) {
	a := DefaultAssumptions()
	var err error
	for _, list := range lists {
		if a, err = a.WhatIf(list); err != nil {
			return a, err
		}
	}
	return a, nil
}

// Settings lists all assumptions in the order of their table.
func (a Assumptions) Settings() []Setting {
	defaults := DefaultAssumptions()
	list := make([]Setting, len(assumptions))
	for i, row := range assumptions {
		value := row.get(&a)
		list[i] = Setting{Key: row.key, Value: value, Help: row.help, Changed: value != row.get(&defaults)}
	}
	return list
}

// ConsumersOf are the consumers of a type under the assumptions: one at least.
func (a Assumptions) ConsumersOf(t *Traffic) []Consumer {
	list := slices.Clone(t.Consumers)
	if len(list) == 0 {
		list = []Consumer{{Kind: Polling}}
	}
	if a.Consumers > 0 {
		first := list[0]
		list = make([]Consumer, a.Consumers)
		for i := range list {
			list[i] = Consumer{Name: fmt.Sprintf("consumer %d", i+1), Kind: first.Kind}
		}
	}
	for i := range list {
		switch c := &list[i]; {
		case a.FanOut == "all":
			c.Kind = FanOut
		case a.FanOut == "none" && c.Kind == FanOut, c.Kind == "":
			c.Kind = Polling
		}
	}
	return list
}

func unknownKey(key string) error {
	var keys []string
	for _, row := range assumptions {
		keys = append(keys, row.key)
	}
	return fmt.Errorf("what-if has no key %q%s", key, didYouMean(key, keys))
}
