package avro

import (
	"fmt"
	"math"
	"slices"
)

// logicalKinds says which kinds a logical type annotates (specification,
// "Logical Types").
var logicalKinds = map[string][]kind{
	"decimal": {bytesKind, fixedKind}, "big-decimal": {bytesKind}, "uuid": {stringKind, fixedKind}, "duration": {fixedKind},
	"date": {intKind}, "time-millis": {intKind}, "time-micros": {longKind},
	"timestamp-millis": {longKind}, "timestamp-micros": {longKind}, "timestamp-nanos": {longKind},
	"local-timestamp-millis": {longKind}, "local-timestamp-micros": {longKind}, "local-timestamp-nanos": {longKind},
}

// logicalSizes are the sizes of a fixed that a logical type asks for.
var logicalSizes = map[string]int{"uuid": 16, "duration": 12}

// logicalType reads the logical type of a schema. One that does not apply is
// ignored, as the specification demands, and noted.
func (l *loader) logicalType(n *node, object map[string]any) {
	name, ok := object["logicalType"].(string)
	if !ok {
		return
	}
	if why := l.unfit(n, name, object); why != "" {
		l.ignored(n.at.member("logicalType"), name, why)
		return
	}
	n.logical = name
}

// unfit says why a logical type does not apply to a schema, or "". What the
// specification does not know is somebody's own and applies wherever it stands.
func (l *loader) unfit(n *node, name string, object map[string]any) string {
	kinds, known := logicalKinds[name]
	switch {
	case !known:
		return ""
	case !slices.Contains(kinds, n.kind):
		return fmt.Sprintf("it does not apply to %s", n.kind)
	case n.kind == fixedKind && logicalSizes[name] != 0 && logicalSizes[name] != n.size:
		return fmt.Sprintf("it needs a fixed of %d bytes", logicalSizes[name])
	case name == "decimal":
		return n.decimal(object)
	}
	return ""
}

// decimal reads precision and scale, and says what is wrong with them, or "".
func (n *node) decimal(object map[string]any) string {
	precision, ok := whole(object["precision"])
	if !ok || precision <= 0 {
		return "its precision must be a positive integer"
	}
	scale := 0
	if written, has := object["scale"]; has {
		if scale, ok = whole(written); !ok || scale < 0 || scale > precision {
			return "its scale must be an integer from 0 to the precision"
		}
	}
	if n.kind == fixedKind && precision > digits(n.size) {
		return fmt.Sprintf("%d bytes hold at most %d digits", n.size, digits(n.size))
	}
	n.precision, n.scale = precision, scale
	return ""
}

// digits is how many decimal digits a two's complement number of some bytes
// holds whatever they are.
func digits(bytes int) int {
	if bytes == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(2) * float64(8*bytes-1)))
}
