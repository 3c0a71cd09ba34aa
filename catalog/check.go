package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// CheckOptions says how findings are judged.
type CheckOptions struct {
	// Severities are the team's own, by rule; "off" leaves a rule's findings out.
	Severities map[string]report.Severity
}

// off is the severity with which a team switches a rule off.
const off report.Severity = "off"

// Check judges whether the catalog holds together: that whatever it names is
// described, that events have senders, receivers, owners and versions, and what
// was odd about reading it. Findings are for the current versions; the checks say
// for each event which of the rules it passed.
func (c *Catalog) Check(o CheckOptions) ([]report.Finding, []report.Check) {
	k := &checker{catalog: c, options: o, failed: map[[2]string]bool{}, rules: map[string]report.Rule{}, people: map[string]concerned{}}
	for _, rule := range Rules() {
		k.rules[rule.ID] = rule
	}
	for _, odd := range c.Oddities {
		k.oddity(odd)
	}
	for _, s := range c.Services {
		k.service(s)
	}
	for _, channel := range c.Channels {
		k.owners(channel.ID, channel.Owners, nil)
	}
	for e := range c.Current() {
		k.event(e)
	}
	return k.findings, k.checks
}

// checker gathers findings.
type checker struct {
	catalog  *Catalog
	options  CheckOptions
	rules    map[string]report.Rule
	failed   map[[2]string]bool // rule and subject
	findings []report.Finding
	checks   []report.Check
	advice   adviser
	people   map[string]concerned
}

// concerned are those whom a finding is for.
type concerned struct{ owners, affects []string }

// problem is one finding to be.
type problem struct {
	rule, subject, message, hint string
	at, other                    Place
	severity                     report.Severity // of this one, empty for the rule's
	what                         string          // where it is, for waivers
	about                        string          // identifies it among those of the same rule, subject and place
}

func (k *checker) add(p problem) {
	rule := k.rules[p.rule]
	severity := cmp.Or(k.options.Severities[p.rule], p.severity, rule.Severity, report.Warning)
	if severity == off {
		return
	}
	k.failed[[2]string{p.rule, p.subject}] = true
	proof := "rule"
	f := report.Finding{
		Rule: p.rule, Severity: severity, Subject: p.subject, Message: p.message, Hint: cmp.Or(p.hint, rule.Fix), Proof: &proof,
		Location: p.at.Location(), Place: p.what,
		Fingerprint: report.Fingerprint(p.rule, p.subject, "", p.what, given(p.about), nil),
	}
	f.Owners, f.Affects = k.concerned(p.subject)
	if p.other.File != "" {
		f.Related = []report.Related{{Message: "the other place", Location: p.other.Location()}}
	}
	k.findings = append(k.findings, f)
}

// given is a text, nil when it is empty.
func given(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// concerned are the owners and the receivers of what a finding is about. They
// are listed once for all findings about it, which may be as many.
func (k *checker) concerned(subject string) (owners, affects []string) {
	known, ok := k.people[subject]
	if !ok {
		known.owners, known.affects = k.listConcerned(subject)
		k.people[subject] = known
	}
	return known.owners, known.affects
}

func (k *checker) listConcerned(subject string) (owners, affects []string) {
	if e := k.catalog.Event(subject, ""); e != nil {
		return e.OwnerIDs(), e.ConsumerIDs()
	}
	if s := k.catalog.Service(subject); s != nil {
		return ids(s.Owners), []string{}
	}
	if channel := k.catalog.Channel(subject); channel != nil {
		return ids(channel.Owners), []string{}
	}
	return []string{}, []string{}
}

// oddity is a finding that a loader prepared. Its message names what is odd.
func (k *checker) oddity(odd Oddity) {
	k.add(problem{
		rule: odd.Rule, subject: odd.Subject, message: odd.Message, hint: odd.Hint, at: odd.Place, other: odd.Other,
		what: cmp.Or(odd.Place.Pointer, "/"), about: odd.About,
	})
}

func (k *checker) service(s *Service) {
	k.owners(s.ID, s.Owners, nil)
	for _, m := range s.Sends {
		k.message(s, "sends", m)
	}
	for _, m := range s.Receives {
		k.message(s, "receives", m)
	}
}

// message judges one reference of a service to a message.
func (k *checker) message(s *Service, side string, m Message) {
	if len(k.catalog.inRange(m.Event, m.Versions)) == 0 {
		rule, message, hint := k.catalog.undefined(&k.advice, m.Event, m.Versions)
		k.add(problem{rule: rule, subject: s.ID, message: fmt.Sprintf("%s %s %s", s.ID, side, message), hint: hint, at: m.Place, what: "/" + side + "/" + m.Event, about: m.Versions})
	}
	for _, channel := range m.Channels {
		k.channel(s.ID, side+" "+m.Event+" "+m.Versions, Value[string]{Get: channel, Place: m.Place})
	}
}

// channel judges a reference to a channel; about tells it from others of the same
// subject.
func (k *checker) channel(subject, about string, v Value[string]) {
	if k.catalog.Channel(v.Get) != nil {
		return
	}
	k.add(problem{
		rule: RuleUndefinedChannel, subject: subject, at: v.Place, what: "/channels/" + v.Get, about: about,
		message: fmt.Sprintf("%s names the channel %s, which nothing describes", subject, v.Get),
		hint:    k.advice.nearest(v.Get, k.catalog.channelIDs),
	})
}

// owners judges whether the owners of something can be found. An event has to
// have some; pass the rule for that.
func (k *checker) owners(subject string, owners []Value[string], e *Event) {
	if e != nil && len(owners) == 0 {
		k.add(problem{rule: RuleMissingOwner, subject: subject, message: subject + " has no owner", at: e.Place})
	}
	severity := report.Severity("")
	if len(k.catalog.Owners) == 0 || k.catalog.onlyAsyncAPI {
		severity = report.Warning
	}
	for _, owner := range owners {
		if k.catalog.Owner(owner.Get) == nil {
			k.add(problem{
				rule: RuleUndefinedOwner, subject: subject, at: owner.Place, what: "/owners/" + owner.Get, severity: severity,
				message: fmt.Sprintf("%s is owned by %s, whom nothing describes", subject, owner.Get),
				hint:    k.advice.nearest(owner.Get, k.catalog.ownerIDs),
			})
		}
	}
}

// eventRules are judged on every event.
var eventRules = []string{
	RuleDuplicateID, RuleInverted, RuleMissingOwner, RuleMissingSchema, RuleMissingVersion, RuleOlderCurrent, RuleUndefinedChannel, RuleUndefinedField,
	RuleUndefinedOwner, RuleUndefinedService, RuleUnreceived, RuleUnsent,
}

func (k *checker) event(e *Event) {
	k.owners(e.ID, e.Owners, e)
	if !e.Version.Known() {
		k.add(problem{rule: RuleMissingVersion, subject: e.ID, message: e.ID + " has no version", at: e.Place})
	}
	for _, v := range e.Channels {
		k.channel(e.ID, "", v)
	}
	for _, p := range slices.Concat(e.Producers, e.Consumers) {
		if k.catalog.Service(p.Service) == nil {
			k.add(problem{
				rule: RuleUndefinedService, subject: e.ID, at: p.Place, what: "/services/" + p.Service,
				message: fmt.Sprintf("%s names the service %s, which nothing describes", e.ID, p.Service),
				hint:    k.advice.nearest(p.Service, k.catalog.serviceIDs),
			})
		}
	}
	k.fields(e)
	k.newest(e)
	direction := k.direction(e)
	for _, rule := range eventRules {
		result := report.Pass
		switch {
		case k.options.Severities[rule] == off:
			result = report.NotApplicable
		case k.failed[[2]string{rule, e.ID}]:
			result = report.Fail
		case slices.Contains([]string{RuleUnsent, RuleUnreceived, RuleInverted}, rule):
			result = direction
		}
		k.checks = append(k.checks, report.Check{Subject: e.ID, Rule: rule, Result: result, Location: e.Place.Location()})
	}
}

// newest judges whether the current version is the highest one. Among the earlier
// ones, a higher version is either not released yet or was forgotten there.
func (k *checker) newest(e *Event) {
	for _, other := range k.catalog.versions(e.ID) {
		if !e.Version.Known() || compareVersions(other.Version.Get, e.Version.Get) <= 0 {
			continue
		}
		k.add(problem{
			rule: RuleOlderCurrent, subject: e.ID, at: e.Version.Place, other: other.Place, what: "/version", about: other.Version.Get,
			message: fmt.Sprintf("the current version of %s is %s, and version %s lies among the earlier ones", e.ID, e.Version.Get, other.Version.Get),
		})
	}
}

// fields judges what was declared beside the event about fields. That the schema
// lacks one can be told only when the schema's fields are known.
func (k *checker) fields(e *Event) {
	if !slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Type != "" }) {
		return
	}
	for _, f := range e.Fields {
		if f.Type != "" {
			continue
		}
		k.add(problem{
			rule: RuleUndefinedField, subject: e.ID, at: f.Place, what: "/fields/" + f.Path,
			message: fmt.Sprintf("the schema of %s has no field %s", e.ID, f.Path), hint: k.advice.nearest(f.Path, e.fieldPaths),
		})
	}
}

// fieldPaths are the paths of the schema's fields.
func (e *Event) fieldPaths() []string {
	var paths []string
	for _, f := range e.Fields {
		if f.Type != "" {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// direction judges who sends and who receives an event. With one service in the
// catalog, the other side of everything is somewhere else. A message that an
// AsyncAPI document defines for operations to come is neither unsent nor
// unreceived.
func (k *checker) direction(e *Event) report.ResultKind {
	sent, received := len(e.Producers) > 0, len(e.Consumers) > 0
	if !sent && !received && strings.HasPrefix(e.Place.Pointer, "/components/messages/") {
		k.add(problem{rule: RuleUnusedMessage, subject: e.ID, message: fmt.Sprintf("no operation uses the message %s", e.ID), at: e.Place})
		return report.NotApplicable
	}
	if len(k.catalog.Services) == 1 {
		return report.NotApplicable
	}
	switch wrong := inverted(k.catalog, e); {
	case wrong != nil:
		k.add(*wrong)
		return report.NotApplicable // who sends and who receives is not known
	case !sent:
		k.add(problem{rule: RuleUnsent, subject: e.ID, message: fmt.Sprintf("no service sends %s", e.ID), at: e.Place})
	case !received:
		k.add(problem{rule: RuleUnreceived, subject: e.ID, message: fmt.Sprintf("no service receives %s", e.ID), at: e.Place})
	}
	if !sent && !received {
		k.add(problem{rule: RuleUnreceived, subject: e.ID, message: fmt.Sprintf("no service receives %s", e.ID), at: e.Place})
	}
	return report.Pass
}

// inverted finds an event whose two sides are likely swapped: its own owner only
// receives it, or several services send it and none receives it. A command is
// owned by whoever receives it.
func inverted(c *Catalog, e *Event) *problem {
	lone, side, swapped := e.Consumers, "receives", "sends"
	if e.Kind == CommandKind || e.Kind == QueryKind {
		lone, side, swapped = e.Producers, "sends", "receives"
	}
	if len(e.Producers) > 0 && len(e.Consumers) > 0 {
		return nil
	}
	for _, p := range lone {
		if s := c.Service(p.Service); s != nil && sharesOwner(s, e) {
			return &problem{
				rule: RuleInverted, subject: e.ID, at: p.Place, what: "/" + side + "/" + p.Service,
				message: fmt.Sprintf("%s has the owner of the %s %s and %s it, while no service %s it", p.Service, cmp.Or(e.Kind, EventKind), e.ID, side, swapped),
			}
		}
	}
	if e.Kind == EventKind && len(e.Producers) > 1 {
		p := e.Producers[len(e.Producers)-1]
		return &problem{
			rule: RuleInverted, subject: e.ID, at: p.Place, what: "/sends/" + p.Service,
			message: fmt.Sprintf("%d services send %s and none receives it; %s may be a receiver", len(e.Producers), e.ID, p.Service),
		}
	}
	if p := c.meeting(e); e.Kind == EventKind && p != nil {
		return &problem{
			rule: RuleInverted, subject: e.ID, at: p.Place, what: "/receives/" + p.Service,
			message: fmt.Sprintf("%d services receive %s over one channel and none sends it; %s may be its sender", len(e.Consumers), e.ID, p.Service),
		}
	}
	return nil
}

// meeting is the first of several receivers of an event that meet at one channel, or
// nil. Where nobody sends there, one of them is likely the sender.
func (c *Catalog) meeting(e *Event) *Party {
	first := map[string]*Party{} // by channel
	for i := range e.Consumers {
		p := &e.Consumers[i]
		s := c.Service(p.Service)
		if s == nil {
			continue
		}
		for _, m := range s.Receives {
			if m.Event != e.ID {
				continue
			}
			for _, channel := range m.Channels {
				other := first[channel]
				if other != nil && other.Service != p.Service {
					return other
				}
				first[channel] = p
			}
		}
	}
	return nil
}

func sharesOwner(s *Service, e *Event) bool {
	return slices.ContainsFunc(s.Owners, func(owner Value[string]) bool {
		return owner.Source == Declared && slices.ContainsFunc(e.Owners, func(own Value[string]) bool { return own.Source == Declared && own.Get == owner.Get })
	})
}

func names[T any](list []T, of func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, t := range list {
		all = append(all, of(t))
	}
	return all
}

// adviser suggests names for those that lead nowhere. It compares with every
// known one, so that it falls silent after some.
type adviser struct{ said int }

const maxAdvice = 100

func (a *adviser) nearest(name string, known func() []string) string {
	if a.said++; a.said > maxAdvice {
		return ""
	}
	if near := report.Nearest(name, known()); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

func (c *Catalog) eventIDs() []string {
	return names(c.Events, func(e *Event) string { return e.ID })
}

func (c *Catalog) serviceIDs() []string {
	return names(c.Services, func(s *Service) string { return s.ID })
}

func (c *Catalog) channelIDs() []string {
	return names(c.Channels, func(c *Channel) string { return c.ID })
}

func (c *Catalog) ownerIDs() []string {
	return names(c.Owners, func(o *Owner) string { return o.ID })
}
