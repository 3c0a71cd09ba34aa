package report

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// csvColumns are the documented columns. New ones are only ever appended.
// status is active, waived, baseline or unchecked; an unchecked line is something
// that could not be checked, with its code under rule.
var csvColumns = []string{
	"status", "severity", "rule", "subject", "message", "hint", "file", "line", "column", "end_line", "end_column",
	"pointer", "side", "direction", "proof", "witness", "old", "new", "owners", "affects", "fingerprint",
	"waiver_owner", "waiver_reason", "waiver_expires",
}

// renderCSV writes one line a finding under a line of column names. The tables
// that are an answer follow, each under its own column names behind an empty line;
// where a question was answered and nothing judged, they are all there is.
func renderCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	blocks := r.answers()
	if !r.isAnswer() || len(r.Findings)+len(r.Errors) > 0 {
		blocks = slices.Insert(blocks, 0, csvFindings(r))
	}
	for i, lines := range blocks {
		if i > 0 {
			out.Flush()
			if _, err := io.WriteString(w, "\n"); err != nil {
				return fmt.Errorf("writing the csv report: %w", err)
			}
		}
		if err := out.WriteAll(lines); err != nil {
			return fmt.Errorf("writing the csv report: %w", err)
		}
	}
	return nil
}

// answers are the tables that answer a question, as lines of CSV: all of a report
// that judged nothing, else those that say so.
func (r *Report) answers() [][][]string {
	var blocks [][][]string
	for _, t := range r.Tables {
		if !t.Answer && !r.isAnswer() {
			continue
		}
		lines := [][]string{csvAnswer(t.Columns)}
		for _, row := range t.Rows {
			lines = append(lines, csvAnswer(row))
		}
		blocks = append(blocks, lines)
	}
	return blocks
}

// csvAnswer is a line of an answer: a number below zero is no formula, nor is the
// dash that stands for nothing.
func csvAnswer(cells []string) []string {
	line := make([]string, len(cells))
	for i, cell := range cells {
		if line[i] = cell; cell != "-" && (!strings.HasPrefix(cell, "-") || !json.Valid([]byte(cell))) {
			line[i] = csvCell(cell)
		}
	}
	return line
}

func csvFindings(r *Report) [][]string {
	lines := [][]string{csvColumns}
	for _, f := range r.Findings {
		lines = append(lines, csvFinding(f))
	}
	for _, p := range r.Errors {
		lines = append(lines, csvProblem(p))
	}
	return lines
}

func csvFinding(f Finding) []string {
	witness, waiver := Witness{}, Waiver{}
	if f.Witness != nil {
		witness = *f.Witness
	}
	if f.Waiver != nil {
		waiver = *f.Waiver
	}
	place := f.Location
	return csvLine(
		csvStatus(f), string(f.Severity), f.Rule, f.Subject, f.Message, f.Hint,
		place.File, csvNumber(place.Line), csvNumber(place.Column), csvNumber(place.EndLine), csvNumber(place.EndColumn),
		place.Pointer, place.Side, deref(f.Direction), deref(f.Proof), witness.Body(), witness.Old, witness.New,
		strings.Join(f.Owners, "; "), strings.Join(f.Affects, "; "), f.Fingerprint,
		waiver.Owner, waiver.Reason, waiver.Expires,
	)
}

func csvStatus(f Finding) string {
	switch {
	case f.Active():
		return "active"
	case f.Waiver.Baseline:
		return "baseline"
	}
	return "waived"
}

func csvProblem(p Problem) []string {
	place := p.place()
	line := csvLine(
		"unchecked", "", cmp.Or(p.Code, "unchecked"), deref(p.Subject), p.Message, strings.Join(p.Hints, "; "),
		place.File, csvNumber(place.Line), csvNumber(place.Column), csvNumber(place.EndLine), csvNumber(place.EndColumn),
		place.Pointer, place.Side,
	)
	return append(line, make([]string, len(csvColumns)-len(line))...)
}

func csvLine(cells ...string) []string {
	for i, cell := range cells {
		cells[i] = csvCell(cell)
	}
	return cells
}

// csvNumber leaves an unknown position empty.
func csvNumber(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// csvCell puts an apostrophe before text that a spreadsheet would run as a
// formula: schemas come from pull requests, and their names land here. The
// full-width signs are formulas in East Asian locales.
func csvCell(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace))
	if text != "" && (strings.ContainsRune("=+-@＝＋－＠", first) || strings.ContainsRune("\t\r\n", rune(text[0]))) {
		return "'" + text
	}
	return text
}
