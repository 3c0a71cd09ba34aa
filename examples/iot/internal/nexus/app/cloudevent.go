package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/serve"
	"example.com/iot/internal/nexus/store"
)

// appendCloudEvent appends an event as a CloudEvent in JSON and a newline: the
// native format of logs. The subject is the stream without its tenant.
func appendCloudEvent(dst []byte, e store.Event, source string) []byte {
	subject, ok := serve.NameOf(e.Tenant, e.Stream)
	if !ok {
		subject = e.Stream
	}
	text := func(name, value string) {
		if value != "" {
			dst = append(append(dst, `,"`+name+`":`...), quote(value)...)
		}
	}
	dst = append(append(dst, `{"specversion":"1.0","id":`...), quote(e.ID)...)
	text("source", source)
	text("type", e.Type)
	text("subject", subject)
	dst = fmt.Appendf(dst, `,"time":"%s","recordedtime":"%s","sequence":"%020d"`, e.Time.Format(time.RFC3339Nano), e.Recorded.Format(time.RFC3339Nano), e.Version)
	text("datacontenttype", "application/json")
	text("schemaversion", e.SchemaVersion)
	text("correlationid", e.CorrelationID)
	text("causationid", e.CausationID)
	text("actor", e.Actor)
	text("tenant", e.Tenant)
	dst = fmt.Appendf(dst, `,"position":"%d"`, e.Position)
	text("hash", e.Hash.String())
	dst = appendRoute(dst, e.Decision)
	if len(e.Metadata) > 0 {
		dst = append(append(dst, `,"metadata":`...), oneLine(e.Metadata)...)
	}
	if len(e.Data) > 0 {
		dst = append(append(dst, `,"data":`...), oneLine(e.Data)...)
	}
	return append(dst, '}', '\n')
}

// appendRoute appends the decision about an event as attributes.
func appendRoute(dst []byte, text json.RawMessage) []byte {
	var decision route.Decision
	if len(text) == 0 || json.Unmarshal(text, &decision) != nil {
		return dst
	}
	attributes := decision.Attributes()
	for _, name := range sorted(attributes) {
		dst = append(append(dst, `,"`+name+`":`...), quote(attributes[name])...)
	}
	return dst
}

// quote is a text as JSON.
func quote(text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // a string is always JSON
		panic(err)
	}
	return quoted
}

// oneLine is JSON without the newlines between its values.
func oneLine(text json.RawMessage) json.RawMessage {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	return compact(text)
}
