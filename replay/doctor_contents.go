package replay

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// maxReasons bounds the ways in which events of one type break their schema
// that are told apart.
const maxReasons = 100

// contents count the events of each type that were judged against a schema.
type contents struct {
	validate bool
	types    map[string]*content
}

type content struct {
	events, judged, invalid int64
	reasons                 map[string]*breach // by keyword and place in the data
}

// A breach is one way in which events break their schema.
type breach struct {
	events int64
	first  spot
}

// validate judges an event against its schema.
func (d *doctor) validate(e *event.Event) {
	c := d.contents.types[e.Type]
	if c == nil {
		if len(d.contents.types) == maxDoctorTypes {
			d.overflow(fmt.Sprintf("only events of the first %d types were judged against a schema", maxDoctorTypes), RuleInvalid)
			return
		}
		c = &content{reasons: map[string]*breach{}}
		d.contents.types[e.Type] = c
	}
	c.events++
	reasons, judged := d.o.Validate(e)
	if !judged {
		return
	}
	c.judged++
	if len(reasons) > 0 {
		c.invalid++
		c.note(reasons, spotOf(e))
	}
}

// note counts each reason once an event, however many elements of an array it
// is true of.
func (c *content) note(reasons []schema.Reason, at spot) {
	var met []string
	for _, r := range reasons {
		key := reasonKey(r)
		if slices.Contains(met, key) {
			continue
		}
		met = append(met, key)
		b := c.reasons[key]
		if b == nil {
			if len(c.reasons) == maxReasons {
				continue
			}
			b = &breach{first: at}
			c.reasons[key] = b
		}
		b.events++
	}
}

// reasonKey is what is broken where. A reason's message stays out of it, because
// it may quote the recorded data.
func reasonKey(r schema.Reason) string {
	steps := strings.Split(r.Pointer, "/")
	for i, step := range steps {
		if step != "" && strings.Trim(step, "0123456789") == "" {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/") + " " + r.Keyword
}

// closeTypes reports the types with events that break their schema.
func (d *doctor) closeTypes() {
	for _, name := range slices.Sorted(maps.Keys(d.contents.types)) {
		c := d.contents.types[name]
		for _, key := range slices.Sorted(maps.Keys(c.reasons)) {
			b := c.reasons[key]
			pointer, keyword, _ := strings.Cut(key, " ")
			d.fault(RuleInvalid, name, b.first, key, func() string {
				return fmt.Sprintf("%d of %d events break %q%s", b.events, c.judged, keyword, atPointer(pointer))
			})
		}
		if r := d.tallies.rules[RuleInvalid]; r != nil {
			r.faults += c.invalid - int64(len(c.reasons)) // events are counted, not reasons
		}
	}
}

func atPointer(pointer string) string {
	if pointer == "" {
		return ""
	}
	return " at " + pointer
}

// result is what is said when no event breaks its schema.
func (c contents) result() report.ResultKind {
	if !c.validate {
		return report.NotApplicable
	}
	for _, t := range c.types {
		if t.judged > 0 {
			return report.Pass
		}
	}
	return report.Undeclared
}

// typeChecks are the checks of each type against its schema.
func (d *doctor) typeChecks(log *event.Log) []report.Check {
	var checks []report.Check
	for _, name := range slices.Sorted(maps.Keys(d.contents.types)) {
		c := d.contents.types[name]
		result := report.Pass
		switch {
		case c.invalid > 0:
			result = report.Fail
		case c.judged < c.events:
			result = report.Undeclared
		}
		checks = append(checks, report.Check{Subject: name, Rule: RuleInvalid, Result: result, Location: startOf(log)})
	}
	return checks
}

// constants are the attributes that must not change within a stream.
type constants struct {
	names  []string
	stems  [][]byte // a record without one of them has none of the attributes
	shapes map[any]bool
	last   any // shape that has none of the attributes
}

// maxShapes bounds the shapes that are remembered.
const maxShapes = 4096

// A constant is an attribute's value in a stream, by its hash.
type constant struct {
	name  int
	value uint64
}

func newConstants(names []string) constants {
	if names == nil {
		return constants{
			shapes: map[any]bool{},
			names:  []string{"partitionkey", "partitionKey", "tenant", "tenantid", "tenantId", "tenant_id"},
			stems:  [][]byte{[]byte("artition"), []byte("enant")},
		}
	}
	c := constants{names: names, shapes: map[any]bool{}}
	for _, name := range names {
		c.stems = append(c.stems, []byte(name))
	}
	return c
}

// see compares the event's attributes with those of its stream's first event
// that had them.
func (c *constants) see(d *doctor, p *patient, e *event.Event) {
	if !c.among(e) {
		return
	}
	for i, name := range c.names {
		text := e.Get(name)
		if text == nil {
			continue
		}
		value := maphash.Bytes(hashSeed, text)
		at := slices.IndexFunc(p.constants, func(k constant) bool { return k.name == i })
		switch {
		case at < 0:
			p.constants = append(p.constants, constant{i, value})
		case p.constants[at].value != value:
			d.fault(RuleNotConstant, p.name, spotOf(e), name+" "+sequenceText(visitOf(e)), func() string {
				return fmt.Sprintf("%s is not what it was in the stream's first event", name)
			})
		}
	}
}

// among reports whether the event may have one of the attributes. Events of one
// shape have the same ones, so that few records are searched.
func (c *constants) among(e *event.Event) bool {
	shape := e.Shape()
	if shape != nil && shape == c.last {
		return false
	}
	has, known := c.shapes[shape]
	if !known || shape == nil {
		has = slices.ContainsFunc(c.stems, func(stem []byte) bool { return bytes.Contains(e.Record(), stem) })
	}
	if shape != nil && !known && len(c.shapes) < maxShapes {
		has = slices.ContainsFunc(c.names, func(name string) bool { return e.Get(name) != nil })
		c.shapes[shape] = has
	}
	if !has {
		c.last = shape
	}
	return has
}
