package policy

import (
	"testing"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// Two denials at one place have fingerprints of their own, or a waiver of the one
// would move to the other.
func TestFingerprintHoldsWhatADenialIsAbout(t *testing.T) {
	r, e := &Result{}, &catalog.Event{ID: "OrderPlaced"}
	rule := &Rule{}
	billing := r.finding(e, rule, gate.Denial{Message: "billing has no need", At: "consumers", About: "billing"})
	shipping := r.finding(e, rule, gate.Denial{Message: "shipping has no need", At: "consumers", About: "shipping"})
	if billing.Fingerprint == shipping.Fingerprint {
		t.Errorf("both have %s", billing.Fingerprint)
	}
	if again := r.finding(e, rule, gate.Denial{Message: "said otherwise", At: "consumers", About: "billing"}); again.Fingerprint != billing.Fingerprint {
		t.Error("the fingerprint depends on the message")
	}
}
