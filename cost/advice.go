package cost

import "fmt"

// Advice is what would lower the cost of a strategy, the largest saving first:
// each is one change that is the team's to make. They do not add up.
type Advice struct {
	Change string // as --what-if writes it
	Saves  Money
	Text   string
}

// choices are the switches that are a team's to turn, and what turning them means.
var choices = map[string]string{
	"kinesis=provisioned":                "rent Kinesis by the shard instead of on demand",
	"kinesis=on-demand":                  "run Kinesis on demand instead of by the shard",
	"streams=shared":                     "let all types share one stream",
	"batch=10,window=1s":                 "let producers wait a second, so that requests fill",
	"aggregate=20":                       "put 20 events in a Kinesis record",
	"efo=none":                           "poll Kinesis instead of enhanced fan-out, where its latency allows",
	"streams=shared,kinesis=provisioned": "let all types share one stream of rented shards",
}

// leastAdvice is what is worth a line, in dollars a month and as a share.
const (
	leastAdvice = Dollar
	leastShare  = 0.01
)

// Advise picks the changes of the sensitivities that are the team's to make and
// save money, and says where they save more than routing does.
func (e *Estimate) Advise(o *Outcome, list []Sensitivity) []Advice {
	routing := e.Baseline().Total - o.Total
	var advice []Advice
	for _, s := range list {
		what, ok := choices[s.Change]
		saves := o.Total - s.Total
		if !ok || saves < leastAdvice || saves.Dollars() < leastShare*o.Total.Dollars() {
			continue
		}
		a := Advice{Change: s.Change, Saves: saves, Text: what}
		if !routing.idle() && routing > 0 && saves > routing {
			a.Text += fmt.Sprintf(" (routing saves %s)", routing)
		}
		advice = append(advice, a)
	}
	return advice
}
