package event

import (
	"fmt"
	"strings"
)

// Mapping says how a log is read and how sure that is.
type Mapping struct {
	Format     string
	Title      string
	Framing    string // lines, values or array
	Sample     int    // events that were looked at
	Attributes []Placement
}

// Placement is where an attribute of the events stands.
type Placement struct {
	Name       string
	Path       string
	Found      int  // in how many events of the sample
	Contiguous bool // sequence only: every stream of the sample counts up by one
}

// String is one line, such as
//
//	cloudevents: id=id 50/50, stream=subject 50/50, sequence=sequence 50/50 contiguous
func (m Mapping) String() string {
	var parts []string
	for _, a := range m.Attributes {
		path := a.Path
		if strings.Count(path, ".") == 1 && len(path) > 1 {
			path = path[1:]
		}
		part := fmt.Sprintf("%s=%s %d/%d", a.Name, path, a.Found, m.Sample)
		if a.Contiguous {
			part += " contiguous"
		}
		parts = append(parts, part)
	}
	return m.Format + ": " + strings.Join(parts, ", ")
}

// measure reads the sample as the log will be read and counts what it finds.
func (f *format) measure(s *sample, plan compiled, places [attributeCount]string) Mapping {
	m := Mapping{Format: f.name, Title: f.title, Framing: string(s.framing)}
	var found [attributeCount]int
	steps := stepper{last: map[string]int64{}}
	d := newDecoder(f, plan)
	d.fault = func(int, error) error { return nil }
	d.emit = func(e *Event) bool {
		m.Sample++
		for a, has := range e.presence() {
			if has {
				found[a]++
			}
		}
		steps.add(e)
		return true
	}
	for _, record := range s.records {
		_, _ = d.decode(record) // a fault is reported when the log is read
	}
	for a := attrID; a < attributeCount; a++ {
		if places[a] != "" {
			m.Attributes = append(m.Attributes, Placement{
				Name: a.String(), Path: places[a], Found: found[a],
				Contiguous: a == attrSequence && steps.contiguous(),
			})
		}
	}
	return m
}

// presence says which attributes an event has.
func (e *Event) presence() [attributeCount]bool {
	return [attributeCount]bool{
		attrID: e.ID != nil, attrType: e.Type != "", attrSource: e.Source != "", attrStream: e.Stream != nil,
		attrSequence: e.HasSequence, attrTime: !e.Time.IsZero(), attrRecorded: !e.Recorded.IsZero(),
		attrCorrelation: e.CorrelationID != nil, attrCausation: e.CausationID != nil,
		attrSchemaVersion: e.SchemaVersion != "", attrData: e.Data != nil, attrMetadata: e.Metadata != nil,
	}
}

// A stepper watches whether sequences count up by one within their streams.
type stepper struct {
	last       map[string]int64
	good, gaps int
}

func (s *stepper) add(e *Event) {
	if !e.HasSequence {
		return
	}
	last, known := s.last[string(e.Stream)]
	s.last[string(e.Stream)] = e.Sequence
	switch {
	case known && e.Sequence == last+1:
		s.good++
	case known:
		s.gaps++
	}
}

func (s *stepper) contiguous() bool { return s.good > 0 && s.gaps == 0 }
