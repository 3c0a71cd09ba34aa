package event

// Rows of Emmett's table emt_messages, PostgreSQL or SQLite.
var emmett = format{
	name:  "emmett",
	title: "rows of Emmett's emt_messages",
	score: func(record []member) int {
		return points(record, []string{"message_type", "stream_position", "message_data"},
			[]string{"stream_id", "message_id", "global_position", "message_metadata", "message_schema_version", "is_archived"}, nil)
	},
	rows: whole,
	places: placed{
		attrID:            {".message_id"},
		attrType:          {".message_type"},
		attrStream:        {".stream_id"},
		attrSequence:      {".stream_position"},
		attrTime:          {".message_metadata.time", ".message_metadata.timestamp", ".created"},
		attrRecorded:      {".created"},
		attrCorrelation:   {".message_metadata.correlationId", ".message_metadata.correlation_id"},
		attrCausation:     {".message_metadata.causationId", ".message_metadata.causation_id"},
		attrSchemaVersion: {".message_schema_version"},
		attrData:          {".message_data"},
		attrMetadata:      {".message_metadata"},
	},
	attributes: ".",
}
