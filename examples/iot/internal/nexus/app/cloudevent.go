package app

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/serve"
	"example.com/iot/internal/nexus/store"
)

// A cloudEventWriter writes events as CloudEvents in JSON, the native format of
// logs. It belongs to one goroutine at a time.
type cloudEventWriter struct {
	source string
	// routes are the decisions that were seen as attributes, by their text: the events
	// of a type have the same for as long as its facts and the weights stay.
	routes map[string][]byte
}

// maxRoutes is how many decisions are remembered, more than an app has types.
const maxRoutes = 1000

func newCloudEventWriter(source string) *cloudEventWriter {
	return &cloudEventWriter{source: source, routes: map[string][]byte{}}
}

// append appends an event and a newline. The subject is the stream without its
// tenant.
func (w *cloudEventWriter) append(dst []byte, e store.Event) []byte {
	subject, ok := serve.NameOf(e.Tenant, e.Stream)
	if !ok {
		subject = e.Stream
	}
	dst = appendQuoted(append(dst, `{"specversion":"1.0","id":`...), e.ID)
	dst = appendText(dst, `,"source":`, w.source)
	dst = appendText(dst, `,"type":`, e.Type)
	dst = appendText(dst, `,"subject":`, subject)
	dst = e.Time.AppendFormat(append(dst, `,"time":"`...), time.RFC3339Nano)
	dst = e.Recorded.AppendFormat(append(dst, `","recordedtime":"`...), time.RFC3339Nano)
	dst = appendSequence(append(dst, `","sequence":"`...), e.Version)
	dst = append(dst, `","datacontenttype":"application/json"`...)
	dst = appendText(dst, `,"schemaversion":`, e.SchemaVersion)
	dst = appendText(dst, `,"correlationid":`, e.CorrelationID)
	dst = appendText(dst, `,"causationid":`, e.CausationID)
	dst = appendText(dst, `,"actor":`, e.Actor)
	dst = appendText(dst, `,"tenant":`, e.Tenant)
	dst = strconv.AppendInt(append(dst, `,"position":"`...), e.Position, 10)
	dst = hex.AppendEncode(append(dst, `","hash":"`...), e.Hash[:])
	dst = append(append(dst, '"'), w.route(e.Decision)...)
	if len(e.Metadata) > 0 {
		dst = append(append(dst, `,"metadata":`...), oneLine(e.Metadata)...)
	}
	if len(e.Data) > 0 {
		dst = append(append(dst, `,"data":`...), oneLine(e.Data)...)
	}
	return append(dst, '}', '\n')
}

// route is the decision about an event as attributes.
func (w *cloudEventWriter) route(text json.RawMessage) []byte {
	if len(text) == 0 {
		return nil
	}
	if attributes, known := w.routes[string(text)]; known {
		return attributes
	}
	if len(w.routes) >= maxRoutes {
		clear(w.routes)
	}
	attributes := routeAttributes(text)
	w.routes[string(text)] = attributes
	return attributes
}

// routeAttributes are nothing if the text is no decision.
func routeAttributes(text json.RawMessage) []byte {
	var decision route.Decision
	if json.Unmarshal(text, &decision) != nil {
		return nil
	}
	attributes := decision.Attributes()
	var dst []byte
	for _, name := range sorted(attributes) {
		dst = appendQuoted(append(dst, `,"`+name+`":`...), attributes[name])
	}
	return dst
}

// appendText appends a member, unless its value is empty.
func appendText(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendQuoted(append(dst, name...), value)
}

// appendQuoted appends a text as encoding/json writes it.
func appendQuoted(dst []byte, text string) []byte {
	if unescaped(text) {
		return append(append(append(dst, '"'), text...), '"')
	}
	quoted, err := json.Marshal(text)
	if err != nil { // a string is always JSON
		panic(err)
	}
	return append(dst, quoted...)
}

// unescaped reports whether a text is the same in JSON, as most are.
func unescaped(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c >= utf8.RuneSelf:
			return false
		case c == '"' || c == '\\' || c == '<' || c == '>' || c == '&': // < > and & are escaped for HTML
			return false
		}
	}
	return true
}

// appendSequence appends a version with zeros before it: texts of one length are in
// the order of their numbers.
func appendSequence(dst []byte, version int64) []byte {
	const zeros = "00000000000000000000"
	var room [len(zeros)]byte
	digits := strconv.AppendInt(room[:0], version, 10)
	return append(append(dst, zeros[len(digits):]...), digits...)
}

// oneLine is JSON without the newlines between its values.
func oneLine(text json.RawMessage) json.RawMessage {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	return compact(text)
}
