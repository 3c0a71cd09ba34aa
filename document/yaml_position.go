package document

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The YAML parser says where a node starts and not where it ends, so the end is
// found by reading the text again, guided by the node's value.

// yamlText finds byte offsets for the parser's lines and columns.
type yamlText struct {
	body  string
	lines []int

	// The place that was found last. Columns count code points, and a line may be
	// the whole file, so that the next place is looked for from here.
	line, column, at int
}

func newYAMLText(body string) *yamlText {
	t := &yamlText{body: body, lines: make([]int, 1, 1+strings.Count(body, "\n"))}
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRuneInString(body[i:])
		i += size
		// YAML 1.1 has more line ends than the line feed.
		if r == '\n' || r == '\r' && !strings.HasPrefix(body[i:], "\n") || r == '\u0085' || r == '\u2028' || r == '\u2029' {
			t.lines = append(t.lines, i)
		}
	}
	return t
}

func (t *yamlText) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(t.lines) {
		return len(t.body)
	}
	if n.Line != t.line || n.Column < t.column {
		t.line, t.column, t.at = n.Line, 1, t.lines[n.Line-1]
	}
	for t.column < n.Column && t.at < len(t.body) {
		_, size := utf8.DecodeRuneInString(t.body[t.at:])
		t.at += size
		t.column++
	}
	return t.at
}

// yamlOffset is for the one node that an error names.
func yamlOffset(body string, n *yaml.Node) int { return newYAMLText(body).offset(n) }

// yamlLocator builds the position tree.
type yamlLocator struct {
	*yamlText
	anchors map[*yaml.Node]*node
	spare   []node // allocated together, since they live and die together
}

// chunk is how many nodes are allocated at once.
const chunk = 32

func locateYAML(body string, root *yaml.Node) *node {
	l := &yamlLocator{yamlText: newYAMLText(body)}
	return l.locate(root)
}

func (l *yamlLocator) node(start int) *node {
	if len(l.spare) == 0 {
		l.spare = make([]node, chunk)
	}
	n := &l.spare[0]
	l.spare = l.spare[1:]
	n.start = start
	return n
}

func (l *yamlLocator) locate(n *yaml.Node) *node {
	at := l.node(l.offset(n))
	if n.Anchor != "" {
		if l.anchors == nil {
			l.anchors = map[*yaml.Node]*node{}
		}
		l.anchors[n] = at
	}
	inner := l.properties(n, at.start)
	switch n.Kind {
	case yaml.AliasNode:
		at.end = min(at.start+1+len(n.Value), len(l.body))
		if target := l.anchors[n.Alias]; target != nil {
			at.kind, at.children, at.index = target.kind, target.children, target.index
		}
	case yaml.MappingNode:
		at.kind, at.children = object, make([]*node, 0, len(n.Content)/2)
		l.close(at, n, inner, l.members(at, n, inner))
	case yaml.SequenceNode:
		at.kind, at.children = array, make([]*node, 0, len(n.Content))
		l.close(at, n, inner, l.elements(at, n, inner))
	default:
		at.end = l.scalarEnd(n, inner)
	}
	at.end = max(at.end, at.start)
	return at
}

// elements locates the items of a list and returns where the last one ends.
func (l *yamlLocator) elements(at *node, n *yaml.Node, end int) int {
	for _, item := range n.Content {
		child := l.locate(item)
		child.keyStart = child.start
		at.adopt(child)
		end = max(end, child.end)
	}
	return end
}

// members locates a mapping's own members, then those that merge keys add. It
// returns where the last one ends.
func (l *yamlLocator) members(at *node, n *yaml.Node, end int) int {
	var merges []*node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		keyStart := l.offset(key)
		keyEnd := l.keyEnd(key, keyStart)
		child := l.locate(n.Content[i+1])
		end = max(end, keyEnd, child.end)
		if isMerge(key) {
			merges = append(merges, child)
			continue
		}
		child.keyStart = keyStart
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		child.key = key.Value
		at.adopt(child)
	}
	for _, source := range merges {
		mergeInto(at, source)
	}
	return end
}

// keyEnd is the offset behind a key, which is a scalar or an alias of one.
func (l *yamlLocator) keyEnd(key *yaml.Node, start int) int {
	if key.Kind == yaml.AliasNode {
		return min(start+1+len(key.Value), len(l.body))
	}
	return l.scalarEnd(key, l.properties(key, start))
}

func mergeInto(at, source *node) {
	for _, child := range source.children {
		if source.kind == array {
			mergeInto(at, child)
		} else if at.child(child.key) == nil {
			at.adopt(child)
		}
	}
}

// close sets the end of a collection: behind its bracket, or where its last
// part ends.
func (l *yamlLocator) close(at *node, n *yaml.Node, inner, end int) {
	at.end = end
	at.block = n.Style&yaml.FlowStyle == 0
	if at.block || inner >= len(l.body) {
		return
	}
	var closing byte
	switch l.body[inner] {
	case '{':
		closing = '}'
	case '[':
		closing = ']'
	default: // one pair in a list, [a: b], has no brackets of its own
		return
	}
	if i := l.skip(max(end, inner+1), ",:?"); i < len(l.body) && l.body[i] == closing {
		at.end = i + 1
	}
}

// skip passes over white space, comments and the given marks.
func (l *yamlLocator) skip(at int, marks string) int {
	for at < len(l.body) {
		switch c := l.body[at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || strings.IndexByte(marks, c) >= 0:
			at++
		case c == '#':
			at = lineEnd(l.body, at)
		default:
			return at
		}
	}
	return at
}

func lineEnd(body string, at int) int {
	if i := strings.IndexByte(body[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(body)
}

// properties passes over the anchor and the tag in front of a node.
func (l *yamlLocator) properties(n *yaml.Node, at int) int {
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 || n.Kind == yaml.AliasNode {
		return at
	}
	for at < len(l.body) && (l.body[at] == '&' || l.body[at] == '!') {
		end := at
		for end < len(l.body) && !strings.ContainsRune(" \t\r\n,[]{}", rune(l.body[end])) {
			end++
		}
		if end == at {
			break
		}
		at = end
		if next := l.skip(at, ""); n.Kind != yaml.ScalarNode || n.Value != "" || next < len(l.body) && strings.IndexByte(`!&"'`, l.body[next]) >= 0 {
			at = next
		}
	}
	return at
}

// scalarEnd is the offset behind the scalar whose text starts at an offset.
func (l *yamlLocator) scalarEnd(n *yaml.Node, at int) int {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quotedEnd(l.body, at, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quotedEnd(l.body, at, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return matchEnd(l.body, lineEnd(l.body, at), n.Value)
	}
	return matchEnd(l.body, at, n.Value)
}

// quotedEnd is the offset behind the closing quote. Only double quotes know a
// backslash; a doubled single quote reads as two strings side by side.
func quotedEnd(body string, at int, quote byte) int {
	for i := at + 1; i < len(body); i++ {
		switch {
		case body[i] == '\\' && quote == '"':
			i++
		case body[i] == quote && quote == '\'' && i+1 < len(body) && body[i+1] == quote:
			i++
		case body[i] == quote:
			return i + 1
		}
	}
	return len(body)
}

// matchEnd follows the visible characters of a value through the text. Between
// them YAML folds and indents, so white space is not compared.
func matchEnd(body string, at int, value string) int {
	end := at
	for _, want := range value {
		if isBlank(want) {
			continue
		}
		for at < len(body) {
			r, size := utf8.DecodeRuneInString(body[at:])
			at += size
			if r == want {
				end = at
				break
			}
			if !isBlank(r) {
				return end
			}
		}
	}
	return end
}

func isBlank(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}
