package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayWhatIfCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "whatif LOG STREAM",
		Short: "Show what would have become of a stream without an event, or with another one",
		Long: `Replays the stream with events dropped, edited, inserted or swapped, and shows what
differs at the end and which invariants break. The log is never written. An invariant
that breaks because of the changes is exit 1.`,
		Example: `  nexus replay whatif log.ndjson order-17 --drop 3
  nexus replay whatif log.ndjson order-17 --edit '2 .amount=5' --swap 4:5
  nexus replay whatif log.ndjson order-17 --insert '2 {"type": "OrderCancelled", "data": {}}'`,
		Args: takes("LOG", "STREAM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay whatif")
			if err != nil {
				return err
			}
			overlay, err := a.overlay(cmd)
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args[:1], func(ctx context.Context) error { return r.whatIf(ctx, args[1], overlay) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	f := c.Flags()
	f.StringArray("drop", nil, "leave out the event at this `POINT`; repeatable")
	f.StringArray("edit", nil, "change a value of an event: `'POINT PATH=JSON'`; repeatable")
	f.StringArray("insert", nil, "add an event behind another: `'POINT JSON'`; repeatable")
	f.StringArray("swap", nil, "exchange two events: `A:B`; repeatable")
	f.String("overlay", "", "a YAML or JSON `FILE` with drop, edit, insert and swap")
	return c
}

// overlay reads what is to be changed, from the flags and from --overlay.
func (a *app) overlay(cmd *cobra.Command) (replay.Overlay, error) {
	var all replay.Overlay
	if name := flagText(cmd.Flags(), "overlay"); name != "" {
		text, err := os.ReadFile(a.abs(name))
		if err != nil {
			return all, usage(fmt.Errorf("reading --overlay %s: %w", name, reason(err)))
		}
		if all, err = replay.ParseOverlay(name, text); err != nil {
			return all, usage(err)
		}
	}
	var err error
	read := func(flag string, add func(text string) error) {
		for _, text := range flagTexts(cmd.Flags().Lookup(flag)) {
			if failed := add(text); failed != nil && err == nil {
				err = usage(fmt.Errorf("reading --%s: %w", flag, failed))
			}
		}
	}
	read("drop", func(text string) error {
		p, err := replay.ParseTarget(text)
		all.Drops = append(all.Drops, p)
		return err
	})
	read("edit", func(text string) error {
		e, err := replay.ParseEdit(text)
		all.Edits = append(all.Edits, e)
		return err
	})
	read("insert", func(text string) error {
		i, err := replay.ParseInsert(text)
		all.Inserts = append(all.Inserts, i)
		return err
	})
	read("swap", func(text string) error {
		s, err := replay.ParseSwap(text)
		all.Swaps = append(all.Swaps, s)
		return err
	})
	if err == nil && all.IsEmpty() {
		err = usagef("nexus replay whatif: nothing is to be changed").hint("name it with --drop, --edit, --insert, --swap or --overlay")
	}
	return all, err
}

func (r *replayRun) whatIf(ctx context.Context, id string, overlay replay.Overlay) error {
	stream, err := r.stream(ctx, id)
	if err != nil {
		return err
	}
	reducer, err := r.reducer(ctx, id)
	if err != nil {
		return err
	}
	found, err := replay.WhatIf(reducer, stream, overlay)
	if err != nil {
		return r.unanswered(err)
	}
	r.notApplied(found.FailedAfter)
	r.bothViews(func(to *report.Report, v view) {
		to.Checked, to.Data, to.Findings = found.EventsAfter, found.Data(v.show), found.Findings()
		to.Tables = v.notedLast(found.Tables(v.show))
		to.Headline = fmt.Sprintf("%s at the end of %s, with %s instead of %d",
			report.Count(len(found.Changes), "difference"), id, report.Count(found.EventsAfter, "event"), found.Events)
	})
	return nil
}
