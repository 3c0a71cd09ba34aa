package event

import "bytes"

// Debezium's change events, with or without the schema around them. The type is
// the table and what happened to the row, the stream is the table and the row's
// key; the data is the row as it became, or as it was when it was deleted.
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
		attrType:   {".type"},
		attrSource: {".source.name", ".source.connector"},
		attrStream: {".stream"},
		// MySQL's pos is none: it counts within one binlog file, and a replica that
		// takes over has files of its own.
		attrSequence:    {".row.sequence", ".row.version", ".source.lsn", ".source.scn"},
		attrTime:        {".source.ts_ns", ".source.ts_us", ".source.ts_ms"},
		attrRecorded:    {".ts_ns", ".ts_us", ".ts_ms"},
		attrCorrelation: {".transaction.id", ".source.txId"},
		attrData:        {".row"},
		attrMetadata:    {".source"},
	},
	attributes: ".",
	always:     attrStream,
}

// debeziumKeys are the columns that tell whose row it is, the surest first, and
// those without which they do not: an outbox has aggregates of many types.
var debeziumKeys = []struct{ id, kind string }{
	{"aggregateid", "aggregatetype"}, {"aggregate_id", "aggregate_type"}, {"stream_id", ""}, {"id", ""}, {"ID", ""},
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
	if stream := rowStream(find(record, "source"), embedded(row)); stream != nil {
		d.scratch = appendQuoted(append(d.scratch, `,"stream":`...), stream)
	}
	for _, m := range record {
		switch string(m.key) {
		case "type", "stream", "row", "before", "after":
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
	op := textOf(find(record, "op"))
	table := tableOf(find(record, "source"))
	what, ok := debeziumOps[string(op)]
	if !ok || len(table) == 0 {
		return bytes.Join([][]byte{table, op}, nil)
	}
	return bytes.Join([][]byte{table, []byte(what)}, []byte("."))
}

// rowStream names the stream of a row by its table and key, such as
// public.orders/17, since keys are unique within one table only; nil when the row
// has no key that is known. It looks at nothing but the record, so that a row has
// one name in whatever order files are read.
func rowStream(source, row []byte) []byte {
	for _, column := range debeziumKeys {
		key := lookup(row, column.id)
		if len(key) == 0 || key[0] == 'n' || key[0] == '{' || key[0] == '[' {
			continue
		}
		if key[0] == '"' {
			key = unquote(key)
		}
		parts := [][]byte{fullTable(source), key}
		if kind := textOf(lookup(row, column.kind)); kind != nil {
			parts = [][]byte{parts[0], kind, key}
		}
		return bytes.Join(parts, []byte("/"))
	}
	return nil
}

// fullTable is the table within its schema, or within its database where there
// are no schemas; SQL Server's connector reads many databases with schemas.
func fullTable(source []byte) []byte {
	var parts [][]byte
	database, schema := textOf(lookup(source, "db")), textOf(lookup(source, "schema"))
	if len(database) > 0 && (len(schema) == 0 || string(textOf(lookup(source, "connector"))) == "sqlserver") {
		parts = append(parts, database)
	}
	if len(schema) > 0 {
		parts = append(parts, schema)
	}
	return bytes.Join(append(parts, tableOf(source)), []byte("."))
}

// tableOf is the table, or MongoDB's collection.
func tableOf(source []byte) []byte {
	if table := textOf(lookup(source, "table")); table != nil {
		return table
	}
	return textOf(lookup(source, "collection"))
}

// textOf is what a JSON string says; nil when it is none.
func textOf(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	return unquote(raw)
}
