package jsonschema

import (
	"encoding/base64"
	"encoding/json"
	"sync"

	"github.com/nexus-blueprint/nexus/skeleton/keyword"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// format is one value of the keyword "format", or an asserted content encoding
// and media type: a set of strings known by a judge, by patterns that enclose
// it from outside and inside, and by samples.
type format struct {
	name    string
	judge   func(string) bool
	outside string // every member matches
	inside  string // whatever matches is a member
	longest int    // no member has more code points; 0 for no limit
	wider   []string
	valid   []string
	invalid []string
}

// outer returns the pattern that every member matches.
func (f *format) outer() []*pattern { return compiled(f.outside) }

// inner returns the pattern whose matches are all members.
func (f *format) inner() []*pattern { return compiled(f.inside) }

func compiled(source string) []*pattern {
	if source == "" {
		return nil
	}
	return []*pattern{compilePattern(source)}
}

// implies reports whether every member of f is a member of g.
func (f *format) implies(g *format) bool {
	if f.name == g.name {
		return true
	}
	for _, name := range f.wider {
		if name == g.name {
			return true
		}
	}
	return false
}

const (
	dateOut  = `\d{4}-\d{2}-\d{2}`
	dateIn   = `\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])`
	timeOut  = `\d{2}:\d{2}:\d{2}(\.\d+)?([zZ]|[+-]\d{2}:\d{2})`
	timeIn   = `([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)`
	octet    = `(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
	ipv4     = `^` + octet + `(\.` + octet + `){3}$`
	ptr      = `(/([^~/]|~[01])*)*`
	uuidText = `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	relPtr   = `^(0|[1-9]\d*)(#|` + ptr + `)$`
)

// formats are the formats that nexus asserts.
var formats = sync.OnceValue(func() map[string]*format {
	all := []*format{
		{name: "date-time", outside: "^" + dateOut + "[tT]" + timeOut + "$", inside: "^" + dateIn + "[tT]" + timeIn + "$",
			valid: []string{"2026-01-31T12:00:00Z"}, invalid: []string{"2026-02-30T12:00:00Z"}},
		{name: "date", outside: "^" + dateOut + "$", inside: "^" + dateIn + "$", valid: []string{"2026-01-31"}, invalid: []string{"2026-02-30"}},
		{name: "time", outside: "^" + timeOut + "$", inside: "^" + timeIn + "$", valid: []string{"12:00:00Z"}, invalid: []string{"25:00:00Z"}},
		{name: "duration", outside: `^P[0-9A-Z]+$`, inside: `^P(\d+[WD]|T\d+[HMS])$`, valid: []string{"P1D", "PT1H"}},
		{name: "email", longest: 254, outside: `^[\s\S]+@[\s\S]+$`, inside: `^[a-z0-9]{1,20}@[a-z0-9]{1,20}$`, wider: []string{"idn-email"}, valid: []string{"a@example.com"}, invalid: []string{"a@-"}},
		{name: "idn-email", outside: `^[\s\S]+@[\s\S]+$`, inside: `^[a-z0-9]{1,20}@[a-z0-9]{1,20}$`, valid: []string{"a@example.com", "ä@example.com", "a@bücher.example"}},
		{name: "hostname", longest: 254, outside: `^[A-Za-z0-9.-]{1,254}$`, inside: `^[a-z]{1,30}$`, wider: []string{"idn-hostname"}, valid: []string{"example.com"}, invalid: []string{"-"}},
		{name: "idn-hostname", outside: `[\s\S]`, inside: `^[a-z]{1,30}$`, valid: []string{"example.com", "bücher.example"}},
		{name: "ipv4", outside: ipv4, inside: ipv4, wider: []string{"ip-address"}, valid: []string{"192.0.2.1"}},
		{name: "ip-address", outside: ipv4, inside: ipv4, wider: []string{"ipv4"}, valid: []string{"192.0.2.1"}},
		{name: "ipv6", longest: 45, outside: `^[0-9A-Fa-f.]*:[0-9A-Fa-f:.]{1,44}$`, inside: `^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$`, valid: []string{"2001:db8::1"}},
		{name: "uri", outside: `^[A-Za-z][A-Za-z0-9+.-]*:`, inside: `^https?://[a-z0-9]{1,20}(/[a-z0-9]*)*$`,
			wider: []string{"uri-reference", "uriref", "iri", "iri-reference"}, valid: []string{"https://example.com/"}, invalid: []string{"http:// "}},
		{name: "iri", outside: `^[A-Za-z][A-Za-z0-9+.-]*:`, inside: `^https?://[a-z0-9]{1,20}(/[a-z0-9]*)*$`,
			wider: []string{"iri-reference"}, valid: []string{"https://example.com/", "https://example.com/ä"}},
		{name: "uri-reference", inside: `^[a-z0-9/]{0,40}$`, wider: []string{"uriref", "iri-reference"}, valid: []string{"/a"}, invalid: []string{`\a`}},
		{name: "uriref", inside: `^[a-z0-9/]{0,40}$`, wider: []string{"uri-reference", "iri-reference"}, valid: []string{"/a"}, invalid: []string{`\a`}},
		{name: "iri-reference", inside: `^[a-z0-9/]{0,40}$`, valid: []string{"/a", "/ä"}, invalid: []string{`\a`}},
		{name: "uri-template", inside: `^[a-z0-9]*$`, valid: []string{"/{a}"}, invalid: []string{"/{a"}},
		{name: "regex", inside: `^[a-z0-9]*$`, valid: []string{"^a$"}, invalid: []string{"("}},
		{name: "json-pointer", outside: "^" + ptr + "$", inside: "^" + ptr + "$", valid: []string{"/a"}},
		{name: "relative-json-pointer", outside: relPtr, inside: relPtr, valid: []string{"0/a"}},
		{name: "uuid", outside: uuidText, inside: uuidText, valid: []string{"123e4567-e89b-12d3-a456-426614174000"}},
		{name: "period", outside: `/`, valid: []string{"2026-01-31T12:00:00Z/P1D"}},
	}
	byName := make(map[string]*format, len(all))
	for _, f := range all {
		f.judge = judgeOf(f.name)
		byName[f.name] = f
	}
	return byName
})

// contentFormat is what contentEncoding and contentMediaType assert in draft 7,
// as far as the validator knows the names; nil for nothing.
func contentFormat(encoding, mediaType string) *format {
	base64Encoded, jsonMedia := encoding == "base64", mediaType == "application/json"
	if encoding != "" && !base64Encoded || !base64Encoded && !jsonMedia {
		return nil
	}
	f := &format{name: "content " + encoding + " " + mediaType, invalid: []string{"%", "{"}}
	f.judge = func(text string) bool {
		content := []byte(text)
		if base64Encoded {
			decoded, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return false
			}
			content = decoded
		}
		return !jsonMedia || json.Valid(content)
	}
	switch {
	case base64Encoded && jsonMedia:
		f.valid = []string{"e30="}
	case base64Encoded:
		f.valid = []string{"YQ=="}
	default:
		f.valid = []string{"{}"}
	}
	return f
}

// judgeOf is the judge of a format that the validator uses: its own, or the one that
// it is given.
func judgeOf(name string) func(string) bool {
	if judge, ok := keyword.Formats[name]; ok {
		return judge
	}
	judge := jsonschema.Formats[name]
	return func(text string) bool { return judge(text) }
}
