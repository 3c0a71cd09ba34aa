package policy

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// oscalVersion is the version of NIST's Open Security Controls Assessment
// Language that assessment-results.json declares: the latest that the validator
// which checks the version takes. The schema of 1.2.3 takes the file, too; see
// scripts/oscal.sh.
const oscalVersion = "1.2.1"

// oscalNamespace marks the properties that are nexus's own.
const oscalNamespace = "https://github.com/nexus-blueprint/nexus/ns/oscal"

// The parts of the assessment-results model that nexus writes. Names and order
// are the standard's; it allows no empty list, so what is empty is left out.
type (
	oscalDocument struct {
		Results oscalResults `json:"assessment-results"`
	}
	oscalResults struct {
		UUID       string        `json:"uuid"`
		Metadata   oscalMetadata `json:"metadata"`
		ImportPlan oscalImport   `json:"import-ap"`
		Results    []oscalResult `json:"results"`
		BackMatter oscalBack     `json:"back-matter"`
	}
	oscalMetadata struct {
		Title        string      `json:"title"`
		LastModified string      `json:"last-modified"`
		Version      string      `json:"version"`
		OSCALVersion string      `json:"oscal-version"`
		Props        []oscalProp `json:"props,omitempty"`
		Remarks      string      `json:"remarks,omitempty"`
	}
	oscalImport struct {
		Href string `json:"href"`
	}
	oscalProp struct {
		Name      string `json:"name"`
		Namespace string `json:"ns"`
		Value     string `json:"value"`
		Class     string `json:"class,omitempty"`
	}
	oscalResult struct {
		UUID         string             `json:"uuid"`
		Title        string             `json:"title"`
		Description  string             `json:"description"`
		Start        string             `json:"start"`
		End          string             `json:"end"`
		Props        []oscalProp        `json:"props,omitempty"`
		Local        oscalLocal         `json:"local-definitions"`
		Reviewed     oscalReviewed      `json:"reviewed-controls"`
		Observations []oscalObservation `json:"observations,omitempty"`
		Findings     []oscalFinding     `json:"findings,omitempty"`
	}
	oscalLocal struct {
		Components []oscalComponent `json:"components,omitempty"`
		Assets     oscalAssets      `json:"assessment-assets"`
	}
	oscalAssets struct {
		Components []oscalComponent `json:"components"`
		Platforms  []oscalPlatform  `json:"assessment-platforms"`
	}
	oscalPlatform struct {
		UUID  string      `json:"uuid"`
		Title string      `json:"title"`
		Uses  []oscalUses `json:"uses-components"`
	}
	oscalUses struct {
		Component string `json:"component-uuid"`
	}
	oscalComponent struct {
		UUID        string      `json:"uuid"`
		Type        string      `json:"type"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Props       []oscalProp `json:"props,omitempty"`
		Status      oscalState  `json:"status"`
	}
	oscalState struct {
		State  string `json:"state"`
		Reason string `json:"reason,omitempty"`
		Remark string `json:"remarks,omitempty"`
	}
	oscalReviewed struct {
		Selections []oscalSelection `json:"control-selections"`
	}
	// oscalSelection names controls, or all when a run has no citation.
	oscalSelection struct {
		Description string         `json:"description,omitempty"`
		All         *struct{}      `json:"include-all,omitempty"`
		Controls    []oscalControl `json:"include-controls,omitempty"`
	}
	oscalControl struct {
		ID string `json:"control-id"`
	}
	oscalObservation struct {
		UUID        string          `json:"uuid"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Props       []oscalProp     `json:"props,omitempty"`
		Methods     []string        `json:"methods"`
		Origins     []oscalOrigin   `json:"origins"`
		Subjects    []oscalSubject  `json:"subjects,omitempty"`
		Evidence    []oscalEvidence `json:"relevant-evidence"`
		Collected   string          `json:"collected"`
	}
	oscalOrigin struct {
		Actors []oscalActor `json:"actors"`
	}
	oscalActor struct {
		Type string `json:"type"`
		UUID string `json:"actor-uuid"`
	}
	oscalSubject struct {
		UUID    string      `json:"subject-uuid"`
		Type    string      `json:"type"`
		Title   string      `json:"title"`
		Props   []oscalProp `json:"props"`
		Remarks string      `json:"remarks,omitempty"`
	}
	oscalEvidence struct {
		Href        string `json:"href"`
		Description string `json:"description"`
	}
	oscalFinding struct {
		UUID         string         `json:"uuid"`
		Title        string         `json:"title"`
		Description  string         `json:"description"`
		Props        []oscalProp    `json:"props,omitempty"`
		Target       oscalTarget    `json:"target"`
		Observations []oscalRelated `json:"related-observations"`
	}
	oscalTarget struct {
		Type   string     `json:"type"`
		ID     string     `json:"target-id"`
		Title  string     `json:"title"`
		Status oscalState `json:"status"`
	}
	oscalRelated struct {
		UUID string `json:"observation-uuid"`
	}
	oscalBack struct {
		Resources []oscalResource `json:"resources"`
	}
	oscalResource struct {
		UUID        string      `json:"uuid"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Links       []oscalLink `json:"rlinks"`
	}
	oscalLink struct {
		Href      string      `json:"href"`
		MediaType string      `json:"media-type"`
		Hashes    []oscalHash `json:"hashes,omitempty"`
	}
	oscalHash struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"value"`
	}
)

// ownProp is a property of nexus's own.
func ownProp(name, value string) oscalProp {
	return oscalProp{Name: name, Namespace: oscalNamespace, Value: value}
}

// A uuid5 is a UUID of version 5: it follows from a name, so that equal runs give
// equal ids.
type uuid5 [16]byte

// nexusUUID is the space of all ids that nexus gives: the name is the namespace's
// URI in the space of URLs, which RFC 9562 lists.
var nexusUUID = uuid5{
	0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
}.named(oscalNamespace)

// named is the id of a name, whose parts are kept apart, in the space u.
func (u uuid5) named(parts ...string) uuid5 {
	sum := sha1.Sum(append(u[:], strings.Join(parts, "\x00")...)) // the algorithm of version 5
	id := uuid5(sum[:16])
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return id
}

func (u uuid5) String() string {
	text := hex.EncodeToString(u[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// controlID turns a citation into an OSCAL token: pci-dss-3.5.1 of "PCI DSS
// 3.5.1". Neither GDPR nor PCI DSS nor SOC 2 has an official OSCAL catalog, so the
// ids are nexus's own.
func controlID(citation string) string {
	citation = strings.ToLower(citation)
	var id strings.Builder
	for i, c := range citation {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			id.WriteRune(c)
		case c == '.' && i > 0 && i+1 < len(citation) && isDigit(citation[i-1]) && isDigit(citation[i+1]):
			id.WriteRune(c)
		case !strings.HasSuffix(id.String(), "-"):
			id.WriteRune('-')
		}
	}
	token := strings.Trim(id.String(), "-")
	if token == "" || isDigit(token[0]) {
		return strings.TrimSuffix("control-"+token, "-")
	}
	return token
}

// line is text for a place where OSCAL takes one line that is not empty.
func line(text string) string {
	if text = strings.Join(strings.Fields(text), " "); text != "" {
		return text
	}
	return "-"
}
