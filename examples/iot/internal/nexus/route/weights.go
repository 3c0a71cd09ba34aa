package route

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The scorers: how weighted features become a score.
const (
	Linear   = "linear"   // their sum
	Logistic = "logistic" // the probability 1/(1+e^-(sum+bias)), which can be learnt from labels
)

// Weights say how a score is made, and from which score on a path is critical.
type Weights struct {
	Scorer    string             `json:"scorer"`
	Weights   map[string]float64 `json:"weights"` // by feature; one that is not named has none
	Bias      float64            `json:"bias"`
	Threshold float64            `json:"threshold"`
}

// Default are the weights for who has none. Half of the score is the declared
// criticality, and the threshold is that half: a critical event is on the
// critical path whatever else is declared, and no other fact takes an event there
// by itself. One of high criticality needs one fact more, that its order counts
// or that it is needed fast; what is of low criticality needs all of them.
func Default() Weights {
	return Weights{
		Scorer:    Linear,
		Weights:   map[string]float64{"criticality": 0.5, "ordering": 0.2, "latency": 0.2, "impact": 0.1},
		Threshold: 0.5,
	}
}

// Hash names the weights: the first 16 hexadecimal digits of the SHA-256 of all
// that decides, in a fixed order.
func (w Weights) Hash() string {
	var b strings.Builder
	fmt.Fprintf(&b, "route/v1 %s bias %s threshold %s", w.Scorer, exact(w.Bias), exact(w.Threshold))
	for _, name := range slices.Sorted(maps.Keys(w.Weights)) {
		if weight := w.Weights[name]; weight != 0 {
			fmt.Fprintf(&b, " %s %s", name, exact(weight))
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// A Scorer decides by weights that were checked. It is immutable and safe for
// concurrent use.
type Scorer struct {
	weights []float64 // by feature
	of      Weights
	hash    string
}

// New checks weights: a scorer that is known, features that exist, numbers that
// are finite, and for the logistic scorer a threshold that is a probability.
func New(w Weights) (*Scorer, error) {
	if w.Scorer != Linear && w.Scorer != Logistic {
		return nil, fmt.Errorf("route: unknown scorer %q: it is %s or %s", w.Scorer, Linear, Logistic)
	}
	if w.Scorer == Logistic && !(w.Threshold > 0 && w.Threshold < 1) {
		return nil, fmt.Errorf("route: threshold %s: of a logistic scorer it is a probability, between 0 and 1", exact(w.Threshold))
	}
	s := &Scorer{weights: make([]float64, len(features)), of: w, hash: w.Hash()}
	s.of.Weights = maps.Clone(w.Weights)
	for name, weight := range w.Weights {
		i := slices.IndexFunc(features, func(f Feature) bool { return f.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("route: unknown feature %q: there are %s", name, names())
		}
		s.weights[i] = weight
	}
	for _, x := range append(slices.Clone(s.weights), w.Bias, w.Threshold) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("route: a weight, the bias or the threshold is not a finite number")
		}
	}
	return s, nil
}

func names() string {
	var list []string
	for _, f := range features {
		list = append(list, f.Name)
	}
	return strings.Join(list, ", ")
}

// Weights are what the scorer decides by.
func (s *Scorer) Weights() Weights { return s.of }

// Score is the score of an event. The sum is made in the order of Features, so
// that it is the same everywhere.
func (s *Scorer) Score(e Event) float64 {
	sum := s.of.Bias
	for i, f := range features {
		if s.weights[i] != 0 {
			sum += float64(s.weights[i] * f.of(e)) // rounded here, where machines would fuse it with the sum
		}
	}
	if s.of.Scorer == Logistic {
		return Sigma(sum)
	}
	return sum
}

// Sigma is the logistic function 1/(1+e^-x).
func Sigma(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// slack takes up what adding decimals in binary loses: 0.3 + 0.2 is not less
// than 0.5.
const slack = 1e-9

// Decide scores an event and says why.
func (s *Scorer) Decide(e Event) Decision {
	d := Decision{Path: Standard, Score: s.Score(e), Threshold: s.of.Threshold, Weights: s.hash, Reasons: []Reason{}}
	if d.Score >= d.Threshold-slack {
		d.Path = Critical
	}
	for i, f := range features {
		if value := f.of(e); value != 0 && s.weights[i] != 0 {
			d.Reasons = append(d.Reasons, Reason{f.Name, value, s.weights[i], value * s.weights[i]})
		}
	}
	slices.SortStableFunc(d.Reasons, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Part), math.Abs(a.Part)) })
	return d
}
