package ui

import (
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

const (
	columnGap = 2
	// narrowest is the width below which a column is of no use; a table that
	// would need narrower ones is written as records instead.
	narrowest = 8
)

// tableLines lays a table out in at most limit cells: columns aligned, long
// cells wrapped, numbers to the right. A table with more columns than the width
// can hold becomes records, one "column: value" a line, without a head.
func tableLines(t report.Table, limit int) (head, body []string) {
	columns := len(t.Columns)
	for _, row := range t.Rows {
		columns = max(columns, len(row))
	}
	if columns == 0 {
		return nil, nil
	}
	header := padRow(t.Columns, columns)
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = padRow(row, columns)
	}
	widths, fits := columnWidths(append([][]string{header}, rows...), limit)
	if !fits {
		return nil, recordLines(header, rows, limit)
	}
	right := numericColumns(rows, columns)
	for _, row := range rows {
		body = append(body, rowLines(row, widths, right)...)
	}
	return rowLines(header, widths, right), body
}

// padRow returns the row on single lines, with exactly n cells.
func padRow(row []string, n int) []string {
	out := make([]string, n)
	for i := range min(n, len(row)) {
		out[i] = flat(row[i])
	}
	return out
}

// columnWidths gives each column what its longest cell needs, then takes cells
// from the widest until the table fits.
func columnWidths(rows [][]string, limit int) (widths []int, fits bool) {
	widths = make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], width(cell))
		}
	}
	total := columnGap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > limit; total-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= narrowest {
			return nil, false
		}
		widths[widest]--
	}
	return widths, true
}

// numericColumns tells the columns whose every filled cell is a number.
func numericColumns(rows [][]string, columns int) []bool {
	numeric := make([]bool, columns)
	for i := range numeric {
		filled := false
		numeric[i] = true
		for _, row := range rows {
			filled = filled || row[i] != ""
			numeric[i] = numeric[i] && (row[i] == "" || isNumber(row[i]))
		}
		numeric[i] = numeric[i] && filled
	}
	return numeric
}

// isNumber accepts what tables print as numbers: 12, -3.5, 1,204, 40%, $0.20.
func isNumber(cell string) bool {
	digits := strings.TrimSuffix(strings.TrimLeft(cell, "+-$€"), "%")
	return digits != "" && strings.Trim(digits, "0123456789.,_") == "" && strings.ContainsAny(digits, "0123456789")
}

// rowLines writes one row, on as many lines as its longest cell needs.
func rowLines(row []string, widths []int, right []bool) []string {
	cells := make([][]string, len(row))
	height := 1
	for i, cell := range row {
		cells[i] = wrap(cell, widths[i])
		height = max(height, len(cells[i]))
	}
	lines := make([]string, height)
	for n := range lines {
		var b strings.Builder
		for i := range cells {
			text := ""
			if n < len(cells[i]) {
				text = cells[i][n]
			}
			b.WriteString(align(text, widths[i], right[i]))
			b.WriteString(strings.Repeat(" ", columnGap))
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

func align(text string, cells int, right bool) string {
	space := strings.Repeat(" ", max(0, cells-width(text)))
	if right {
		return space + text
	}
	return text + space
}

// recordLines writes rows as records with an empty line between them.
func recordLines(header []string, rows [][]string, limit int) []string {
	var lines []string
	for n, row := range rows {
		if n > 0 {
			lines = append(lines, "")
		}
		for i, cell := range row {
			if cell != "" {
				lines = append(lines, indented(strings.TrimPrefix(header[i]+": "+cell, ": "), "  ", limit)...)
			}
		}
	}
	return lines
}

// indented wraps text and puts indent before every line but the first.
func indented(text, indent string, limit int) []string {
	lines := wrap(text, limit-len(indent))
	for i := range lines {
		if i > 0 {
			lines[i] = indent + lines[i]
		}
	}
	return lines
}
