package policy

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/waiver"
)

// inputs makes what rules see: input for one event at a time, and data.catalog.
//
// Every key is always there, null or an empty list where nothing is known: Rego's
// `not x` holds for absent and false alike, and a rule over something absent would
// silently not fire.
type inputs struct {
	asOf         string
	owners       map[string]*catalog.Owner
	services     map[string]*catalog.Service
	channels     map[string]*catalog.Channel
	observations *Observations
	changes      map[string]Change
	judgesChange bool
	waivers      map[string][]any // by event id
}

const dateLayout = "2006-01-02"

func newInputs(o Options) *inputs {
	in := &inputs{
		asOf:     o.AsOf.UTC().Format(dateLayout),
		owners:   map[string]*catalog.Owner{},
		services: map[string]*catalog.Service{},
		channels: map[string]*catalog.Channel{},

		observations: o.Observations,
		changes:      o.Changes,
		judgesChange: o.Changes != nil,
		waivers:      waiversByEvent(o.Waivers, o.AsOf),
	}
	for _, owner := range o.Catalog.Owners {
		in.owners[owner.ID] = owner
	}
	for _, s := range o.Catalog.Services {
		in.services[s.ID] = s
	}
	for _, c := range o.Catalog.Channels {
		in.channels[c.ID] = c
	}
	return in
}

// of is the input for one event.
func (in *inputs) of(e *catalog.Event) map[string]any {
	input := map[string]any{
		"as_of":    in.asOf,
		"event":    in.event(e),
		"change":   nil,
		"observed": nil,
		"waivers":  nonNil(in.waivers[e.ID]),
	}
	if in.judgesChange {
		input["change"] = in.changes[e.ID].input(e)
	}
	if in.observations != nil {
		input["observed"] = in.observations.of(e.ID).input(in.observations)
	}
	return input
}

func (in *inputs) event(e *catalog.Event) map[string]any {
	event := map[string]any{
		"id":                 e.ID,
		"name":               cmp.Or(e.Name, e.ID),
		"version":            given(e.Version),
		"kind":               string(cmp.Or(e.Kind, catalog.EventKind)),
		"summary":            text(e.Summary),
		"domain":             given(e.Domain),
		"owners":             each(e.Owners, in.owner),
		"producers":          each(e.Producers, in.producer),
		"consumers":          each(e.Consumers, in.consumer),
		"channels":           each(e.Channels, in.channel),
		"schema":             schemaInput(e.Schema),
		"examples":           e.Examples,
		"classification":     given(e.Classification),
		"regulations":        texts(e.Regulations),
		"category":           given(e.Category),
		"criticality":        given(e.Criticality),
		"requires_ordering":  given(e.RequiresOrdering),
		"max_latency_ms":     amount(e.MaxLatencyMs),
		"business_impact":    given(e.BusinessImpact),
		"retention_days":     amount(e.RetentionDays),
		"disposal":           given(e.Disposal),
		"rate_per_min":       amount(e.RatePerMin),
		"payload_bytes":      amount(e.PayloadBytes),
		"path":               given(e.Path),
		"correlation":        given(e.Correlation),
		"causation":          given(e.Causation),
		"actor":              given(e.Actor),
		"integrity":          given(e.Integrity),
		"partition_key":      given(e.PartitionKey),
		"lawful_basis":       given(e.LawfulBasis),
		"special_condition":  given(e.SpecialCondition),
		"impact_assessment":  given(e.ImpactAssessment),
		"erasure":            given(e.Erasure),
		"encrypted":          given(e.Encrypted),
		"regions":            texts(e.Regions),
		"transfer_mechanism": given(e.TransferMechanism),
		"audit":              given(e.Audit),
		"approval":           approval(e.Approval),
		"deprecated":         given(e.Deprecated),
		"inferred":           inferred(e),
		"fields":             fields(e.Fields),
		"ext":                object(e.Ext),
	}
	derive(event)
	return event
}

// inferred names the attributes that follow from something else.
func inferred(e *catalog.Event) []string {
	names := []string{}
	for _, a := range e.Attributes() {
		if a.Source == catalog.Inferred {
			names = append(names, a.Name)
		}
	}
	return names
}

func (in *inputs) owner(id catalog.Value[string]) any {
	o, known := in.owners[id.Get]
	if !known {
		return map[string]any{"id": id.Get, "known": false, "kind": nil, "email": nil}
	}
	return map[string]any{"id": id.Get, "known": true, "kind": text(o.Kind), "email": text(o.Email)}
}

func (in *inputs) producer(p catalog.Party) any { return in.party(p) }

func (in *inputs) consumer(p catalog.Party) any {
	party := in.party(p)
	party["versions"] = text(p.Versions)
	party["fields"] = nil
	if p.Fields != nil {
		party["fields"] = p.Fields
	}
	party["need"] = given(p.Need)
	party["agreement"] = given(p.Agreement)
	return party
}

func (in *inputs) party(p catalog.Party) map[string]any {
	s, known := in.services[p.Service]
	if !known {
		return map[string]any{"id": p.Service, "known": false, "owners": []string{}, "external": nil, "domain": nil}
	}
	return map[string]any{
		"id": p.Service, "known": true, "owners": texts(s.Owners), "external": given(s.External), "domain": given(s.Domain),
	}
}

func (in *inputs) channel(id catalog.Value[string]) any {
	c, known := in.channels[id.Get]
	if !known {
		c = &catalog.Channel{ID: id.Get}
	}
	input := channelInput(c)
	input["known"] = known
	return input
}

func channelInput(c *catalog.Channel) map[string]any {
	return map[string]any{
		"id":             c.ID,
		"address":        text(c.Address),
		"protocols":      nonNil(c.Protocols),
		"tls":            given(c.TLS),
		"retention_days": amount(c.RetentionDays),
		"partitions":     amount(c.Partitions),
		"max_bytes":      amount(c.MaxBytes),
		"ordering":       given(c.Ordering),
		"regions":        texts(c.Regions),
		"parameters":     nonNil(c.Parameters),
	}
}

func schemaInput(s catalog.Value[catalog.Schema]) any {
	if !s.Known() {
		return nil
	}
	return map[string]any{"file": s.Get.File, "format": s.Get.Format}
}

func approval(a catalog.Value[catalog.Approval]) any {
	if !a.Known() {
		return nil
	}
	return map[string]any{"reference": text(a.Get.Reference), "approver": text(a.Get.Approver), "author": text(a.Get.Author)}
}

func fields(fields []catalog.Field) []any {
	list := make([]any, len(fields))
	for i := range fields {
		f := &fields[i]
		facts := f.Facts()
		list[i] = map[string]any{
			"path":         f.Path,
			"name":         lastSegment(f.Path),
			"type":         f.Type,
			"required":     f.Required,
			"description":  text(f.Description),
			"pii":          given(facts.PII),
			"category":     given(facts.Category),
			"purpose":      given(facts.Purpose),
			"lawful_basis": given(facts.LawfulBasis),
			"erasure":      given(facts.Erasure),
			"encrypted":    given(facts.Encrypted),
			"tokenized":    given(facts.Tokenized),
			"truncated":    given(facts.Truncated),
			"hashed":       given(facts.Hashed),
		}
	}
	return list
}

// lastSegment is the field's own name: sku of items[].sku, tags of tags[].
func lastSegment(path string) string {
	for _, element := range []string{schema.ElementPath(""), schema.ValuePath("")} {
		if list, ok := strings.CutSuffix(path, element); ok {
			return lastSegment(list)
		}
	}
	_, name := schema.SplitPath(path)
	return name
}

// data is data.catalog: the whole catalog in brief.
func (in *inputs) data(c *catalog.Catalog) map[string]any {
	events, services := map[string]any{}, map[string]any{}
	owners, channels := map[string]any{}, map[string]any{}
	for e := range c.Current() {
		events[e.ID] = map[string]any{
			"id": e.ID, "version": given(e.Version), "kind": string(cmp.Or(e.Kind, catalog.EventKind)), "domain": given(e.Domain),
			"owners": texts(e.Owners), "classification": given(e.Classification), "path": given(e.Path), "criticality": given(e.Criticality),
		}
	}
	for id, s := range in.services {
		services[id] = map[string]any{
			"id": id, "version": given(s.Version), "domain": given(s.Domain), "owners": texts(s.Owners),
			"external": given(s.External), "sends": messages(s.Sends), "receives": messages(s.Receives),
		}
	}
	for id, o := range in.owners {
		owners[id] = map[string]any{"id": id, "kind": text(o.Kind), "email": text(o.Email)}
	}
	for id, ch := range in.channels {
		channel := channelInput(ch)
		channel["owners"] = texts(ch.Owners)
		channels[id] = channel
	}
	return map[string]any{
		"events": events, "services": services, "owners": owners, "channels": channels,
		"observed_types": in.observations.TypeNames(),
	}
}

func messages(list []catalog.Message) []string {
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, m.Event)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// waiversByEvent lists the waivers that name an event. One that names a finding
// by its fingerprint names no event.
func waiversByEvent(f *waiver.File, asOf time.Time) map[string][]any {
	byEvent := map[string][]any{}
	if f == nil {
		return byEvent
	}
	for _, w := range f.Waivers {
		if w.Subject != "" {
			byEvent[w.Subject] = append(byEvent[w.Subject], map[string]any{
				"rule": w.Rule, "pointer": w.Pointer, "owner": w.Owner, "reason": w.Reason, "expires": w.Expires, "expired": w.Expired(asOf),
			})
		}
	}
	return byEvent
}

// given is a value that somebody gave, else null.
func given[T string | bool](v catalog.Value[T]) any {
	if !v.Known() {
		return nil
	}
	return v.Get
}

// amount is a number as a person writes it, without an exponent, else null.
func amount(v catalog.Value[float64]) any {
	if !v.Known() {
		return nil
	}
	return number(v.Get)
}

func number(n float64) json.Number { return json.Number(strconv.FormatFloat(n, 'f', -1, 64)) }

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func texts(values []catalog.Value[string]) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.Get
	}
	return list
}

// nonNil makes an absent list an empty one: rules see no null where a list belongs.
func nonNil[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

func object(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func each[T any](values []T, of func(T) any) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = of(v)
	}
	return list
}
