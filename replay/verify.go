package replay

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// RuleRootDiffers is the rule of a log whose states do not have the expected hash.
const RuleRootDiffers = "log/root-differs"

// rootPrefix names the hash of a root.
const rootPrefix = "sha256:"

// Verification is the states of a log as hashes.
type Verification struct {
	Reducer *Reducer
	// Root is sha256: and the hash over the ids and the states of all streams.
	Root    string
	Streams []StreamHash // sorted by id
	Stats   Stats
	start   report.Location
}

// StreamHash is the end state of a stream as a hash.
type StreamHash struct {
	Stream string `json:"stream"`
	Events int64  `json:"events"`
	Failed int    `json:"failed"` // events that could not be applied
	Hash   string `json:"hash"`   // of the canonical text of the state, RFC 8785 with exact numbers
}

// Verify folds a log and hashes every state. The root is the same on any number
// of cores, in any order of the log's files and in any format that holds the same
// events.
func Verify(ctx context.Context, log *event.Log, r *Reducer, o FoldOptions) (*Verification, error) {
	result, err := FoldAll(ctx, log, r, o)
	if err != nil {
		return nil, err
	}
	states, root, err := result.hashes()
	if err != nil {
		return nil, err
	}
	v := &Verification{Reducer: r, Root: rootPrefix + hex.EncodeToString(root[:]), Stats: result.Stats, start: startOf(log)}
	v.Streams = make([]StreamHash, 0, len(result.Streams))
	for i := range result.Streams {
		s := &result.Streams[i]
		v.Streams = append(v.Streams, StreamHash{Stream: s.ID, Events: s.Events, Failed: len(s.Failed), Hash: rootPrefix + hex.EncodeToString(states[i][:])})
	}
	return v, nil
}

// ParseRoot reads a root as Verify gives it, with or without sha256: before it.
func ParseRoot(text string) (string, error) {
	digits := strings.ToLower(strings.TrimPrefix(text, rootPrefix))
	if sum, err := hex.DecodeString(digits); err != nil || len(sum) != 32 {
		return "", fmt.Errorf("%q is no root: write sha256: and 64 hexadecimal digits, as nexus replay verify prints it", text)
	}
	return rootPrefix + digits, nil
}

// Expect compares the root with one that ParseRoot read. There is one finding
// when they differ.
func (v *Verification) Expect(root string) []report.Finding {
	if root == v.Root {
		return nil
	}
	proof := "log"
	return []report.Finding{{
		Rule: RuleRootDiffers, Severity: report.Error, Subject: v.Reducer.Name(), Proof: &proof,
		Location:    v.start,
		Message:     fmt.Sprintf("the root over %s is %s, expected %s", report.Count(len(v.Streams), "stream"), v.Root, root),
		Hint:        fmt.Sprintf("The log, what folded it (%s), or an upcaster is not what it was: compare the hashes of the streams, and the reducers with nexus replay compare.", v.Reducer),
		Fingerprint: report.Fingerprint(RuleRootDiffers, v.Reducer.Name(), "", "", root, v.Root),
	}}
}

// Headline is the answer in a sentence.
func (v *Verification) Headline() string {
	events := int64(0)
	for _, s := range v.Streams {
		events += s.Events
	}
	return fmt.Sprintf("root %s over %s and %s", v.Root, report.Count(len(v.Streams), "stream"), report.Count(int(events), "event"))
}

// reducer names the reducer, and its rules by the beginning of their hash.
func (v *Verification) reducer() string {
	const enough = 12
	if v.Reducer.IsCommand() {
		return v.Reducer.String() // nexus does not see into it
	}
	return fmt.Sprintf("%s (%s)", v.Reducer, v.Reducer.Hash()[:enough])
}

// failed counts the events that could not be applied.
func (v *Verification) failed() (n int) {
	for _, s := range v.Streams {
		n += s.Failed
	}
	return n
}

// Table shows the hash of every stream and the root below.
func (v *Verification) Table() report.Table {
	t := report.Table{
		Title:   "States",
		Columns: []string{"Stream", "Events", "State"},
		Notes:   []string{"Folded by " + v.reducer() + "."},
	}
	for _, s := range v.Streams {
		t.Rows = append(t.Rows, []string{s.Stream, fmt.Sprint(s.Events), s.Hash})
	}
	if n := v.failed(); n > 0 {
		t.Notes = append(t.Notes, report.Count(n, "event")+" could not be applied and changed nothing.")
	}
	if n := v.Stats.BrokenCount; n > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%s could not be read: the root says nothing about them.", report.Count(int(n), "record")))
	}
	return t
}

// VerificationData is a Verification for machines.
type VerificationData struct {
	Root        string       `json:"root"`
	Reducer     string       `json:"reducer"`
	Version     int          `json:"version"`
	ReducerHash string       `json:"reducer_hash"`
	Streams     []StreamHash `json:"streams"`
	Events      int64        `json:"events"`
	Duplicates  int64        `json:"duplicates"`
	Streamless  int64        `json:"streamless"`
	Failed      int          `json:"failed"`
	Unreadable  int64        `json:"unreadable"`
}

// Data is the verification for machines.
func (v *Verification) Data() VerificationData {
	d := VerificationData{
		Root: v.Root, Reducer: v.Reducer.Name(), Version: v.Reducer.Version(), ReducerHash: v.Reducer.Hash(), Streams: v.Streams,
		Events: v.Stats.Events, Duplicates: v.Stats.Duplicates, Streamless: v.Stats.Streamless, Failed: v.failed(), Unreadable: v.Stats.BrokenCount,
	}
	if d.Streams == nil {
		d.Streams = []StreamHash{}
	}
	return d
}
