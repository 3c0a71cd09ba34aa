package event

// CloudEvents 1.0 in JSON is the native format. One event a line is the form
// that AppendNative writes; the batch of the specification is an array.
var cloudEvents = format{
	name:   "cloudevents",
	title:  "CloudEvents 1.0 in JSON: one a line, as a batch, or one after the other",
	native: true,
	score: func(record []member) int {
		return points(record, []string{"specversion", "type"}, []string{"id", "source", "subject", "time", "data"}, nil)
	},
	rows:       whole,
	places:     nativePlaces,
	attributes: ".",
}

var nativePlaces = placed{
	attrID:            {".id"},
	attrType:          {".type"},
	attrSource:        {".source"},
	attrStream:        {".subject", ".partitionkey"},
	attrSequence:      {".sequence"},
	attrTime:          {".time"},
	attrRecorded:      {".recordedtime"},
	attrCorrelation:   {".correlationid"},
	attrCausation:     {".causationid"},
	attrSchemaVersion: {".schemaversion", ".dataschema"},
	attrData:          {".data"},
	attrMetadata:      {".metadata"},
}
