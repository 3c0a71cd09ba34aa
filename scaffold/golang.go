package scaffold

import (
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// initialisms are words that Go writes in one case. The list is that of the Go code
// review comments, with what catalogs have besides.
var initialisms = map[string]bool{
	"ACL": true, "API": true, "ASCII": true, "CPU": true, "CSS": true, "CSV": true, "DNS": true, "EOF": true, "GUID": true,
	"HTML": true, "HTTP": true, "HTTPS": true, "IBAN": true, "ID": true, "IP": true, "ISO": true, "JSON": true, "JWT": true,
	"LHS": true, "MAC": true, "PDF": true, "PII": true, "QPS": true, "RAM": true, "RHS": true, "RPC": true, "SKU": true,
	"SLA": true, "SMS": true, "SMTP": true, "SQL": true, "SSH": true, "SSN": true, "TCP": true, "TLS": true, "TTL": true,
	"UDP": true, "UI": true, "UID": true, "UUID": true, "URI": true, "URL": true, "UTC": true, "UTF8": true, "VAT": true,
	"VM": true, "XML": true,
}

// words are the parts of a name: orderId, order-id and OrderID are order and id, in
// the case that they have there, and ORDER_ID is in lower case. What Go has in no name
// parts words.
func words(name string) []string {
	var parts []string
	runes := []rune(name)
	for i := 0; i < len(runes); {
		if !inName(runes[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(runes) && inName(runes[end]) && !wordBegins(runes, i, end) {
			end++
		}
		parts = append(parts, string(runes[i:end]))
		i = end
	}
	if len(parts) > 1 && !slices.ContainsFunc(runes, unicode.IsLower) {
		for i := range parts {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	return parts
}

// inName reports whether a rune may stand in a Go identifier; underscores part words.
func inName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordBegins reports whether the rune at i begins a word, after one that began at
// from: orderId, HTTPServer, but not IDs.
func wordBegins(runes []rune, from, i int) bool {
	if !unicode.IsUpper(runes[i]) {
		return false
	}
	if !unicode.IsUpper(runes[i-1]) {
		return true
	}
	following := i + 1
	if following == len(runes) || !unicode.IsLower(runes[following]) {
		return false
	}
	plural := runes[following] == 's' && (following+1 == len(runes) || !unicode.IsLower(runes[following+1])) &&
		initialisms[string(runes[from:following])]
	return !plural
}

// exported is a name as that of a Go type or field: OrderID.
func exported(name string) string {
	name = joinedWords(words(name))
	if first := []rune(name); len(first) == 0 || !unicode.IsUpper(first[0]) {
		return "X" + name // scripts without case, and digits
	}
	return name
}

// unexported is a name as that of a Go variable: orderID.
func unexported(name string) string {
	parts, upper := words(name), exported(name)
	if len(parts) == 0 || upper != joinedWords(parts) {
		return "x" + strings.TrimPrefix(upper, "X")
	}
	first := capitalised(parts[0])
	if strings.ToUpper(first) == first || initialisms[strings.TrimSuffix(first, "s")] {
		first = strings.ToLower(first)
	}
	runes := []rune(first)
	runes[0] = unicode.ToLower(runes[0])
	if unicode.IsUpper(runes[0]) {
		return "x" + upper // a capital without a small letter
	}
	return string(runes) + joinedWords(parts[1:])
}

// joinedWords are words as one name.
func joinedWords(parts []string) string {
	var b strings.Builder
	for _, word := range parts {
		b.WriteString(capitalised(word))
	}
	return b.String()
}

// capitalised is a word within a name.
func capitalised(word string) string {
	upper := strings.ToUpper(word)
	if initialisms[upper] {
		return upper
	}
	if single, ok := strings.CutSuffix(upper, "S"); ok && initialisms[single] {
		return single + "s"
	}
	runes := []rune(word)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// phrase is a name in words: sensor registered.
func phrase(name string) string {
	parts := words(name)
	for i, word := range parts {
		if !initialisms[strings.ToUpper(word)] {
			parts[i] = strings.ToLower(word)
		}
	}
	return strings.Join(parts, " ")
}

// withArticle is a noun with a or an.
func withArticle(noun string) string {
	lower := strings.ToLower(noun)
	for _, sound := range []string{"eu", "one", "uni", "uri", "url", "use", "usu", "uti", "uu"} {
		if strings.HasPrefix(lower, sound) {
			return "a " + noun
		}
	}
	if noun != "" && strings.ContainsAny(lower[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

// A scope is the names that are taken in a block of Go.
type scope map[string]bool

func newScope(taken ...string) scope {
	s := scope{}
	for _, name := range taken {
		s[name] = true
	}
	return s
}

// take is the first of the names that is free, else the last one with a number.
func (s scope) take(names ...string) string {
	for _, name := range names {
		if !s[name] {
			s[name] = true
			return name
		}
	}
	last := names[len(names)-1]
	for n := 2; ; n++ {
		if name := last + strconv.Itoa(n); !s[name] {
			s[name] = true
			return name
		}
	}
}

// isReserved reports whether a name means something in every Go file.
func isReserved(name string) bool {
	return name == "init" || token.IsKeyword(name) || types.Universe.Lookup(name) != nil
}

// noPackages are names that a package of an app cannot have: what the go command or
// an operating system reads otherwise, and the packages beside it in a file.
var noPackages = []string{
	"main", "documentation", "internal", "vendor", "testdata", "nexus", "readmodel",
	"app", "apptest", "cmp", "context", "domain", "domaintest", "embed", "fmt", "fs", "json", "maps", "math", "os",
	"slices", "strconv", "strings", "testing", "time",
	// the names of variables where packages are used
	"s", "c", "t", "f", "event", "files", "definition", "now",
}

// packageName is the name of the package, and of the folder, for an aggregate: ASCII,
// lower case, without what Go or the file systems of this world do not allow.
func packageName(aggregate string) string {
	name := asciiName(aggregate)
	if isReserved(name) || slices.Contains(noPackages, name) || slices.Contains(deviceNames, name) {
		name += "aggregate"
	}
	return name
}

// asciiName is a name in lower-case letters and digits of ASCII, a letter first.
func asciiName(name string) string {
	var b strings.Builder
	for _, r := range latin.Replace(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case inName(r):
			b.WriteString("u" + strconv.FormatInt(int64(r), 16))
		}
	}
	ascii := b.String()
	if ascii == "" || ascii[0] < 'a' {
		return "x" + ascii
	}
	return ascii
}

// latin writes the letters of western Europe in ASCII.
var latin = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "å", "aa", "æ", "ae", "ø", "oe", "œ", "oe", "þ", "th", "ð", "d",
	"à", "a", "á", "a", "â", "a", "ã", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e", "ì", "i", "í", "i", "î", "i",
	"ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ù", "u", "ú", "u", "û", "u", "ý", "y", "ÿ", "y",
)

// comment is a text as lines of Go comments, with an indent before each.
func comment(indent, text string) string {
	const width = 90
	var b strings.Builder
	line := indent + "//"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != indent+"//" {
			b.WriteString(line + "\n")
			line = indent + "//"
		}
		line += " " + word
	}
	b.WriteString(line)
	return b.String()
}

// asSentence is a text as one: it ends with a full stop.
func asSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?:") {
		return text
	}
	return text + "."
}

// lowered is a sentence that goes on after other words. Names and initialisms keep
// their capital.
func lowered(text string) string {
	first, rest, _ := strings.Cut(text, " ")
	runes := []rune(first)
	if len(runes) == 0 || len(runes) == 1 && first != "A" || slices.ContainsFunc(runes[1:], func(r rune) bool { return !unicode.IsLower(r) }) {
		return text
	}
	runes[0] = unicode.ToLower(runes[0])
	if rest == "" {
		return string(runes)
	}
	return string(runes) + " " + rest
}
