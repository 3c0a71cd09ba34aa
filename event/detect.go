package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// The records that decide format and mapping: 50, fewer when they are long.
const (
	sampleSize  = 50
	sampleBytes = 1 << 20
)

// clearMargin is by how many keys a record the best format must lead.
const clearMargin = 2

// A sample is the first records of a log.
type sample struct {
	records [][]byte
	bytes   int
	framing framing
	fault   error // the first record that could not be framed
}

func (s *sample) full() bool { return len(s.records) >= sampleSize || s.bytes >= sampleBytes }

// sample reads the first records. What it takes from standard input is put back.
func (l *Log) sample(ctx context.Context) (*sample, error) {
	s := &sample{}
	for _, in := range l.inputs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := l.sampleFile(in, s); err != nil {
			return nil, err
		}
		if s.full() {
			break
		}
	}
	if len(s.records) == 0 {
		if s.fault != nil {
			return nil, fmt.Errorf("reading the log: no record can be read: %w", s.fault)
		}
		return nil, fmt.Errorf("reading the log %s: it holds no record", l.inputs[0].name)
	}
	return s, nil
}

func (l *Log) sampleFile(in input, s *sample) error {
	if in.name == stdin && l.stdin != nil {
		var taken bytes.Buffer
		all := l.stdin
		l.stdin = io.TeeReader(all, &taken)
		defer func() { l.stdin = io.MultiReader(&taken, all) }()
	}
	text, done, err := l.open(in)
	if err != nil {
		return err
	}
	defer done()
	f := newFramer(in.name, text, nil)
	for !s.full() {
		here, err := f.next()
		broken, ok := errors.AsType[*RecordError](err)
		switch {
		case ok:
			if s.fault == nil {
				s.fault = broken
			}
			continue
		case err != nil:
			// A stream cut in the middle is reported when it is read.
			if s.fault == nil && !errors.Is(err, io.EOF) {
				s.fault = err
			}
			return nil
		}
		s.add(here.text)
		if s.framing == "" {
			s.framing = f.framing
		}
	}
	return nil
}

// add keeps the values of a frame: Firehose writes several on a line.
func (s *sample) add(text []byte) {
	text = bytes.Clone(text)
	for len(text) > 0 && !s.full() {
		end, err := skipValue(text, 0, 0)
		if err != nil {
			if len(s.records) == 0 && s.fault == nil {
				s.fault = err
			}
			return
		}
		s.records = append(s.records, text[:end])
		s.bytes += end
		text = text[skipSpace(text, end):]
	}
}

// detect chooses the format and places the attributes.
func (l *Log) detect(ctx context.Context, s *sample, o Options) error {
	var err error
	if o.Format != "" {
		l.format, err = formatByName(o.Format)
	} else {
		l.format, err = choose(s, o)
	}
	if err != nil {
		return fmt.Errorf("reading the log %s: %w", l.inputs[0].name, err)
	}
	places, err := l.place(s, o.Map)
	if err == nil {
		err = l.findScope(ctx, s, o.Map, &places)
	}
	if err != nil {
		return fmt.Errorf("reading the log %s as %s: %w", l.inputs[0].name, l.format.name, err)
	}
	l.mapping = l.format.measure(s, l.plan, places)
	return nil
}

// A candidate is a format with what the sample says for it.
type candidate struct {
	format *format
	score  int
}

// choose takes the format that leads clearly, and JSON of another shape when
// none scores.
func choose(s *sample, o Options) (*format, error) {
	candidates := make([]candidate, len(formats))
	for i, f := range formats {
		candidates[i].format = f
	}
	for _, record := range s.records {
		members, _, err := appendMembers(nil, record, 0)
		for i, f := range formats {
			if err == nil {
				candidates[i].score += f.score(members)
			}
		}
	}
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return c.score == 0 })
	slices.SortStableFunc(candidates, func(a, b candidate) int { return b.score - a.score })
	switch {
	case len(candidates) == 0:
		return chooseHouse(s, o)
	case len(candidates) > 1 && candidates[0].score-candidates[1].score < clearMargin*len(s.records):
		var names []string
		for _, c := range candidates {
			names = append(names, fmt.Sprintf("%s (%d points in %d records)", c.format.name, c.score, len(s.records)))
		}
		return nil, fmt.Errorf("its format is not clear: %s; say which with --log-format", strings.Join(names, ", "))
	}
	return candidates[0].format, nil
}

// chooseHouse accepts records of an unknown shape when the type of the event is
// mapped or stands under a usual name.
func chooseHouse(s *sample, o Options) (*format, error) {
	if o.Map[attrType.String()] != "" {
		return &house, nil
	}
	members, _, err := appendMembers(nil, s.records[0], 0)
	if err != nil {
		return nil, fmt.Errorf("its first record is no JSON object: %w", err)
	}
	for _, name := range houseNames[attrType] {
		if find(members, name) != nil {
			return &house, nil
		}
	}
	var keys []string
	for _, m := range members[:min(len(members), 12)] {
		keys = append(keys, string(m.key))
	}
	return nil, fmt.Errorf("no known format has the keys %s: name the format with --log-format, or say where type and stream are, as in --map type=.a --map stream=.b.c", strings.Join(keys, ", "))
}

// place finds, attribute by attribute, the path at which most rows have it, and
// plans to read it there. What is mapped by hand stays where it was put.
func (l *Log) place(s *sample, byHand map[string]string) (found [attributeCount]string, err error) {
	f, plan := l.format, &l.plan
	plan.native = f.native && len(byHand) == 0
	places, err := f.override(byHand)
	if err != nil {
		return found, err
	}
	if plan.attributes, err = parsePath(f.attributes); err != nil {
		return found, err
	}
	rows := f.collect(s)
	typePath, where, err := best(rows, places[attrType], attrType)
	if err == nil && where == "" {
		err = fmt.Errorf("no record has the type of an event at %s: say where it is, as in --map type=.a", strings.Join(places[attrType], ", "))
	}
	if err != nil {
		return found, err
	}
	// A row without a type is no event, such as Kafka's tombstones: it says
	// nothing about the others.
	rows = slices.DeleteFunc(rows, func(r row) bool { return !r.has(typePath, attrType) })
	for a := attrID; a < attributeCount; a++ {
		if plan.paths[a], found[a], err = best(rows, places[a], a); err != nil {
			return found, err
		}
		if found[a] == "" && a == attrSequence {
			plan.paths[a], found[a] = unreadSequence(rows, places[a])
		}
		if found[a] == "" && (byHand[a.String()] != "" || a == f.always) { // rarer than the sample can show
			found[a] = places[a][0]
			plan.paths[a], err = parsePath(found[a])
		}
		plan.placed[a] = found[a] != ""
	}
	plan.consumed = append(plan.names(), f.own...)
	return found, err
}

// override is where the format's attributes are looked for when some are mapped
// by hand.
func (f *format) override(byHand map[string]string) (placed, error) {
	places := f.places
	for _, name := range slices.Sorted(maps.Keys(byHand)) {
		a, err := attributeByName(name)
		if err != nil {
			return places, err
		}
		place := byHand[name]
		if _, err := parsePath(place); err != nil {
			return places, fmt.Errorf("mapping %s: %w", name, err)
		}
		if f.attributes == ".Item" {
			place = plainPath(place)
		}
		places[a] = []string{place}
	}
	return places, nil
}

// best is the place at which most rows have an attribute, the first of equals;
// empty when none has it.
func best(rows []row, places []string, a attribute) (path, string, error) {
	var chosen path
	most, where := 0, ""
	for _, place := range places {
		p, err := parsePath(place)
		if err != nil {
			return nil, "", err
		}
		n := 0
		for _, r := range rows {
			if r.has(p, a) {
				n++
			}
		}
		if n > most {
			most, chosen, where = n, p, place
		}
	}
	return chosen, where, nil
}

// unreadSequence is the place called sequence that holds something in the sample
// though nothing that can be read; empty when there is none. Its records are
// faults: read without it they would lose their order.
func unreadSequence(rows []row, places []string) (path, string) {
	for _, place := range places {
		p, err := parsePath(place)
		if err != nil || len(p) == 0 || p[len(p)-1].key != "sequence" {
			continue
		}
		for _, r := range rows {
			if value := p.in(r.text, r.columns); value != nil && value[0] != 'n' {
				return p, place
			}
		}
	}
	return nil, ""
}

// names are the members of the attributes' object that the mapping uses.
func (c *compiled) names() []string {
	names := []string{"specversion", "data_base64"}
	depth := len(c.attributes)
	for a := attrID; a < attributeCount; a++ {
		p := c.paths[a]
		if c.placed[a] && len(p) > depth && slices.Equal(p[:depth], c.attributes) {
			names = append(names, p[depth].key)
		}
	}
	return append(names, "data")
}

// A row of the sample.
type row struct {
	text    []byte
	columns []member
}

// collect is the rows of the sample.
func (f *format) collect(s *sample) []row {
	var rows []row
	d := newDecoder(f, compiled{})
	d.row = func(_ int, text []byte) error {
		text = bytes.Clone(text)
		columns, _, err := appendMembers(nil, text, 0)
		if err == nil {
			rows = append(rows, row{text, columns})
		}
		return nil
	}
	d.fault = func(int, error) error { return nil }
	for _, record := range s.records {
		_, _ = d.decode(record) // a fault is reported when the log is read
	}
	return rows
}

// has reports whether a row has a usable value of an attribute at a path.
func (r row) has(p path, a attribute) bool {
	value := p.in(r.text, r.columns)
	if value == nil || value[0] == 'n' {
		return false
	}
	d := decoder{}
	return d.set(a, value, bytes.IndexByte(value, '\\') >= 0) == nil
}
