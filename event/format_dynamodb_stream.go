package event

import "errors"

// Records of a DynamoDB stream: the batches that Lambda is given, or one record
// a line as pipes and Kinesis deliver them.
var dynamoStream = format{
	name:  "dynamodb-stream",
	title: "records of a DynamoDB stream",
	score: func(record []member) int {
		if list := find(record, "Records"); list != nil {
			record, _, _ = appendMembers(nil, elementAt(list, 0), 0)
		}
		if lookup(find(record, "dynamodb"), "Keys") == nil {
			return 0
		}
		return 2 + points(record, []string{"dynamodb", "eventName"}, []string{"eventID", "eventSource", "eventSourceARN"}, nil)
	},
	rows: func(d *decoder, text []byte, record []member) error {
		return d.batch(text, find(record, "Records"), d.streamRow)
	},
	places: dynamoPlaces, attributes: ".Item",
}

func (d *decoder) streamRow(record []member) ([]byte, error) {
	change := find(record, "dynamodb")
	if change == nil {
		return nil, errors.New("a record of a DynamoDB stream without dynamodb")
	}
	image := lookup(change, "NewImage")
	if image == nil && lookup(change, "OldImage") == nil && string(find(record, "eventName")) != `"REMOVE"` {
		return nil, errors.New("the stream holds keys only: let it show new images (StreamViewType NEW_IMAGE)")
	}
	return d.dynamoRow(image,
		member{[]byte("written"), lookup(change, "ApproximateCreationDateTime")},
		member{[]byte("eventName"), find(record, "eventName")},
		member{[]byte("sequenceNumber"), lookup(change, "SequenceNumber")})
}
