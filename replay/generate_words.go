package replay

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// words are what fields of a name usually hold.
var words = map[string][]string{
	"recipient":   people,
	"name":        people,
	"fullname":    people,
	"firstname":   {"Ada", "Linus", "Grace", "Edsger", "Barbara"},
	"lastname":    {"Berg", "Lind", "Holm", "Nair", "Rossi"},
	"street":      {"Storgatan 12", "Lindenweg 4", "Mill Lane 31", "Rue du Lac 8", "Hauptstrasse 77", "Kungsgatan 5"},
	"city":        {"Uppsala", "Bern", "Leeds", "Lausanne", "Kiel", "Lund"},
	"postalcode":  {"75310", "3011", "LS1 4AP", "1003", "24103", "22221"},
	"country":     {"SE", "CH", "GB", "DE", "FR"},
	"locale":      {"sv", "de-CH", "en-GB", "de", "fr"},
	"warehouse":   {"KIEL-1", "LUND-2", "BERN-1"},
	"carrier":     {"dhl", "postnord", "ups"},
	"cancelledby": {"customer", "support", "fraud-desk"},
	"reason":      {"customer", "support", "timeout"},
	"currency":    {"EUR", "SEK", "CHF"},
	"status":      {"open", "done"},
	"channel":     {"web", "app", "phone"},
}

var people = []string{"Ada Lind", "Jonas Holm", "Priya Nair", "Elsa Berg", "Marco Rossi", "Nora Falk", "Tom Reed", "Lea Frei"}

// appendString appends a string that suits the format, the pattern or the name.
func (s *dataShape) appendString(dst []byte, d *draw) []byte {
	if s.pattern != nil {
		return quoted(dst, s.matching(d.random))
	}
	switch s.format {
	case "uuid":
		return append(append(append(dst, '"'), uuid(d.random)...), '"')
	case "date-time":
		return append(s.moment(d).AppendFormat(append(dst, '"'), "2006-01-02T15:04:05.000Z"), '"')
	case "date":
		return append(d.at.AddDate(0, 0, 1+d.random.IntN(4)).AppendFormat(append(dst, '"'), time.DateOnly), '"')
	case "time":
		return append(d.at.AppendFormat(append(dst, '"'), "15:04:05Z"), '"')
	case "email":
		name := strings.ToLower(strings.ReplaceAll(people[d.random.IntN(len(people))], " ", "."))
		return fmt.Appendf(dst, `"%s%d@example.com"`, name, d.lane.number)
	case "uri", "uri-reference", "iri":
		return fmt.Appendf(dst, `"https://example.com/%s/%d"`, url.PathEscape(s.name), d.random.IntN(1000))
	case "hostname":
		return fmt.Appendf(dst, `"host-%d.example.com"`, d.random.IntN(1000))
	case "ipv4":
		return fmt.Appendf(dst, `"192.0.2.%d"`, 1+d.random.IntN(254))
	case "ipv6":
		return fmt.Appendf(dst, `"2001:db8::%x"`, 1+d.random.IntN(65534))
	case "duration":
		return fmt.Appendf(dst, `"PT%dM"`, 1+d.random.IntN(59))
	}
	return quoted(dst, s.sized(s.word(d)))
}

// moment is when the event happened; what is still to come is later.
func (s *dataShape) moment(d *draw) time.Time {
	for _, part := range []string{"until", "by", "expires", "due"} {
		if strings.HasPrefix(s.name, part) || strings.HasSuffix(s.name, part) {
			return d.at.Add(48 * time.Hour)
		}
	}
	return d.at
}

func (s *dataShape) word(d *draw) string {
	if list := words[s.name]; list != nil {
		return list[d.random.IntN(len(list))]
	}
	switch {
	case strings.Contains(s.name, "sku"):
		return "SKU-" + strconv.Itoa(1000+d.random.IntN(240))
	case strings.Contains(s.name, "tracking"):
		return fmt.Sprintf("JD%010d", d.random.IntN(1e10))
	case strings.Contains(s.name, "reference"):
		return "SHOP " + strconv.Itoa(d.lane.number)
	}
	return s.name + "-" + strconv.Itoa(1+d.random.IntN(500))
}

// sized cuts or fills text to the shape's length.
func (s *dataShape) sized(text string) string {
	if s.most != nil && float64(utf8.RuneCountInString(text)) > *s.most {
		text = string([]rune(text)[:int(*s.most)])
	}
	if s.least != nil {
		if missing := int(*s.least) - utf8.RuneCountInString(text); missing > 0 {
			text += strings.Repeat("x", missing)
		}
	}
	return text
}

// matching is a text that the pattern matches, of the shape's length if one is
// found soon.
func (s *dataShape) matching(random *rand.Rand) string {
	text := ""
	for range 20 {
		var b strings.Builder
		spell(&b, s.pattern, random)
		text = b.String()
		if length := utf8.RuneCountInString(text); s.fits(length) {
			return text
		}
	}
	return text
}

// spell writes a text that a regular expression matches.
func spell(b *strings.Builder, r *syntax.Regexp, random *rand.Rand) {
	switch r.Op {
	case syntax.OpLiteral:
		for _, c := range r.Rune {
			b.WriteRune(c)
		}
	case syntax.OpCharClass:
		b.WriteRune(oneOf(r.Rune, random))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteRune('a' + rune(random.IntN(26)))
	case syntax.OpAlternate:
		spell(b, r.Sub[random.IntN(len(r.Sub))], random)
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range r.Sub {
			spell(b, sub, random)
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		least, most := repeats(r)
		for range least + random.IntN(most-least+1) {
			spell(b, r.Sub[0], random)
		}
	}
}

// repeats says how often a part of a pattern comes; without end is a few times.
func repeats(r *syntax.Regexp) (least, most int) {
	switch r.Op {
	case syntax.OpStar:
		return 0, 5
	case syntax.OpPlus:
		return 1, 6
	case syntax.OpQuest:
		return 0, 1
	}
	if r.Max < 0 {
		return r.Min, r.Min + 5
	}
	return r.Min, r.Max
}

// oneOf is a character of a class, a plain one if it has some.
func oneOf(ranges []rune, random *rand.Rand) rune {
	var plain []rune
	for i := 0; i < len(ranges); i += 2 {
		for c := max(ranges[i], '!'); c <= min(ranges[i+1], '~'); c++ {
			plain = append(plain, c)
		}
	}
	if len(plain) == 0 {
		return ranges[0]
	}
	return plain[random.IntN(len(plain))]
}

// uuid is a random UUID, version 4.
func uuid(random *rand.Rand) string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], random.Uint64())
	binary.LittleEndian.PutUint64(b[8:], random.Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:], b[:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// ulid is an id that sorts by time: 48 bits of milliseconds and 80 random ones.
func ulid(at time.Time, random *rand.Rand) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var text [26]byte
	for i, n := 9, uint64(at.UnixMilli()); i >= 0; i, n = i-1, n>>5 {
		text[i] = digits[n&31]
	}
	a, b := random.Uint64(), random.Uint64()
	for i := 10; i < 18; i, a = i+1, a>>5 {
		text[i] = digits[a&31]
	}
	for i := 18; i < 26; i, b = i+1, b>>5 {
		text[i] = digits[b&31]
	}
	return string(text[:])
}
