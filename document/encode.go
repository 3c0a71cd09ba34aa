package document

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Encode is the compact JSON text of a value: sorted keys, no spaces, and no
// escapes but the ones that JSON demands. Numbers keep the text they have.
func Encode(value any) string {
	var b strings.Builder
	encode(&b, value)
	return b.String()
}

func encode(b *strings.Builder, value any) {
	switch v := value.(type) {
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			encode(b, element)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			quote(b, key)
			b.WriteByte(':')
			encode(b, v[key])
		}
		b.WriteByte('}')
	default:
		scalar(b, value)
	}
}

func scalar(b *strings.Builder, value any) {
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		if v {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case string:
		quote(b, v)
	case json.Number:
		b.WriteString(string(v))
	default:
		// A Go number or another value that a caller built itself.
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte("null")
		}
		b.Write(text)
	}
}

// quote writes s as a JSON string. Bytes that are no UTF-8 become U+FFFD, so
// that the result always parses. DEL, the C1 controls and the Unicode line ends
// are escaped too: JSON allows them raw, YAML does not or folds them.
func quote(b *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\ufffe' || r == '\uffff':
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&0xf])
			}
		default:
			b.WriteRune(r)
		}
		i += size
	}
	b.WriteByte('"')
}
