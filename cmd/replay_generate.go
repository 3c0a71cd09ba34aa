package cmd

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayGenerateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "generate [CATALOG] -o FILE --events N",
		Short: "Write a log that the systems of a catalog could have written",
		Long: `Streams, types, causes and data follow the catalog and its schemas, rates the hour of
the day. Equal seeds make equal logs. An anomaly is a mistake made on purpose, of every
type or, as in gap:OrderPlaced, of one.`,
		Example: `  nexus replay generate examples/shop/catalog --events 1000 -o log.ndjson
  nexus replay generate --events 1000000 --seed 7 --anomaly gap --anomaly late -o log.ndjson`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay generate")
			if err != nil {
				return err
			}
			out, err := a.newOutput(cmd)
			if err != nil {
				return err
			}
			events, _ := cmd.Flags().GetInt("events")
			seed, _ := cmd.Flags().GetUint64("seed")
			o := replay.GenerateOptions{Events: events, Seed: seed, Anomalies: flagTexts(cmd.Flags().Lookup("anomaly"))}
			for _, anomaly := range o.Anomalies {
				kind, _, _ := strings.Cut(anomaly, ":")
				if err := oneOf("kind of anomaly", kind, replay.AnomalyKinds()); err != nil {
					return err
				}
			}
			if events <= 0 {
				return usagef("reading --events: %d is no number of events", events).hint("for example --events 1000")
			}
			e := &export{replayRun: r, out: out}
			return r.conclude(cmd.Context(), func(ctx context.Context) error { return e.generate(ctx, firstArgument(args), o) })
		},
	}
	a.bindGate(c)
	a.bindCatalog(c)
	f := c.Flags()
	f.StringP("output", "o", "", "the `FILE` to write; it must not be there")
	f.Int("events", 1000, "how many events happen")
	f.Uint64("seed", 1, "equal seeds make equal logs")
	f.StringArray("anomaly", nil, "a mistake to make, as `KIND` or KIND:TYPE: "+strings.Join(replay.AnomalyKinds(), ", ")+"; repeatable")
	return c
}

func (e *export) generate(ctx context.Context, argument string, o replay.GenerateOptions) error {
	c, err := e.options.needCatalog(ctx, argument)
	if err != nil {
		return err
	}
	engines, err := e.app.newEngines(e.options)
	if err != nil {
		return err
	}
	e.app.addFields(ctx, c, engines)
	e.report.Errors = append(e.report.Errors, c.Problems...)
	e.report.Inputs = append(e.report.Inputs, catalogInput(c))
	o.Read = readBelow(c.Base)
	var done *replay.Generated
	err = e.writing(func(w *bufio.Writer) (err error) {
		if done, err = replay.Generate(ctx, w, c, o); err != nil {
			return unchecked(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.report.Checked, e.report.Data = int(done.Events), done
	e.report.Headline = fmt.Sprintf("%s of %s written to %s", report.Count(int(done.Events), "event"), report.Count(done.Streams, "stream"), e.out)
	return nil
}
