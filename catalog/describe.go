package catalog

import (
	"strconv"
	"strings"
)

// Attribute is one thing the catalog says about an event, or does not say.
type Attribute struct {
	Name   string // as policies call it, such as retention_days
	Text   string // for a person; empty when it is not declared
	Source Source
	Place  Place
}

// Attributes lists what can be declared about an event, in the order of the
// model, the undeclared ones too.
func (e *Event) Attributes() []Attribute {
	return []Attribute{
		attribute("version", e.Version, plainText),
		attribute("domain", e.Domain, plainText),
		texts("owners", e.Owners),
		texts("channels", e.Channels),
		attribute("schema", e.Schema, func(s Schema) string { return s.File + s.Pointer }),
		attribute("classification", e.Classification, plainText),
		texts("regulations", e.Regulations),
		attribute("category", e.Category, plainText),
		attribute("criticality", e.Criticality, plainText),
		attribute("requires_ordering", e.RequiresOrdering, strconv.FormatBool),
		attribute("max_latency_ms", e.MaxLatencyMs, number),
		attribute("business_impact", e.BusinessImpact, plainText),
		attribute("retention_days", e.RetentionDays, number),
		attribute("disposal", e.Disposal, plainText),
		attribute("rate_per_min", e.RatePerMin, number),
		attribute("payload_bytes", e.PayloadBytes, number),
		attribute("path", e.Path, plainText),
		attribute("correlation", e.Correlation, plainText),
		attribute("causation", e.Causation, plainText),
		attribute("actor", e.Actor, plainText),
		attribute("integrity", e.Integrity, plainText),
		attribute("partition_key", e.PartitionKey, plainText),
		attribute("lawful_basis", e.LawfulBasis, plainText),
		attribute("special_condition", e.SpecialCondition, plainText),
		attribute("impact_assessment", e.ImpactAssessment, plainText),
		attribute("erasure", e.Erasure, plainText),
		attribute("encrypted", e.Encrypted, strconv.FormatBool),
		texts("regions", e.Regions),
		attribute("transfer_mechanism", e.TransferMechanism, plainText),
		attribute("audit", e.Audit, strconv.FormatBool),
		attribute("approval", e.Approval, func(a Approval) string { return a.Reference }),
		attribute("deprecated", e.Deprecated, plainText),
	}
}

// AttributePlace is where an attribute is written, else where the event is.
func (e *Event) AttributePlace(name string) Place {
	for _, a := range e.Attributes() {
		if a.Name == name && a.Source != "" && a.Place.File != "" {
			return a.Place
		}
	}
	return e.Place
}

func attribute[T any](name string, v Value[T], text func(T) string) Attribute {
	a := Attribute{Name: name, Source: v.Source, Place: v.Place}
	if v.Known() {
		a.Text = text(v.Get)
	}
	return a
}

// texts is an attribute with several values; its place is the first one's.
func texts(name string, list []Value[string]) Attribute {
	a := Attribute{Name: name}
	var words []string
	for _, v := range list {
		words = append(words, v.Get)
	}
	if len(list) > 0 {
		a.Source, a.Place, a.Text = list[0].Source, list[0].Place, strings.Join(words, ", ")
	}
	return a
}

func plainText(text string) string { return text }

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
