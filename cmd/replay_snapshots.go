package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

// lastSteps is how many steps are listed of the way to a point. It does not
// depend on whether there are snapshots: an answer is the same with and without.
const lastSteps = 10

// snapshotFile is where the snapshots of an index are: beside it.
func (r *replayRun) snapshotFile() string { return strings.TrimSuffix(r.indexFile(), ".nxi") + ".nxs" }

// snapshotPlan is what --snapshots says; nil for none.
func (r *replayRun) snapshotPlan() (*replay.SnapshotPlan, error) {
	plan := &replay.SnapshotPlan{}
	switch text := flagText(r.options.flags, "snapshots"); text {
	case "none":
		return nil, nil
	case "auto":
	default:
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, usagef("reading --snapshots: %q is no number of events", text).hint("expected one of: auto, none, a number from 1 on")
		}
		plan.Every = n
	}
	if r.command != nil {
		return nil, usagef("nexus replay index: no states of --reducer-cmd are kept, since nexus cannot see when the command changes").hint("leave --reducer-cmd out, or add --snapshots none")
	}
	named, merge, err := r.options.reducers()
	if err != nil {
		return nil, err
	}
	if name := flagText(r.options.flags, "reducer"); name != "" {
		reducer, err := namedReducer(named, name)
		if err != nil {
			return nil, err
		}
		plan.Reducers = func(string) []*replay.Reducer { return []*replay.Reducer{reducer} }
		return plan, nil
	}
	plan.Reducers = func(stream string) []*replay.Reducer {
		var fitting []*replay.Reducer
		for _, reducer := range named {
			if reducer.Handles(stream) {
				fitting = append(fitting, reducer)
			}
		}
		if len(fitting) == 0 {
			return []*replay.Reducer{merge}
		}
		return fitting
	}
	return plan, nil
}

// snapshotsData is what the index command says of the snapshots it took.
type snapshotsData struct {
	File      string `json:"file"`
	Snapshots int    `json:"snapshots"`
	Streams   int    `json:"streams"`
	Bytes     int64  `json:"bytes"`
}

// takeSnapshots writes the snapshots of a log that was just indexed, or removes
// those that no longer fit. It says in a sentence what it did; data is nil when
// there are no snapshots.
func (r *replayRun) takeSnapshots(ctx context.Context, plan *replay.SnapshotPlan, logBytes int64) (data *snapshotsData, text string, err error) {
	file := r.snapshotFile()
	if plan == nil {
		return nil, "", replay.RemoveSnapshots(r.app.abs(file))
	}
	x, err := index.Open(r.app.abs(r.indexFile()))
	if err != nil {
		return nil, "", err
	}
	defer x.Close()
	stats, err := replay.WriteSnapshots(ctx, r.log, x, r.app.abs(file), *plan)
	if err != nil {
		return nil, "", err
	}
	if stats.Snapshots == 0 {
		return nil, "; no stream is long enough, and in order, for snapshots", nil
	}
	return &snapshotsData{file, stats.Snapshots, stats.Streams, stats.Bytes},
		fmt.Sprintf("; %s of %s in %s: %d bytes, %.1f %%", report.Count(stats.Snapshots, "snapshot"), report.Count(stats.Streams, "stream"),
			file, stats.Bytes, 100*float64(stats.Bytes)/float64(max(logBytes, 1))), nil
}

// seek finds moments by the log's index and snapshots, one for each of the streams
// and points. It is nil when there are none to use; those that should have been of
// use and are not are said to be.
func (r *replayRun) seek(ctx context.Context, reducer *replay.Reducer, steps int, wanted ...seekTarget) ([]*replay.Moment, error) {
	if reducer.IsCommand() {
		return nil, nil
	}
	x, err := r.freshIndex()
	if err != nil || x == nil {
		return nil, err
	}
	defer x.Close()
	file := r.snapshotFile()
	snapshots, err := replay.OpenSnapshots(r.app.abs(file), x)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		r.note("the snapshots " + file + " were not used: " + err.Error())
		return nil, nil
	}
	defer snapshots.Close()
	seeker := replay.Seeker{Index: x, Reader: x.Reader(r.log), Snapshots: snapshots}
	defer seeker.Reader.Close()
	var found []*replay.Moment
	for _, w := range wanted {
		m, err := seeker.Moment(ctx, reducer, w.stream, w.options, steps)
		if err != nil {
			r.note("the snapshots " + file + " were not used: " + err.Error())
			return nil, nil
		}
		if m == nil {
			return nil, nil
		}
		found = append(found, m)
	}
	r.stats = &replay.Stats{BrokenCount: x.Stats().Faults}
	return found, nil
}

// A seekTarget is a stream and a part of it.
type seekTarget struct {
	stream  string
	options replay.Options
}

// wantsState reports whether the question is about the state at a point: the way
// to it is then not all told.
func (t *timeline) wantsState() bool {
	return !t.at.IsEnd() && t.where == nil && flagText(t.options.flags, "interactive") != "true"
}

// state answers with the state of the stream at a point and the last steps.
func (t *timeline) state(ctx context.Context) error {
	reducer, err := t.reducer(ctx, t.id)
	if err != nil {
		return err
	}
	options := replay.Options{At: t.at, KnownAt: t.knownAt}
	found, err := t.seek(ctx, reducer, lastSteps, seekTarget{t.id, options})
	if err != nil {
		return err
	}
	if found == nil {
		stream, err := t.stream(ctx, t.id)
		if err != nil {
			return err
		}
		m, err := replay.MomentOf(reducer, stream, options, lastSteps)
		if err != nil {
			return t.unanswered(err)
		}
		found = append(found, m)
	}
	m := found[0]
	t.notApplied(m.Failed)
	t.bothViews(func(to *report.Report, v view) {
		t.show(to, v, replay.Stream{ID: m.Stream, Duplicates: m.Duplicates}, reducer, m.Steps, m.State, m.Events-len(m.Steps))
	})
	return nil
}

// sought is the difference between two states that snapshots tell; nil where they
// do not.
func (d *stateDiff) sought(ctx context.Context, reducer *replay.Reducer) (*replay.Difference, error) {
	from, to := seekTarget{d.streams[0], replay.Options{At: d.from}}, seekTarget{d.streams[len(d.streams)-1], replay.Options{At: d.to}}
	found, err := d.seek(ctx, reducer, 0, from, to)
	if err != nil || found == nil {
		return nil, err
	}
	return replay.DiffMoments(found[0], d.from, found[1], d.to), nil
}

// note adds a remark below the last table, once.
func (r *replayRun) note(text string) {
	if !slices.Contains(r.remarks, text) {
		r.remarks = append(r.remarks, text)
	}
}
