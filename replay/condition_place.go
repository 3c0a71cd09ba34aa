package replay

import (
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// place compiles what leads from state, event or item to a value.
func (c *conditionCompiler) place(node ast.Node) condition {
	root, path, ok := placeOf(node)
	switch {
	case !ok:
		return nil
	case root == "item" && c.hasItem:
		return func(s *sight) (operand, bool) {
			value, sound := path.locate(s.item)
			return operandOf(value), sound
		}
	case root == "state":
		return c.statePlace(path)
	case root == "event" && len(path) > 0 && path[0].Key == "data":
		return c.dataPlace(path[1:])
	case root == "event" && len(path) == 1:
		return attributePlaces[path[0].Key]
	}
	return nil
}

// placeOf is the path of a chain of members. Keys that could be read in two ways
// are left to the expression.
func placeOf(node ast.Node) (root string, path Path, ok bool) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return n.Value, nil, true
	case *ast.CallNode:
		callee, isName := n.Callee.(*ast.IdentifierNode)
		if !isName || callee.Value != "_member" || len(n.Arguments) != 2 {
			return "", nil, false
		}
		if root, path, ok = placeOf(n.Arguments[0]); !ok {
			return "", nil, false
		}
		switch name := n.Arguments[1].(type) {
		case *ast.StringNode:
			_, err := strconv.Atoi(name.Value)
			return root, path.and(Segment{Key: name.Value, Index: -1}), err != nil && name.Value != "" && !strings.ContainsAny(name.Value, "./~[")
		case *ast.IntegerNode:
			return root, path.and(Segment{Index: name.Value}), name.Value >= 0
		}
	}
	return "", nil, false
}

// statePlace compiles a place in the state: at or below a slot, or one that no
// operation writes.
func (c *conditionCompiler) statePlace(path Path) condition {
	for i, written := range c.program.paths {
		if path.below(written) {
			rest := path[len(written):]
			return func(s *sight) (operand, bool) {
				v, sure := s.slot(i)
				if len(rest) == 0 || !sure {
					return v, sure
				}
				if v.kind != isNull && v.raw == nil || v.kind == isArray && isList(v.raw) {
					return v, false
				}
				value, sound := rest.locate(v.raw)
				return operandOf(value), sound
			}
		}
		if written.below(path) {
			return nil
		}
	}
	value, sound := path.locate(appendJSON(nil, c.program.reducer.spec.Init))
	if !sound {
		return nil
	}
	return literal(operandOf(value))
}

// slot is what a slot holds, the operations before this one done.
func (s *sight) slot(i int) (v operand, sure bool) {
	for n := len(s.shard.writes) - 1; n >= 0; n-- {
		if w := &s.shard.writes[n]; w.slot == i {
			switch w.kind {
			case writeText:
				return operandOf(w.text), true
			case writeNumber:
				return amountOperand(w.number), true
			case writeNothing:
				return operand{}, true
			case writeElement, writeList:
			}
			return operand{}, false
		}
	}
	switch held := &s.row[i]; held.kind {
	case slotRaw:
		return operandOf(s.shard.raw(held)), true
	case slotNumber:
		small, scale := held.decimal()
		return amountOperand(Decimal{small: small, scale: scale}), true
	case slotList:
		return operand{kind: isArray, raw: s.shard.raw(held)}, true
	case slotNever, slotGone:
	}
	return operand{}, true
}

// dataPlace compiles a place in the event's data.
func (c *conditionCompiler) dataPlace(path Path) condition {
	field := c.field(path)
	return func(s *sight) (operand, bool) {
		value := s.entry.values[field]
		if value == nil {
			_, sound := path.locate(s.entry.data)
			return operand{}, sound
		}
		return operandOf(value), true
	}
}

// attributePlaces are the attributes of an event that are not JSON.
var attributePlaces = map[string]condition{
	"id":            ofEvent(func(n *entry) operand { return textOperand(n.event.ID) }),
	"type":          ofEvent(func(n *entry) operand { return operand{kind: isText, said: []byte(n.event.Type)} }),
	"source":        ofEvent(func(n *entry) operand { return textOperand(n.event.Source) }),
	"stream":        ofEvent(func(n *entry) operand { return textOperand(n.event.Stream) }),
	"subject":       ofEvent(func(n *entry) operand { return textOperand(n.event.Stream) }),
	"correlation":   ofEvent(func(n *entry) operand { return textOperand(n.event.CorrelationID) }),
	"correlationid": ofEvent(func(n *entry) operand { return textOperand(n.event.CorrelationID) }),
	"causation":     ofEvent(func(n *entry) operand { return textOperand(n.event.CausationID) }),
	"causationid":   ofEvent(func(n *entry) operand { return textOperand(n.event.CausationID) }),
	"schemaversion": ofEvent(func(n *entry) operand { return textOperand(n.event.SchemaVersion) }),
	"sequence":      ofEvent(sequenceOperand),
	"time":          ofEvent(func(n *entry) operand { return timeOperand(n.event.Time) }),
	"recorded":      ofEvent(func(n *entry) operand { return timeOperand(n.event.Recorded) }),
	"recordedtime":  ofEvent(func(n *entry) operand { return timeOperand(n.event.Recorded) }),
}

func ofEvent(f func(*entry) operand) condition {
	return func(s *sight) (operand, bool) { return f(s.entry), true }
}

func sequenceOperand(n *entry) operand {
	if !n.hasSequence {
		return operand{}
	}
	return amountOperand(Decimal{small: n.sequence})
}

func timeOperand(t time.Time) operand {
	if t.IsZero() {
		return operand{}
	}
	return textOperand(t.AppendFormat(nil, time.RFC3339Nano))
}
