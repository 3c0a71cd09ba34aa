package apptest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/nexus-blueprint/nexus/skeleton/app"
)

// examineModels: whoever asks a read model with the position of his command sees
// what it did, at once and many times.
func (x *exam) examineModels(t *testing.T, stories []story) {
	for _, m := range x.Models {
		rows := x.rows(t, m, x.last(t))
		shown := slices.DeleteFunc(slices.Clone(stories), func(s story) bool { _, ok := rows[s.id]; return !ok })
		if len(shown) == 0 {
			t.Errorf("%s has a row of none of the streams: %v", m.Name, rows)
		}
		for _, s := range shown {
			if rows[s.id] != s.version {
				t.Errorf("%s shows version %d of %s, which is at version %d", m.Name, rows[s.id], s, s.version)
			}
			for range 20 {
				next := x.begun(t, s.Kind)
				next.take(t, x.send(x.own, http.MethodPost, x.commandPath(t, next, next.steps[0].Command), string(next.steps[0].Body)).is(t, http.StatusOK))
				if version := x.rows(t, m, next.position)[next.id]; version != next.version {
					t.Fatalf("%s shows version %d of %s to who wrote version %d", m.Name, version, next, next.version)
				}
			}
		}
	}
}

// row is a row of a read model.
type row struct {
	ID      string
	Version int64
	Data    map[string]json.RawMessage
}

// rows are the versions of all rows of a read model, by id.
func (x *exam) rows(t *testing.T, m app.Model, after int64) map[string]int64 {
	t.Helper()
	rows := map[string]int64{}
	for _, row := range x.selected(t, m, after, url.Values{}) {
		rows[row.ID] = row.Version
	}
	return rows
}

// selected are the rows of a read model that a query selects.
func (x *exam) selected(t *testing.T, m app.Model, after int64, query url.Values) []row {
	t.Helper()
	query.Set("after", strconv.FormatInt(after, 10))
	query.Set("timeout", "10s")
	query.Set("limit", "1000")
	var rows []row
	for {
		var page struct {
			Rows []row
			Next string
		}
		x.get(t, x.own, x.path(t, m.Name, "")+"?"+query.Encode()).into(t, &page)
		rows = append(rows, page.Rows...)
		if page.Next == "" {
			return rows
		}
		query.Set("from", page.Next)
	}
}

// examineFilters: each filter of a read model selects a row by its value, and not by
// another one.
func (x *exam) examineFilters(t *testing.T) {
	after := x.last(t)
	for _, m := range x.Models {
		rows := x.selected(t, m, after, url.Values{})
		for _, filter := range m.Filters {
			values := map[string]bool{}
			for _, row := range rows {
				value := plain(row.Data[filter])
				if values[value] || !sendable(value) || len(values) == maxValues {
					continue
				}
				values[value] = true
				x.examineFilter(t, m, filter, row, value)
			}
		}
	}
}

// maxValues is how many values of a filter are tried.
const maxValues = 20

func (x *exam) examineFilter(t *testing.T, m app.Model, filter string, of row, value string) {
	after := x.last(t)
	found := false
	for _, row := range x.selected(t, m, after, url.Values{filter: {value}}) {
		found = found || row.ID == of.ID
		if got := plain(row.Data[filter]); got != value {
			t.Errorf("%s with %s=%s shows %s, whose value is %s", m.Name, filter, value, row.ID, got)
		}
	}
	if !found {
		t.Errorf("%s with %s=%s does not show %s, which has that value", m.Name, filter, value, of.ID)
	}
	for _, row := range x.selected(t, m, after, url.Values{filter: {value + "~"}}) {
		if row.ID == of.ID {
			t.Errorf("%s with %s=%s~ shows %s, whose value is %s", m.Name, filter, value, of.ID, value)
		}
	}
}

// plain is a value as one writes it in a query string.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil { // null is no text
		return text
	}
	return string(value)
}

// sendable reports whether a query string takes a value.
func sendable(value string) bool {
	return len(value) < 500 && !strings.ContainsFunc(value, unicode.IsControl)
}
