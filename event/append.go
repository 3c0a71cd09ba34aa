package event

import (
	"bytes"
	"fmt"
	"time"
)

// AppendNative appends the event in the native format: one CloudEvent in
// compact JSON and a newline. Its source is the event's Origin. The sequence is padded with zeros, because
// CloudEvents compares it as text. Extensions go along whose values are strings,
// numbers or truth values, under names as CloudEvents allows them: lower-case
// letters and digits.
func AppendNative(dst []byte, e *Event) []byte {
	dst = appendQuoted(append(dst, `{"specversion":"1.0","id":`...), e.ID)
	dst = appendQuoted(append(dst, `,"source":`...), []byte(e.Origin()))
	dst = appendQuoted(append(dst, `,"type":`...), []byte(e.Type))
	if e.Stream != nil {
		dst = appendQuoted(append(dst, `,"subject":`...), e.Stream)
	}
	dst = appendTime(dst, `,"time":"`, e.Time)
	dst = appendTime(dst, `,"recordedtime":"`, e.Recorded)
	if e.HasSequence {
		dst = fmt.Appendf(dst, `,"sequence":"%020d"`, e.Sequence)
	}
	if e.CorrelationID != nil {
		dst = appendQuoted(append(dst, `,"correlationid":`...), e.CorrelationID)
	}
	if e.CausationID != nil {
		dst = appendQuoted(append(dst, `,"causationid":`...), e.CausationID)
	}
	dst = e.appendExtensions(dst)
	if e.Metadata != nil {
		dst = appendQuoted(append(dst, `,"metadata":`...), e.Metadata)
	}
	switch {
	case e.Base64:
		dst = append(append(dst, `,"data_base64":`...), e.Data...)
	case e.Data != nil:
		dst = appendOneLine(append(dst, `,"data":`...), e.Data)
	}
	return append(dst, '}', '\n')
}

func appendTime(dst []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return append(t.AppendFormat(append(dst, name...), time.RFC3339Nano), '"')
}

// appendOneLine appends JSON text without the newlines that stood between its values.
func appendOneLine(dst, text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 {
		return append(dst, text...)
	}
	for _, c := range text { // inside strings newlines are escaped
		if c != '\n' && c != '\r' {
			dst = append(dst, c)
		}
	}
	return dst
}

func (e *Event) appendExtensions(dst []byte) []byte {
	written := map[string]bool{}
	schema := ""
	for key, value := range e.Extensions() {
		name := extensionName(key)
		scalar := value[0] != '{' && value[0] != '[' && value[0] != 'n'
		if _, taken := nativeNames[name]; name == "" || !scalar || written[name] || taken && !passes(name) {
			continue
		}
		written[name] = true
		if name == "dataschema" && value[0] == '"' {
			schema = string(versionOf(unquote(value)))
		}
		dst = append(append(append(dst, `,"`...), name...), `":`...)
		dst = append(dst, value...)
	}
	if e.SchemaVersion != "" && e.SchemaVersion != schema {
		dst = appendQuoted(append(dst, `,"schemaversion":`...), []byte(e.SchemaVersion))
	}
	return dst
}

// passes reports whether an attribute of the native format goes along as it is.
func passes(name string) bool { return name == "dataschema" || name == "partitionkey" }

// extensionName is a name as CloudEvents allows it, without what it does not.
func extensionName(key []byte) string {
	name := make([]byte, 0, len(key))
	for _, c := range bytes.ToLower(key) {
		if isDigit(c) || 'a' <= c && c <= 'z' {
			name = append(name, c)
		}
	}
	return string(name)
}
