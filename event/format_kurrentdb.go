package event

import "slices"

// KurrentDB, formerly EventStoreDB, over HTTP: events, or pages of a stream's
// feed with the newest event first.
var kurrentDB = format{
	name:  "kurrentdb",
	title: "KurrentDB (EventStoreDB) events or feed pages in JSON",
	score: func(record []member) int {
		if entries := find(record, "entries"); entries != nil {
			record, _, _ = appendMembers(nil, elementAt(entries, 0), 0)
		}
		return points(record, []string{"eventNumber", "streamId", "eventType"},
			[]string{"eventId", "updated", "created", "data", "metaData"}, nil)
	},
	rows: kurrentRows,
	places: placed{
		attrID:            {".eventId", ".id"},
		attrType:          {".eventType"},
		attrStream:        {".streamId"},
		attrSequence:      {".eventNumber"},
		attrTime:          {".metaData.$time", ".updated", ".created"},
		attrCorrelation:   {".metaData.$correlationId", ".metadata.$correlationId"},
		attrCausation:     {".metaData.$causationId", ".metadata.$causationId"},
		attrSchemaVersion: {".metaData.schemaVersion"},
		attrData:          {".data"},
		attrMetadata:      {".metaData", ".metadata"},
	},
	attributes: ".",
}

func kurrentRows(d *decoder, text []byte, record []member) error {
	entries := find(record, "entries")
	if entries == nil {
		return d.row(0, text)
	}
	type entry struct {
		at   int
		text []byte
	}
	var page []entry
	for at, element := range elements(entries) {
		page = append(page, entry{at, element})
	}
	base := within(text, entries)
	for _, e := range slices.Backward(page) {
		d.length = len(e.text)
		if err := d.row(base+e.at, e.text); err != nil {
			return err
		}
	}
	return nil
}
