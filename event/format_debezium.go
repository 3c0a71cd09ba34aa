package event

import "bytes"

// Debezium's change events, with or without the schema around them. The type is
// the table and what happened to the row, the stream is the table and the row's
// key; the data is the row as it became, or as it was when it was deleted. The key
// of the message may stand beside the event.
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
	scoped:     ".stream", scope: ".stream_scope", scopeName: "source database",
	own:        []string{"stream_scope"},
	tombstones: true,
}

// A keyColumn tells whose row it is, and a second column may have to say of what
// kind: an outbox has aggregates of many types.
type keyColumn struct{ id, kind string }

// The columns that tell whose row it is, the surest first. Those of an outbox go
// before the key of the message, the others stand in for it where there is none.
var (
	outboxKeys = []keyColumn{{"aggregateid", "aggregatetype"}, {"aggregate_id", "aggregate_type"}, {"stream_id", ""}}
	rowKeys    = []keyColumn{{"id", ""}, {"ID", ""}}
)

var debeziumOps = map[string]string{
	"c": "created", "u": "updated", "d": "deleted", "r": "read", "t": "truncated", "m": "message",
}

func debeziumRows(d *decoder, text []byte, record []member) error {
	key := find(record, "key")
	if payload := find(record, "payload"); payload != nil && find(record, "op") == nil {
		var err error
		if d.members, _, err = appendMembers(d.members[:0], payload, 0); err != nil {
			return err
		}
		record = d.members
		if inner := find(record, "key"); key == nil {
			key = inner
		}
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
	source := find(record, "source")
	if stream := rowStream(source, embedded(row), key); stream != nil {
		d.scratch = appendQuoted(append(d.scratch, `,"stream":`...), stream)
		d.scratch = appendQuoted(append(d.scratch, `,"stream_scope":`...), rowScope(source))
	}
	for _, m := range record {
		switch string(m.key) {
		case "type", "stream", "stream_scope", "row", "before", "after":
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
func rowStream(source, row, key []byte) []byte {
	parts := keyOf(row, outboxKeys)
	if parts == nil {
		parts = messageKey(key)
	}
	if parts == nil {
		parts = keyOf(row, rowKeys)
	}
	if parts == nil {
		return nil
	}
	return bytes.Join(append([][]byte{fullTable(source)}, parts...), []byte("/"))
}

// keyOf is the first of the columns that a row has, behind its kind.
func keyOf(row []byte, columns []keyColumn) [][]byte {
	for _, column := range columns {
		key := scalar(lookup(row, column.id))
		if key == nil {
			continue
		}
		if kind := textOf(lookup(row, column.kind)); kind != nil {
			return [][]byte{kind, key}
		}
		return [][]byte{key}
	}
	return nil
}

// messageKey is the values of a message's key, with or without the schema around
// them: those of the columns of the table's primary key, in their order.
func messageKey(key []byte) [][]byte {
	if key = embedded(key); len(key) == 0 || key[0] != '{' {
		if text := scalar(key); text != nil {
			return [][]byte{text}
		}
		return nil
	}
	if payload := lookup(key, "payload"); payload != nil && lookup(key, "schema") != nil {
		return messageKey(payload)
	}
	var parts [][]byte
	for _, value := range pairs(key) {
		text := scalar(value)
		if text == nil {
			return nil
		}
		parts = append(parts, text)
	}
	return parts
}

// scalar is what a text or a number says, nil for all else.
func scalar(raw []byte) []byte {
	switch {
	case len(raw) == 0 || raw[0] == 'n' || raw[0] == '{' || raw[0] == '[':
		return nil
	case raw[0] == '"':
		return unquote(raw)
	}
	return raw
}

// rowScope names the database that a row comes from: the connector that reads it,
// and the database where the name of the table does not have it.
func rowScope(source []byte) []byte {
	name, database := textOf(lookup(source, "name")), textOf(lookup(source, "db"))
	switch {
	case len(database) == 0 || namesDatabase(source):
		return name
	case len(name) == 0:
		return database
	}
	return bytes.Join([][]byte{name, database}, []byte("."))
}

// fullTable is the table within its schema, or within its database where there
// are no schemas; SQL Server's connector reads many databases with schemas.
func fullTable(source []byte) []byte {
	var parts [][]byte
	if database := textOf(lookup(source, "db")); len(database) > 0 && namesDatabase(source) {
		parts = append(parts, database)
	}
	if schema := textOf(lookup(source, "schema")); len(schema) > 0 {
		parts = append(parts, schema)
	}
	return bytes.Join(append(parts, tableOf(source)), []byte("."))
}

// namesDatabase reports whether tables are named within their database.
func namesDatabase(source []byte) bool {
	return len(textOf(lookup(source, "schema"))) == 0 || string(textOf(lookup(source, "connector"))) == "sqlserver"
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
