// Command replaybench folds a log as most Go programs would: encoding/json into
// a struct, line by line, and a map of states. It writes a line of JSON for
// every stream. It trusts the order of the lines and does not look at sequences.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// event is what the fold needs, and what a program would look at to fold safely.
type event struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Subject  string `json:"subject"`
	Sequence string `json:"sequence"`
	Data     struct {
		Status string      `json:"status"`
		Amount json.Number `json:"amount"`
		Item   item        `json:"item"`
	} `json:"data"`
}

type item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

type state struct {
	status string
	cents  int64
	items  []item
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: replaybench LOG")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "replaybench:", err)
		os.Exit(1)
	}
}

func run(log string, out io.Writer) error {
	file, err := os.Open(log)
	if err != nil {
		return err
	}
	defer file.Close()
	states, err := fold(file)
	if err != nil {
		return fmt.Errorf("folding %s: %w", log, err)
	}
	return write(out, states)
}

func fold(log io.Reader) (map[string]*state, error) {
	states := map[string]*state{}
	lines := bufio.NewScanner(bufio.NewReaderSize(log, 1<<20))
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		amount, err := cents(e.Data.Amount.String())
		if err != nil {
			return nil, err
		}
		s := states[e.Subject]
		if s == nil {
			s = &state{}
			states[e.Subject] = s
		}
		s.status = e.Data.Status
		s.cents += amount
		s.items = append(s.items, e.Data.Item)
	}
	return states, lines.Err()
}

var errNotCents = errors.New("an amount without two decimals")

// cents reads an amount such as 12.05 without a detour through floats.
func cents(amount string) (int64, error) {
	whole, fraction, ok := strings.Cut(amount, ".")
	if !ok || len(fraction) != 2 {
		return 0, errNotCents
	}
	return strconv.ParseInt(whole+fraction, 10, 64)
}

func write(out io.Writer, states map[string]*state) error {
	buffered := bufio.NewWriterSize(out, 1<<20)
	lines := json.NewEncoder(buffered)
	for _, id := range slices.Sorted(maps.Keys(states)) {
		s := states[id]
		total := json.Number(fmt.Sprintf("%d.%02d", s.cents/100, s.cents%100))
		err := lines.Encode(struct {
			Stream string      `json:"stream"`
			Status string      `json:"status"`
			Total  json.Number `json:"total"`
			Items  []item      `json:"items"`
		}{id, s.status, total, s.items})
		if err != nil {
			return err
		}
	}
	return buffered.Flush()
}
