package event

import (
	"fmt"
	"slices"
	"strings"
)

// A format is one way in which logs are exported.
type format struct {
	name  string
	title string

	// score counts what in a record speaks for the format; 0: it is another one.
	score func(record []member) int

	// rows hands the rows of a record to d.row: objects in which the attributes
	// of one event have a fixed place. The record is checked text.
	rows func(d *decoder, text []byte, record []member) error

	// places are where in a row the attributes are looked for.
	places placed

	// attributes is the path to the object that Event.Get looks into.
	attributes string

	// scoped is the place of a stream whose ids are unique only within what stands
	// at scope, as Kafka's keys are within their topic.
	scoped, scope string
	scopeName     string // what stands there, such as topic

	// own are members of a row that rows makes and that no record has.
	own []string

	// tombstones says that a record may be null: Kafka has one behind the last
	// message of a key, so that compaction may drop them all.
	tombstones bool

	// always is an attribute that is read at its place even if no record of the
	// sample has it there.
	always attribute

	// native says that the skimmer reads it when nothing is mapped by hand.
	native bool
}

// formats is the table of what can be read. Whether records come one a line, in
// an array or without any separator is found for each file and belongs to no format.
var formats = []*format{
	&cloudEvents, &dynamoExport, &dynamoIncremental, &dynamoStream, &kinesis, &eventBridge,
	&kcat, &debezium, &kurrentDB, &marten, &emmett, &house,
}

// A FormatName names a format for --log-format and says what it is.
type FormatName struct{ Name, Title string }

// Formats lists the formats that can be read.
func Formats() []FormatName {
	var names []FormatName
	for _, f := range formats {
		names = append(names, FormatName{f.name, f.title})
	}
	return names
}

func formatByName(name string) (*format, error) {
	var names []string
	for _, f := range formats {
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	return nil, fmt.Errorf("no log format is called %q: choose from %s", name, strings.Join(names, ", "))
}

// points counts the keys of a record that speak for a format: none when a
// required one is missing or a forbidden one is there.
func points(record []member, required, optional, forbidden []string) int {
	n := 0
	has := func(key string) bool { return find(record, key) != nil }
	if slices.ContainsFunc(forbidden, has) {
		return 0
	}
	for _, key := range required {
		if !has(key) {
			return 0
		}
		n++
	}
	for _, key := range optional {
		if has(key) {
			n++
		}
	}
	return n
}

// either is the value of the first of two keys that is there.
func either(record []member, a, b string) []byte {
	if value := find(record, a); value != nil {
		return value
	}
	return find(record, b)
}

// whole takes the record itself for its only row.
func whole(d *decoder, text []byte, _ []member) error { return d.row(0, text) }

// also adds the places of q behind those of p.
func (p placed) also(q placed) placed {
	var sum placed
	for a := range p {
		sum[a] = slices.Concat(p[a], q[a])
	}
	return sum
}

// batch hands the elements of a record's array to read, or the record itself
// when it has no such array. A broken element is a fault of its own.
func (d *decoder) batch(text []byte, array []byte, read func(element []member) ([]byte, error)) error {
	one := func(at int, text []byte) error {
		list, end, err := appendMembers(nil, text, 0)
		if err != nil {
			return d.fault(at, err)
		}
		d.length = end
		row, err := read(list)
		if err != nil {
			return d.fault(at, err)
		}
		return d.row(at, row)
	}
	if array == nil {
		return one(0, text)
	}
	base := within(text, array)
	for at, element := range elements(array) {
		if err := one(base+at, element); err != nil {
			return err
		}
	}
	return nil
}

// within is the place of part, a slice of text, in it.
func within(text, part []byte) int { return cap(text) - cap(part) }
