package keyword

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"golang.org/x/net/idna"
)

// Formats are the judges of the formats that the library judges in another way
// than their specification, by name. They judge texts; the others are its own.
var Formats = map[string]func(text string) bool{
	"date-time": isDateTime, "time": isTime, "hostname": isHostname, "ipv4": isIPv4, "ip-address": isIPv4,
	"idn-email": isIDNEmail, "idn-hostname": isIDNHostname, "regex": isRegex,
	"uri": isURI, "iri": isIRI, "uri-reference": isURIReference, "uriref": isURIReference,
}

// OnStrings is a judge of texts as the library takes it: what is no text passes,
// as the specification says of formats.
func OnStrings(judge func(string) bool) func(any) bool {
	return func(value any) bool {
		text, ok := value.(string)
		return !ok || judge(text)
	}
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
