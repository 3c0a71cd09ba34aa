// Package route decides which of two paths an event travels, and explains the
// decision.
//
//	scorer, err := route.New(route.Default())
//	decision := scorer.Decide(route.Event{Criticality: "high", Ordered: true})
//	decision.Path == route.Critical
//
// A score is made of features of the event's type, each between 0 and 1, so that
// a weight says how much a feature can move it. What a catalog does not declare
// counts as 0: nothing reaches the critical path because nobody described it.
//
// The decision is made once, when the event is appended, and is stored with it:
// Decision.Attributes are extension attributes of a CloudEvent.
package route

import (
	"math"
	"strconv"
)

// The paths. What they are made of is the business of who runs them.
const (
	Standard = "standard"
	Critical = "critical"
)

// The extension attributes in which a decision travels with its event. CloudEvents
// allows lower-case letters and digits only.
const (
	AttributePath    = "routepath"
	AttributeScore   = "routescore"
	AttributeWeights = "routeweights" // the hash of the weights
)

// Event is what is known of an event before it is sent. Zero values are what
// nobody declared.
type Event struct {
	Criticality  string  // low, medium, high or critical
	Ordered      bool    // consumers rely on the order of the events of a key
	MaxLatencyMs float64 // within which consumers need it; 0: any
	Impact       bool    // it is declared what the business loses without it
	PayloadBytes float64
	RatePerMin   float64
}

// Decision is the path of an event and why.
type Decision struct {
	Path      string  `json:"path"`
	Score     float64 `json:"score"`
	Threshold float64 `json:"threshold"` // from which on the path is critical
	// Reasons are the features that counted, the strongest first.
	Reasons []Reason `json:"reasons"`
	Weights string   `json:"weights"` // the hash of the weights
}

// Reason is what one feature did to a score.
type Reason struct {
	Feature string  `json:"feature"`
	Value   float64 `json:"value"` // 0 to 1
	Weight  float64 `json:"weight"`
	Part    float64 `json:"part"` // of the score, or of its log-odds: value times weight
}

// Attributes are the decision as extension attributes, by name.
func (d Decision) Attributes() map[string]string {
	return map[string]string{
		AttributePath:    d.Path,
		AttributeScore:   strconv.FormatFloat(d.Score, 'f', 4, 64),
		AttributeWeights: d.Weights,
	}
}

// A Feature is one fact about an event as a number between 0 and 1.
type Feature struct {
	Name  string
	Title string // what 0 and 1 stand for
	of    func(Event) float64
}

// Of is the value of the feature for an event.
func (f Feature) Of(e Event) float64 { return f.of(e) }

// Features lists all features, in the order in which scores add them up.
func Features() []Feature { return features }

var features = []Feature{
	{"criticality", "0 for low or undeclared, 1/3 for medium, 2/3 for high, 1 for critical", criticality},
	{"ordering", "1 when consumers rely on the order of a key", func(e Event) float64 { return truth(e.Ordered) }},
	{"latency", "1 at 10 ms and below, 0 at a minute and above or undeclared, logarithmic", func(e Event) float64 {
		if e.MaxLatencyMs <= 0 {
			return 0
		}
		return 1 - between(e.MaxLatencyMs, 10, 60_000)
	}},
	{"impact", "1 when it is declared what the business loses without the event", func(e Event) float64 { return truth(e.Impact) }},
	{"payload", "0 at 64 bytes and below, 1 at 256 KiB and above, logarithmic", func(e Event) float64 {
		return between(e.PayloadBytes, 64, 256<<10)
	}},
	{"rate", "0 at one event a minute and below, 1 at a million and above, logarithmic", func(e Event) float64 {
		return between(e.RatePerMin, 1, 1e6)
	}},
}

func criticality(e Event) float64 {
	switch e.Criticality {
	case "medium":
		return 1.0 / 3
	case "high":
		return 2.0 / 3
	case "critical":
		return 1
	}
	return 0
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// between is where x lies between two bounds on a logarithmic scale.
func between(x, low, high float64) float64 {
	if !(x > low) { // also when it is not a number
		return 0
	}
	return math.Min(1, math.Log(x/low)/math.Log(high/low))
}
