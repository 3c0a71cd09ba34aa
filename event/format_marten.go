package event

// Rows of Marten's table mt_events.
var marten = format{
	name:  "marten",
	title: "rows of Marten's mt_events",
	score: func(record []member) int {
		stream := points(record, []string{"stream_id"}, nil, nil) + points(record, []string{"stream_key"}, nil, nil)
		own := points(record, []string{"seq_id", "version", "type"},
			[]string{"mt_dotnet_type", "timestamp", "tenant_id", "is_archived", "data", "id"}, nil)
		return min(stream, 1) * own
	},
	rows: whole,
	places: placed{
		attrID:          {".id"},
		attrType:        {".type"},
		attrStream:      {".stream_key", ".stream_id"},
		attrSequence:    {".version"},
		attrTime:        {".timestamp"},
		attrCorrelation: {".correlation_id"},
		attrCausation:   {".causation_id"},
		attrData:        {".data"},
		attrMetadata:    {".headers"},
	},
	attributes: ".",
}
