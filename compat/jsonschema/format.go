package jsonschema

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"golang.org/x/net/idna"
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

// formats are the formats that nexus asserts. The judges are the validator's
// own where they follow the specification, and handed to it where they do not.
var formats = sync.OnceValue(func() map[string]*format {
	all := []*format{
		{name: "date-time", judge: isDateTime, outside: "^" + dateOut + "[tT]" + timeOut + "$", inside: "^" + dateIn + "[tT]" + timeIn + "$",
			valid: []string{"2026-01-31T12:00:00Z"}, invalid: []string{"2026-02-30T12:00:00Z"}},
		{name: "date", judge: library("date"), outside: "^" + dateOut + "$", inside: "^" + dateIn + "$", valid: []string{"2026-01-31"}, invalid: []string{"2026-02-30"}},
		{name: "time", judge: isTime, outside: "^" + timeOut + "$", inside: "^" + timeIn + "$", valid: []string{"12:00:00Z"}, invalid: []string{"25:00:00Z"}},
		{name: "duration", judge: library("duration"), outside: `^P[0-9A-Z]+$`, inside: `^P(\d+[WD]|T\d+[HMS])$`, valid: []string{"P1D", "PT1H"}},
		{name: "email", judge: library("email"), longest: 254, outside: `^[\s\S]+@[\s\S]+$`, inside: `^[a-z0-9]{1,20}@[a-z0-9]{1,20}$`, wider: []string{"idn-email"}, valid: []string{"a@example.com"}, invalid: []string{"a@-"}},
		{name: "idn-email", judge: isIDNEmail, outside: `^[\s\S]+@[\s\S]+$`, inside: `^[a-z0-9]{1,20}@[a-z0-9]{1,20}$`, valid: []string{"a@example.com", "ä@example.com", "a@bücher.example"}},
		{name: "hostname", judge: isHostname, longest: 254, outside: `^[A-Za-z0-9.-]{1,254}$`, inside: `^[a-z]{1,30}$`, wider: []string{"idn-hostname"}, valid: []string{"example.com"}, invalid: []string{"-"}},
		{name: "idn-hostname", judge: isIDNHostname, outside: `[\s\S]`, inside: `^[a-z]{1,30}$`, valid: []string{"example.com", "bücher.example"}},
		{name: "ipv4", judge: isIPv4, outside: ipv4, inside: ipv4, wider: []string{"ip-address"}, valid: []string{"192.0.2.1"}},
		{name: "ip-address", judge: isIPv4, outside: ipv4, inside: ipv4, wider: []string{"ipv4"}, valid: []string{"192.0.2.1"}},
		{name: "ipv6", judge: library("ipv6"), longest: 45, outside: `^[0-9A-Fa-f.]*:[0-9A-Fa-f:.]{1,44}$`, inside: `^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$`, valid: []string{"2001:db8::1"}},
		{name: "uri", judge: isURI, outside: `^[A-Za-z][A-Za-z0-9+.-]*:`, inside: `^https?://[a-z0-9]{1,20}(/[a-z0-9]*)*$`,
			wider: []string{"uri-reference", "uriref", "iri", "iri-reference"}, valid: []string{"https://example.com/"}, invalid: []string{"http:// "}},
		{name: "iri", judge: isIRI, outside: `^[A-Za-z][A-Za-z0-9+.-]*:`, inside: `^https?://[a-z0-9]{1,20}(/[a-z0-9]*)*$`,
			wider: []string{"iri-reference"}, valid: []string{"https://example.com/", "https://example.com/ä"}},
		{name: "uri-reference", judge: isURIReference, inside: `^[a-z0-9/]{0,40}$`, wider: []string{"uriref", "iri-reference"}, valid: []string{"/a"}, invalid: []string{`\a`}},
		{name: "uriref", judge: isURIReference, inside: `^[a-z0-9/]{0,40}$`, wider: []string{"uri-reference", "iri-reference"}, valid: []string{"/a"}, invalid: []string{`\a`}},
		{name: "iri-reference", judge: library("iri-reference"), inside: `^[a-z0-9/]{0,40}$`, valid: []string{"/a", "/ä"}, invalid: []string{`\a`}},
		{name: "uri-template", judge: library("uri-template"), inside: `^[a-z0-9]*$`, valid: []string{"/{a}"}, invalid: []string{"/{a"}},
		{name: "regex", judge: isECMARegex, inside: `^[a-z0-9]*$`, valid: []string{"^a$"}, invalid: []string{"("}},
		{name: "json-pointer", judge: library("json-pointer"), outside: "^" + ptr + "$", inside: "^" + ptr + "$", valid: []string{"/a"}},
		{name: "relative-json-pointer", judge: library("relative-json-pointer"), outside: relPtr, inside: relPtr, valid: []string{"0/a"}},
		{name: "uuid", judge: library("uuid"), outside: uuidText, inside: uuidText, valid: []string{"123e4567-e89b-12d3-a456-426614174000"}},
		{name: "period", judge: library("period"), outside: `/`, valid: []string{"2026-01-31T12:00:00Z/P1D"}},
	}
	byName := make(map[string]*format, len(all))
	for _, f := range all {
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

// library is the validator's own judge of a format.
func library(name string) func(string) bool {
	judge := jsonschema.Formats[name]
	return func(text string) bool { return judge(text) }
}

// isTime refuses the signs that the library's number parsing lets through.
func isTime(text string) bool {
	return len(text) > 8 && digits(text[0:2]+text[3:5]+text[6:8]) && jsonschema.Formats["time"](text)
}

func isDateTime(text string) bool {
	return len(text) > 11 && isTime(text[11:]) && jsonschema.Formats["date-time"](text)
}

func isIPv4(text string) bool {
	return !strings.ContainsAny(text, "+-") && jsonschema.Formats["ipv4"](text)
}

func digits(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

// isHostname follows RFC 1123; every label, not only the first, must not begin
// with a hyphen.
func isHostname(text string) bool {
	return !strings.HasPrefix(text, "-") && !strings.Contains(text, ".-") && jsonschema.Formats["hostname"](text)
}

// isURI follows RFC 3986: absolute, ASCII, no backslash.
func isURI(text string) bool { return isASCII(text) && isIRI(text) }

// isIRI follows RFC 3987.
func isIRI(text string) bool {
	return !strings.ContainsAny(text, "\\<>\"{}|^`") && jsonschema.Formats["uri"](text)
}

func isURIReference(text string) bool {
	return isASCII(text) && jsonschema.Formats["uri-reference"](text)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isIDNEmail follows RFC 6531: the local part may hold any character beyond
// ASCII, the domain is an internationalised host name.
func isIDNEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return false
	}
	local, domain := text[:at], text[at+1:]
	plain := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return 'x'
		}
		return r
	}, local)
	if len(plain) > 64 || !strings.HasPrefix(domain, "[") && !isIDNHostname(domain) {
		return false
	}
	if !isASCII(domain) {
		domain = "example.com"
	}
	return jsonschema.Formats["email"](plain + "@" + domain)
}

// idnProfile applies the registration rules of IDNA 2008.
var idnProfile = sync.OnceValue(func() *idna.Profile {
	return idna.New(idna.ValidateForRegistration(), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule())
})

// isIDNHostname follows RFC 5890 to 5893 with the contextual rules of RFC 5892,
// appendix A.
func isIDNHostname(text string) bool {
	text = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".").Replace(text)
	for _, label := range strings.Split(text, ".") {
		unicodeLabel := label
		if strings.HasPrefix(label, "xn--") {
			decoded, err := idna.Punycode.ToUnicode(label)
			if err != nil || decoded == label {
				return false
			}
			unicodeLabel = decoded
		}
		if !contextRules([]rune(unicodeLabel)) {
			return false
		}
	}
	_, err := idnProfile().ToASCII(text)
	return err == nil && text != ""
}

// contextRules are the CONTEXTO rules of RFC 5892, appendix A.3 to A.9, and the
// exceptions of section 2.6 that are never allowed.
func contextRules(label []rune) bool {
	at := func(i int) rune {
		if i < 0 || i >= len(label) {
			return -1
		}
		return label[i]
	}
	arabic, extended := false, false
	for i, r := range label {
		switch {
		case r == 0x00b7 && (at(i-1) != 'l' || at(i+1) != 'l'):
			return false
		case r == 0x0375 && !unicode.Is(unicode.Greek, at(i+1)):
			return false
		case (r == 0x05f3 || r == 0x05f4) && !unicode.Is(unicode.Hebrew, at(i-1)):
			return false
		case r == 0x30fb && !hasJapanese(label):
			return false
		case r >= 0x0660 && r <= 0x0669:
			arabic = true
		case r >= 0x06f0 && r <= 0x06f9:
			extended = true
		case r == 0x0640, r == 0x07fa, r == 0x302e, r == 0x302f, r >= 0x3031 && r <= 0x3035, r == 0x303b:
			return false
		}
	}
	return !(arabic && extended)
}

func hasJapanese(label []rune) bool {
	for _, r := range label {
		if r != 0x30fb && (unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r) || unicode.Is(unicode.Han, r)) {
			return true
		}
	}
	return false
}
