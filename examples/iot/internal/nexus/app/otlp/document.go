package otlp

import (
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// The documents are those of opentelemetry/proto, in the JSON form of protocol
// buffers: whole numbers of 64 bits are texts, and ids are in hexadecimal.

type keyValue struct {
	Key   string   `json:"key"`
	Value anyValue `json:"value"`
}

// anyValue has one member.
type anyValue struct {
	String *string     `json:"stringValue,omitempty"`
	Bool   *bool       `json:"boolValue,omitempty"`
	Int    *string     `json:"intValue,omitempty"`
	Double *float64    `json:"doubleValue,omitempty"`
	Array  *arrayValue `json:"arrayValue,omitempty"`
}

type arrayValue struct {
	Values []anyValue `json:"values"`
}

type resourceOf struct {
	Attributes []keyValue `json:"attributes,omitempty"`
}

type scopeOf struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

func resourceDocument(r *resource.Resource) resourceOf {
	return resourceOf{Attributes: attributes(r.Attributes())}
}

func scopeDocument(s instrumentation.Scope) scopeOf { return scopeOf{Name: s.Name, Version: s.Version} }

func attributes(list []attribute.KeyValue) []keyValue {
	out := make([]keyValue, 0, len(list))
	for _, a := range list {
		out = append(out, keyValue{Key: string(a.Key), Value: value(a.Value)})
	}
	return out
}

func value(v attribute.Value) anyValue {
	switch v.Type() {
	case attribute.BOOL:
		return boolean(v.AsBool())
	case attribute.INT64:
		return integer(v.AsInt64())
	case attribute.FLOAT64:
		return double(v.AsFloat64())
	case attribute.STRING:
		return text(v.AsString())
	case attribute.BOOLSLICE:
		return array(v.AsBoolSlice(), boolean)
	case attribute.INT64SLICE:
		return array(v.AsInt64Slice(), integer)
	case attribute.FLOAT64SLICE:
		return array(v.AsFloat64Slice(), double)
	case attribute.STRINGSLICE:
		return array(v.AsStringSlice(), text)
	}
	return text(fmt.Sprint(v.AsInterface()))
}

func boolean(b bool) anyValue   { return anyValue{Bool: &b} }
func double(f float64) anyValue { return anyValue{Double: &f} }
func text(s string) anyValue    { return anyValue{String: &s} }

func integer(i int64) anyValue {
	digits := strconv.FormatInt(i, 10)
	return anyValue{Int: &digits}
}

func array[T any](list []T, one func(T) anyValue) anyValue {
	a := arrayValue{Values: make([]anyValue, 0, len(list))}
	for _, item := range list {
		a.Values = append(a.Values, one(item))
	}
	return anyValue{Array: &a}
}

// nanos is a moment; a zero time is 0, as protocol buffers have it.
func nanos(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixNano(), 10)
}
