package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// maxAliased bounds the values that aliases may stand for, counted after
// expansion: nine lines of YAML can else describe a billion of them.
const maxAliased = 1 << 18

// yamlReader turns YAML nodes into the values that the same JSON would have.
type yamlReader struct {
	file, body string
	aliased    int                 // values reached through an alias so far
	open       map[*yaml.Node]bool // aliased nodes being expanded
}

// parseYAML returns the value, and the parser's own tree of it.
func parseYAML(file, body string) (any, *yaml.Node, *Error) {
	root, err := readYAML(file, body)
	if err != nil {
		return nil, nil, err
	}
	r := &yamlReader{file: file, body: body, open: map[*yaml.Node]bool{}}
	value, err := r.value(root, 1)
	return value, root, err
}

// readYAML returns the one document of a YAML text.
func readYAML(file, body string) (*yaml.Node, *Error) {
	decoder := yaml.NewDecoder(strings.NewReader(body))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		empty := fail(file, body, 0, CodeEmpty, "file is empty: expected a YAML value")
		empty.Hint = "an empty schema is {}"
		return nil, empty
	case err != nil:
		return nil, yamlSyntax(file, err)
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return first.Content[0], nil
	case err != nil:
		return nil, yamlSyntax(file, err)
	}
	several := fail(file, body, yamlOffset(body, &second), CodeUnsupported, "a second YAML document starts here: expected one document in a file")
	several.Hint = "move each document to a file of its own"
	return nil, several
}

// yamlSyntax reads the line out of the parser's message, which has no other
// form. The column is not known.
func yamlSyntax(file string, err error) *Error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, text, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, message = n, text
			}
		}
	}
	e := &Error{File: file, Line: line, Column: 1, Code: CodeSyntax, Message: "invalid YAML: " + message}
	if strings.Contains(message, "tab character") || strings.Contains(message, "cannot start any token") {
		e.Hint = "indent with spaces, and quote text that starts with a special character"
	}
	return e
}

func (r *yamlReader) fail(n *yaml.Node, code, hint, format string, args ...any) *Error {
	err := fail(r.file, r.body, yamlOffset(r.body, n), code, fmt.Sprintf(format, args...))
	err.Hint = hint
	return err
}

// value converts a node that stands inside depth-1 others.
func (r *yamlReader) value(n *yaml.Node, depth int) (any, *Error) {
	if len(r.open) > 0 {
		if r.aliased++; r.aliased > maxAliased {
			return nil, r.fail(n, CodeTooLarge, "write the repeated parts once and refer to them by $ref", "aliases stand for more than %d values", maxAliased)
		}
	}
	if depth > MaxDepth && n.Kind != yaml.ScalarNode {
		return nil, r.fail(n, CodeTooDeep, deepHint, "nesting is deeper than %d levels", MaxDepth)
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.mapping(n, depth)
	case yaml.SequenceNode:
		return r.sequence(n, depth)
	case yaml.AliasNode:
		return r.alias(n, depth)
	}
	return r.scalar(n)
}

func (r *yamlReader) alias(n *yaml.Node, depth int) (any, *Error) {
	target := n.Alias
	if r.open[target] {
		return nil, r.fail(n, CodeUnsupported, "a recursive schema refers to itself by $ref", "alias *%s stands inside its own anchor", n.Value)
	}
	r.open[target] = true
	defer delete(r.open, target)
	return r.value(target, depth)
}

func (r *yamlReader) sequence(n *yaml.Node, depth int) (any, *Error) {
	if err := r.checkTag(n, "!!seq"); err != nil {
		return nil, err
	}
	elements := make([]any, 0, len(n.Content))
	for _, item := range n.Content {
		value, err := r.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	return elements, nil
}

func (r *yamlReader) mapping(n *yaml.Node, depth int) (any, *Error) {
	if err := r.checkTag(n, "!!map"); err != nil {
		return nil, err
	}
	members := make(map[string]any, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			merges = append(merges, n.Content[i+1])
			continue
		}
		key, err := r.key(n.Content[i])
		if err != nil {
			return nil, err
		}
		if _, twice := members[key]; twice {
			return nil, r.duplicate(n, n.Content[i], key)
		}
		if members[key], err = r.value(n.Content[i+1], depth+1); err != nil {
			return nil, err
		}
	}
	for _, source := range merges {
		if err := r.merge(members, source, depth); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// duplicate is the error about a key that the mapping had before.
func (r *yamlReader) duplicate(n, second *yaml.Node, key string) *Error {
	first := second
	for i := 0; n.Content[i] != second; i += 2 {
		name, err := r.key(n.Content[i])
		if err == nil && name == key && !isMerge(n.Content[i]) {
			first = n.Content[i]
			break
		}
	}
	at := positionIn(r.body, yamlOffset(r.body, first))
	return r.fail(second, CodeDuplicateKey, "keep one of the two; parsers differ in which one they take",
		"duplicate key %q: it is already at line %d, column %d", key, at.Line, at.Column)
}

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" }

// merge adds the members of a merge key's value, or of each in a list of them,
// which the mapping does not have itself.
func (r *yamlReader) merge(members map[string]any, source *yaml.Node, depth int) *Error {
	if source.Kind == yaml.SequenceNode {
		for _, item := range source.Content {
			if item.Kind == yaml.SequenceNode {
				return r.fail(item, CodeUnsupported, "", "a merge key (<<) takes mappings, found a list inside a list")
			}
			if err := r.merge(members, item, depth); err != nil {
				return err
			}
		}
		return nil
	}
	value, err := r.value(source, depth)
	if err != nil {
		return err
	}
	merged, ok := value.(map[string]any)
	if !ok {
		return r.fail(source, CodeUnsupported, "", "a merge key (<<) takes a mapping or a list of them")
	}
	for key, value := range merged {
		if _, has := members[key]; !has {
			members[key] = value
		}
	}
	return nil
}

// key reads a member's name. YAML has keys of every type, JSON only strings.
func (r *yamlReader) key(n *yaml.Node) (string, *Error) {
	target := n
	if n.Kind == yaml.AliasNode {
		target = n.Alias
	}
	if target.Kind != yaml.ScalarNode {
		return "", r.fail(n, CodeUnsupported, "", "expected a string as key, found a collection")
	}
	value, err := r.scalar(target)
	if err != nil {
		return "", err
	}
	key, ok := value.(string)
	if !ok {
		return "", r.fail(n, CodeUnsupported, fmt.Sprintf("write it in quotes: %q", target.Value), "expected a string as key, found %s", Encode(value))
	}
	return key, nil
}

func (r *yamlReader) checkTag(n *yaml.Node, want string) *Error {
	if tag := n.ShortTag(); tag != want {
		return r.fail(n, CodeUnsupported, "remove the tag", "tag %s has no meaning in JSON", tag)
	}
	return nil
}

// scalar gives a scalar the JSON value it means. Timestamps and binary data
// are strings, as they would be in JSON.
func (r *yamlReader) scalar(n *yaml.Node) (any, *Error) {
	text := n.Value
	switch tag := n.ShortTag(); tag {
	case "!!str":
		// The parser takes a number outside the range of float64 for text.
		if n.Style == 0 && text != "" && numberEnd(text, 0) == len(text) {
			return json.Number(text), nil
		}
		return text, nil
	case "!!timestamp", "!!binary", "!!merge":
		return text, nil
	case "!!null":
		return nil, nil
	case "!!bool":
		switch strings.ToLower(text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, r.fail(n, CodeUnsupported, "write true or false", "%q is no boolean", text)
	case "!!int", "!!float":
		if number, ok := jsonNumber(text); ok {
			return number, nil
		}
		return nil, r.fail(n, CodeUnsupported, "write a decimal number, or quote it as a string", "%q is no number in JSON", text)
	default:
		return nil, r.fail(n, CodeUnsupported, "remove the tag", "tag %s has no meaning in JSON", tag)
	}
}

// looseDecimal is what YAML takes for a decimal number beyond JSON's grammar:
// a plus sign, leading zeros, a point without digits on one side.
var looseDecimal = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([-+]?)0*([0-9]*)(?:\.([0-9]*))?([eE][-+]?[0-9]+)?$`)
})

// jsonNumber keeps the text of a number where JSON can, and else rewrites it
// without a change of value.
func jsonNumber(text string) (json.Number, bool) {
	if numberEnd(text, 0) == len(text) {
		return json.Number(text), true
	}
	text = strings.ReplaceAll(text, "_", "")
	if i, ok := new(big.Int).SetString(text, 0); ok {
		return json.Number(i.String()), true
	}
	m := looseDecimal().FindStringSubmatch(text)
	if m == nil || !strings.ContainsAny(text, "0123456789") {
		return "", false
	}
	number := strings.TrimPrefix(m[1], "+") + m[2]
	if m[2] == "" {
		number += "0"
	}
	if m[3] != "" {
		number += "." + m[3]
	}
	return json.Number(number + m[4]), true
}
