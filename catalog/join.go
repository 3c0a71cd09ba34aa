package catalog

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// link is what one resource says about another by its id. Only the whole catalog
// can tell whether there is one.
type link struct {
	kind     linkKind
	from     string // who says it
	to       Value[string]
	versions string
}

type linkKind byte

const (
	channelMessage linkKind = iota // a channel lists a message
	domainService                  // a domain lists a service
	domainFolder                   // a domain's folder; to is the folder
)

// Current yields the current version of every event, by id.
func (c *Catalog) Current() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		for _, e := range c.Events {
			if e.Current && !yield(e) {
				return
			}
		}
	}
}

// Event is one version of an event, the current one for an empty version, or nil.
func (c *Catalog) Event(id, version string) *Event {
	for _, e := range c.versions(id) {
		if e.Version.Get == version && version != "" || e.Current && version == "" {
			return e
		}
	}
	return nil
}

// versions are all versions of an event. The catalog is sorted.
func (c *Catalog) versions(id string) []*Event {
	from, _ := slices.BinarySearchFunc(c.Events, id, func(e *Event, id string) int { return cmp.Compare(e.ID, id) })
	to := from
	for to < len(c.Events) && c.Events[to].ID == id {
		to++
	}
	return c.Events[from:to]
}

// inRange are the versions of an event in a range; the current one for latest.
func (c *Catalog) inRange(id, versions string) []*Event {
	var found []*Event
	for _, e := range c.versions(id) {
		switch {
		case versions == "" || strings.EqualFold(versions, latest):
			if e.Current {
				found = append(found, e)
			}
		case e.Version.Get == versions || matches(versions, e.Version.Get):
			found = append(found, e)
		}
	}
	return found
}

// Service is the service with an id, or nil.
func (c *Catalog) Service(id string) *Service {
	return byID(c.Services, id, func(s *Service) string { return s.ID })
}

// Channel is the channel with an id, or nil.
func (c *Catalog) Channel(id string) *Channel {
	return byID(c.Channels, id, func(c *Channel) string { return c.ID })
}

// Owner is the owner with an id, or nil.
func (c *Catalog) Owner(id string) *Owner {
	return byID(c.Owners, id, func(o *Owner) string { return o.ID })
}

func byID[T any](sorted []*T, id string, of func(*T) string) *T {
	i, found := slices.BinarySearchFunc(sorted, id, func(t *T, id string) int { return cmp.Compare(of(t), id) })
	if !found {
		return nil
	}
	return sorted[i]
}

// OwnerIDs are the ids of the event's owners, sorted.
func (e *Event) OwnerIDs() []string { return ids(e.Owners) }

// ConsumerIDs are the ids of the services that receive the event, sorted.
func (e *Event) ConsumerIDs() []string { return services(e.Consumers) }

// ProducerIDs are the ids of the services that send the event, sorted.
func (e *Event) ProducerIDs() []string { return services(e.Producers) }

func ids(values []Value[string]) []string {
	list := make([]string, 0, len(values))
	for _, v := range values {
		list = append(list, v.Get)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func services(parties []Party) []string {
	list := make([]string, 0, len(parties))
	for _, p := range parties {
		list = append(list, p.Service)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// join brings the ends together: senders and receivers to their events, events
// to their channels, services to their domains. It needs the catalog sorted.
func (c *Catalog) join() {
	c.sort()
	c.followLinks()
	c.nameParties()
	for _, s := range c.Services {
		c.addParties(s, s.Sends, func(e *Event) *[]Party { return &e.Producers })
		c.addParties(s, s.Receives, func(e *Event) *[]Party { return &e.Consumers })
	}
	for _, e := range c.Events {
		e.Producers, e.Consumers = sortedParties(e.Producers), sortedParties(e.Consumers)
		e.Owners, e.Channels = union(e.Owners, nil), union(e.Channels, nil)
		c.inferDomain(e)
	}
}

// followLinks resolves what channels say about messages and domains about
// services. What is not there is noted.
func (c *Catalog) followLinks() {
	var advice adviser
	for _, l := range c.links {
		switch l.kind {
		case channelMessage:
			events := c.inRange(l.to.Get, l.versions)
			for _, e := range events {
				e.Channels = append(e.Channels, Value[string]{Get: l.from, Source: l.to.Source, Place: l.to.Place})
			}
			if len(events) == 0 {
				rule, message, hint := c.undefined(&advice, l.to.Get, l.versions)
				c.Oddities = append(c.Oddities, Oddity{Rule: rule, Subject: l.from, Message: l.from + " lists " + message, Hint: hint, Place: l.to.Place, About: strings.TrimSpace(l.to.Get + " " + l.versions)})
			}
		case domainService:
			s := c.Service(l.to.Get)
			if s == nil {
				c.Oddities = append(c.Oddities, Oddity{
					Rule: RuleUndefinedService, Subject: l.from, Place: l.to.Place, About: l.to.Get,
					Message: fmt.Sprintf("%s lists the service %s, which nothing describes", l.from, l.to.Get),
					Hint:    advice.nearest(l.to.Get, c.serviceIDs),
				})
			} else if s.Domain.Source != Declared {
				s.Domain = Value[string]{Get: l.from, Source: Declared, Place: l.to.Place}
			}
		}
	}
	c.links = nil
}

// nameParties replaces the names of services, by which the first form of
// EventCatalog called them, by their ids.
func (c *Catalog) nameParties() {
	byName := map[string]string{}
	for _, s := range c.Services {
		byName[s.Name] = s.ID
	}
	for _, e := range c.Events {
		for _, parties := range [][]Party{e.Producers, e.Consumers} {
			for i, p := range parties {
				if c.Service(p.Service) != nil {
					continue
				}
				if id, ok := byName[p.Service]; ok {
					parties[i].Service = id
				}
			}
		}
	}
}

// addParties joins what a service sends, or receives, to the events that are in
// the range it names.
func (c *Catalog) addParties(s *Service, list []Message, side func(*Event) *[]Party) {
	for _, m := range list {
		for _, e := range c.inRange(m.Event, m.Versions) {
			parties := side(e)
			*parties = append(*parties, Party{
				Service: s.ID, Versions: m.Versions, Fields: m.Fields, Need: m.Need, Agreement: m.Agreement,
				Place: m.Place, Source: Declared,
			})
			for _, channel := range m.Channels {
				e.Channels = append(e.Channels, Value[string]{Get: channel, Source: Declared, Place: m.Place})
			}
		}
	}
}

// mergeFields joins what a service reads in two references to one event. Where
// one of them does not say, it may be anything.
func mergeFields(a, b Party) []string {
	if a.Fields == nil || b.Fields == nil {
		return nil
	}
	return joined(a.Fields, b.Fields)
}

// sortedParties sorts parties, and makes those that several sources name one.
func sortedParties(parties []Party) []Party {
	slices.SortStableFunc(parties, func(a, b Party) int { return cmp.Compare(a.Service, b.Service) })
	var list []Party
	for _, p := range parties {
		if last := len(list) - 1; last >= 0 && list[last].Service == p.Service {
			list[last].join(p)
		} else {
			list = append(list, p)
		}
	}
	return list
}

// addParty adds a service to a short list of senders or receivers, once.
func addParty(parties *[]Party, p Party) {
	if i := slices.IndexFunc(*parties, func(known Party) bool { return known.Service == p.Service }); i >= 0 {
		(*parties)[i].join(p)
		return
	}
	*parties = append(*parties, p)
}

// join takes over what another reference to the same service says.
func (p *Party) join(by Party) {
	p.Versions = cmp.Or(p.Versions, by.Versions)
	p.Fields = mergeFields(*p, by)
	over(&p.Need, by.Need)
	over(&p.Agreement, by.Agreement)
}

// inferDomain takes the domain of an event from its senders, when they agree.
func (c *Catalog) inferDomain(e *Event) {
	if e.Domain.Known() {
		return
	}
	var domain Value[string]
	for _, p := range e.Producers {
		s := c.Service(p.Service)
		if s == nil || !s.Domain.Known() || domain.Known() && domain.Get != s.Domain.Get {
			return
		}
		domain = Value[string]{Get: s.Domain.Get, Source: Inferred, Place: s.Domain.Place}
	}
	e.Domain = domain
}

// undefined says why no version of an event is in a range.
func (c *Catalog) undefined(advice *adviser, id, versions string) (rule, message, hint string) {
	if known := c.versions(id); len(known) > 0 {
		return RuleNoMatchingVersion, fmt.Sprintf("version %s of %s, which is none of its versions", versions, id), "the versions are " + versionList(known)
	}
	return RuleUndefinedMessage, fmt.Sprintf("%s, which nothing describes", id), advice.nearest(id, c.eventIDs)
}

func versionList(events []*Event) string {
	var list []string
	for _, e := range events {
		list = append(list, cmp.Or(e.Version.Get, "not declared"))
	}
	return strings.Join(list, ", ")
}
