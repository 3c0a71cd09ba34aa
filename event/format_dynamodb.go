package event

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What the three forms in which DynamoDB gives its items away have in common:
// values in objects that name their type, {"S": "text"} or {"N": "12"}. Rows
// hold them as plain JSON under Item, with the name of each attribute kept.

var descriptors = []string{"S", "N", "BOOL", "NULL", "M", "L", "SS", "NS", "BS", "B"}

var (
	errTyped   = errors.New("not an attribute value of DynamoDB")
	errDeleted = errors.New("the item was deleted (it has no NewImage): the event it held is unknown")
)

// dynamoPlaces: the items are of a team's own shape.
var dynamoPlaces = houseUnder(".Item").also(placed{attrRecorded: {".written"}})

// isTypedItem reports whether every attribute of an item names its type.
func isTypedItem(item []byte) bool {
	n := 0
	for _, value := range pairs(item) {
		n++
		if _, _, err := typedValue(value); err != nil {
			return false
		}
	}
	return n > 0
}

// typedValue splits {"S": "text"} into the descriptor and the value.
func typedValue(value []byte) (string, []byte, error) {
	descriptor, inner := "", []byte(nil)
	for key, v := range pairs(value) {
		if inner != nil {
			return "", nil, errTyped
		}
		descriptor, inner = string(unquote(key)), v
	}
	if inner == nil || !slices.Contains(descriptors, descriptor) {
		return "", nil, errTyped
	}
	return descriptor, inner, nil
}

// appendItem appends a typed item as plain JSON.
func appendItem(dst, item []byte) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for key, value := range pairs(item) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(dst, key...), ':')
		var err error
		if dst, err = appendPlain(dst, value); err != nil {
			return dst, fmt.Errorf("attribute %s: %w", key, err)
		}
	}
	return append(dst, '}'), nil
}

// appendPlain appends a typed value as plain JSON. Numbers keep their text.
func appendPlain(dst, value []byte) ([]byte, error) {
	descriptor, inner, err := typedValue(value)
	if err != nil {
		return dst, err
	}
	switch descriptor {
	case "N":
		return appendNumber(dst, inner)
	case "NULL":
		return append(dst, "null"...), nil
	case "M":
		if inner[0] != '{' {
			return dst, errTyped
		}
		return appendItem(dst, inner)
	case "L":
		return appendEach(dst, inner, appendPlain)
	case "NS":
		return appendEach(dst, inner, appendNumber)
	}
	return append(dst, inner...), nil
}

func appendEach(dst, array []byte, one func(dst, value []byte) ([]byte, error)) ([]byte, error) {
	if array[0] != '[' {
		return dst, errTyped
	}
	dst = append(dst, '[')
	first := true
	for _, element := range elements(array) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var err error
		if dst, err = one(dst, element); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendNumber takes the number out of its quotes. Some tools write it bare.
func appendNumber(dst, raw []byte) ([]byte, error) {
	text := raw
	if raw[0] == '"' {
		text = unquote(raw)
	}
	if len(text) == 0 || text[0] != '-' && !isDigit(text[0]) {
		return dst, errNumber
	}
	if end, err := skipNumber(text, 0); err != nil || end != len(text) {
		return dst, errNumber
	}
	return append(dst, text...), nil
}

// appendRow appends the row of an item with members beside it.
func appendRow(dst, item []byte, beside ...member) ([]byte, error) {
	if len(item) == 0 || item[0] != '{' {
		return dst, errTyped
	}
	dst, err := appendItem(append(dst, `{"Item":`...), item)
	if err != nil {
		return dst, err
	}
	for _, m := range beside {
		if m.value != nil {
			dst = append(append(append(dst, `,"`...), m.key...), `":`...)
			dst = append(dst, m.value...)
		}
	}
	return append(dst, '}'), nil
}

// plainPath turns a path into the typed text, such as .Item.pk.S or
// .dynamodb.NewImage.data.M.amount.N, into the path of the row, .Item.pk. A path
// that starts with none of the item's names counts from within the item.
func plainPath(text string) string {
	text = strings.TrimPrefix(text, ".dynamodb")
	first, rest, _ := strings.Cut(strings.TrimPrefix(text, "."), ".")
	if first == "written" && rest == "" || strings.HasPrefix(text, "/") {
		return text
	}
	if first != "Item" && first != "NewImage" && first != "Keys" {
		return ".Item." + strings.TrimPrefix(text, ".")
	}
	plain := ".Item"
	name := false // the part before was a name, so that a descriptor may follow
	for part := range strings.SplitSeq(rest, ".") {
		descriptor, index, indexed := strings.Cut(part, "[")
		if name && slices.Contains(descriptors, descriptor) {
			if indexed {
				plain += "[" + index
			}
			name = indexed
			continue
		}
		plain += "." + part
		name = true
	}
	return strings.TrimSuffix(plain, ".")
}

// dynamoRow is the row of an image in the decoder's memory.
func (d *decoder) dynamoRow(item []byte, beside ...member) ([]byte, error) {
	if item == nil || bytes.Equal(item, []byte("null")) {
		return nil, errDeleted
	}
	start := len(d.scratch)
	var err error
	if d.scratch, err = appendRow(d.scratch, item, beside...); err != nil {
		return nil, err
	}
	return d.scratch[start:len(d.scratch):len(d.scratch)], nil
}
