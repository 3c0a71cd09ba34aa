package avro

import (
	"fmt"
)

// checkDefault refuses a default that is no value of its field, and notes one
// that fits a branch of a union other than the first: the specification allows
// it since version 1.12, and older readers refuse the whole schema.
func (l *loader) checkDefault(f *field) error {
	at := f.at.member("default")
	if why := misfit(f.value, f.typ.node); why != "" {
		return at.fail("malformed-default", fmt.Sprintf("the default %s of field %q does not fit its type: %s", shortText(f.value), f.name, why), "give the field a default of its type, or none")
	}
	if union := f.typ; union.kind == unionKind && misfit(f.value, union.branches[0].node) != "" {
		l.lints = append(l.lints, lint{
			rule: ruleLateDefault, at: at, before: union.describe(), after: f.value,
			message: fmt.Sprintf("the default %s of field %q fits a later branch of its union, and not the first, %s", shortText(f.value), f.name, union.branches[0].short()),
			hint:    "put the branch of the default first in the union",
		})
	}
	return nil
}

// misfit says why a JSON value is no default of a schema (specification,
// "Complex Types", the table of default values), or "".
func misfit(value any, n *node) string {
	j := &judge{left: judgeSteps}
	reasons := j.value(value, n, "")
	switch {
	case len(reasons) == 0:
		return ""
	case reasons[0].Pointer == "":
		return reasons[0].Message
	}
	return reasons[0].Pointer + ": " + reasons[0].Message
}

// plainDefault is the plainest default of a schema. ok is false when it has none.
func plainDefault(n *node) (value any, ok bool) {
	if n.kind == unionKind {
		if len(n.branches) == 0 {
			return nil, false
		}
		return plainDefault(n.branches[0].node)
	}
	if n.kind == enumKind && n.fallback != "" {
		return n.fallback, true
	}
	b := &builder{weights(n), maxDatum}
	value = b.smallest(n)
	return untagged(n, n.document(value)), b.left >= 0
}

// untagged is a datum as a default is written: without the labels of branches.
func untagged(n *node, value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, inner := range v {
			switch n.kind {
			case recordKind:
				object[key] = untagged(n.byName[key].typ.node, inner)
			case mapKind:
				object[key] = untagged(n.items.node, inner)
			case unionKind:
				return untagged(n.labelled(key), inner)
			}
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = untagged(n.items.node, v[i])
		}
		return list
	}
	return value
}

// labelled is the branch of a union with a label, or nil.
func (n *node) labelled(label string) *node {
	for _, b := range n.branches {
		if b.label() == label {
			return b.node
		}
	}
	return nil
}
