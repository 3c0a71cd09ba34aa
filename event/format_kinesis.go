package event

import "errors"

// Records of Kinesis as Lambda, Firehose's transformation or get-records show
// them: the data is base64. A row has the names of Lambda's kinesis object.
var kinesis = format{
	name:  "kinesis",
	title: "Kinesis and Firehose records with base64 data",
	score: func(record []member) int {
		if list := either(record, "Records", "records"); list != nil {
			record, _, _ = appendMembers(nil, elementAt(list, 0), 0)
		}
		if inner := find(record, "kinesis"); inner != nil {
			record, _, _ = appendMembers(nil, inner, 0)
		}
		return points(record, []string{"data", "partitionKey", "sequenceNumber"}, []string{"approximateArrivalTimestamp", "kinesisSchemaVersion"}, nil) +
			points(record, []string{"Data", "PartitionKey", "SequenceNumber"}, []string{"ApproximateArrivalTimestamp"}, nil) +
			points(record, []string{"data", "recordId"}, []string{"approximateArrivalTimestamp", "kinesisRecordMetadata"}, nil)
	},
	rows: kinesisRows,
	places: houseUnder(".data").also(placed{
		attrStream:   {".partitionKey"},
		attrRecorded: {".approximateArrivalTimestamp"},
	}),
	attributes: ".data",
}

func kinesisRows(d *decoder, text []byte, record []member) error {
	return d.batch(text, either(record, "Records", "records"), d.kinesisRow)
}

func (d *decoder) kinesisRow(record []member) ([]byte, error) {
	if inner := find(record, "kinesis"); inner != nil {
		var err error
		if record, _, err = appendMembers(nil, inner, 0); err != nil {
			return nil, err
		}
	}
	data := either(record, "data", "Data")
	if data == nil || data[0] != '"' {
		return nil, errors.New("a Kinesis record without data")
	}
	start := len(d.scratch)
	d.scratch = append(d.scratch, `{"data":`...)
	var err error
	if d.scratch, err = appendDecoded(d.scratch, unquote(data)); err != nil {
		return nil, err
	}
	metadata := find(record, "kinesisRecordMetadata")
	for _, names := range [][2]string{
		{"partitionKey", "PartitionKey"},
		{"sequenceNumber", "SequenceNumber"},
		{"approximateArrivalTimestamp", "ApproximateArrivalTimestamp"},
	} {
		value := either(record, names[0], names[1])
		if value == nil {
			value = lookup(metadata, names[0])
		}
		if value != nil {
			d.scratch = append(d.scratch, `,"`+names[0]+`":`...)
			d.scratch = append(d.scratch, value...)
		}
	}
	d.scratch = append(d.scratch, '}')
	return d.scratch[start:len(d.scratch):len(d.scratch)], nil
}
