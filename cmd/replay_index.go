package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayIndexCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "index LOG",
		Short: "Write an index beside a log, so that one stream of it is found in milliseconds",
		Long: `Reads the log once and writes where each stream, correlation id and event id stands,
with the sizes and rates of every type. Questions about one stream, and trace, use the
index as long as the log is as it was, and say when it is not. A compressed log cannot be read from its
middle: write it out first.

Beside the index stand snapshots: states of the longer streams on their way, so that
a state at a point is found without folding all that came before. auto takes one when
at least 64 events and eight times its bytes have gone by, a number takes one every so
many events.`,
		Example: `  nexus replay index log.ndjson
  nexus replay index log.ndjson --snapshots 100
  nexus replay log.ndjson --stream order-17 --at 250`,
		Args: takes("LOG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay index")
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args, r.buildIndex)
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	c.Flags().String("snapshots", "auto", "how often a state is kept: auto, none, or every `N` events")
	return c
}

// indexData is the payload of the command.
type indexData struct {
	Index        string `json:"index"`
	Events       int64  `json:"events"`
	Streams      int    `json:"streams"`
	Types        int    `json:"types"`
	Correlations int    `json:"correlations"`
	LogBytes     int64  `json:"log_bytes"`
	IndexBytes   int64  `json:"index_bytes"`
	// Snapshots is null where none were taken.
	Snapshots *snapshotsData `json:"snapshots"`
}

func (r *replayRun) buildIndex(ctx context.Context) error {
	plan, err := r.snapshotPlan()
	if err != nil {
		return err
	}
	file := r.indexFile()
	stats, err := index.Build(ctx, r.log, r.app.abs(file))
	if err != nil {
		if input, ok := errors.AsType[*index.InputError](err); ok {
			return unchecked(fmt.Errorf("indexing %s: %s", input.File, input.Why),
				cmp.Or(input.Hint, "nexus replay export LOG --as ndjson --show-data -o FILE writes a log that can be indexed"))
		}
		return unchecked(err)
	}
	snapshots, taken, err := r.takeSnapshots(ctx, plan, stats.LogBytes)
	if err != nil {
		return unchecked(err, "--snapshots none does without")
	}
	r.report.Checked = int(stats.Events)
	r.report.Data = indexData{file, stats.Events, stats.Streams, stats.Types, stats.Correlations, stats.LogBytes, stats.IndexBytes, snapshots}
	r.report.Headline = fmt.Sprintf("%s of %s indexed in %s: %d bytes, %.1f %% of the log", report.Count(int(stats.Events), "event"),
		report.Count(stats.Streams, "stream"), file, stats.IndexBytes, 100*float64(stats.IndexBytes)/float64(max(stats.LogBytes, 1))) + taken
	if stats.Faults > 0 {
		r.report.Errors = append(r.report.Errors, report.Problem{Code: "unreadable-record",
			Message: report.Count(int(stats.Faults), "record") + " could not be read and are not in the index"})
	}
	return nil
}

// indexFile is where the log's index is: --index, else log.nxi beside its first file.
func (r *replayRun) indexFile() string {
	if name := flagText(r.options.flags, "index"); name != "" {
		return name
	}
	first := r.log.Files()[0]
	if len(r.log.Files()) == 1 {
		return first + ".nxi"
	}
	return filepath.Join(filepath.Dir(first), "log.nxi")
}

// indexed loads a stream by the log's index. It is false when there is none to use.
func (r *replayRun) indexed(ctx context.Context, id string) (stream replay.Stream, found bool, err error) {
	x, err := r.freshIndex()
	if err != nil || x == nil {
		return stream, false, err
	}
	defer x.Close()
	stream, err = readIndexed(ctx, x, x.Reader(r.log), id)
	if err != nil {
		return stream, false, unchecked(fmt.Errorf("reading %s by the index: %w", id, err), "--no-index does without")
	}
	r.stats = &replay.Stats{BrokenCount: x.Stats().Faults}
	return stream, len(stream.Events) > 0, nil
}

// freshIndex opens the log's index; nil when there is none to use. One that is
// stale is said to be.
func (r *replayRun) freshIndex() (*index.Index, error) {
	if flagText(r.options.flags, "no-index") == "true" || r.log.Files()[0] == "-" {
		return nil, nil
	}
	file := r.indexFile()
	x, err := index.Open(r.app.abs(file))
	switch {
	case errors.Is(err, fs.ErrNotExist) && flagText(r.options.flags, "index") == "":
		return nil, nil
	case err != nil:
		return nil, unchecked(fmt.Errorf("opening the index %s: %w", file, err), "nexus replay index writes it anew, --no-index does without")
	}
	if fresh, why := x.Fresh(r.log); !fresh {
		r.note("the index " + file + " is stale and was not used: " + why)
		return nil, x.Close()
	}
	return x, nil
}

func readIndexed(ctx context.Context, x *index.Index, reader *index.Reader, id string) (replay.Stream, error) {
	defer reader.Close()
	at, err := x.Stream(id)
	if err != nil {
		return replay.Stream{}, err
	}
	var events []*event.Event
	for e, err := range reader.Events(ctx, at.Postings(0)) {
		if err != nil {
			return replay.Stream{}, err
		}
		events = append(events, e.Clone())
	}
	return replay.NewStream(id, events), nil
}
