package route

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Error says where in a file of weights something is wrong.
type Error struct {
	Pointer string // JSON pointer, such as /weights/latency
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("weights%s: %s", e.Pointer, e.Message) }

// Parse reads weights as JSON or YAML have them: an object with scorer, weights,
// bias and threshold, with numbers as json.Number. What is left out is Default's,
// but for the weights: given ones replace all of the default's. Every error is an
// *Error.
func Parse(value any) (Weights, error) {
	w := Default()
	object, ok := value.(map[string]any)
	if !ok {
		return w, &Error{"", "an object with scorer, weights, bias and threshold was expected"}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		var err error
		at := "/" + key
		switch key {
		case "scorer":
			if w.Scorer, ok = object[key].(string); !ok {
				err = &Error{at, "a text was expected: " + Linear + " or " + Logistic}
			}
		case "bias":
			w.Bias, err = number(object[key], at)
		case "threshold":
			w.Threshold, err = number(object[key], at)
		case "weights":
			w.Weights, err = parseWeights(object[key], at)
		default:
			err = &Error{at, "this key is unknown: there are scorer, weights, bias and threshold"}
		}
		if err != nil {
			return w, err
		}
	}
	if _, err := New(w); err != nil {
		return w, &Error{"", err.Error()}
	}
	return w, nil
}

func parseWeights(value any, at string) (map[string]float64, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &Error{at, "an object of features and their weights was expected"}
	}
	weights := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.ContainsFunc(features, func(f Feature) bool { return f.Name == name }) {
			return nil, &Error{at + "/" + name, "this feature is unknown: there are " + names()}
		}
		weight, err := number(object[name], at+"/"+name)
		if err != nil {
			return nil, err
		}
		weights[name] = weight
	}
	return weights, nil
}

func number(value any, at string) (float64, error) {
	if n, ok := value.(json.Number); ok {
		if x, err := n.Float64(); err == nil {
			return x, nil
		}
	}
	return 0, &Error{at, "a number was expected"}
}
