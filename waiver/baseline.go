package waiver

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// Baseline is the set of fingerprints that were active in an earlier report.
type Baseline map[string]bool

// LoadBaseline reads a report that nexus wrote with --format json.
func LoadBaseline(name string, text []byte) (Baseline, error) {
	var earlier struct {
		SchemaVersion int `json:"schema_version"`
		Findings      *[]struct {
			Fingerprint string         `json:"fingerprint"`
			Waiver      *report.Waiver `json:"waiver"`
		} `json:"findings"`
	}
	foreign := fmt.Errorf("%s is no report of nexus; write one with --report json=%s", name, name)
	if err := json.Unmarshal(text, &earlier); err != nil {
		if _, at := document.Parse(name, text); at != nil {
			return nil, at // with the line, where package json counts bytes
		}
		return nil, foreign
	}
	switch {
	case earlier.SchemaVersion == 0 || earlier.Findings == nil:
		return nil, foreign
	case earlier.SchemaVersion != report.SchemaVersion:
		return nil, fmt.Errorf("%s is a report of schema_version %d, and this nexus reads %d", name, earlier.SchemaVersion, report.SchemaVersion)
	}
	b := Baseline{}
	for _, f := range *earlier.Findings {
		// What the earlier run took from its own baseline stays covered; what was
		// waived there has its waiver to speak for it.
		if f.Fingerprint != "" && (f.Waiver == nil || f.Waiver.Baseline) {
			b[f.Fingerprint] = true
		}
	}
	return b, nil
}

// Apply marks the active findings that the baseline holds. Findings about
// waivers are left out: an expired waiver does not get older by being old.
func (b Baseline) Apply(findings []report.Finding) []report.Finding {
	applied := slices.Clone(findings)
	for i := range applied {
		f := &applied[i]
		if f.Active() && b[f.Fingerprint] && f.Rule != ruleExpired.ID {
			f.Waiver = &report.Waiver{Baseline: true}
		}
	}
	return applied
}
