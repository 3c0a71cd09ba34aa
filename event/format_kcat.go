package event

import (
	"bytes"
	"slices"
)

// kcat -J: Kafka messages as JSON. CloudEvents are read in binary mode (ce_*
// headers) and in structured mode (the payload). In a row headers is an object,
// the ce_ cut off, and what a message with a type in its headers carries is data.
var kcat = format{
	name:  "kcat",
	title: "Kafka messages as kcat -J prints them",
	score: func(record []member) int {
		return points(record, []string{"topic", "partition", "offset", "payload"},
			[]string{"ts", "tstype", "broker", "key", "headers"}, nil)
	},
	rows: kcatRows,
	places: headerPlaces.also(houseUnder(".payload")).also(placed{
		attrSource:   {".topic"},
		attrStream:   {".key"},
		attrTime:     {".ts"},
		attrRecorded: {".ts"},
	}),
	attributes: ".headers",
	scoped:     ".key", scope: ".topic", scopeName: "topic",
}

var headerPlaces = placed{
	attrID:            {".headers.id"},
	attrType:          {".headers.type", ".headers.eventType", ".headers.event-type", ".headers.event_type"},
	attrSource:        {".headers.source"},
	attrStream:        {".headers.subject", ".headers.partitionkey"},
	attrSequence:      {".headers.sequence"},
	attrTime:          {".headers.time"},
	attrRecorded:      {".headers.recordedtime"},
	attrCorrelation:   {".headers.correlationid", ".headers.correlationId", ".headers.correlation-id"},
	attrCausation:     {".headers.causationid", ".headers.causationId", ".headers.causation-id"},
	attrSchemaVersion: {".headers.schemaversion", ".headers.dataschema"},
	attrData:          {".data"},
	attrMetadata:      {".headers.metadata"},
}

func kcatRows(d *decoder, text []byte, record []member) error {
	payload := find(record, "payload")
	if payload != nil && payload[0] == '"' {
		if inner := unquote(payload); isValid(inner) {
			payload = bytes.TrimSpace(inner)
		}
	}
	start := len(d.scratch)
	d.scratch = append(d.scratch, '{')
	for _, m := range record {
		switch string(m.key) {
		case "headers", "payload", "data":
			continue
		}
		d.scratch = append(appendQuoted(d.scratch, m.key), ':')
		d.scratch = append(append(d.scratch, m.value...), ',')
	}
	if lookup(payload, "specversion") != nil {
		d.scratch = append(append(d.scratch, `"headers":`...), payload...)
		payload = lookup(payload, "data")
	} else {
		d.scratch = appendHeaders(append(d.scratch, `"headers":`...), find(record, "headers"))
	}
	if payload != nil {
		name := `,"payload":`
		if typed(d.scratch[start:]) {
			name = `,"data":`
		}
		d.scratch = append(append(d.scratch, name...), payload...)
	}
	d.scratch = append(d.scratch, '}')
	return d.row(0, d.scratch[start:len(d.scratch):len(d.scratch)])
}

// typed reports whether the headers of the row, all but finished, tell a type.
func typed(row []byte) bool {
	headers := lookup(row, "headers")
	for _, place := range headerPlaces[attrType] {
		if lookup(headers, place[len(".headers."):]) != nil {
			return true
		}
	}
	return false
}

// appendHeaders makes an object of the flat array of names and values. Kafka
// allows a header twice; the last one counts.
func appendHeaders(dst, flat []byte) []byte {
	var headers []member
	var name []byte
	for _, element := range elements(flat) {
		if name == nil {
			if element[0] != '"' {
				break
			}
			name = bytes.TrimPrefix(unquote(element), []byte("ce_"))
			continue
		}
		headers = slices.DeleteFunc(headers, func(h member) bool { return bytes.Equal(h.key, name) })
		headers = append(headers, member{name, element})
		name = nil
	}
	dst = append(dst, '{')
	for i, h := range headers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(appendQuoted(dst, h.key), ':'), h.value...)
	}
	return append(dst, '}')
}
