package avro

import (
	"encoding/json"
	"math"
	"strconv"
)

// maxDatum bounds a datum that is built: its values, and the bytes of its fixed.
const maxDatum = 4096

// weights holds the size of the smallest datum of every schema below a root, in
// values. A schema that has no finite datum, such as a record that must hold
// itself, is not in it.
func weights(root *node) map[*node]int {
	all := below(root)
	known := make(map[*node]int, len(all))
	for changed := true; changed; {
		changed = false
		for i := len(all) - 1; i >= 0; i-- {
			n := all[i]
			weight, ok := n.weight(known)
			if before, had := known[n]; ok && (!had || weight < before) {
				known[n], changed = weight, true
			}
		}
	}
	return known
}

// below lists a schema and all that it is made of, each once.
func below(root *node) []*node {
	all, seen := []*node{root}, map[*node]bool{root: true}
	for i := 0; i < len(all); i++ {
		for _, part := range all[i].parts() {
			if !seen[part] {
				seen[part] = true
				all = append(all, part)
			}
		}
	}
	return all
}

// parts lists the schemas that a schema is made of.
func (n *node) parts() []*node {
	var parts []*node
	switch n.kind {
	case unionKind:
		for _, b := range n.branches {
			parts = append(parts, b.node)
		}
	case recordKind:
		for _, f := range n.fields {
			parts = append(parts, f.typ.node)
		}
	case arrayKind, mapKind:
		parts = append(parts, n.items.node)
	}
	return parts
}

// weight is the size of a schema's smallest datum, in terms of those known.
func (n *node) weight(known map[*node]int) (int, bool) {
	switch n.kind {
	case unionKind:
		i := lightest(n, known)
		if i < 0 {
			return 0, false
		}
		return known[n.branches[i].node], true
	case recordKind:
		sum := 1
		for _, f := range n.fields {
			weight, ok := known[f.typ.node]
			if !ok {
				return 0, false
			}
			sum = min(sum+weight, math.MaxInt32)
		}
		return sum, true
	case enumKind:
		return 1, len(n.symbols) > 0
	case fixedKind:
		return 1 + n.size, true
	}
	return 1, true
}

// lightest is the first branch of a union with the smallest datum, or -1.
func lightest(n *node, known map[*node]int) int {
	best := -1
	for i, b := range n.branches {
		weight, ok := known[b.node]
		if ok && (best < 0 || weight < known[n.branches[best].node]) {
			best = i
		}
	}
	return best
}

// builder builds data in the form that twmb/avro encodes: a branch of a union,
// other than null, as an object of its label.
type builder struct {
	weights map[*node]int
	left    int // values that may still be built
}

// reach builds the smallest datum that takes the way to a mismatch.
func reach(root *node, f failure, weights map[*node]int) (value any, ok bool) {
	b := &builder{weights, maxDatum}
	value = b.along(root, f.way.steps(), func(n *node) any { return b.telling(n, f.mismatch) })
	return value, b.left >= 0
}

// steps lists a way's steps, the last one first.
func (s *step) steps() []*step {
	var steps []*step
	for ; s != nil; s = s.before {
		steps = append(steps, s)
	}
	return steps
}

// along builds a datum of n; steps, the last one first, lead on from it to where
// end builds the rest.
func (b *builder) along(n *node, steps []*step, end func(*node) any) any {
	if len(steps) == 0 {
		return end(n)
	}
	next, rest := steps[len(steps)-1], steps[:len(steps)-1]
	b.left--
	switch n.kind {
	case unionKind:
		branch := n.branches[next.index].node
		return tagged(branch, b.along(branch, rest, end))
	case arrayKind:
		return []any{b.along(n.items.node, rest, end)}
	case mapKind:
		return map[string]any{"key": b.along(n.items.node, rest, end)}
	}
	record := make(map[string]any, len(n.fields))
	for _, f := range n.fields {
		if f.index == next.index {
			record[f.name] = b.along(f.typ.node, rest, end)
		} else {
			record[f.name] = b.smallest(f.typ.node)
		}
	}
	return record
}

// tagged is a value as the branch of a union.
func tagged(branch *node, value any) any {
	if branch.kind == nullKind {
		return nil
	}
	return map[string]any{branch.label(): value}
}

// smallest builds the smallest datum of a schema.
func (b *builder) smallest(n *node) any {
	weight, ok := b.weights[n]
	if b.left -= 1; !ok || weight > b.left {
		b.left = -1
		return nil
	}
	switch n.kind {
	case unionKind:
		branch := n.branches[lightest(n, b.weights)].node
		return tagged(branch, b.smallest(branch))
	case recordKind:
		record := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			record[f.name] = b.smallest(f.typ.node)
		}
		return record
	case arrayKind:
		return []any{}
	case mapKind:
		return map[string]any{}
	case enumKind:
		return n.symbols[0]
	case fixedKind:
		return make([]byte, n.size)
	}
	return n.plainest()
}

// plainest is the plainest value of a primitive type.
func (n *node) plainest() any {
	switch n.kind {
	case booleanKind:
		return false
	case intKind:
		return int32(0)
	case longKind:
		return int64(0)
	case floatKind:
		return float32(0)
	case doubleKind:
		return float64(0)
	case bytesKind:
		if n.isDecimal() {
			return []byte{1} // a decimal of no bytes is no number
		}
		return []byte{}
	case stringKind:
		if n.logical == "uuid" {
			return "00000000-0000-0000-0000-000000000000"
		}
		return ""
	}
	return nil
}

// telling builds a datum of n, where the way to a mismatch ends, that shows it
// best: the symbol that is missing, a number that the reader's type cannot hold.
func (b *builder) telling(n *node, m mismatch) any {
	reader := m.reader.kind
	switch {
	case m.why == symbolMissing:
		return m.item
	case m.why == decimalDiffers && n.kind == fixedKind && n.size > 0 && n.size <= b.left:
		value := make([]byte, n.size)
		value[n.size-1] = 1
		return value
	case n.kind == longKind && reader == intKind:
		return int64(math.MaxInt32) + 1
	case n.kind == floatKind && (reader == intKind || reader == longKind):
		return float32(0.5)
	case n.kind == doubleKind && (reader == intKind || reader == longKind):
		return 0.5
	case n.kind == doubleKind && reader == floatKind:
		return 0.1
	}
	return b.smallest(n)
}

// document is a datum in Avro's JSON encoding (specification, "JSON Encoding").
func (n *node) document(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return n.object(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = n.items.document(v[i])
		}
		return list
	case []byte:
		points := make([]rune, len(v))
		for i, b := range v {
			points[i] = rune(b)
		}
		return string(points)
	case int32:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float32:
		return json.Number(strconv.FormatFloat(float64(v), 'g', -1, 32))
	case float64:
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return value
}

func (n *node) object(value map[string]any) any {
	object := make(map[string]any, len(value))
	for key, inner := range value {
		switch n.kind {
		case recordKind:
			object[key] = n.byName[key].typ.document(inner)
		case mapKind:
			object[key] = n.items.document(inner)
		case unionKind:
			for _, b := range n.branches {
				if b.label() == key {
					object[key] = b.document(inner)
				}
			}
		}
	}
	return object
}
