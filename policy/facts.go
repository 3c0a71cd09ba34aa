package policy

import (
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
)

// This file holds the definitions that most rules share: what personal data, health
// information and cardholder data are, as far as a catalog can tell. Rules see the
// answers as input.event.facts, so that no rule works them out anew.

// A kind is a set of kinds of data.
type kind int

const (
	personalKind   kind = 1 << iota // GDPR Art. 4(1)
	specialKind                     // GDPR Art. 9(1), which is personal data too
	healthKind                      // protected health information, 45 CFR 160.103
	cardholderKind                  // cardholder and sensitive authentication data, PCI DSS 4.0 glossary
)

// kinds are the words of x-data-category and x-regulations, in lower case, that say
// which kinds of data there are. The other words of catalog.Categories say that it
// is of none of these kinds; a word that is in neither says nothing.
var kinds = map[string]kind{
	"personal":  personalKind,
	"contact":   personalKind,
	"identity":  personalKind,
	"location":  personalKind,
	"pseudonym": personalKind,
	"gdpr":      personalKind,
	"uk-gdpr":   personalKind,

	"special":     personalKind | specialKind,
	"biometric":   personalKind | specialKind,
	"genetic":     personalKind | specialKind,
	"ethnicity":   personalKind | specialKind,
	"political":   personalKind | specialKind,
	"religion":    personalKind | specialKind,
	"sexual":      personalKind | specialKind,
	"trade-union": personalKind | specialKind,

	"health":  personalKind | specialKind | healthKind,
	"phi":     personalKind | specialKind | healthKind,
	"medical": personalKind | specialKind | healthKind,
	"hipaa":   healthKind,

	"payment-card": cardholderKind,
	"card":         cardholderKind,
	"cardholder":   cardholderKind,
	"pan":          cardholderKind,
	"sad":          cardholderKind,
	"pci":          cardholderKind,
	"pci-dss":      cardholderKind,
	"pci dss":      cardholderKind,
	"pci_dss":      cardholderKind,
	"pcidss":       cardholderKind,
}

// An event of the category payment is about cards; a field of it may be an amount.
const paymentCategory = "payment"

// derive adds to an event, and to its fields, what follows from the rest of it. It
// takes an event as rules see it, so that what a case gives in part and what the
// loader found go the same way.
func derive(event map[string]any) {
	fields := event["fields"].([]any)
	found := kindsOf(event, fields)
	f := fieldFacts{}
	for _, field := range fields {
		f.add(field.(map[string]any), found)
	}
	if len(f.personal) > 0 {
		found |= personalKind
	}
	settled := isCategory(event["category"]) || event["classification"] == "public"
	allJudged := len(fields) > 0 && f.notPersonal == len(fields)
	event["facts"] = map[string]any{
		"personal":                        holds(found, personalKind, settled || allJudged),
		"special":                         found&specialKind != 0,
		"health":                          holds(found, healthKind, settled),
		"cardholder":                      holds(found, cardholderKind, settled),
		"personal_fields":                 nonNil(f.personal),
		"direct_fields":                   nonNil(f.direct),
		"unclassified_fields":             nonNil(f.unclassified),
		"health_fields":                   nonNil(f.health),
		"card_number_fields":              nonNil(f.card),
		"sensitive_authentication_fields": nonNil(f.secret),
	}
}

// holds is whether there is data of a kind: null when nobody said so, and nothing
// settles that there is none.
func holds(found, of kind, settled bool) any {
	switch {
	case found&of != 0:
		return true
	case settled:
		return false
	}
	return nil
}

// kindsOf are the kinds of data that the event and its fields declare.
func kindsOf(event map[string]any, fields []any) kind {
	found := kindOf(event["category"])
	if category, _ := event["category"].(string); strings.ToLower(category) == paymentCategory {
		found |= cardholderKind
	}
	switch regulations := event["regulations"].(type) {
	case []string:
		for _, r := range regulations {
			found |= kindOf(r)
		}
	case []any:
		for _, r := range regulations {
			found |= kindOf(r)
		}
	}
	for _, field := range fields {
		found |= kindOf(field.(map[string]any)["category"])
	}
	return found
}

func kindOf(word any) kind {
	text, _ := word.(string)
	return kinds[strings.ToLower(text)]
}

// isCategory reports whether a word is one that a category can be. A misspelt one
// must not settle that there is no personal data.
func isCategory(word any) bool {
	text, _ := word.(string)
	return slices.Contains(catalog.Categories, strings.ToLower(text))
}

// fieldFacts lists the fields that rules ask for.
type fieldFacts struct {
	personal, direct, unclassified []any
	health                         []any
	card, secret                   []any
	notPersonal                    int // how many are declared to hold no personal data
}

// add sorts one field in. Event is what the event and its fields declare.
func (f *fieldFacts) add(field map[string]any, event kind) {
	suggested := looks(field["path"].(string), event&cardholderKind != 0)
	field["looks"] = text(suggested)
	category, _ := field["category"].(string)
	put := func(list *[]any, belongs bool) {
		if belongs {
			*list = append(*list, field)
		}
	}
	personal := field["pii"] == true
	put(&f.personal, personal)
	put(&f.direct, personal && isDirect(field))
	put(&f.unclassified, field["pii"] == nil && suggested == looksPersonal)
	put(&f.health, kindOf(category)&healthKind != 0)
	put(&f.card, suggested == looksCard || strings.ToLower(category) == "pan")
	put(&f.secret, suggested == looksSecret || strings.ToLower(category) == "sad")
	if field["pii"] == false {
		f.notPersonal++
	}
}

// isDirect reports whether a personal field names a person to whoever reads it.
func isDirect(field map[string]any) bool {
	return field["encrypted"] != true && field["hashed"] != true && field["tokenized"] != true && field["category"] != "pseudonym"
}
