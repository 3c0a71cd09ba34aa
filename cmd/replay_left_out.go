package cmd

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/report"
)

// leftOut says what of the log is not in an answer. Where no event has a stream,
// nothing was folded, so that an answer would say nothing of the log.
func (r *replayRun) leftOut(answered bool) {
	if n := r.log.Tombstones(); n > 0 {
		r.note(report.Count(int(n), "tombstone") + " (null) passed over.")
	}
	if r.stats == nil || r.stats.Streamless == 0 || !answered {
		return
	}
	if r.stats.Streamless == r.stats.Events {
		r.withdraw()
		r.report.Headline = "nothing was folded"
		r.report.Errors = append(r.report.Errors, r.noStreams(r.stats.Events))
		return
	}
	said := report.Count(int(r.stats.Streamless), "event") + " of no stream left out"
	r.report.Headline += "; " + said
	r.report.Inputs[len(r.report.Inputs)-1].Resolved += "; " + said // for machines
	r.note(said + ": " + r.mapHint() + ".")
}

// noStreams is the problem of a log of which no event has a stream.
func (r *replayRun) noStreams(events int64) report.Problem {
	return report.Problem{
		Code:    "no-stream",
		Message: fmt.Sprintf("no stream: of %s none says which stream it is of", report.Count(int(events), "event")),
		Hints:   []string{r.mapHint()},
	}
}

// mapHint says how to tell where the stream stands.
func (r *replayRun) mapHint() string {
	if r.log.Mapping().Format == "debezium" {
		return "--map stream=PATH says which column is the key of the table, as in --map stream=.row.order_id"
	}
	return "--map stream=PATH says where the stream stands"
}
