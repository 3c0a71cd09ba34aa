package jsonschema

import (
	"fmt"
	"strings"
	"sync"
)

// draft is a version of the JSON Schema specification. Drafts are ordered.
type draft int

const (
	draft4 draft = iota
	draft6
	draft7
	draft2019
	draft2020
)

// drafts names every draft: what --draft takes, and the meta-schema's URI
// without scheme and fragment.
var drafts = []struct {
	draft draft
	name  string
	uri   string
}{
	{draft4, "4", "json-schema.org/draft-04/schema"},
	{draft6, "6", "json-schema.org/draft-06/schema"},
	{draft7, "7", "json-schema.org/draft-07/schema"},
	{draft2019, "2019-09", "json-schema.org/draft/2019-09/schema"},
	{draft2020, "2020-12", "json-schema.org/draft/2020-12/schema"},
	// Iglu's self-describing schemas are draft 4 with a "self" keyword.
	{draft4, "4", "iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0"},
}

// DraftNames lists what Options.Draft takes.
var DraftNames = []string{"4", "6", "7", "2019-09", "2020-12"}

// parseDraft reads a draft's name: "7", "draft-07", "2020-12".
func parseDraft(name string) (draft, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(name), "draft"), "-")
	short = strings.TrimPrefix(short, "0")
	for _, d := range drafts {
		if d.name == short || strings.TrimSuffix(d.name, "-09") == short || strings.TrimSuffix(d.name, "-12") == short {
			return d.draft, nil
		}
	}
	return 0, fmt.Errorf("unknown draft %q, want one of %s", name, strings.Join(DraftNames, ", "))
}

// draftOf finds the draft whose meta-schema uri names.
func draftOf(uri string) (draft, bool) {
	bare := strings.TrimSuffix(uri, "#")
	bare = strings.TrimPrefix(strings.TrimPrefix(bare, "https://"), "http://")
	for _, d := range drafts {
		if d.uri == bare {
			return d.draft, true
		}
	}
	return 0, false
}

// IsMetaSchema reports whether uri, the value of a "$schema", is a JSON Schema
// meta-schema that nexus knows.
func IsMetaSchema(uri string) bool {
	_, ok := draftOf(uri)
	return ok
}

func (d draft) String() string {
	for _, row := range drafts {
		if row.draft == d {
			return row.name
		}
	}
	return "?"
}

// metaURI is the meta-schema's URI.
func (d draft) metaURI() string {
	for _, row := range drafts {
		if row.draft == d {
			if d >= draft2019 {
				return "https://" + row.uri
			}
			return "http://" + row.uri + "#"
		}
	}
	return ""
}

// shape is what the value of a keyword must look like, and where in it the
// sub-schemas are.
type shape int

const (
	anything      shape = iota
	aSchema             // a sub-schema
	schemaList          // a list of sub-schemas
	schemaMap           // sub-schemas by name
	schemaOrList        // a sub-schema, or a list of them
	schemaOrNames       // by name, a sub-schema or a list of property names
	namesMap            // by name, a list of property names
	aString
	aNumber
	aPositive  // a number above zero
	aCount     // a non-negative integer
	aBoolean   //
	aTypeName  // a type's name, or a list of them
	aNameList  // a list of strings
	aValueList // a list of any values
)

// keywords tells for every keyword that decides validity, names schemas or
// holds them: in which drafts it is one, and its shape. Loading, the search for
// identifiers and the complaints about malformed schemas all read this table.
var keywords = []struct {
	name     string
	from, to draft
	shape    shape
}{
	{"$ref", draft4, draft2020, aString},
	{"$recursiveRef", draft2019, draft2019, aString},
	{"$dynamicRef", draft2020, draft2020, aString},
	{"$anchor", draft2019, draft2020, aString},
	{"$dynamicAnchor", draft2020, draft2020, aString},
	{"$recursiveAnchor", draft2019, draft2019, aBoolean},
	{"$id", draft6, draft2020, aString},
	{"id", draft4, draft4, aString},
	{"definitions", draft4, draft2020, schemaMap},
	{"$defs", draft2019, draft2020, schemaMap},
	{"type", draft4, draft2020, aTypeName},
	{"enum", draft4, draft2020, aValueList},
	{"const", draft6, draft2020, anything},
	{"minimum", draft4, draft2020, aNumber},
	{"maximum", draft4, draft2020, aNumber},
	{"exclusiveMinimum", draft4, draft4, aBoolean},
	{"exclusiveMaximum", draft4, draft4, aBoolean},
	{"exclusiveMinimum", draft6, draft2020, aNumber},
	{"exclusiveMaximum", draft6, draft2020, aNumber},
	{"multipleOf", draft4, draft2020, aPositive},
	{"minLength", draft4, draft2020, aCount},
	{"maxLength", draft4, draft2020, aCount},
	{"pattern", draft4, draft2020, aString},
	{"format", draft4, draft2020, aString},
	{"contentEncoding", draft7, draft2020, aString},
	{"contentMediaType", draft7, draft2020, aString},
	{"items", draft4, draft2019, schemaOrList},
	{"items", draft2020, draft2020, aSchema},
	{"prefixItems", draft2020, draft2020, schemaList},
	{"additionalItems", draft4, draft2019, aSchema},
	{"unevaluatedItems", draft2019, draft2020, aSchema},
	{"contains", draft6, draft2020, aSchema},
	{"minContains", draft2019, draft2020, aCount},
	{"maxContains", draft2019, draft2020, aCount},
	{"minItems", draft4, draft2020, aCount},
	{"maxItems", draft4, draft2020, aCount},
	{"uniqueItems", draft4, draft2020, aBoolean},
	{"properties", draft4, draft2020, schemaMap},
	{"patternProperties", draft4, draft2020, schemaMap},
	{"additionalProperties", draft4, draft2020, aSchema},
	{"unevaluatedProperties", draft2019, draft2020, aSchema},
	{"propertyNames", draft6, draft2020, aSchema},
	{"required", draft4, draft2020, aNameList},
	{"minProperties", draft4, draft2020, aCount},
	{"maxProperties", draft4, draft2020, aCount},
	{"dependencies", draft4, draft2020, schemaOrNames},
	{"dependentRequired", draft2019, draft2020, namesMap},
	{"dependentSchemas", draft2019, draft2020, schemaMap},
	{"allOf", draft4, draft2020, schemaList},
	{"anyOf", draft4, draft2020, schemaList},
	{"oneOf", draft4, draft2020, schemaList},
	{"not", draft4, draft2020, aSchema},
	{"if", draft7, draft2020, aSchema},
	{"then", draft7, draft2020, aSchema},
	{"else", draft7, draft2020, aSchema},
}

// shapes is the keyword table of each draft by name.
var shapes = sync.OnceValue(func() [draft2020 + 1]map[string]shape {
	var byDraft [draft2020 + 1]map[string]shape
	for d := range byDraft {
		byDraft[d] = make(map[string]shape, len(keywords))
		for _, k := range keywords {
			if k.from <= draft(d) && draft(d) <= k.to {
				byDraft[d][k.name] = k.shape
			}
		}
	}
	return byDraft
})

// typeNames are the values of "type".
var typeNames = []string{"null", "boolean", "integer", "number", "string", "array", "object"}
