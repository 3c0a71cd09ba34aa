package avro

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

func (l *loader) fixed(object map[string]any, at place, namespace string) (*node, error) {
	n, err := l.define(fixedKind, object, at, namespace)
	if err != nil {
		return nil, err
	}
	if n.size, err = n.sizeIn(object); err != nil {
		return nil, err
	}
	l.logicalType(n, object)
	return n, nil
}

// sizeIn reads the size of a fixed, whose bytes an implementation holds as one.
func (n *node) sizeIn(object map[string]any) (int, error) {
	written, at := object["size"], n.at.member("size")
	size, ok := whole(written)
	switch {
	case ok && size >= 0 && size <= math.MaxInt32:
		return size, nil
	case wholeText(written):
		return 0, at.fail("malformed-schema", fmt.Sprintf("the size of the fixed %s is too large: %s", n.name, shortText(written)),
			fmt.Sprintf("a fixed holds at most %d bytes; write bytes for values of any length", math.MaxInt32))
	}
	return 0, at.fail("malformed-schema", fmt.Sprintf(`the fixed %s needs a "size" of 0 or more bytes`, n.name))
}

// wholeText reports whether a value is written as an integer without a sign,
// however large.
func wholeText(value any) bool {
	number, ok := value.(json.Number)
	return ok && !strings.ContainsFunc(number.String(), func(r rune) bool { return r < '0' || r > '9' })
}

// whole reads a JSON integer.
func whole(value any) (int, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number.String())
	return n, err == nil
}
