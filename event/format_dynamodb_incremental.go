package event

// An incremental export of a DynamoDB table: per item of the window one record
// with the image it ended with. It is the history of a table that holds one
// event an item, and not of one whose items change.
var dynamoIncremental = format{
	name:  "dynamodb-incremental",
	title: "incremental export of a DynamoDB table (Keys, NewImage)",
	score: func(record []member) int {
		keys := points(record, []string{"Keys"}, nil, []string{"dynamodb", "SequenceNumber"})
		rest := points(record, nil, []string{"NewImage", "OldImage", "Metadata"}, nil)
		if keys == 0 || rest == 0 || !isTypedItem(find(record, "Keys")) {
			return 0
		}
		return 2 + keys + rest
	},
	rows: func(d *decoder, _ []byte, record []member) error {
		written := lookup(find(record, "Metadata"), "WriteTimestampMicros")
		if len(written) > 0 && written[0] == '{' {
			written = lookup(written, "N") // some exports write the bare number
		}
		row, err := d.dynamoRow(find(record, "NewImage"), member{[]byte("written"), written})
		if err != nil {
			return err
		}
		return d.row(0, row)
	},
	places: dynamoPlaces, attributes: ".Item",
}
