package policy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestUUID5 holds RFC 9562's own example of version 5.
func TestUUID5(t *testing.T) {
	dns := uuid5{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	if got := dns.named("www.example.com").String(); got != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Errorf("the id is %s", got)
	}
	if nexusUUID.named("a", "bc") == nexusUUID.named("ab", "c") {
		t.Error("the parts of a name run together")
	}
}

var oscalToken = regexp.MustCompile(`^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$`) // as the standard's schema has it

func TestControlID(t *testing.T) {
	for citation, want := range map[string]string{
		"GDPR Art. 5(1)(e)":     "gdpr-art-5-1-e",
		"GDPR Art. 44–46":       "gdpr-art-44-46",
		"PCI DSS 3.5.1.1":       "pci-dss-3.5.1.1",
		"45 CFR 164.312(b)":     "control-45-cfr-164.312-b",
		"SOC 2 PI1.3–1.5":       "soc-2-pi1.3-1.5",
		"Nexus Blueprint 3.0.":  "nexus-blueprint-3.0",
		"":                      "control",
		"§ 7":                   "control-7",
		"İ.1":                   "1",
		"Verordnung Nr. 1, § 2": "verordnung-nr-1-2",
	} {
		if want == "1" {
			want = controlID(citation) // only its form counts
		}
		if got := controlID(citation); got != want || !oscalToken.MatchString(got) {
			t.Errorf("%q is %q, want %q", citation, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		citation := rapid.String().Draw(t, "citation")
		if id := controlID(citation); !oscalToken.MatchString(id) {
			t.Errorf("%q is %q, which is no token", citation, id)
		}
	})
}

// TestOSCALStructure checks what the standard requires of assessment results, and
// what its schema cannot say: that ids are given once and references lead
// somewhere. The standard's own schema is not part of this repository;
// scripts/oscal.sh fetches it, and TestOSCALSchema judges by it.
func TestOSCALStructure(t *testing.T) {
	all := evidenceOf(t, Options{Library: library, Selection: allPacks(), Catalog: generated(30), AsOf: asOf})
	bare := houseEvidence(t)
	bare.Commit, bare.Waivers, bare.Report.Tool.Version = "", nil, ""
	for i := range bare.Result.Rules {
		bare.Result.Rules[i].Controls = nil
	}
	for name, e := range map[string]Evidence{"house": houseEvidence(t), "all packs": all, "no controls": bare} {
		t.Run(name, func(t *testing.T) {
			_, texts := written(t, e)
			var doc map[string]any
			if err := json.Unmarshal([]byte(texts[oscalFile]), &doc); err != nil {
				t.Fatal(err)
			}
			o := oscalChecker{t: t, given: map[string]bool{}}
			o.collect(doc)
			o.results(doc["assessment-results"])
			o.texts("", doc)
			for _, id := range o.referred {
				if !o.given[id] {
					t.Errorf("%s is referred to and given nowhere", id)
				}
			}
		})
	}
}

// oscalChecker walks through a document.
type oscalChecker struct {
	t        *testing.T
	given    map[string]bool
	referred []string
}

func (o *oscalChecker) need(where string, value any, keys ...string) map[string]any {
	o.t.Helper()
	object, _ := value.(map[string]any)
	for _, key := range keys {
		if object[key] == nil {
			o.t.Errorf("%s has no %s", where, key)
		}
	}
	return object
}

func (o *oscalChecker) each(where string, value any, least int, keys ...string) []map[string]any {
	o.t.Helper()
	list, _ := value.([]any)
	if len(list) < least {
		o.t.Errorf("%s has %d elements, %d at least are required", where, len(list), least)
	}
	var objects []map[string]any
	for _, element := range list {
		objects = append(objects, o.need(where, element, keys...))
	}
	return objects
}

func (o *oscalChecker) results(value any) {
	root := o.need("assessment-results", value, "uuid", "metadata", "import-ap", "results")
	o.need("metadata", root["metadata"], "title", "last-modified", "version", "oscal-version")
	plan, _ := o.need("import-ap", root["import-ap"], "href")["href"].(string)
	o.referred = append(o.referred, strings.TrimPrefix(plan, "#"))
	for _, r := range o.each("results", root["results"], 1, "uuid", "title", "description", "start", "reviewed-controls") {
		reviewed := o.need("reviewed-controls", r["reviewed-controls"], "control-selections")
		for _, s := range o.each("control-selections", reviewed["control-selections"], 1) {
			if (s["include-all"] == nil) == (s["include-controls"] == nil) {
				o.t.Errorf("a selection includes all controls or some: %v", s)
			}
		}
		for _, b := range o.each("observations", r["observations"], 1, "uuid", "description", "methods", "collected") {
			if !cmp.Equal(b["methods"], []any{"TEST"}) {
				o.t.Errorf("the methods are %v", b["methods"])
			}
			o.each("relevant-evidence", b["relevant-evidence"], 1, "description")
		}
		for _, f := range o.each("findings", r["findings"], 0, "uuid", "title", "description", "target") {
			target := o.need("target", f["target"], "type", "target-id", "status")
			if id, _ := target["target-id"].(string); !oscalToken.MatchString(id) {
				o.t.Errorf("the target %q is no token", id)
			}
			state := o.need("status", target["status"], "state")["state"]
			if !slices.Contains([]any{"satisfied", "not-satisfied"}, state) {
				o.t.Errorf("the state is %v", state)
			}
		}
	}
}

// collect gathers the ids that are given and those that are referred to.
func (o *oscalChecker) collect(value any) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			o.collect(element)
		}
	case map[string]any:
		for key, member := range v {
			id, isText := member.(string)
			switch {
			case key == "uuid" && (!uuidPattern.MatchString(id) || o.given[id]):
				o.t.Errorf("%q is no id, or is given twice", id)
			case key == "uuid":
				o.given[id] = true
			case strings.HasSuffix(key, "-uuid") && isText:
				o.referred = append(o.referred, id)
			}
			o.collect(member)
		}
	}
}

// texts finds what the standard forbids: empty lists, empty texts and titles of
// several lines.
func (o *oscalChecker) texts(key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" || v != strings.TrimSpace(v) || key == "title" && strings.Contains(v, "\n") {
			o.t.Errorf("%s is %q", key, v)
		}
	case []any:
		if len(v) == 0 {
			o.t.Errorf("%s is an empty list", key)
		}
		for _, element := range v {
			o.texts(key, element)
		}
	case map[string]any:
		for name, member := range v {
			o.texts(name, member)
		}
	}
}

// A control is satisfied in OSCAL only when it is satisfied here.
func TestOSCALState(t *testing.T) {
	for name, tt := range map[string]struct {
		counts        Counts
		state, reason string
	}{
		"satisfied":  {Counts{Pass: 2, NotApplicable: 1}, "satisfied", "pass"},
		"broken":     {Counts{Pass: 2, Fail: 1}, "not-satisfied", "fail"},
		"waived":     {Counts{Pass: 2, Waived: 1}, "not-satisfied", "other"},
		"undeclared": {Counts{Pass: 2, Undeclared: 1}, "not-satisfied", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			got := oscalStateOf(controlFacts{State: tt.counts.State(), Counts: tt.counts})
			if got.State != tt.state || got.Reason != tt.reason {
				t.Errorf("the state is %+v", got)
			}
		})
	}
}
