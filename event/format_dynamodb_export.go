package event

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A full export of a DynamoDB table to S3: one item a line. It is spread over
// files by the hash of the key, so that a stream's events come in any order.
var dynamoExport = format{
	name:  "dynamodb-export",
	title: "full export of a DynamoDB table (DynamoDB JSON)",
	score: func(record []member) int {
		if len(record) == 1 && isTypedItem(find(record, "Item")) {
			return 4 // one key, but its typed values are unmistakable
		}
		return 0
	},
	rows: func(d *decoder, _ []byte, record []member) error {
		item := find(record, "Item")
		if item == nil {
			return errors.New("no Item in this record of a DynamoDB export")
		}
		row, err := d.dynamoRow(item)
		if err != nil {
			return err
		}
		return d.row(0, row)
	},
	places: dynamoPlaces, attributes: ".Item",
}

// exportFiles lists the data files of an export's folder as its manifest names
// them, with the number of items that each must hold. Whoever copied the export
// may have left the files in data/ or beside the manifest.
func exportFiles(folder string) ([]input, error) {
	list := filepath.Join(folder, "manifest-files.json")
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("reading the DynamoDB export: %w", err)
	}
	var inputs []input
	line := 0
	for entry := range bytes.Lines(text) {
		line++
		if entry = bytes.TrimSpace(entry); len(entry) == 0 {
			continue
		}
		in, err := exportFile(folder, entry)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", list, line, err)
		}
		inputs = append(inputs, in)
	}
	if len(inputs) == 0 {
		return nil, fmt.Errorf("reading the DynamoDB export: %s names no file", list)
	}
	return inputs, nil
}

func exportFile(folder string, entry []byte) (input, error) {
	if !isValid(entry) {
		return input{}, errors.New("not a line of JSON")
	}
	key := lookup(entry, "dataFileS3Key")
	if len(key) < 3 || key[0] != '"' {
		return input{}, errors.New("no dataFileS3Key")
	}
	items, err := strconv.ParseInt(string(lookup(entry, "itemCount")), 10, 64)
	if err != nil {
		items = -1
	}
	name := string(unquote(key))
	base := name[strings.LastIndexByte(name, '/')+1:]
	for _, name := range []string{filepath.Join(folder, "data", base), filepath.Join(folder, base)} {
		if _, err := os.Stat(name); err == nil {
			return input{name, items}, nil
		}
	}
	return input{}, fmt.Errorf("the data file %s is missing: copy the export again, with its folder data", base)
}
