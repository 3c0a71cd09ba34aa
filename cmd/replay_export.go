package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayExportCommand() *cobra.Command {
	forms := []string{"ndjson", "html"}
	c := &cobra.Command{
		Use:   "export LOG --as ndjson|html -o FILE",
		Short: "Write a log in the native form, or one page that shows what happened",
		Long: `As ndjson any log becomes CloudEvents, one a line. As html a stream or a correlation
becomes one page that needs nothing else: timeline, states, what changed and why.
Recorded values are hidden unless --show-data is given.`,
		Example: `  nexus replay export export.json.gz --as ndjson -o log.ndjson --show-data
  nexus replay export log.ndjson --as html --stream order-17 -o order-17.html`,
		Args: takes("LOG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay export")
			if err != nil {
				return err
			}
			form := flagText(cmd.Flags(), "as")
			if err := oneOf("--as", form, forms); err != nil {
				return err
			}
			out, err := a.newOutput(cmd)
			if err != nil {
				return err
			}
			e := &export{r, out, flagText(cmd.Flags(), "stream"), flagText(cmd.Flags(), "correlation")}
			work := e.ndjson
			if form == "ndjson" {
				if err := r.refuse("index", "reducer", "reducer-cmd"); err != nil {
					return err
				}
			} else {
				work = e.html
				if (e.stream == "") == (e.correlation == "") {
					return usagef("nexus replay export: a page is about one stream or one correlation").hint("name it with --stream or --correlation")
				}
			}
			return r.answer(cmd.Context(), args, work)
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	f := c.Flags()
	f.String("as", "ndjson", "the form to write: ndjson or html")
	f.String("stream", "", "only the stream with this `ID`")
	f.String("correlation", "", "only events with this correlation `ID`")
	f.StringP("output", "o", "", "the `FILE` to write; it must not be there")
	_ = c.RegisterFlagCompletionFunc("as", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// export is one run of the command.
type export struct {
	*replayRun
	out                 string
	stream, correlation string
}

// writing calls write with the file, which appears under its name when it is whole.
func (e *export) writing(write func(*bufio.Writer) error) error {
	full := e.app.abs(e.out)
	file, err := os.CreateTemp(filepath.Dir(full), ".nexus-export-*")
	if err != nil {
		return usage(fmt.Errorf("writing %s: %w", e.out, reason(err)))
	}
	defer os.Remove(file.Name()) // after the rename there is nothing to remove
	defer file.Close()
	w := bufio.NewWriter(file)
	if err := write(w); err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), file.Chmod(0o644), file.Close()); err != nil {
		return usage(fmt.Errorf("writing %s: %w", e.out, reason(err)))
	}
	if err := os.Rename(file.Name(), full); err != nil {
		return usage(fmt.Errorf("writing %s: %w", e.out, reason(err)))
	}
	return nil
}

func (e *export) ndjson(ctx context.Context) error {
	o := replay.ExportOptions{Stream: e.stream, Correlation: e.correlation}
	if !e.showData() {
		o.Redact = func(one *event.Event) []byte { return replay.HideValues(one.Data) }
	}
	var done *replay.Exported
	err := e.writing(func(w *bufio.Writer) (err error) {
		if done, err = replay.ExportNDJSON(ctx, w, e.log.Events(ctx), o); err != nil {
			return unchecked(err)
		}
		if done.Written == 0 && e.stream+e.correlation != "" {
			return usagef("exporting: no event is of the stream or correlation that was named")
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.stats = &replay.Stats{Broken: done.Faults, BrokenCount: done.Unreadable}
	e.report.Checked, e.report.Data = int(done.Written), done
	e.report.Headline = fmt.Sprintf("%d of %s written to %s", done.Written, report.Count(int(done.Read), "event"), e.out)
	if !e.showData() {
		e.report.Headline += "; recorded values are hidden, --show-data keeps them"
	}
	return nil
}

func (e *export) html(ctx context.Context) error {
	page, events, err := e.page(ctx)
	if err != nil {
		return err
	}
	write := func(w *bufio.Writer) error {
		if err := page.WriteHTML(w); err != nil {
			return e.unfolded(err)
		}
		return e.endReducer()
	}
	if err := e.writing(write); err != nil {
		return err
	}
	e.report.Checked = events
	e.report.Data = map[string]any{"file": e.out, "events": events}
	e.report.Headline = fmt.Sprintf("%s written to %s", report.Count(events, "event"), e.out)
	return nil
}

// page gathers the streams that a page is about: all that the correlation touches.
func (e *export) page(ctx context.Context) (page replay.Page, events int, err error) {
	page.Correlation = e.correlation
	if !e.showData() {
		page.Redact = func(_ replay.Path, value any) any { return redactor{}.value("", value) }
	}
	ids := []string{e.stream}
	if e.correlation != "" {
		touched, stats, err := replay.Load(ctx, e.log, replay.LoadOptions{Correlation: e.correlation})
		if err != nil {
			return page, 0, unchecked(err)
		}
		e.stats, ids = stats, nil
		for _, s := range touched {
			ids = append(ids, s.ID)
		}
		if len(ids) == 0 {
			return page, 0, usagef("exporting: no event has the correlation id %q", e.correlation)
		}
	}
	for _, id := range ids {
		stream, err := e.replayRun.stream(ctx, id)
		if err != nil {
			return page, 0, err
		}
		reducer, err := e.reducer(ctx, id)
		if err != nil {
			return page, 0, err
		}
		page.Streams = append(page.Streams, replay.PageStream{Stream: stream, Reducer: reducer})
		events += len(stream.Events)
	}
	return page, events, nil
}
