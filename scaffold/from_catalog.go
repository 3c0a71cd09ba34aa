package scaffold

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// FromCatalog makes the spec of an app of a catalog's events and commands, and says in
// sentences what it guessed.
//
// An event belongs to the aggregate that x-aggregate names, else to one that is called
// after its channel, its sender, the id that its own name begins with, or the app. The member that names a stream is the
// x-partition-key, else one ending in Id; all messages of the aggregate require it. A
// command leads to what x-produces names, else to the event that is called like it;
// an event without a command gets one.
func FromCatalog(c *catalog.Catalog, name string) (Spec, []string, error) {
	f := &fromCatalog{catalog: c, name: name, shapes: map[string]shape{}, taken: map[string]bool{}}
	if err := f.read(); err != nil {
		return Spec{}, nil, err
	}
	s := Spec{Name: name, Catalog: lock.CatalogDir}
	for _, group := range f.groups() {
		if a, ok := f.aggregate(group); ok {
			s.Aggregates = append(s.Aggregates, a)
		}
	}
	if len(s.Aggregates) == 0 {
		return Spec{}, nil, fmt.Errorf("making an app of a catalog: no event can be taken: %s", strings.Join(f.notes, "; "))
	}
	s = s.completed()
	for i := range s.Aggregates {
		s.Aggregates[i].ReadModels = f.listOf(s, &s.Aggregates[i])
	}
	if fault := s.withoutModule().fault(); fault != nil {
		return Spec{}, nil, fmt.Errorf("making an app of a catalog: %s: %s", fault.message, fault.hint)
	}
	return s, f.notes, nil
}

// fromCatalog makes one spec.
type fromCatalog struct {
	catalog *catalog.Catalog
	name    string
	events  []*catalog.Event
	orders  []*catalog.Event // the commands
	shapes  map[string]shape
	taken   map[string]bool // folded names of messages
	notes   []string
}

func (f *fromCatalog) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// read collects the messages. One that an app cannot judge is an error, since the
// catalog is taken over whole.
func (f *fromCatalog) read() error {
	for e := range f.catalog.Current() {
		switch e.Kind {
		case catalog.QueryKind:
			continue
		case catalog.CommandKind:
			f.orders = append(f.orders, e)
		default:
			f.events = append(f.events, e)
		}
		switch {
		case len(e.Schema.Get.Text) == 0:
			return fmt.Errorf("making an app of a catalog: %s has no schema (%s), and an app judges every message by one", e.ID, e.Place)
		case !isJSONSchema(e):
			return fmt.Errorf("making an app of a catalog: the schema of %s is written in %s (%s), and an app judges messages by JSON Schemas", e.ID, cmp.Or(e.Schema.Get.Format, "a language that is not named"), e.Place)
		}
		s, err := readShape(e.ID, e.Schema.Get.Text)
		if err != nil {
			return err
		}
		f.shapes[e.ID] = s
		f.taken[folded(e.ID)] = true
	}
	if len(f.events) == 0 {
		return fmt.Errorf("making an app of a catalog: it has no event")
	}
	return nil
}

// A group is the events of one aggregate, with the commands that lead to them.
type group struct {
	name     string
	events   []*catalog.Event
	commands []*catalog.Event
	leads    map[string]string // from a command to its event
}

// groups are the aggregates, in the order of their names.
func (f *fromCatalog) groups() []*group {
	byName := map[string]*group{}
	of := map[string]*group{}
	for _, e := range f.events {
		name := f.aggregateName(e)
		g := byName[folded(name)]
		if g == nil {
			g = &group{name: name, leads: map[string]string{}}
			byName[folded(name)] = g
		}
		g.events = append(g.events, e)
		of[e.ID] = g
	}
	for _, c := range f.orders {
		event := f.produced(c)
		g := of[event]
		if g == nil {
			f.note("%s is left out: nothing tells which event it leads to; say x-produces", c.ID)
			continue
		}
		g.commands = append(g.commands, c)
		g.leads[c.ID] = event
	}
	var groups []*group
	for _, key := range sortedKeys(byName) {
		groups = append(groups, byName[key])
	}
	return groups
}

// aggregateName is what an event is about.
func (f *fromCatalog) aggregateName(e *catalog.Event) string {
	if name, ok := e.Ext["aggregate"].(string); ok && name != "" {
		return suggestTypeName(name)
	}
	candidates := []string{}
	if len(e.Channels) > 0 {
		candidates = append(candidates, e.Channels[0].Get)
	}
	candidates = append(candidates, e.ProducerIDs()...)
	for _, candidate := range candidates {
		name := thingName(candidate)
		if name != "" && folded(name) == folded(e.ID) { // a channel of its own, which says no more than it does
			name = cmp.Or(f.identified(e), thingName(happenedTo(e.ID)), name)
		}
		if name != "" {
			return name
		}
	}
	return cmp.Or(f.identified(e), thingName(f.name), "Thing")
}

// identified is what an event is about if one of its ids says so: TaskDone, which
// requires taskId, is about Task.
func (f *fromCatalog) identified(e *catalog.Event) string {
	last := folded(e.ID[strings.LastIndexByte(e.ID, '.')+1:])
	for _, name := range f.shapes[e.ID].required {
		if !isIDName(name) || !f.shapes[e.ID].requiresText(name) {
			continue
		}
		stem := strings.TrimRight(name[:len(name)-len("id")], "_-")
		if thing := thingName(stem); thing != "" && strings.HasPrefix(last, folded(thing)) {
			return thing
		}
	}
	return ""
}

// happenedTo is what the name of an event is about: the words before the last that
// says what happened. InvoicePaid is about Invoice, UserSignedUp about User.
func happenedTo(event string) string {
	words := wordsOf(event)
	for _, endings := range [][]string{{"ed"}, {"d", "t", "n"}} {
		for i := len(words) - 1; i > 0; i-- {
			if hasSuffix(strings.ToLower(words[i]), endings...) {
				return strings.Join(words[:i], "")
			}
		}
	}
	return ""
}

// roadWords are the words of a channel's name that do not say what travels it.
var roadWords = []string{
	"event", "events", "command", "commands", "message", "messages", "topic", "topics", "stream", "queue", "channel",
	"service", "api", "public", "private", "internal", "prod", "dev", "test", "out", "in",
}

// thingName makes the name of an aggregate of a channel's or a service's: orders.events
// is Order.
func thingName(id string) string {
	var words []string
	for _, word := range wordsOf(id) {
		small := strings.ToLower(word)
		if !slices.Contains(roadWords, small) && strings.Trim(strings.TrimPrefix(small, "v"), "0123456789") != "" {
			words = append(words, capital(word))
		}
	}
	if len(words) == 0 {
		return ""
	}
	words[len(words)-1] = singular(words[len(words)-1])
	name := suggestTypeName(strings.Join(words, ""))
	if message, _ := checkTypeName(name); message != "" {
		return ""
	}
	return name
}

// singular undoes plural.
func singular(word string) string {
	switch lower := strings.ToLower(word); {
	case strings.HasSuffix(lower, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case hasSuffix(lower, "ses", "xes", "zes", "ches", "shes"):
		return word[:len(word)-2]
	case strings.HasSuffix(lower, "s") && !hasSuffix(lower, "ss", "us", "is") && len(word) > 2:
		return word[:len(word)-1]
	}
	return word
}

// produced is the event that a command leads to, or empty.
func (f *fromCatalog) produced(c *catalog.Event) string {
	for _, id := range extWords(c.Ext["produces"]) {
		if slices.ContainsFunc(f.events, func(e *catalog.Event) bool { return e.ID == id }) {
			return id
		}
	}
	var alike []string
	for _, e := range f.events {
		if calledAlike(c.ID, e.ID) {
			alike = append(alike, e.ID)
		}
	}
	if len(alike) != 1 {
		return ""
	}
	f.note("%s is taken to lead to %s, which is called like it; say x-produces", c.ID, alike[0])
	return alike[0]
}

// extWords are the texts of a fact that nexus does not know itself.
func extWords(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var words []string
		for _, item := range v {
			if word, ok := item.(string); ok {
				words = append(words, word)
			}
		}
		return words
	}
	return nil
}

// calledAlike reports whether each word of a command begins a word of an event but for
// its ending: PlaceOrder and OrderPlaced.
func calledAlike(command, event string) bool {
	words := wordsOf(event)
	asked := wordsOf(command)
	if len(words) != len(asked) {
		return false
	}
	for _, a := range asked {
		i := slices.IndexFunc(words, func(w string) bool { return sameStem(a, w) })
		if i < 0 {
			return false
		}
		words = slices.Delete(words, i, i+1)
	}
	return true
}

func sameStem(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == b {
		return true
	}
	stem := max(2, len(a)-1)
	return len(a) >= 2 && len(b) >= stem && a[:stem] == b[:stem] && hasSuffix(b, "d", "t", "n")
}
