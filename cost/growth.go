package cost

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// A SchemaField is a field of a JSON Schema, with the keywords that say what its
// values look like.
type SchemaField struct {
	Path     string // such as customer.email or items[].sku
	Type     string
	Keywords map[string]any
}

// Growth is what a change of a schema adds to the events of a type although nobody
// touched the size that is declared.
type Growth struct {
	Bytes  int      // of an event, as compact JSON
	Fields []string // that came
}

// Grown estimates the growth of a type's events by the fields that came and went.
// Fields that come are taken for present in every event, since a gate asks for the
// upper end; lists for lists of one. It never says that events shrink: values that
// are left out were perhaps never there.
func Grown(was, is []SchemaField) Growth {
	bytes := 0
	var g Growth
	for _, f := range is {
		if !hasField(was, f.Path) {
			bytes += f.bytes()
			g.Fields = append(g.Fields, f.Path)
		}
	}
	for _, f := range was {
		if !hasField(is, f.Path) {
			bytes -= f.bytes()
		}
	}
	g.Bytes = max(0, bytes)
	return g
}

func hasField(list []SchemaField, path string) bool {
	return slices.ContainsFunc(list, func(f SchemaField) bool { return f.Path == path })
}

// Sizes of values in bytes, with their quotes, where the schema says no more.
const (
	textBytes   = 22 // twenty characters
	numberBytes = 8
	keyBytes    = 12 // of a map
)

var formatBytes = map[string]int{
	"date-time": 26, "date": 12, "time": 11, "uuid": 38, "email": 27, "uri": 52, "ipv4": 15, "ipv6": 41, "duration": 8,
}

// bytes is the name of the field with quotes, colon and comma, and a typical value.
func (f SchemaField) bytes() int {
	name := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
	size := len(`"":,`)
	switch {
	case strings.HasSuffix(name, "[]"):
		size = len(",")
	case strings.HasSuffix(name, "[*]"):
		size += keyBytes
	default:
		size += len(name)
	}
	return size + f.valueBytes()
}

func (f SchemaField) valueBytes() int {
	if c, ok := f.Keywords["const"]; ok {
		return jsonBytes(c)
	}
	if values, ok := f.Keywords["enum"].([]any); ok && len(values) > 0 {
		longest := 0
		for _, v := range values {
			longest = max(longest, jsonBytes(v))
		}
		return longest
	}
	switch kind := strings.TrimSpace(strings.NewReplacer("null", "", "|", "", ",", "", " ", "").Replace(f.Type)); kind {
	case "boolean":
		return len("false")
	case "integer", "number":
		return numberBytes
	case "object", "array":
		return len("{}") // what is in it are fields of their own
	}
	return f.textBytes()
}

func (f SchemaField) textBytes() int {
	if format, ok := f.Keywords["format"].(string); ok && formatBytes[format] > 0 {
		return formatBytes[format]
	}
	size := textBytes
	if longest, ok := f.length("maxLength"); ok {
		size = min(size, longest+2)
	}
	if shortest, ok := f.length("minLength"); ok {
		size = max(size, shortest+2)
	}
	return size
}

func (f SchemaField) length(keyword string) (int, bool) {
	number, ok := f.Keywords[keyword].(json.Number)
	if !ok {
		return 0, false
	}
	x, err := number.Float64()
	return int(min(max(x, 0), maxBytes)), err == nil && !math.IsNaN(x)
}

func jsonBytes(value any) int {
	text, err := json.Marshal(value)
	if err != nil {
		return textBytes
	}
	return len(text)
}

// Grow adds growth to the sizes of declared types, by type.
func (w *Workload) Grow(growth map[string]Growth) {
	for i := range w.Types {
		t := &w.Types[i]
		g, ok := growth[t.Type]
		if !ok || g.Bytes == 0 {
			continue
		}
		was := t.MeanBytes()
		t.Sizes = slices.Clone(t.Sizes)
		for n := range t.Sizes {
			t.Sizes[n].Bytes += g.Bytes
		}
		if was > 0 {
			t.Peak.Bytes *= t.MeanBytes() / was
		}
		t.Grown = g
	}
}

// String says what came, and that its size is an estimate.
func (g Growth) String() string {
	const most = 3
	named := strings.Join(g.Fields[:min(most, len(g.Fields))], ", ")
	if len(g.Fields) > most {
		named += ", …"
	}
	return fmt.Sprintf("its schema gained %s (%s), estimated at %d bytes because the declared size was left as it was", report.Count(len(g.Fields), "field"), named, g.Bytes)
}
