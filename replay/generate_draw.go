package replay

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A draw makes the data of one event.
type draw struct {
	g      *generator
	random *rand.Rand
	story  *story
	lane   *lane
	at     time.Time
	spoil  bool // leave the first required member out
	row    *row // of the array that is being drawn
}

// A value is what the fields of a name hold throughout a story, or a row.
type value struct {
	name string
	kind shapeKind
	text []byte
}

// A row is an element of the story's list, such as a line of an order. Lists of
// later events have the same rows.
type row struct {
	values          []value
	price, quantity int64
}

// append appends a value of the shape.
func (s *dataShape) append(dst []byte, d *draw) []byte {
	switch {
	case len(s.literals) > 0:
		return s.remembered(dst, d, func(dst []byte) []byte { return append(dst, s.literals[d.random.IntN(len(s.literals))]...) })
	case len(s.branches) > 0:
		return s.branches[d.random.IntN(len(s.branches))].append(dst, d)
	}
	switch s.kind {
	case objectShape:
		return s.appendObject(dst, d)
	case arrayShape:
		return s.appendArray(dst, d)
	case stringShape:
		return s.remembered(dst, d, func(dst []byte) []byte { return s.appendString(dst, d) })
	case integerShape, numberShape:
		return s.remembered(dst, d, func(dst []byte) []byte { return s.appendNumber(dst, d) })
	case booleanShape:
		return strconv.AppendBool(dst, d.random.IntN(2) == 0)
	case nullShape:
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, int64(d.random.IntN(100)), 10)
}

func (s *dataShape) appendObject(dst []byte, d *draw) []byte {
	spoil := d.spoil
	d.spoil = false
	dst = append(dst, '{')
	for i := range s.members {
		m := &s.members[i]
		if m.required && spoil {
			spoil = false
			continue
		}
		if !m.required && !m.always && d.random.IntN(10) < 3 {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = m.value.append(append(dst, m.key...), d)
	}
	return append(dst, '}')
}

func (s *dataShape) appendArray(dst []byte, d *draw) []byte {
	rows, fresh := s.rows(d)
	outer := d.row
	dst = append(dst, '[')
	for i := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		items := s.element()
		if items.kind == objectShape {
			d.row = &rows[i]
		}
		dst = items.append(dst, d)
		if fresh {
			d.story.sum += rows[i].price * max(rows[i].quantity, 1)
		}
	}
	d.row = outer
	return append(dst, ']')
}

// rows are the rows of the story's list, if this one has them, or new ones.
func (s *dataShape) rows(d *draw) (rows []row, fresh bool) {
	if s.element().kind == objectShape && len(d.story.rows) > 0 && s.fits(len(d.story.rows)) {
		return d.story.rows, false
	}
	n := 1 + d.random.IntN(3)
	if s.least != nil {
		n = max(n, int(*s.least))
	}
	if s.most != nil {
		n = min(n, int(*s.most))
	}
	rows = make([]row, n)
	if s.element().kind == objectShape && d.story.rows == nil {
		d.story.rows = rows
		return rows, true
	}
	return rows, false
}

// element is the shape of a list's items; a schema need not say it.
func (s *dataShape) element() *dataShape {
	if s.items == nil {
		return &dataShape{}
	}
	return s.items
}

func (s *dataShape) fits(n int) bool {
	return (s.least == nil || float64(n) >= *s.least) && (s.most == nil || float64(n) <= *s.most)
}

// remembered appends what the name holds already, or what is drawn for it.
func (s *dataShape) remembered(dst []byte, d *draw, drawn func([]byte) []byte) []byte {
	switch {
	case s.name == "currency", s.name == "email":
		return remember(dst, &d.story.values, s, drawn)
	case d.row != nil:
		return remember(dst, &d.row.values, s, drawn)
	case isID(s.name) && len(s.literals) > 0:
		return remember(dst, &d.story.values, s, drawn)
	case isID(s.name) && s.kind == stringShape:
		return remember(dst, &d.story.values, s, func(dst []byte) []byte { return s.appendID(dst, d) })
	}
	return drawn(dst)
}

// isID reports whether fields of a name say which thing is meant.
func isID(name string) bool { return len(name) > len("id") && strings.HasSuffix(name, "id") }

func remember(dst []byte, values *[]value, s *dataShape, drawn func([]byte) []byte) []byte {
	for _, v := range *values {
		if v.name == s.name && v.kind == s.kind {
			return append(dst, v.text...)
		}
	}
	start := len(dst)
	dst = drawn(dst)
	*values = append(*values, value{s.name, s.kind, append([]byte(nil), dst[start:]...)})
	return dst
}

// maxPool bounds the ids of an entity that later stories may mention.
const maxPool = 512

// A pool holds the latest ids of an entity.
type pool struct {
	texts [][]byte
	next  int
}

func (p *pool) add(text []byte) {
	if len(p.texts) < maxPool {
		p.texts = append(p.texts, text)
		return
	}
	p.texts[p.next] = text
	p.next = (p.next + 1) % maxPool
}

// appendID appends an id: of the story's own stream, of something that another
// story is about, such as the customer who orders, or a new one.
func (s *dataShape) appendID(dst []byte, d *draw) []byte {
	if !d.g.plan.keys[s.name] {
		return s.appendNewID(dst, d)
	}
	name := s.name + " " + s.format
	p := d.g.known[name]
	if p == nil {
		p = &pool{}
		d.g.known[name] = p
	}
	if s.name != d.story.key && len(p.texts) > 0 && d.random.IntN(8) > 0 {
		return append(dst, p.texts[d.random.IntN(len(p.texts))]...)
	}
	start := len(dst)
	dst = s.appendNewID(dst, d)
	p.add(append([]byte(nil), dst[start:]...))
	return dst
}

func (s *dataShape) appendNewID(dst []byte, d *draw) []byte {
	if s.format != "" || s.pattern != nil || s.most != nil && *s.most < 24 {
		return s.appendString(dst, d)
	}
	return strconv.AppendQuote(dst, strings.TrimSuffix(s.name, "id")+"-"+strconv.Itoa(d.lane.number))
}

// appendNumber appends a number between the bounds that suits the name. Money is
// what the rows of the story sum up to.
func (s *dataShape) appendNumber(dst []byte, d *draw) []byte {
	switch s.format {
	case "millis":
		return strconv.AppendInt(dst, d.at.UnixMilli(), 10)
	case "micros":
		return strconv.AppendInt(dst, d.at.UnixMicro(), 10)
	}
	n := s.bounded(float64(s.choose(d)))
	if d.row != nil {
		d.row.note(s.name, int64(n))
	}
	switch {
	case s.text:
		return append(strconv.AppendInt(append(dst, '"'), int64(n), 10), '"')
	case s.kind == integerShape:
		return strconv.AppendInt(dst, int64(n), 10)
	case s.step == 0 && s.least == nil && s.most == nil:
		return strconv.AppendFloat(dst, n/100, 'f', 2, 64)
	}
	return strconv.AppendFloat(dst, n, 'f', -1, 64)
}

func (r *row) note(name string, n int64) {
	switch {
	case strings.Contains(name, "price"):
		r.price = n
	case strings.Contains(name, "quantity"):
		r.quantity = n
	}
}

// choose draws a number by the name of the field.
func (s *dataShape) choose(d *draw) int64 {
	switch {
	case strings.Contains(s.name, "price"):
		return int64(d.random.IntN(180)+5)*50 - 5
	case strings.HasPrefix(s.name, "total"), strings.HasPrefix(s.name, "amount"):
		if d.story.sum == 0 {
			d.story.sum = int64(d.random.IntN(400)+10) * 50
		}
		return d.story.sum
	case strings.Contains(s.name, "quantity"):
		return int64(1 + d.random.IntN(4)*d.random.IntN(2))
	case strings.Contains(s.name, "days"):
		return []int64{14, 30, 60}[d.random.IntN(3)]
	}
	return int64(d.random.IntN(100) + 1)
}

// bounded moves a number between the shape's bounds and onto its steps.
func (s *dataShape) bounded(n float64) float64 {
	step := s.step
	if step == 0 && s.kind == integerShape {
		step = 1
	}
	if s.most != nil {
		n = min(n, *s.most)
	}
	if s.least != nil && n <= *s.least {
		n = *s.least
		if s.open {
			n += max(step, 0.001)
		}
	}
	if step > 0 {
		if n = math.Floor(n/step) * step; s.least != nil && (n < *s.least || s.open && n == *s.least) {
			n += step
		}
	}
	return n
}

// quoted appends text as JSON; the words and patterns of a schema may hold anything.
func quoted(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			encoded, err := json.Marshal(text)
			if err != nil {
				return append(dst, `""`...)
			}
			return append(dst, encoded...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}
