package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

func (a *app) routeTrainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "train --labels FILE -o FILE",
		Short: "Learn the router's weights from events whose path somebody decided",
		Long: `A label is a line of JSON: the path (critical or standard), and the type of an event of the
catalog or the facts themselves (criticality, ordered, max_latency_ms, impact, payload_bytes,
rate_per_min). The weights of a logistic scorer are learnt from all labels; how good they are is
measured on labels that they were not learnt from, beside always saying the commoner path.`,
		Example: `  nexus route train --labels labels.ndjson -o weights.json
  nexus cost estimate --strategy router --weights weights.json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			out := flagText(cmd.Flags(), "output")
			if out == "" {
				return usagef("nexus route train: -o is missing").hint("name the file to write, for example -o weights.json")
			}
			if _, err := os.Lstat(a.abs(out)); !errors.Is(err, fs.ErrNotExist) {
				return usagef("writing %s: the file exists", out).hint("nexus never overwrites it; move it away first")
			}
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			t, err := o.train(cmd.Context())
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(t.Weights, "", "  ")
			if err != nil {
				return err
			}
			if err := os.WriteFile(a.abs(out), append(text, '\n'), 0o644); err != nil {
				return usage(fmt.Errorf("writing %s: %w", out, reason(err)))
			}
			if format == "json" {
				return writeJSON(a.stdout, trained{out, t.Labels, t.Weights, t.Errors, t.Held})
			}
			return a.printTraining(out, t)
		},
	}
	a.bindViewer(c)
	a.bindCatalog(c)
	c.Flags().String("labels", "", "the `FILE` of labels, one JSON object a line")
	c.Flags().StringP("output", "o", "", "the `FILE` to write; it must not be there")
	return c
}

func (o *options) train(ctx context.Context) (*cost.Training, error) {
	name := flagText(o.flags, "labels")
	if name == "" {
		return nil, usagef("nexus route train: --labels is missing").hint("name a file with one JSON object a line, such as {\"type\": \"OrderPlaced\", \"path\": \"critical\"}")
	}
	c, err := o.optionalCatalog(ctx)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(o.app.abs(name))
	if err != nil {
		return nil, o.app.missingFor("reading the labels", name)
	}
	defer file.Close()
	labels, err := cost.ReadLabels(file, name, c)
	if err != nil {
		return nil, unchecked(err)
	}
	t, err := cost.Train(labels)
	switch {
	case errors.Is(err, cost.ErrFewLabels):
		return nil, unchecked(err).hint("nothing would be learnt but chance; label more events")
	case errors.Is(err, cost.ErrOneClass):
		return nil, unchecked(err).hint("label events of the other path, too")
	case err != nil:
		return nil, unchecked(err)
	}
	return t, nil
}

// trained is the answer in JSON.
type trained struct {
	File    string             `json:"file"`
	Labels  int                `json:"labels"`
	Weights route.Weights      `json:"weights"`
	Errors  map[string]float64 `json:"standard_errors"`
	Held    cost.Quality       `json:"held_out"`
}

func (a *app) printTraining(out string, t *cost.Training) error {
	fmt.Fprintf(a.stdout, "learnt from %s, written to %s\n\n", report.Count(t.Labels, "label"), out)
	rows := [][]string{{"feature", "weight", "standard error"}}
	for _, f := range route.Features() {
		if w, ok := t.Weights.Weights[f.Name]; ok {
			rows = append(rows, []string{f.Name, fmt.Sprintf("%.3f", w), fmt.Sprintf("%.3f", t.Errors[f.Name])})
		}
	}
	rows = append(rows, []string{"bias", fmt.Sprintf("%.3f", t.Weights.Bias), fmt.Sprintf("%.3f", t.Errors["bias"])})
	fmt.Fprintln(a.stdout, columns(rows))
	h := t.Held
	fmt.Fprintln(a.stdout, columns([][]string{
		{"on labels held out", ""},
		{"AUC", fmt.Sprintf("%.3f (0.5 is guessing)", h.AUC)},
		{"right paths", fmt.Sprintf("%s (always the commoner path: %s)", percent(h.Accuracy), percent(h.Majority))},
		{"Brier score", fmt.Sprintf("%.3f (0.25 is guessing)", h.Brier)},
	}))
	rows = [][]string{{"predicted", "labels", "said", "was"}}
	for _, b := range h.Bins {
		if b.Labels > 0 {
			rows = append(rows, []string{fmt.Sprintf("%.1f to %.1f", b.From, b.To), fmt.Sprint(b.Labels), percent(b.Said), percent(b.Was)})
		}
	}
	_, err := fmt.Fprint(a.stdout, columns(rows))
	return err
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", math.Round(100*share)) }
