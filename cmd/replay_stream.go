package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

// stream loads one stream of the log. One that the log does not hold is a mistake
// of the user, unless it may be in what could not be read.
func (r *replayRun) stream(ctx context.Context, id string) (replay.Stream, error) {
	if stream, found, err := r.indexed(ctx, id); err != nil || found {
		return stream, err
	}
	met := streamNames{}
	streams, stats, err := replay.Load(ctx, r.log, replay.LoadOptions{Stream: id, Met: met.add})
	if r.stats = stats; err != nil {
		return replay.Stream{}, unchecked(err)
	}
	if len(streams) > 0 {
		return streams[0], nil
	}
	failure := met.unknown(id)
	if stats.BrokenCount > 0 {
		failure.code = exitUnchecked
		failure.err = fmt.Errorf("no event that can be read is of stream %q, and %s cannot be read", id, report.Count(int(stats.BrokenCount), "record"))
	}
	return replay.Stream{}, failure
}

// streamNames are streams of a log, to guess which one was meant: the first
// maxNames of them, since standard input cannot be read for them again.
type streamNames map[string]bool

const maxNames = 10_000

func (n streamNames) add(stream []byte) {
	if len(n) < maxNames && !n[string(stream)] {
		n[string(stream)] = true
	}
}

// unknown says that the log has no such stream, and which it has.
func (n streamNames) unknown(id string) *exitError {
	err := usagef("unknown stream %q", id)
	names := slices.Sorted(maps.Keys(n))
	near := report.Nearest(id, names)
	switch {
	case len(names) == 0:
		return err.hint("no event of the log says which stream it is of; --map stream=PATH says where it stands")
	case len(names) <= shortList:
		return err.hint("one of: %s", strings.Join(names, ", "))
	case near != "":
		return err.hint("did you mean %q?", near)
	}
	return err.hint("the log has others, such as %s", strings.Join(names[:3], ", "))
}
