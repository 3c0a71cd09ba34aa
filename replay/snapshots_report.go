package replay

import (
	"fmt"
	"math"
	"strconv"

	"github.com/nexus-blueprint/nexus/report"
)

// claimed is the part of the work that the founding document says snapshots save.
const claimed = 0.9

// Headline is the advice in a sentence.
func (a *Advice) Headline() string {
	none := a.Intervals[0]
	if a.Best.Every == 0 {
		return fmt.Sprintf("no snapshots: a read folds %.1f events of %s on average, and every interval costs more bytes than it saves", none.Folded, byteCount(a.EventBytes))
	}
	return fmt.Sprintf("a snapshot every %s: a read folds %.1f events instead of %.1f (%s saved), for snapshots that add up to %s of the log",
		report.Count(a.Best.Every, "event"), a.Best.Folded, none.Folded, percent(a.Best.Saved), percent(a.Best.WrittenBytes/float64(a.LogBytes)))
}

// Tables show what each interval saves and costs.
func (a *Advice) Tables() []report.Table {
	t := report.Table{
		Title:   "Snapshots",
		Columns: []string{"Every", "Events folded a read", "Saved", "Snapshots written", "Of the log", "Newest only", "Bytes a read", "Which"},
		Notes:   a.notes(),
	}
	for _, i := range a.Intervals {
		every := strconv.Itoa(i.Every)
		if i.Every == 0 {
			every = "none"
		}
		t.Rows = append(t.Rows, []string{
			every, fmt.Sprintf("%.1f", i.Folded), percent(i.Saved), byteCount(i.WrittenBytes), percent(i.WrittenBytes / float64(a.LogBytes)),
			byteCount(i.KeptBytes), fmt.Sprintf("%.0f", i.Cost), a.which(i.Every),
		})
	}
	return []report.Table{t}
}

// which says by what an interval was found.
func (a *Advice) which(every int) string {
	text := ""
	for _, w := range []struct {
		every int
		name  string
	}{{a.Blueprint.Every, "blueprint"}, {a.Optimum.Every, "optimum by formula"}, {a.Best.Every, "cheapest here"}} {
		if w.every == every && text != "" {
			text += ", " + w.name
		} else if w.every == every {
			text = w.name
		}
	}
	return text
}

// notes say how the figures came about, and what is wrong with the claims.
func (a *Advice) notes() []string {
	mean := float64(a.Events) / float64(a.Streams)
	notes := []string{
		fmt.Sprintf("Blueprint: min(100, max(10, N/C)) = %d for N = %.1f events a stream and C = 1. N is a count and C a cost, so that N/C has no meaning until C is given a unit; "+
			"and it spaces snapshots further apart the longer the streams are, to where they would help most.", a.Blueprint.Every, mean),
		fmt.Sprintf("Optimum: sqrt(2*c_snap*W/(c_ev*R)) = %d for a snapshot of %s, an event of %s and W/R = %s. It is for streams much longer than that; cheapest here is what these streams say.",
			a.Optimum.Every, byteCount(a.SnapshotBytes), byteCount(a.EventBytes), strconv.FormatFloat(a.WritesPerRead, 'g', -1, 64)),
		"A read with snapshots is not O(1): it loads the state, which may grow with the stream, and folds up to one event less than the interval.",
	}
	switch {
	case a.Best.Every == 0:
		notes = append(notes, "These streams are too short, or their states too large, for snapshots: none is cheapest.")
	case a.Blueprint.Saved < claimed:
		notes = append(notes, fmt.Sprintf("The founding document claims 90 %%: its interval saves %s of the events folded here. With an interval I and loading free, 90 %% needs a stream of 10*(I-1) events or more when reads are spread over its life.",
			percent(a.Blueprint.Saved)))
	default:
		notes = append(notes, fmt.Sprintf("The founding document claims 90 %%, and its interval saves %s of the events folded here.", percent(a.Blueprint.Saved)))
	}
	notes = append(notes, "Counted, not timed: events folded and bytes; a snapshot has an envelope as large as an event's. Reads are spread evenly over the life of each stream, and states are taken to grow evenly from their first to their last event.")
	if n := a.Stats.BrokenCount; n > 0 {
		notes = append(notes, report.Count(int(n), "record")+" could not be read.")
	}
	return notes
}

// Chart is the histogram of stream lengths.
func (a *Advice) Chart() report.Chart {
	c := report.Chart{Title: "Streams by their number of events", Unit: "streams"}
	for _, l := range a.Lengths {
		c.Labels = append(c.Labels, l.String())
		c.Values = append(c.Values, float64(l.Streams))
	}
	return c
}

func percent(part float64) string { return fmt.Sprintf("%.1f %%", 100*part) }

// byteCount is a size in bytes, in the largest unit that keeps a digit before the point.
func byteCount(size float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	unit := 0
	for ; size >= 1024 && unit < len(units)-1; unit++ {
		size /= 1024
	}
	if unit == 0 {
		return fmt.Sprintf("%.0f B", size)
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}

// AdviceData is an Advice for machines.
type AdviceData struct {
	Reducer       string         `json:"reducer"`
	Streams       int            `json:"streams"`
	Events        int64          `json:"events"`
	LogBytes      int64          `json:"log_bytes"`
	EventBytes    float64        `json:"event_bytes"`
	SnapshotBytes float64        `json:"snapshot_bytes"`
	WritesPerRead float64        `json:"writes_per_read"`
	Blueprint     int            `json:"blueprint"`
	Optimum       int            `json:"optimum"`
	Best          *int           `json:"best"` // null: no snapshots
	Intervals     []IntervalData `json:"intervals"`
	Lengths       []LengthData   `json:"lengths"`
}

// IntervalData is an Interval for machines; every is null for no snapshots.
type IntervalData struct {
	Every        *int    `json:"every"`
	Folded       float64 `json:"events_folded"`
	Saved        float64 `json:"saved"`
	WrittenBytes float64 `json:"written_bytes"`
	WrittenShare float64 `json:"written_share"`
	KeptBytes    float64 `json:"kept_bytes"`
	Cost         float64 `json:"bytes_per_read"`
}

// LengthData is a LengthCount for machines.
type LengthData struct {
	From    int `json:"from"`
	To      int `json:"to"`
	Streams int `json:"streams"`
}

// Data is the advice for machines. Means are rounded to a thousandth.
func (a *Advice) Data() AdviceData {
	d := AdviceData{
		Reducer: a.Reducer.Name(), Streams: a.Streams, Events: a.Events, LogBytes: a.LogBytes, EventBytes: thousandth(a.EventBytes),
		SnapshotBytes: thousandth(a.SnapshotBytes), WritesPerRead: a.WritesPerRead,
		Blueprint: a.Blueprint.Every, Optimum: a.Optimum.Every, Best: unlessZero(a.Best.Every),
	}
	for _, i := range a.Intervals {
		d.Intervals = append(d.Intervals, IntervalData{
			Every: unlessZero(i.Every), Folded: thousandth(i.Folded), Saved: thousandth(i.Saved), WrittenBytes: thousandth(i.WrittenBytes),
			WrittenShare: thousandth(i.WrittenBytes / float64(a.LogBytes)), KeptBytes: thousandth(i.KeptBytes), Cost: thousandth(i.Cost),
		})
	}
	for _, l := range a.Lengths {
		d.Lengths = append(d.Lengths, LengthData(l))
	}
	return d
}

func thousandth(x float64) float64 { return math.Round(1000*x) / 1000 }

func unlessZero(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
