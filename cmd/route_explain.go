package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

func (a *app) routeExplainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain EVENT",
		Short: "Say which path an event of the catalog travels, and why",
		Long: `Scores an event by what the catalog declares of it. The weights are those of --weights,
else of the key route in nexus.yaml, else the default: half of the score is the declared
criticality, the rest whether order counts, how fast the event is needed, and whether its
loss has an impact. An event whose score reaches the threshold takes the critical path.`,
		Example: `  nexus route explain OrderPlaced --catalog examples/orders/catalog`,
		Args:    takes("EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			scorer, from, err := o.scorer()
			if err != nil {
				return err
			}
			catalog, err := o.needCatalog(cmd.Context(), "")
			if err != nil {
				return err
			}
			e := catalog.Event(args[0], "")
			if e == nil {
				return unknownEvent(catalog, args[0], "")
			}
			d := scorer.Decide(cost.RouteEvent(e))
			if format == "json" {
				return writeJSON(a.stdout, explainedRoute{e.ID, d})
			}
			return a.printRoute(e.ID, from, d)
		},
	}
	a.bindViewer(c)
	a.bindCatalog(c)
	a.bindWeights(c)
	return c
}

// bindWeights gives a command the flags that choose the router.
func (a *app) bindWeights(c *cobra.Command) {
	c.Flags().String("weights", "", "the router's weights, a `FILE` as nexus route train writes it (default: the key route of nexus.yaml)")
	c.Flags().Float64("threshold", 0, "the score from which on an event takes the critical path, instead of the weights' own")
}

// explainedRoute is the answer in JSON.
type explainedRoute struct {
	Event string `json:"event"`
	route.Decision
}

func (a *app) printRoute(event, from string, d route.Decision) error {
	compared := "reaches"
	if d.Path == route.Standard {
		compared = "stays below"
	}
	fmt.Fprintf(a.stdout, "%s takes the %s path: its score %s %s the threshold %s\n\n", event, d.Path, scoreText(d.Score), compared, scoreText(d.Threshold))
	rows := [][]string{{"feature", "value", "weight", "part"}}
	for _, r := range d.Reasons {
		rows = append(rows, []string{r.Feature, scoreText(r.Value), scoreText(r.Weight), scoreText(r.Part)})
	}
	if len(rows) > 1 {
		fmt.Fprintln(a.stdout, columns(rows))
	} else {
		fmt.Fprint(a.stdout, "nothing that has a weight is declared of it\n\n")
	}
	_, err := fmt.Fprintf(a.stdout, "by %s, %s %s\n", from, report.Count(len(route.Features()), "feature"), d.Weights)
	return err
}
