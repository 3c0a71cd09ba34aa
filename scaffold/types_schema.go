package scaffold

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// A jsonNode is a JSON value whose members are in the order of the text, which is
// the order that fields get.
type jsonNode struct {
	names   []string             // of an object's members
	members map[string]*jsonNode // of an object
	items   []*jsonNode          // of an array
	value   any                  // of anything else, numbers as json.Number
}

// readNode reads one JSON value.
func readNode(text []byte) (*jsonNode, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	node, err := nextNode(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is more after the JSON value, at byte %d", d.InputOffset())
	}
	return node, nil
}

func nextNode(d *json.Decoder) (*jsonNode, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		node := &jsonNode{members: map[string]*jsonNode{}}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			name := key.(string)
			if node.members[name] == nil {
				node.names = append(node.names, name)
			}
			if node.members[name], err = nextNode(d); err != nil {
				return nil, err
			}
		}
		_, err = d.Token()
		return node, err
	case json.Delim('['):
		node := &jsonNode{items: []*jsonNode{}}
		for d.More() {
			item, err := nextNode(d)
			if err != nil {
				return nil, err
			}
			node.items = append(node.items, item)
		}
		_, err = d.Token()
		return node, err
	}
	return &jsonNode{value: token}, nil
}

// at is a member, or nil.
func (n *jsonNode) at(name string) *jsonNode {
	if n == nil {
		return nil
	}
	return n.members[name]
}

// text is a string, or empty.
func (n *jsonNode) text() string {
	if n == nil {
		return ""
	}
	text, _ := n.value.(string)
	return text
}

// texts are the strings of an array, or of a string alone.
func (n *jsonNode) texts() []string {
	if n == nil {
		return nil
	}
	if n.items == nil {
		if text, ok := n.value.(string); ok {
			return []string{text}
		}
		return nil
	}
	var texts []string
	for _, item := range n.items {
		if text, ok := item.value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// isNull reports whether the node is JSON's null.
func (n *jsonNode) isNull() bool {
	return n != nil && n.members == nil && n.items == nil && n.value == nil
}

// pointed follows a reference into the document, such as #/$defs/money.
func (n *jsonNode) pointed(ref string) *jsonNode {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	if pointer == "" {
		return n
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if n = n.at(unescape.Replace(part)); n == nil {
			return nil
		}
	}
	return n
}
