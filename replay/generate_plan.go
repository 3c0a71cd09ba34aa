package replay

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nexus-blueprint/nexus/catalog"
)

// A plan is what a catalog says about the course of events.
type plan struct {
	roots    []*step
	rate     float64         // of all roots, a minute
	perStory float64         // events that a root leads to, itself included
	longest  time.Duration   // that the median of a delay may be; 0: any
	keys     map[string]bool // names of the fields that key the streams of roots
}

// A step is one type of event in a story.
type step struct {
	event   *catalog.Event
	source  string
	version string
	shape   *dataShape
	rate    float64
	root    bool
	key     string // name of the field that keys its stream
	entity  string // what its streams are called
	shares  bool   // it belongs to the stream of its story's root
	share   float64
	depth   int
	cause   *step
	effects []*step
}

// planOf finds the stories of a catalog.
func planOf(c *catalog.Catalog, o GenerateOptions) (*plan, error) {
	var steps []*step
	for _, e := range c.Events {
		if !e.Current || e.Kind != catalog.EventKind {
			continue
		}
		s, err := newStep(e, o)
		if err != nil {
			return nil, fmt.Errorf("generating events of %s: %w", e.ID, err)
		}
		steps = append(steps, s)
	}
	if len(steps) == 0 {
		return nil, errors.New("generating a log: the catalog has no event")
	}
	link(steps, c)
	p := &plan{longest: o.Span / 5, keys: map[string]bool{}}
	for _, s := range steps {
		if s.cause == nil {
			s.root = true
			p.roots = append(p.roots, s)
			p.rate += s.rate
			p.keys[s.key] = true
		}
	}
	for _, s := range p.roots {
		p.perStory += s.rate / p.rate * s.settle(s, 0)
	}
	return p, nil
}

func newStep(e *catalog.Event, o GenerateOptions) (*step, error) {
	s := &step{event: e, rate: 1, source: "/unknown", version: majorOf(e.Version.Get)}
	if e.RatePerMin.Get > 0 {
		s.rate = e.RatePerMin.Get
	}
	if len(e.Producers) > 0 {
		s.source = "/" + e.Producers[0].Service
	}
	var err error
	if s.shape, err = shapeOf(e, o.Read); err != nil {
		return nil, err
	}
	s.key = plainName(e.PartitionKey.Get[strings.LastIndexByte(e.PartitionKey.Get, '.')+1:])
	if s.key == "" {
		s.key = s.shape.firstID()
	}
	s.entity = cmp.Or(strings.TrimSuffix(s.key, "id"), plainName(e.ID))
	return s, nil
}

// majorOf is the first number of a version.
func majorOf(version string) string {
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	return major
}

// plainName is a name without case and punctuation: order_id and orderId are one.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// link finds what causes what, among events about the same thing. Of two events that lead to each other the more
// frequent one is the cause; where several lead to an event, the least frequent
// of them is what it waits for.
func link(steps []*step, c *catalog.Catalog) {
	led := leads(c)
	slices.SortStableFunc(steps, func(a, b *step) int {
		return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(len(led[b.event.ID]), len(led[a.event.ID])), cmp.Compare(a.event.ID, b.event.ID))
	})
	for i, s := range steps {
		for _, before := range slices.Backward(steps[:i]) {
			if led[before.event.ID][s.event.ID] && s.shape.relates(before.shape) {
				s.cause = before
				before.effects = append(before.effects, s)
				break
			}
		}
	}
}

// leads says which events a receiver of an event sends, at once or through
// commands.
func leads(c *catalog.Catalog) map[string]map[string]bool {
	kinds := map[string]catalog.Kind{}
	for _, e := range c.Events {
		kinds[e.ID] = e.Kind
	}
	led := map[string]map[string]bool{}
	for _, e := range c.Events {
		if e.Kind == catalog.EventKind {
			led[e.ID] = map[string]bool{}
			follow(c, kinds, e.ID, led[e.ID], map[string]bool{})
		}
	}
	return led
}

func follow(c *catalog.Catalog, kinds map[string]catalog.Kind, id string, events, met map[string]bool) {
	if met[id] {
		return
	}
	met[id] = true
	for _, s := range c.Services {
		if !slices.ContainsFunc(s.Receives, func(m catalog.Message) bool { return m.Event == id }) {
			continue
		}
		for _, sent := range answers(s, kinds, id) {
			if kinds[sent] == catalog.EventKind {
				events[sent] = true
			} else {
				follow(c, kinds, sent, events, met)
			}
		}
	}
}

// answers are what a service sends when it receives a message. A command is
// answered by the event that is named most like it: PayOrder by OrderPaid.
func answers(s *catalog.Service, kinds map[string]catalog.Kind, id string) []string {
	var sent []string
	for _, m := range s.Sends {
		sent = append(sent, m.Event)
	}
	if kinds[id] == catalog.EventKind || len(sent) == 0 {
		return sent
	}
	return []string{slices.MaxFunc(sent, func(a, b string) int { return cmp.Compare(likeness(id, a), likeness(id, b)) })}
}

// likeness counts the letters with which the words of two names begin alike.
func likeness(a, b string) int {
	sum := 0
	for _, x := range wordsOf(a) {
		most := 0
		for _, y := range wordsOf(b) {
			n := 0
			for n < min(len(x), len(y)) && x[n] == y[n] {
				n++
			}
			most = max(most, n)
		}
		sum += most
	}
	return sum
}

// wordsOf are the words of a name such as OrderPlaced.
func wordsOf(name string) []string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// settle computes how often each effect follows, where it belongs, and how many
// events the step leads to.
func (s *step) settle(root *step, depth int) float64 {
	s.depth = depth
	s.shares = root.key == "" || s.key == "" || s.shape.has(root.key)
	events := 1.0
	for _, next := range s.effects {
		next.share = min(1, next.rate/s.rate)
		events += next.share * next.settle(root, depth+1)
	}
	return events
}

// root chooses what starts a story.
func (p *plan) root(random *rand.Rand) *step {
	x := random.Float64() * p.rate
	for _, s := range p.roots {
		if x -= s.rate; x < 0 {
			return s
		}
	}
	return p.roots[len(p.roots)-1]
}

// delays are the medians after which effects follow, by their distance from the
// start: machines answer at once, people within hours, parcels take a day.
var delays = []time.Duration{0, 3 * time.Second, 3 * time.Hour, 22 * time.Hour}

func (p *plan) delay(s *step, random *rand.Rand) time.Duration {
	median := delays[min(s.depth, len(delays)-1)]
	if p.longest > 0 {
		median = min(median, p.longest)
	}
	return time.Duration(float64(median) * math.Exp(0.6*random.NormFloat64())).Round(time.Millisecond)
}
