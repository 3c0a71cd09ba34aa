package avro

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// validator judges documents in Avro's JSON encoding as a reader takes them: a
// field that is absent needs a default, a field that the schema does not know is
// passed over. Event logs often leave out the labels of a union's branches, so a
// bare value is taken for the first branch that it fits.
type validator struct{ root *node }

// Validate returns nil or a *schema.Invalid with every reason.
func (v validator) Validate(value any) error {
	j := &judge{document: true, left: judgeSteps}
	if reasons := j.value(value, v.root, ""); len(reasons) > 0 {
		return &schema.Invalid{Reasons: reasons}
	}
	return nil
}

// judgeSteps bounds how many values and branches are looked at: trying every
// branch for a bare value can take exponentially many.
const judgeSteps = 1 << 18

// judge holds JSON values against schemas.
type judge struct {
	// document is set for what a reader is given, where branches of unions may be
	// labelled and an enum's default stands in for an unknown symbol; else the
	// value is a default.
	document bool
	left     int
	trying   bool // a branch that may not be meant: its reasons are not kept
}

func (j *judge) reason(at, keyword, format string, args ...any) []schema.Reason {
	if j.trying {
		return rejected
	}
	return []schema.Reason{{Pointer: at, Keyword: keyword, Message: fmt.Sprintf(format, args...)}}
}

// value lists why a value does not fit a schema.
func (j *judge) value(value any, n *node, at string) []schema.Reason {
	if j.left--; j.left < 0 {
		return j.tooLarge(at)
	}
	switch n.kind {
	case unionKind:
		return j.union(value, n, at)
	case recordKind:
		return j.record(value, n, at)
	case arrayKind:
		return j.array(value, n, at)
	case mapKind:
		return j.mapping(value, n, at)
	case enumKind:
		if text, ok := value.(string); !ok || !n.hasSymbol[text] && (!j.document || n.fallback == "") {
			return j.unfit(value, at, "enum", "a symbol of "+n.name)
		}
		return nil
	case bytesKind, fixedKind:
		return j.bytes(value, n, at)
	}
	return j.primitive(value, n.kind, at)
}

// rejected stands for reasons that nobody will read.
var rejected = []schema.Reason{{Message: "it does not fit"}}

func (j *judge) unfit(value any, at, keyword, want string) []schema.Reason {
	if j.trying {
		return rejected
	}
	return j.reason(at, keyword, "%s is not %s", shortText(value), want)
}

func (j *judge) union(value any, n *node, at string) []schema.Reason {
	if branch, inner, ok := n.unlabel(value); ok && j.document {
		return j.value(inner, branch, document.Join(at, branch.label()))
	}
	before := j.trying
	j.trying = true
	fits := slices.ContainsFunc(n.branches, func(b use) bool { return len(j.value(value, b.node, at)) == 0 })
	j.trying = before
	switch {
	case fits:
		return nil
	case j.left < 0:
		return j.tooLarge(at)
	}
	return j.unfit(value, at, "type", "any branch of "+n.describe())
}

func (j *judge) tooLarge(at string) []schema.Reason {
	return j.reason(at, "type", "the value is too large to try every branch of the unions around it")
}

// unlabel takes the label of a branch off a value.
func (n *node) unlabel(value any) (branch *node, inner any, ok bool) {
	object, _ := value.(map[string]any)
	if len(object) != 1 {
		return nil, nil, false
	}
	for key, inner := range object {
		if branch := n.labelled(key); branch != nil {
			return branch, inner, true
		}
	}
	return nil, nil, false
}

func (j *judge) record(value any, n *node, at string) []schema.Reason {
	object, ok := value.(map[string]any)
	if !ok {
		return j.unfit(value, at, "type", "a record "+n.name)
	}
	var reasons []schema.Reason
	for _, f := range n.fields {
		inner, has := object[f.name]
		switch {
		case has:
			reasons = append(reasons, j.value(inner, f.typ.node, document.Join(at, f.name))...)
		case !f.hasDefault:
			reasons = append(reasons, j.reason(at, "required", "the field %q is missing and has no default", f.name)...)
		}
	}
	return reasons
}

func (j *judge) array(value any, n *node, at string) []schema.Reason {
	list, ok := value.([]any)
	if !ok {
		return j.unfit(value, at, "type", "an array")
	}
	var reasons []schema.Reason
	for i, item := range list {
		reasons = append(reasons, j.value(item, n.items.node, document.Join(at, strconv.Itoa(i)))...)
	}
	return reasons
}

func (j *judge) mapping(value any, n *node, at string) []schema.Reason {
	object, ok := value.(map[string]any)
	if !ok {
		return j.unfit(value, at, "type", "a map")
	}
	var reasons []schema.Reason
	for _, key := range sortedKeys(object) {
		reasons = append(reasons, j.value(object[key], n.items.node, document.Join(at, key))...)
	}
	return reasons
}

func (j *judge) primitive(value any, k kind, at string) []schema.Reason {
	fits, want := false, "a "+string(k)
	switch k {
	case nullKind:
		fits, want = value == nil, "null"
	case booleanKind:
		_, fits = value.(bool)
	case intKind:
		fits, want = integer(value, 32), "an integer of 32 bits"
	case longKind:
		fits, want = integer(value, 64), "an integer of 64 bits"
	case floatKind, doubleKind:
		fits, want = number(value), "a number"
	case stringKind:
		_, fits = value.(string)
	}
	if fits {
		return nil
	}
	return j.unfit(value, at, "type", want)
}

func integer(value any, bits int) bool {
	number, ok := value.(json.Number)
	if !ok {
		return false
	}
	_, err := strconv.ParseInt(number.String(), 10, bits)
	return err == nil
}

// number takes the three words that JSON has no numbers for as well.
func number(value any) bool {
	switch v := value.(type) {
	case json.Number:
		return true
	case string:
		return v == "NaN" || v == "Infinity" || v == "-Infinity"
	}
	return false
}

// bytes wants a string whose code points, up to 255, are the bytes.
func (j *judge) bytes(value any, n *node, at string) []schema.Reason {
	text, ok := value.(string)
	switch {
	case !ok:
		return j.unfit(value, at, "type", "a string of bytes")
	case strings.ContainsFunc(text, func(r rune) bool { return r > 0xff }):
		return j.unfit(value, at, "type", "a string of bytes: it holds a character above U+00FF")
	case n.kind == fixedKind && utf8.RuneCountInString(text) != n.size:
		return j.unfit(value, at, "size", fmt.Sprintf("a string of %d bytes", n.size))
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
