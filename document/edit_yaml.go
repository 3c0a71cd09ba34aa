package document

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// yamlEdit picks the first proposed edit after which the text means want. YAML
// has too many forms, anchors and merge keys among them, to trust an edit that
// was not read back.
func (d *Document) yamlEdit(want any, proposals ...span) (Edit, bool) {
	meaning := Encode(want)
	for _, s := range proposals {
		e := d.edit(s)
		after, err := Parse(d.name, d.Apply(e))
		if err == nil && Encode(after.value) == meaning {
			return e, true
		}
	}
	return Edit{}, false
}

func (d *Document) newline() string {
	if strings.Contains(d.body, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// column is the white space that puts text under an offset.
func (d *Document) column(at int) string {
	start := strings.LastIndexByte(d.body[:at], '\n') + 1
	return strings.Repeat(" ", utf8.RuneCountInString(d.body[start:at]))
}

func (d *Document) yamlReplace(n *node, value any) []span {
	var proposals []span
	if n.block && !isInline(value) {
		var b strings.Builder
		d.yamlBlock(&b, value, d.column(n.start))
		proposals = append(proposals, span{n.start, n.end, b.String()})
	}
	text := yamlFlow(value)
	return append(proposals, span{n.start, n.end, text}, d.afterColon(n, text))
}

// afterColon puts a text right behind the key, where YAML wants what is not a
// block.
func (d *Document) afterColon(n *node, text string) span {
	start := n.start - len(d.gapBefore(n.start))
	if start < n.keyStart {
		start = n.start
	}
	return span{start, n.end, " " + text}
}

func (d *Document) yamlInsert(n *node, key string, value any) []span {
	name := yamlScalar(key)
	if !n.block {
		return d.yamlFlowAdd(n, name+": "+yamlFlow(value))
	}
	indent := d.column(n.children[0].keyStart)
	var b strings.Builder
	b.WriteString(d.newline() + indent + name + ":")
	d.yamlMember(&b, value, indent)
	return d.yamlBlockAdd(n, b.String(), d.newline()+indent+name+": "+yamlFlow(value))
}

func (d *Document) yamlAppend(n *node, value any) []span {
	if !n.block {
		return d.yamlFlowAdd(n, yamlFlow(value))
	}
	indent := d.column(n.start)
	var b strings.Builder
	b.WriteString(d.newline() + indent + "- ")
	d.yamlBlock(&b, value, indent+"  ")
	return d.yamlBlockAdd(n, b.String(), d.newline()+indent+"- "+yamlFlow(value))
}

// yamlBlockAdd proposes texts for the line after a block collection, behind a
// comment that ends its last line.
func (d *Document) yamlBlockAdd(n *node, texts ...string) []span {
	end := lineEnd(d.body, n.end)
	if end > n.end && d.body[end-1] == '\r' {
		end--
	}
	var proposals []span
	for _, text := range texts {
		proposals = append(proposals, span{end, end, text})
	}
	return proposals
}

func (d *Document) yamlFlowAdd(n *node, text string) []span {
	if len(n.children) == 0 {
		if n.end < n.start+2 {
			return nil
		}
		opening, closing := d.body[n.end-2:n.end-1], d.body[n.end-1:n.end]
		return []span{{n.end - 1, n.end - 1, text}, {n.start, n.end, opening + text + closing}}
	}
	last := n.children[len(n.children)-1]
	return []span{{last.end, last.end, ", " + text}}
}

func (d *Document) yamlRemove(parent, n *node) []span {
	if !parent.block {
		return []span{d.removal(parent, n)}
	}
	if len(parent.children) == 1 {
		empty := "{}"
		if parent.kind == array {
			empty = "[]"
		}
		return []span{{parent.start, parent.end, empty}, d.afterColon(parent, empty)}
	}
	start := d.itemStart(parent, n)
	var proposals []span
	if line := start - len(d.indentAt(start)); strings.TrimSpace(d.body[line:start]) == "" && (line == 0 || d.body[line-1] == '\n') {
		end := min(lineEnd(d.body, n.end)+1, len(d.body))
		if end == len(d.body) && !strings.HasSuffix(d.body, "\n") && line > 0 {
			line-- // the line before becomes the last one, without a line feed
		}
		proposals = append(proposals, span{start: line, end: end})
	}
	if i := slices.Index(parent.children, n); i+1 < len(parent.children) {
		proposals = append(proposals, span{start: start, end: d.itemStart(parent, parent.children[i+1])})
	}
	return proposals
}

// itemStart is the offset of a member's key, or of an element's dash.
func (d *Document) itemStart(parent, n *node) int {
	if parent.kind == object {
		return n.keyStart
	}
	if i := strings.LastIndexByte(d.body[:n.start], '-'); i >= 0 {
		return i
	}
	return n.start
}

// isInline reports whether a value is written on one line in a block too.
func isInline(value any) bool {
	switch v := value.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return true
}

// yamlBlock writes a value in block style; its first line is indented already.
func (d *Document) yamlBlock(b *strings.Builder, value any, indent string) {
	if isInline(value) {
		b.WriteString(yamlFlow(value))
		return
	}
	separator := ""
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			b.WriteString(separator + "- ")
			d.yamlBlock(b, element, indent+"  ")
			separator = d.newline() + indent
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b.WriteString(separator + yamlScalar(key) + ":")
			d.yamlMember(b, v[key], indent)
			separator = d.newline() + indent
		}
	}
}

// yamlMember writes what follows a key's colon.
func (d *Document) yamlMember(b *strings.Builder, value any, indent string) {
	if isInline(value) {
		b.WriteString(" " + yamlFlow(value))
		return
	}
	b.WriteString(d.newline() + indent + "  ")
	d.yamlBlock(b, value, indent+"  ")
}

// yamlFlow writes a value on one line.
func yamlFlow(value any) string {
	var b strings.Builder
	switch v := value.(type) {
	case string:
		return yamlScalar(v)
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(yamlFlow(element))
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(yamlScalar(key) + ": " + yamlFlow(v[key]))
		}
		b.WriteByte('}')
	default:
		scalar(&b, value)
	}
	return b.String()
}

// yamlScalar writes a string plain where nobody could take it for anything
// else, and as JSON does where one could.
func yamlScalar(s string) string {
	if isPlainYAML(s) {
		return s
	}
	var b strings.Builder
	quote(&b, s)
	return b.String()
}

func isPlainYAML(s string) bool {
	switch strings.ToLower(s) {
	case "", "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '-' || c == '.' || c == '/')) {
			return false
		}
	}
	return true
}
