package policy

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/catalog"
)

func TestDerive(t *testing.T) {
	field := func(path string, facts map[string]any) any {
		f := map[string]any{"path": path, "name": lastSegment(path), "pii": nil, "category": nil}
		for key, value := range facts {
			f[key] = value
		}
		return f
	}
	personal := map[string]any{"pii": true}
	not := map[string]any{"pii": false}
	type answers struct{ Personal, Special, Health, Cardholder any }
	tests := map[string]struct {
		event map[string]any
		want  answers
		lists map[string][]string // paths of the lists that are not empty
	}{
		"nobody said": {event: map[string]any{}, want: answers{nil, false, nil, nil}},
		"another category settles it": {
			event: map[string]any{"category": "operational"}, want: answers{false, false, false, false},
		},
		"an unknown word settles nothing": {
			event: map[string]any{"category": "pii"}, want: answers{nil, false, nil, nil},
		},
		"nor does a longer name of a known one": {
			event: map[string]any{"category": "protected-health-information"}, want: answers{nil, false, nil, nil},
		},
		"an unknown word beside a field that says more": {
			event: map[string]any{"category": "pii", "fields": []any{field("finding", map[string]any{"category": "phi"})}},
			want:  answers{true, true, true, nil}, lists: map[string][]string{"health_fields": {"finding"}},
		},
		"so does public": {
			event: map[string]any{"classification": "public"}, want: answers{false, false, false, false},
		},
		"health data is personal and special": {
			event: map[string]any{"category": "Health"}, want: answers{true, true, true, false},
		},
		"hipaa covers persons without saying so": {
			event: map[string]any{"regulations": []any{"HIPAA"}}, want: answers{nil, false, true, nil},
		},
		"a regulation as the loader gives it": {
			event: map[string]any{"regulations": []string{"pci-dss"}}, want: answers{nil, false, nil, true},
		},
		"payment is about cards for an event": {
			event: map[string]any{"category": "payment"}, want: answers{false, false, false, true},
		},
		"and not for a field": {
			event: map[string]any{"fields": []any{field("amount", map[string]any{"category": "payment"})}},
			want:  answers{nil, false, nil, nil},
		},
		"every field judged": {
			event: map[string]any{"fields": []any{field("a", not), field("b", not)}}, want: answers{false, false, nil, nil},
		},
		"one field not judged": {
			event: map[string]any{"fields": []any{field("a", not), field("b", nil)}}, want: answers{nil, false, nil, nil},
		},
		"a personal field": {
			event: map[string]any{"fields": []any{
				field("to.email", personal), field("to.key", map[string]any{"pii": true, "hashed": true}), field("to.phone", nil),
			}},
			want: answers{true, false, nil, nil},
			lists: map[string][]string{
				"personal_fields": {"to.email", "to.key"}, "direct_fields": {"to.email"}, "unclassified_fields": {"to.phone"},
			},
		},
		"a pin on a map": {
			event: map[string]any{"category": "location", "fields": []any{field("pin", not)}}, want: answers{true, false, false, false},
		},
		"a pin of a card": {
			event: map[string]any{"category": "card", "fields": []any{field("pin", not), field("pan", not)}},
			want:  answers{false, false, false, true},
			lists: map[string][]string{"sensitive_authentication_fields": {"pin"}, "card_number_fields": {"pan"}},
		},
		"a field of health information": {
			event: map[string]any{"fields": []any{field("finding", map[string]any{"category": "PHI"})}},
			want:  answers{true, true, true, nil},
			lists: map[string][]string{"health_fields": {"finding"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.event["fields"] == nil {
				test.event["fields"] = []any{}
			}
			derive(test.event)
			facts := test.event["facts"].(map[string]any)
			got := answers{facts["personal"], facts["special"], facts["health"], facts["cardholder"]}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			var lists map[string][]string
			for key, value := range facts {
				list, _ := value.([]any)
				for _, f := range list {
					if lists == nil {
						lists = map[string][]string{}
					}
					lists[key] = append(lists[key], f.(map[string]any)["path"].(string))
				}
			}
			if diff := cmp.Diff(test.lists, lists); diff != "" {
				t.Errorf("fields: -want +got:\n%s", diff)
			}
		})
	}
}

// TestCategoriesAreKnown: a word that tells a kind of data is one that the catalog
// takes, apart from the names of regulations.
func TestCategoriesAreKnown(t *testing.T) {
	regulations := []string{"gdpr", "uk-gdpr", "hipaa", "pci", "pci-dss", "pci dss", "pci_dss", "pcidss"}
	for word := range kinds {
		if !isCategory(word) && !slices.Contains(regulations, word) {
			t.Errorf("catalog.Categories lacks %s", word)
		}
	}
	if !isCategory(paymentCategory) || !slices.IsSorted(catalog.Categories) {
		t.Errorf("catalog.Categories lacks %s, or is not sorted", paymentCategory)
	}
}

func TestLooks(t *testing.T) {
	for name, want := range map[string]string{
		"email": looksPersonal, "customer_email": looksPersonal, "E-Mail-Address": looksPersonal, "firstName": looksPersonal,
		"shippingAddressLine2": looksPersonal, "drivers_licence_number": looksPersonal, "clientIp": looksPersonal,
		"cardNumber": looksCard, "cc-no": looksCard, "credit_card": looksCard, "primary_account_number": looksCard,
		"cardCvv": looksSecret, "cvvCode": looksSecret, "cardPan": looksCard, "card.number": looksCard, "payment.card[].no": looksCard,
		"card.pin": looksSecret, "card.code": "", "card.security_code": looksSecret, "door.pin": "", "camera.pan": "", "house.number": "",
		"card.holder.email": looksPersonal, "numbers[]": "", "card[*].cvc": looksSecret,
		"cvv2": looksSecret, "track1_data": looksSecret, "card_security_code": looksSecret, "magStripe": looksSecret,
		"name": "", "addressLine": "", "orderId": "", "emails": "", "card": "", "pan": "", "pin": "", "": "",
	} {
		if got := looks(name, false); got != want {
			t.Errorf("%q looks %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"pan": looksCard, "PIN": looksSecret, "security-code": looksSecret, "email": looksPersonal, "camera": ""} {
		if got := looks(name, true); got != want {
			t.Errorf("%q looks %q among cardholder data, want %q", name, got, want)
		}
	}
}
