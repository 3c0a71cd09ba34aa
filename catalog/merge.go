package catalog

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/nexus-blueprint/nexus/document"
)

// merge makes one catalog of several. What two sources say equally is said once,
// what only one says is taken from it, and where they contradict each other the
// first has the word, and the contradiction is noted. Lists are joined.
func merge(parts []*Catalog) *Catalog {
	whole := &Catalog{onlyAsyncAPI: true}
	m := &merger{whole: whole}
	events := shelf[Event]{m, "event", map[string][]*Event{}, func(e *Event) (string, string, Place) { return e.ID, e.Version.Get, e.Place }}
	services := shelf[Service]{m, "service", map[string][]*Service{}, func(s *Service) (string, string, Place) { return s.ID, "", s.Place }}
	channels := shelf[Channel]{m, "channel", map[string][]*Channel{}, func(c *Channel) (string, string, Place) { return c.ID, "", c.Place }}
	owners := shelf[Owner]{m, "owner", map[string][]*Owner{}, func(o *Owner) (string, string, Place) { return o.ID, "", o.Place }}
	oneAddress(parts)
	for _, part := range parts {
		part.setCurrent()
		isBroken := len(part.Events)+len(part.Services)+len(part.Owners) == 0
		whole.onlyAsyncAPI = whole.onlyAsyncAPI && (part.onlyAsyncAPI || isBroken)
		whole.Problems = append(whole.Problems, part.Problems...)
		whole.Oddities = append(whole.Oddities, part.Oddities...)
		whole.links = append(whole.links, part.links...)
		whole.left = append(whole.left, part.left...)
		whole.Events = append(whole.Events, events.add(part.Events, sameEvent, m.event)...)
		whole.Services = append(whole.Services, services.add(part.Services, same[Service], m.service)...)
		whole.Channels = append(whole.Channels, channels.add(part.Channels, same[Channel], m.channel)...)
		whole.Owners = append(whole.Owners, owners.add(part.Owners, same[Owner], m.owner)...)
	}
	whole.setCurrent()
	return whole
}

// setCurrent leaves one current version of each event: among those that are no
// history, the highest; without any, the highest of all.
func (c *Catalog) setCurrent() {
	best := map[string]*Event{}
	for _, e := range c.Events {
		b := best[e.ID]
		if b == nil || e.Current && !b.Current || e.Current == b.Current && compareVersions(e.Version.Get, b.Version.Get) > 0 {
			best[e.ID] = e
		}
	}
	for _, e := range c.Events {
		e.Current = best[e.ID] == e
	}
}

// shelf holds what earlier sources said, by id.
type shelf[T any] struct {
	m        *merger
	what     string
	known    map[string][]*T
	identify func(*T) (id, version string, at Place)
}

// add takes the things of one source over and returns those that are new. Two of
// the same id and version in one source are a mistake there; in two sources, they
// are one thing.
func (s shelf[T]) add(list []*T, same func(a, b *T) bool, combine func(to, from *T)) []*T {
	own := map[[2]string]*T{}
	var fresh []*T
	for _, thing := range list {
		id, version, at := s.identify(thing)
		if twin := own[[2]string{id, version}]; twin != nil {
			_, _, first := s.identify(twin)
			s.m.duplicate(s.what, id, at, first)
			continue
		}
		own[[2]string{id, version}] = thing
		if i := slices.IndexFunc(s.known[id], func(k *T) bool { return same(k, thing) }); i >= 0 {
			combine(s.known[id][i], thing)
			continue
		}
		fresh = append(fresh, thing)
	}
	for _, thing := range fresh {
		id, _, _ := s.identify(thing)
		s.known[id] = append(s.known[id], thing)
	}
	return fresh
}

// same says that one id is one thing.
func same[T any](_, _ *T) bool { return true }

// sameEvent says that two events are of the same version, or both current when
// one of them says no version.
func sameEvent(a, b *Event) bool {
	if a.Version.Known() && b.Version.Known() {
		return a.Version.Get == b.Version.Get
	}
	return a.Current && b.Current
}

type merger struct{ whole *Catalog }

func (m *merger) duplicate(what, id string, at, first Place) {
	m.whole.Oddities = append(m.whole.Oddities, Oddity{
		Rule: RuleDuplicateID, Subject: id, Place: at, Other: first,
		Message: fmt.Sprintf("the %s %s is described twice; what %s says is not read", what, id, at.File),
		Hint:    "give one of them an id, or a version, of its own",
	})
}

func (m *merger) contradiction(subject, what, now, before string, at, first Place) {
	m.whole.Oddities = append(m.whole.Oddities, Oddity{
		Rule: RuleContradiction, Subject: subject, Place: at, Other: first,
		Message: fmt.Sprintf("%s is %s here and %s in another source, which has the word", what, now, before),
		Hint:    "make the two agree, or say it in one of them only",
	})
}

// fact is a Value of any type.
type fact interface {
	Known() bool
	merge(m *merger, subject, name string, from fact)
}

// merge takes from over unless v says something better.
func (v *Value[T]) merge(m *merger, subject, name string, from fact) {
	by := from.(*Value[T])
	switch {
	case !by.Known(), v.Source == Declared && by.Source == Inferred:
	case !v.Known(), v.Source == Inferred && by.Source == Declared:
		*v = *by
	case v.Source == Declared && !reflect.DeepEqual(v.Get, by.Get):
		m.contradiction(subject, name, fmt.Sprint(by.Get), fmt.Sprint(v.Get), by.Place, v.Place)
	}
}

// facts merges one list of facts into another of the same kind.
func (m *merger) facts(subject string, to, from []namedFact) {
	for i, f := range to {
		f.merge(m, subject, f.name, from[i].fact)
	}
}

type namedFact struct {
	name string
	fact
}

func (e *Event) facts() []namedFact {
	return []namedFact{
		{"the version", &e.Version}, {"x-domain", &e.Domain},
		{"x-data-classification", &e.Classification}, {"x-data-category", &e.Category}, {"x-criticality", &e.Criticality},
		{"x-requires-ordering", &e.RequiresOrdering}, {"x-max-latency-ms", &e.MaxLatencyMs}, {"x-business-impact", &e.BusinessImpact},
		{"x-retention-days", &e.RetentionDays}, {"x-disposal", &e.Disposal}, {"x-rate-per-min", &e.RatePerMin},
		{"x-payload-bytes", &e.PayloadBytes}, {"x-path", &e.Path}, {"x-correlation", &e.Correlation}, {"x-causation", &e.Causation},
		{"x-actor", &e.Actor}, {"x-integrity", &e.Integrity}, {"x-partition-key", &e.PartitionKey}, {"x-lawful-basis", &e.LawfulBasis},
		{"x-special-condition", &e.SpecialCondition}, {"x-impact-assessment", &e.ImpactAssessment}, {"x-erasure", &e.Erasure},
		{"x-encrypted", &e.Encrypted}, {"x-transfer-mechanism", &e.TransferMechanism}, {"x-audit", &e.Audit},
		{"x-approval", &e.Approval}, {"deprecated", &e.Deprecated},
	}
}

func (f *FieldFacts) list() []namedFact {
	return []namedFact{
		{"pii", &f.PII}, {"category", &f.Category}, {"purpose", &f.Purpose}, {"lawful-basis", &f.LawfulBasis}, {"erasure", &f.Erasure},
		{"encrypted", &f.Encrypted}, {"tokenized", &f.Tokenized}, {"truncated", &f.Truncated}, {"hashed", &f.Hashed},
	}
}

func (c *Channel) facts() []namedFact {
	return []namedFact{
		{"x-tls", &c.TLS}, {"x-retention-days", &c.RetentionDays}, {"x-partitions", &c.Partitions},
		{"x-max-bytes", &c.MaxBytes}, {"x-ordering", &c.Ordering},
	}
}

func (s *Service) facts() []namedFact {
	return []namedFact{{"the version", &s.Version}, {"x-domain", &s.Domain}, {"x-external", &s.External}}
}

func (m *merger) event(to, e *Event) {
	m.facts(to.ID, to.facts(), e.facts())
	to.Kind, to.Name, to.Summary = cmp.Or(to.Kind, e.Kind), cmp.Or(to.Name, e.Name), cmp.Or(to.Summary, e.Summary)
	to.Examples = max(to.Examples, e.Examples)
	to.Owners, to.Channels = union(to.Owners, e.Owners), union(to.Channels, e.Channels)
	to.Regulations, to.Regions = union(to.Regulations, e.Regulations), union(to.Regions, e.Regions)
	to.Producers, to.Consumers = append(to.Producers, e.Producers...), append(to.Consumers, e.Consumers...)
	to.Ext = m.ext(to.ID, to.Ext, e.Ext, to.Place, e.Place)
	m.schema(to, e)
	for _, f := range e.Fields {
		i := slices.IndexFunc(to.Fields, func(known Field) bool { return known.Path == f.Path })
		if i < 0 {
			to.Fields = append(to.Fields, f)
			continue
		}
		m.facts(to.ID+"."+f.Path, to.Fields[i].own().list(), f.own().list())
	}
}

// schema compares two schemas by what they mean: one may be inline and the other
// a file.
func (m *merger) schema(to, e *Event) {
	switch {
	case !e.Schema.Known(), to.Schema.Source == Declared && e.Schema.Source == Inferred:
	case !to.Schema.Known(), to.Schema.Source == Inferred && e.Schema.Source == Declared:
		to.Schema, to.documents = e.Schema, e.documents
	case !sameSchema(to.Schema.Get, e.Schema.Get):
		m.contradiction(to.ID, "the schema", e.Schema.Get.File, to.Schema.Get.File, e.Schema.Place, to.Schema.Place)
	}
}

func sameSchema(a, b Schema) bool {
	if bytes.Equal(a.Text, b.Text) {
		return true
	}
	docA, errA := document.Parse(a.File, a.Text)
	docB, errB := document.Parse(b.File, b.Text)
	return errA == nil && errB == nil && document.Encode(docA.Value()) == document.Encode(docB.Value())
}

func (m *merger) service(to, s *Service) {
	m.facts(to.ID, to.facts(), s.facts())
	to.Name = cmp.Or(to.Name, s.Name)
	to.Owners = union(to.Owners, s.Owners)
	to.Sends, to.Receives = append(to.Sends, s.Sends...), append(to.Receives, s.Receives...)
	to.Ext = m.ext(to.ID, to.Ext, s.Ext, to.Place, s.Place)
}

func (m *merger) channel(to, c *Channel) {
	m.facts(to.ID, to.facts(), c.facts())
	if to.Address != "" && c.Address != "" && to.Address != c.Address {
		m.contradiction(to.ID, "the address", c.Address, to.Address, c.Place, to.Place)
	}
	to.Name, to.Address = cmp.Or(to.Name, c.Name), cmp.Or(to.Address, c.Address)
	to.Owners, to.Regions = union(to.Owners, c.Owners), union(to.Regions, c.Regions)
	to.Protocols, to.Parameters = joined(to.Protocols, c.Protocols), joined(to.Parameters, c.Parameters)
	to.Ext = m.ext(to.ID, to.Ext, c.Ext, to.Place, c.Place)
}

func (m *merger) owner(to, o *Owner) {
	if to.Email != "" && o.Email != "" && to.Email != o.Email {
		m.contradiction(to.ID, "the mail address", o.Email, to.Email, o.Place, to.Place)
	}
	to.Name, to.Email, to.Kind = cmp.Or(to.Name, o.Name), cmp.Or(to.Email, o.Email), cmp.Or(to.Kind, o.Kind)
}

func (m *merger) ext(subject string, to, from map[string]any, first, at Place) map[string]any {
	for _, key := range slices.Sorted(maps.Keys(from)) {
		known, has := to[key]
		switch {
		case !has:
			if to == nil {
				to = map[string]any{}
			}
			to[key] = from[key]
		case !reflect.DeepEqual(known, from[key]):
			m.contradiction(subject, "x-"+key, written(from[key]), written(known), at, first)
		}
	}
	return to
}

// union joins two lists of values. What somebody declared makes what was only
// inferred needless.
func union(to, from []Value[string]) []Value[string] {
	if len(to)+len(from) <= 1 {
		return append(to, from...)
	}
	all := slices.Concat(to, from)
	if slices.ContainsFunc(all, func(v Value[string]) bool { return v.Source == Declared }) {
		all = slices.DeleteFunc(all, func(v Value[string]) bool { return v.Source != Declared })
	}
	var list []Value[string]
	seen := make(map[string]bool, len(all))
	for _, v := range all {
		if !seen[v.Get] {
			seen[v.Get] = true
			list = append(list, v)
		}
	}
	return list
}

func joined(to, from []string) []string {
	for _, s := range from {
		if !slices.Contains(to, s) {
			to = append(to, s)
		}
	}
	return to
}
