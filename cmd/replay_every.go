package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

// streamData is a stream in the data of nexus replay --all.
type streamData struct {
	Stream string `json:"stream"`
	Events int64  `json:"events"`
	State  any    `json:"state"`
}

// every folds the whole log. A log has many streams: each state is made when it is
// shown, and the table only for who reads tables.
func (t *timeline) every(ctx context.Context) error {
	reducer, err := t.reducer(ctx, "")
	if err != nil {
		return err
	}
	result, err := replay.FoldAll(ctx, t.log, reducer, replay.FoldOptions{At: t.at, KnownAt: t.knownAt})
	if err != nil {
		return t.unfolded(err)
	}
	t.stats = &result.Stats
	var failed []*replay.ApplyError
	events := int64(0)
	for i := range result.Streams {
		events += result.Streams[i].Events
		failed = append(failed, result.Streams[i].Failed...)
	}
	t.notApplied(failed)
	t.bothViews(func(to *report.Report, v view) {
		table := report.Table{Title: "Streams", Columns: []string{"Stream", "Events", "State"}, Notes: v.notes(), InData: true}
		if t.showsTables() {
			table.Rows, err = v.streamRows(result)
		}
		to.Checked, to.Tables, to.Data = len(result.Streams), []report.Table{table}, v.streams(result)
		to.Headline = fmt.Sprintf("%s of %s folded by %s", report.Count(int(events), "event"),
			report.Count(len(result.Streams), "stream"), reducer)
	})
	if err != nil {
		return unchecked(err)
	}
	return nil
}

// showsTables reports whether a format was asked for that shows the tables of --all.
func (g *gate) showsTables() bool {
	formats := []string{g.format}
	for _, d := range g.reports {
		formats = append(formats, d.format)
	}
	return slices.ContainsFunc(formats, func(f string) bool {
		return !slices.Contains([]string{"json", "sarif", "junit", "gitlab"}, f)
	})
}

// streams is the payload of --all.
func (v view) streams(result *replay.Result) report.Series {
	return report.Series{Name: "streams", Elements: func(yield func(any, error) bool) {
		for i := range result.Streams {
			s := &result.Streams[i]
			state, err := s.State()
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(streamData{s.ID, s.Events, v.value(state.Value())}, nil) {
				return
			}
		}
	}}
}

func (v view) streamRows(result *replay.Result) (rows [][]string, err error) {
	for i := range result.Streams {
		s := &result.Streams[i]
		state, err := s.State()
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{s.ID, fmt.Sprint(s.Events), v.members(state)})
	}
	return rows, nil
}
