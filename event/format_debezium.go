package event

import "bytes"

// Debezium's change events, with or without the schema around them. The type is
// the table and what happened to the row; the data is the row as it became, or
// as it was when it was deleted.
var debezium = format{
	name:  "debezium",
	title: "Debezium change events",
	score: func(record []member) int {
		if payload := find(record, "payload"); payload != nil && find(record, "op") == nil {
			record, _, _ = appendMembers(nil, payload, 0)
		}
		rows := points(record, nil, []string{"before", "after"}, nil)
		own := points(record, []string{"op", "source"}, []string{"ts_ms", "ts_us", "ts_ns", "transaction"}, nil)
		return min(rows, 1)*own + min(own, 1)*rows
	},
	rows: debeziumRows,
	places: placed{
		attrType:        {".type"},
		attrSource:      {".source.name", ".source.connector"},
		attrStream:      {".row.aggregateid", ".row.aggregate_id", ".row.stream_id", ".row.id", ".row.ID"},
		attrSequence:    {".row.sequence", ".row.version", ".source.lsn", ".source.pos", ".source.scn"},
		attrTime:        {".source.ts_ns", ".source.ts_us", ".source.ts_ms"},
		attrRecorded:    {".ts_ns", ".ts_us", ".ts_ms"},
		attrCorrelation: {".transaction.id", ".source.txId"},
		attrData:        {".row"},
		attrMetadata:    {".source"},
	},
	attributes: ".",
}

var debeziumOps = map[string]string{
	"c": "created", "u": "updated", "d": "deleted", "r": "read", "t": "truncated", "m": "message",
}

func debeziumRows(d *decoder, text []byte, record []member) error {
	if payload := find(record, "payload"); payload != nil && find(record, "op") == nil {
		var err error
		if d.members, _, err = appendMembers(d.members[:0], payload, 0); err != nil {
			return err
		}
		record = d.members
	}
	row := find(record, "after")
	if row == nil || row[0] == 'n' {
		row = find(record, "before")
	}
	start := len(d.scratch)
	d.scratch = append(d.scratch, `{"type":`...)
	d.scratch = appendQuoted(d.scratch, changeType(record))
	d.scratch = append(d.scratch, `,"row":`...)
	if row == nil {
		row = []byte("null")
	}
	d.scratch = append(d.scratch, row...)
	for _, m := range record {
		switch string(m.key) {
		case "type", "row", "before", "after":
			continue
		}
		d.scratch = append(d.scratch, ',')
		d.scratch = appendQuoted(d.scratch, m.key)
		d.scratch = append(d.scratch, ':')
		d.scratch = append(d.scratch, m.value...)
	}
	d.scratch = append(d.scratch, '}')
	return d.row(0, d.scratch[start:len(d.scratch):len(d.scratch)])
}

// changeType is the table and the operation, such as orders.updated.
func changeType(record []member) []byte {
	name := func(raw []byte) []byte {
		if len(raw) < 2 || raw[0] != '"' {
			return nil
		}
		return unquote(raw)
	}
	op := name(find(record, "op"))
	source := find(record, "source")
	table := name(lookup(source, "table"))
	if table == nil {
		table = name(lookup(source, "collection"))
	}
	what, ok := debeziumOps[string(op)]
	if !ok || len(table) == 0 {
		return bytes.Join([][]byte{table, op}, nil)
	}
	return bytes.Join([][]byte{table, []byte(what)}, []byte("."))
}
