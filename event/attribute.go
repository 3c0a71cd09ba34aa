package event

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An attribute is a thing that an event may have and a mapping can place.
type attribute uint8

const (
	attrOther attribute = iota
	attrID
	attrType
	attrSource
	attrStream
	attrSequence
	attrTime
	attrRecorded
	attrCorrelation
	attrCausation
	attrSchemaVersion
	attrData
	attrMetadata
	attributeCount

	// What only the native format has.
	attrSpecVersion = iota
	attrPartitionKey
	attrDataSchema
	attrDataBase64
	attributeTotal
)

// attributeNames are the words of Options.Map.
var attributeNames = [attributeCount]string{
	"", "id", "type", "source", "stream", "sequence", "time", "recorded",
	"correlation", "causation", "schema-version", "data", "metadata",
}

func (a attribute) String() string {
	if a < attributeCount {
		return attributeNames[a]
	}
	return [...]string{"specversion", "partitionkey", "dataschema", "data_base64"}[a-attrSpecVersion]
}

// AttributeNames lists what Options.Map can place.
func AttributeNames() []string { return slices.Clone(attributeNames[1:]) }

func attributeByName(name string) (attribute, error) {
	if i := slices.Index(attributeNames[1:], name); i >= 0 {
		return attribute(i + 1), nil
	}
	return 0, fmt.Errorf("an event has no attribute %q: choose from %s", name, strings.Join(attributeNames[1:], ", "))
}

// placed lists, by attribute, the paths at which it may be found, the likeliest first.
type placed [attributeCount][]string

// houseNames are the keys under which teams keep the attributes in records of
// their own shape.
var houseNames = placed{
	attrID:            {"id", "eventId", "event_id", "EventId", "messageId", "message_id"},
	attrType:          {"type", "eventType", "event_type", "EventType", "Type"},
	attrSource:        {"source", "service", "producer"},
	attrStream:        {"subject", "stream", "streamId", "stream_id", "aggregateId", "aggregate_id", "AggregateId", "entityId", "entity_id", "pk", "PK", "partitionkey", "partitionKey"},
	attrSequence:      {"sequence", "sequenceNumber", "sequence_number", "seq", "version", "Version", "aggregateVersion", "aggregate_version", "streamVersion", "stream_version", "revision", "position", "sk", "SK"},
	attrTime:          {"time", "timestamp", "ts", "occurredAt", "occurred_at", "eventTime", "event_time", "createdAt", "created_at"},
	attrRecorded:      {"recordedtime", "recordedAt", "recorded_at", "insertedAt", "inserted_at"},
	attrCorrelation:   {"correlationid", "correlationId", "correlation_id"},
	attrCausation:     {"causationid", "causationId", "causation_id"},
	attrSchemaVersion: {"schemaversion", "schemaVersion", "schema_version", "eventVersion", "event_version", "dataschema"},
	attrData:          {"data", "payload", "body", "detail", "event"},
	attrMetadata:      {"metadata", "metaData", "meta", "headers"},
}

// houseUnder places the attributes under prefix by their usual names. Where no
// name of the data fits, the object at prefix is the data.
func houseUnder(prefix string) placed {
	var p placed
	for a, names := range houseNames {
		for _, name := range names {
			p[a] = append(p[a], prefix+"."+name)
		}
	}
	p[attrData] = append(p[attrData], cmp.Or(prefix, "."))
	return p
}
