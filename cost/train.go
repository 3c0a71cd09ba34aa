package cost

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// A Label is what somebody decided about one event: whether it belongs on the
// critical path.
type Label struct {
	Event    route.Event
	Critical bool
}

// MinLabels is how few labels nothing is learnt from.
const MinLabels = 100

// Errors of Train, for labels that teach nothing.
var (
	ErrFewLabels = fmt.Errorf("fewer than %d labels", MinLabels)
	ErrOneClass  = errors.New("all labels are of one path")
)

// Training is what was learnt, and how good it is on labels that it was not
// learnt from.
type Training struct {
	Weights route.Weights
	// Errors are the standard errors of the weights, by feature, and of the bias
	// as "bias". Another set of as many labels would move a weight by about as much.
	Errors map[string]float64
	Labels int
	Held   Quality
}

// Quality judges predictions for labels that were held out: each fifth of the
// labels is predicted by weights that were learnt from the others.
type Quality struct {
	AUC      float64 `json:"auc"`      // the chance that a critical event scores above a standard one; 0.5 is guessing
	Accuracy float64 `json:"accuracy"` // the share of right paths at the threshold
	Majority float64 `json:"majority"` // the accuracy of always saying the commoner path
	Brier    float64 `json:"brier"`    // the mean squared error of the probabilities; 0.25 is guessing
	Bins     []Bin   `json:"bins"`
}

// A Bin holds the labels whose predicted probability lies in one tenth.
type Bin struct {
	From   float64 `json:"from"`
	To     float64 `json:"to"`
	Labels int     `json:"labels"`
	Said   float64 `json:"said"` // the mean of the predicted probabilities
	Was    float64 `json:"was"`  // the share that is critical
}

const (
	folds = 5
	bins  = 10
	// ridge keeps weights finite when labels can be told apart without a mistake:
	// the likelihood would grow for ever. On other labels it moves none by a
	// hundredth.
	ridge    = 1e-2
	maxSteps = 100
)

// Train learns the weights of the logistic scorer from labels, by Newton's method
// on the penalised likelihood. Features that are the same in all labels have no
// weight. The same labels give the same weights.
//
// The error wraps ErrFewLabels or ErrOneClass when there is nothing to learn from.
func Train(labels []Label) (*Training, error) {
	critical := 0
	for _, l := range labels {
		if l.Critical {
			critical++
		}
	}
	switch {
	case len(labels) < MinLabels:
		return nil, fmt.Errorf("training on %d labels: %w", len(labels), ErrFewLabels)
	case critical == 0 || critical == len(labels):
		return nil, fmt.Errorf("training on %d labels: %w", len(labels), ErrOneClass)
	}
	rows := make([]row, len(labels))
	for i, l := range labels {
		rows[i] = rowOf(l)
	}
	fit, err := newton(rows, -1)
	if err != nil {
		return nil, err
	}
	t := &Training{Labels: len(labels), Errors: map[string]float64{"bias": fit.errors[0]}}
	t.Weights = route.Weights{Scorer: route.Logistic, Weights: map[string]float64{}, Bias: fit.weights[0], Threshold: 0.5}
	for i, f := range route.Features() {
		if varies(rows, i+1) {
			t.Weights.Weights[f.Name], t.Errors[f.Name] = fit.weights[i+1], fit.errors[i+1]
		}
	}
	t.Held, err = judge(rows)
	return t, err
}

// A row is a label as numbers: 1 for the bias, then the features.
type row struct {
	x []float64
	y float64 // 1: critical
}

func rowOf(l Label) row {
	r := row{x: []float64{1}}
	for _, f := range route.Features() {
		r.x = append(r.x, f.Of(l.Event))
	}
	if l.Critical {
		r.y = 1
	}
	return r
}

func varies(rows []row, column int) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.x[column] != rows[0].x[column] })
}

// A fit is weights, the bias first, and their standard errors.
type fit struct{ weights, errors []float64 }

// newton fits the rows but for one fold, -1 for none.
func newton(rows []row, without int) (fit, error) {
	n := len(rows[0].x)
	w := make([]float64, n)
	for range maxSteps {
		gradient, curvature := slope(rows, without, w)
		step, err := solve(curvature, gradient)
		if err != nil {
			return fit{}, err
		}
		largest := 0.0
		for i := range w {
			w[i] += step[i]
			largest = max(largest, math.Abs(step[i]))
		}
		if largest < 1e-10 {
			break
		}
	}
	_, curvature := slope(rows, without, w)
	errors := make([]float64, n)
	for i := range errors {
		unit := make([]float64, n)
		unit[i] = 1
		column, err := solve(curvature, unit)
		if err != nil {
			return fit{}, err
		}
		errors[i] = math.Sqrt(max(0, column[i]))
	}
	return fit{w, errors}, nil
}

// slope is the gradient of the penalised log-likelihood, and its curvature with
// the sign turned.
func slope(rows []row, without int, w []float64) (gradient []float64, curvature [][]float64) {
	n := len(w)
	gradient, curvature = make([]float64, n), make([][]float64, n)
	for i := range curvature {
		curvature[i] = make([]float64, n)
		curvature[i][i] = ridge
		gradient[i] = -ridge * w[i]
	}
	for k, r := range rows {
		if k%folds == without {
			continue
		}
		p := route.Sigma(dot(w, r.x))
		for i, x := range r.x {
			gradient[i] += (r.y - p) * x
			for j := range i + 1 {
				curvature[i][j] += p * (1 - p) * x * r.x[j]
			}
		}
	}
	for i := range curvature {
		for j := range i {
			curvature[j][i] = curvature[i][j]
		}
	}
	return gradient, curvature
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

// solve solves a·x = b by Gaussian elimination with pivots. a and b stay as they are.
func solve(a [][]float64, b []float64) ([]float64, error) {
	n := len(b)
	m := make([][]float64, n)
	for i := range m {
		m[i] = append(slices.Clone(a[i]), b[i])
	}
	for column := range n {
		pivot := column
		for i := column + 1; i < n; i++ {
			if math.Abs(m[i][column]) > math.Abs(m[pivot][column]) {
				pivot = i
			}
		}
		if m[pivot][column] == 0 || math.IsNaN(m[pivot][column]) {
			return nil, errors.New("training: the labels do not determine the weights")
		}
		m[column], m[pivot] = m[pivot], m[column]
		for i := column + 1; i < n; i++ {
			factor := m[i][column] / m[column][column]
			for j := column; j <= n; j++ {
				m[i][j] -= float64(factor * m[column][j])
			}
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = (m[i][n] - dot(m[i][i+1:n], x[i+1:])) / m[i][i]
	}
	return x, nil
}

// judge predicts every label by weights that were learnt without its fold. Labels
// often come sorted, so that folds take turns.
func judge(rows []row) (Quality, error) {
	said := make([]float64, len(rows))
	for fold := range folds {
		f, err := newton(rows, fold)
		if err != nil {
			return Quality{}, err
		}
		for i := fold; i < len(rows); i += folds {
			said[i] = route.Sigma(dot(f.weights, rows[i].x))
		}
	}
	q := Quality{AUC: auc(rows, said), Bins: make([]Bin, bins)}
	right, critical := 0, 0.0
	for i, r := range rows {
		if said[i] >= 0.5 == (r.y == 1) {
			right++
		}
		critical += r.y
		q.Brier += (said[i] - r.y) * (said[i] - r.y) / float64(len(rows))
		b := &q.Bins[min(bins-1, int(said[i]*bins))]
		b.Labels++
		b.Said += said[i]
		b.Was += r.y
	}
	for i := range q.Bins {
		b := &q.Bins[i]
		b.From, b.To = float64(i)/bins, float64(i+1)/bins
		if b.Labels > 0 {
			b.Said /= float64(b.Labels)
			b.Was /= float64(b.Labels)
		}
	}
	share := critical / float64(len(rows))
	q.Accuracy, q.Majority = float64(right)/float64(len(rows)), max(share, 1-share)
	return q, nil
}

// auc is the area under the ROC curve: the Mann-Whitney statistic, with half a
// point for equal scores.
func auc(rows []row, said []float64) float64 {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(said[a], said[b]) })
	below, won, critical := 0.0, 0.0, 0.0
	for i := 0; i < len(order); {
		end, ones := i, 0.0
		for ; end < len(order) && said[order[end]] == said[order[i]]; end++ {
			ones += rows[order[end]].y
		}
		zeros := float64(end-i) - ones
		won += ones * (below + zeros/2)
		below += zeros
		critical += ones
		i = end
	}
	return won / (critical * below)
}
