package cost_test

import (
	"math"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/cost"
)

// TestWorkedExamples compares what each path bills with the arithmetic of
// testdata/paths.txtar, whose files are named by a path and a what-if.
func TestWorkedExamples(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/paths.txtar")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, file := range archive.Files {
		name, whatIf, _ := strings.Cut(file.Name, " ")
		shown[name] = true
		t.Run(file.Name, func(t *testing.T) {
			charges := worked(t, name, whatIf)
			for line := range strings.Lines(string(file.Data)) {
				if strings.HasPrefix(line, "#") {
					continue
				}
				cell := strings.Split(strings.TrimSpace(line), " = ")
				want, got := evaluate(t, cell[1]), charges[cell[0]]
				if text := cost.Dollars(want).String(); strings.ReplaceAll(text, ",", "") != cell[2] {
					t.Errorf("%s is %s, and the fixture says %s", cell[1], text, cell[2])
				}
				if math.Abs(got.Dollars()-want) > 1e-6*max(1, want) {
					t.Errorf("%s costs %s, want %s", cell[0], got, cell[2])
				}
				delete(charges, cell[0])
			}
			for figure, amount := range charges {
				t.Errorf("%s is billed with %s, and the fixture lacks it", figure, amount)
			}
		})
	}
	for _, p := range paths(t) {
		if !shown[p.Name] {
			t.Errorf("%s has no worked example", p.Name)
		}
	}
}

// worked is what the type of the fixture is charged on a path, by figure.
func worked(t *testing.T, name, whatIf string) map[string]cost.Money {
	t.Helper()
	lists := []string{"empty-polls=off"}
	if whatIf != "" {
		lists = append(lists, whatIf)
	}
	a, err := cost.ParseWhatIf(lists...)
	if err != nil {
		t.Fatal(err)
	}
	traffic := uniform(100, 2048, readers(2, cost.Lambda)...)
	traffic.Consumers = a.ConsumersOf(traffic)
	charges := map[string]cost.Money{}
	for _, charge := range cost.Bill(monthUses(path(t, name, lists...), traffic), a.FreeTiers) {
		charges[charge.Figure.Name] = charge.Cost
	}
	return charges
}

// evaluate computes a sum of products and quotients from left to right.
func evaluate(t *testing.T, arithmetic string) float64 {
	t.Helper()
	sum, sign, product, operator := 0.0, 1.0, 1.0, "*"
	for _, token := range strings.Fields(arithmetic) {
		switch token {
		case "*", "/":
			operator = token
		case "+", "-":
			sum += sign * product
			sign, product, operator = 1, 1, "*"
			if token == "-" {
				sign = -1
			}
		default:
			if x := number(t, token); operator == "*" {
				product *= x
			} else {
				product /= x
			}
		}
	}
	return sum + sign*product
}
