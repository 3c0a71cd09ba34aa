//go:build bench && (linux || darwin)

package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A streamHash is the state of a stream as a hash, in the form in which nexus
// replay verify prints it.
type streamHash struct {
	Stream string `json:"stream"`
	Hash   string `json:"hash"`
}

// A benchState is the state of a stream of a generated log.
type benchState struct {
	Status string      `json:"status"`
	Total  json.Number `json:"total"`
	Items  []benchItem `json:"items"`
}

// A benchItem has its fields in the order of canonical JSON.
type benchItem struct {
	Quantity int    `json:"quantity"`
	SKU      string `json:"sku"`
}

// hash is the SHA-256 of the state as canonical JSON, in which no decimal ends in
// zeros.
func (s benchState) hash() (string, error) {
	total := string(s.Total)
	if strings.Contains(total, ".") {
		total = strings.TrimRight(strings.TrimRight(total, "0"), ".")
	}
	text, err := json.Marshal(struct {
		Items  []benchItem `json:"items"`
		Status string      `json:"status"`
		Total  json.Number `json:"total"`
	}{s.Items, s.Status, json.Number(total)})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// readVerified reads the report of nexus replay verify.
func readVerified(r io.Reader) ([]streamHash, error) {
	var report struct {
		Data struct {
			Streams []streamHash `json:"streams"`
		} `json:"data"`
	}
	err := json.NewDecoder(r).Decode(&report)
	return report.Data.Streams, err
}

// readEvery reads the report of nexus replay --all.
func readEvery(r io.Reader) ([]streamHash, error) {
	var report struct {
		Data struct {
			Streams []struct {
				Stream string     `json:"stream"`
				State  benchState `json:"state"`
			} `json:"streams"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return nil, err
	}
	var states []streamHash
	for _, s := range report.Data.Streams {
		hash, err := s.State.hash()
		if err != nil {
			return nil, err
		}
		states = append(states, streamHash{s.Stream, hash})
	}
	return states, nil
}

// readLines reads a line of JSON for each stream.
func readLines(r io.Reader) ([]streamHash, error) {
	var states []streamHash
	for lines := json.NewDecoder(r); ; {
		var line struct {
			Stream string `json:"stream"`
			benchState
		}
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return states, nil
		} else if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(states)+1, err)
		}
		hash, err := line.hash()
		if err != nil {
			return nil, err
		}
		states = append(states, streamHash{line.Stream, hash})
	}
}
