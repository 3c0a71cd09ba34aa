package scaffold

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxYAMLLine is how wide a line of domain.yaml may be before it is broken.
const maxYAMLLine = 100

// A plainText is written without quotes.
type plainText string

// A yamlWriter writes values in the order of their members: on one line where they
// fit, one member a line elsewhere.
type yamlWriter struct{ b *strings.Builder }

// alwaysBroken are the keys whose members have a line each, however short they are.
var alwaysBroken = []string{"aggregates", "events", "commands", "readModels"}

func (w yamlWriter) block(members []member, indent int) {
	for _, m := range members {
		w.pad(indent)
		w.member(m, indent)
	}
}

func (w yamlWriter) pad(indent int) { w.b.WriteString(strings.Repeat("  ", indent)) }

func (w yamlWriter) member(m member, indent int) {
	key := yamlText(m.key, false) + ":"
	w.b.WriteString(key)
	if broken := slices.Contains(alwaysBroken, m.key) && indent <= 2; !broken {
		line := yamlInline(m.value, false)
		if !isNested(m.value) || 2*indent+len(key)+1+len(line) <= maxYAMLLine && !quotedInside(m.value) {
			w.b.WriteString(" " + line + "\n")
			return
		}
	}
	w.b.WriteByte('\n')
	w.lines(m.value, indent+1)
}

// lines is a list or a mapping with a line for each element.
func (w yamlWriter) lines(value any, indent int) {
	switch v := value.(type) {
	case []member:
		w.block(v, indent)
	case []any:
		for _, item := range v {
			w.item(item, indent)
		}
	}
}

// item is an element of a list that does not fit on a line.
func (w yamlWriter) item(item any, indent int) {
	w.pad(indent)
	w.b.WriteString("- ")
	members, ok := item.([]member)
	if !ok || len(members) == 0 {
		w.b.WriteString(yamlInline(item, false) + "\n")
		return
	}
	w.member(members[0], indent+1)
	w.block(members[1:], indent+1)
}

// isNested reports whether a value can be broken into lines.
func isNested(value any) bool {
	switch v := value.(type) {
	case []member:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return false
}

// quotedInside reports whether a value has a text that needs quotes on one line with
// others, and none on a line of its own, such as string[] and number?.
func quotedInside(value any) bool {
	switch v := value.(type) {
	case string:
		return yamlText(v, true) != yamlText(v, false)
	case []member:
		return slices.ContainsFunc(v, func(m member) bool { return quotedInside(m.key) || quotedInside(m.value) })
	case []any:
		return slices.ContainsFunc(v, quotedInside)
	}
	return false
}

// yamlInline is a value on one line. Inside a list or a mapping more texts need
// quotes.
func yamlInline(value any, inside bool) string {
	switch v := value.(type) {
	case plainText:
		return string(v)
	case string:
		return yamlText(v, inside)
	case []member:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = yamlText(m.key, true) + ": " + yamlInline(m.value, true)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = yamlInline(item, true)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case json.Number:
		return v.String()
	case nil:
		return "null"
	}
	return fmt.Sprint(value)
}

var (
	plainInside  = regexp.MustCompile("^[\\pL$][\\pL\\pN _./()|;'`$+*=-]*$")
	plainOutside = regexp.MustCompile("^[\\pL$][\\pL\\pN _./()|?;'`$+*=,\\[\\]{}-]*$")
	// notTexts are what YAML 1.1 or 1.2 reads as something else than a text.
	notTexts = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|nan|inf)$`)
)

// yamlText is a text, in quotes where it would be read as something else without.
func yamlText(text string, inside bool) string {
	plain := plainOutside
	if inside {
		plain = plainInside
	}
	if plain.MatchString(text) && !notTexts.MatchString(text) && !strings.HasSuffix(text, " ") {
		return text
	}
	return yamlQuoted(text)
}

func yamlQuoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r != ' ' && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
