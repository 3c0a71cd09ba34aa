package replay

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// The bounds of what Doctor keeps of a log, whatever its size. Meeting one is
// said in Diagnosis.Notes, and the rules it touches are undecided.
const (
	maxDoctorIDs      = 12_000_000 // ids, 268 MB of them
	maxDoctorStreams  = 1_000_000
	maxDoctorTypes    = 10_000
	maxCauses         = 200_000 // causes that were not met yet
	maxHoles          = 1_000   // in one stream
	maxFaultySubjects = 1_000   // streams, reported one by one for a rule
)

// unorderedFormats are exports that come in no order.
var unorderedFormats = map[string]bool{"dynamodb-export": true, "dynamodb-incremental": true}

// DoctorOptions steer Doctor.
type DoctorOptions struct {
	// Validate judges an event against its schema; judged is false when there is
	// none. Nil: schemas are not judged.
	Validate func(*event.Event) (reasons []schema.Reason, judged bool)
	// Constant names the attributes that must not change within a stream; nil:
	// the partition key and the tenant, under their usual names.
	Constant []string
	// Examples bounds the findings of one rule in one stream, 3 when zero; what
	// is more is counted.
	Examples int
	// MaxIDs bounds the ids that are kept to find copies and causes, 12 million
	// when zero.
	MaxIDs int
}

// Diagnosis is what Doctor found in a log.
type Diagnosis struct {
	Events      int64     `json:"events"`
	Streams     int       `json:"streams"`
	Types       int       `json:"types"`
	Unreadable  int64     `json:"unreadable"`
	First       time.Time `json:"first"` // of the times at which events happened; zero when none has one
	Last        time.Time `json:"last"`
	Ordered     bool      `json:"ordered"`     // the format keeps the order of each stream
	Unsequenced int64     `json:"unsequenced"` // events without a sequence
	Rules       []Verdict `json:"rules"`       // every rule that Doctor judges
	Notes       []string  `json:"notes"`       // where a bound was met

	Findings []report.Finding `json:"-"`
	Checks   []report.Check   `json:"-"`
	Problems []report.Problem `json:"-"` // files that could not be read to their end
}

// Verdict is what Doctor found about one rule. A fault is one event, but one
// hole for RuleGap.
type Verdict struct {
	Rule     string            `json:"rule"`
	Result   report.ResultKind `json:"result"`
	Faults   int64             `json:"faults"`
	Subjects int               `json:"subjects"` // streams that have faults; types for RuleInvalid and RuleStreamless, files for RuleUnreadable
}

// Doctor looks for what is wrong with a log in one pass. Memory is bounded: it
// takes about 300 bytes a stream and 22 to 43 bytes an id, and for formats
// without order another 64 bytes an event.
//
// Sequences may start at 0 or at 1 and count the events of one stream. Events
// without sequence are judged by their times and ids only. Copies are found by
// the hash of their ids, 64 bits long: in a log of ten million events, one that
// is no copy is taken for one with a probability of three in a million.
//
// An event whose causation id is its correlation id, or its own id, starts a
// chain; the request that it answers need not be in the log.
//
// The error is ctx's; whatever else goes wrong is a finding or a problem.
func Doctor(ctx context.Context, log *event.Log, o DoctorOptions) (*Diagnosis, error) {
	d := newDoctor(o, !unorderedFormats[log.Mapping().Format])
	d.oneFile = len(log.Files()) == 1
	for e, err := range log.Events(ctx) {
		broken, oneRecord := errors.AsType[*event.RecordError](err)
		switch {
		case oneRecord:
			d.unreadable(broken)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			d.out.Problems = append(d.out.Problems, report.Problem{
				Code: "log-cut", Message: err.Error(),
				Hints: []string{"export the file again: what stood behind this place was not judged"},
			})
		default:
			d.see(e)
		}
	}
	return d.finish(log), nil
}

// A doctor holds what is known so far.
type doctor struct {
	o        DoctorOptions
	ordered  bool
	out      *Diagnosis
	streams  map[string]*patient
	types    map[string]bool
	lastType string
	typeHash uint64 // of lastType
	ids      idTable
	causes   openCauses
	contents contents
	tallies  tallies
	constant constants

	counted, holes int64 // steps from one sequence to a higher one, and those that leave numbers out
	firstHole      spot
	oneFile        bool
	overflown      map[string]bool // notes that were made, and rules that they concern
}

func newDoctor(o DoctorOptions, ordered bool) *doctor {
	if o.Examples == 0 {
		o.Examples = 3
	}
	if o.MaxIDs == 0 {
		o.MaxIDs = maxDoctorIDs
	}
	return &doctor{
		o: o, ordered: ordered, out: &Diagnosis{Ordered: ordered},
		streams: map[string]*patient{}, types: map[string]bool{}, overflown: map[string]bool{},
		ids: idTable{limit: o.MaxIDs}, causes: openCauses{open: map[uint64]*openCause{}},
		contents: contents{validate: o.Validate != nil, types: map[string]*content{}},
		tallies:  newTallies(o.Examples), constant: newConstants(o.Constant),
	}
}

// see judges one event.
func (d *doctor) see(e *event.Event) {
	d.out.Events++
	d.span(e.Time)
	if !e.HasSequence {
		d.out.Unsequenced++
	}
	if e.Type != d.lastType {
		d.meetType(e.Type)
	}
	if d.o.Validate != nil {
		d.validate(e)
	}
	known := d.identify(e)
	d.cause(e)
	if known == copyOfEvent {
		return
	}
	if e.Stream == nil {
		d.fault(RuleStreamless, e.Type, spotOf(e), nameOf(e), func() string { return "event " + nameOf(e) + " says no stream, so that it is in no state" })
		return
	}
	p := d.patient(e)
	if p == nil {
		return
	}
	d.constant.see(d, p, e)
	v := visitOf(e)
	v.conflict = known == conflictOfID
	if d.ordered {
		p.visit(d, v)
		return
	}
	p.visits = append(p.visits, v)
}

func (d *doctor) meetType(name string) {
	d.lastType, d.typeHash = name, maphash.String(hashSeed, name)
	switch {
	case d.types[name]:
	case len(d.types) == maxDoctorTypes:
		d.overflow(fmt.Sprintf("only the first %d types were counted", maxDoctorTypes))
	default:
		d.types[name] = true
	}
}

func (d *doctor) span(t time.Time) {
	switch {
	case t.IsZero():
	case d.out.First.IsZero():
		d.out.First, d.out.Last = t, t
	case t.Before(d.out.First):
		d.out.First = t
	case t.After(d.out.Last):
		d.out.Last = t
	}
}

// patient is what is known of the event's stream; nil when there are too many.
func (d *doctor) patient(e *event.Event) *patient {
	p := d.streams[string(e.Stream)]
	if p == nil {
		if len(d.streams) == maxDoctorStreams {
			d.overflow(fmt.Sprintf("only the first %d streams were followed", maxDoctorStreams), streamRules...)
			return nil
		}
		p = &patient{name: string(e.Stream)}
		d.streams[p.name] = p
	}
	return p
}

// streamRules are the rules that need to know a stream.
var streamRules = []string{RuleGap, RuleLateStart, RuleConflict, RuleOutOfOrder, RuleTimeBack, RuleLate, RuleNotConstant}

// overflow notes once that a bound was met.
func (d *doctor) overflow(note string, rules ...string) {
	if d.overflown[note] {
		return
	}
	d.overflown[note] = true
	d.out.Notes = append(d.out.Notes, note)
	for _, rule := range rules {
		d.overflown[rule] = true
	}
}

func (d *doctor) unreadable(e *event.RecordError) {
	d.out.Unreadable++
	d.fault(RuleUnreadable, e.File, spot{e.File, e.Line, e.Offset}, fmt.Sprint(e.Offset), func() string {
		return "the record cannot be read: " + e.Message
	})
}

func spotOf(e *event.Event) spot { return spot{e.File, e.Line, e.Offset} }
