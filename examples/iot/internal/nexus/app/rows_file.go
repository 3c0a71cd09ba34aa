package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/projection/sqlite"
	"example.com/iot/internal/nexus/store"
)

// fileTable keeps rows in a file.
type fileTable struct {
	*sqlite.Model
}

func openFileTable(ctx context.Context, dir, name, version string, filters int, next next) (*fileTable, error) {
	columns := make([]string, filters)
	var indexes strings.Builder
	for i := range columns {
		columns[i] = fmt.Sprintf("value%d", i)
		fmt.Fprintf(&indexes, ";\nCREATE INDEX rows_by_value%d ON rows (tenant, value%d, id)", i, i)
	}
	write := upsert(columns)
	model, err := sqlite.Open(ctx, dir, sqlite.Definition{
		Name: name, Version: version,
		Tables: "CREATE TABLE rows (tenant TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, state BLOB NOT NULL, data BLOB NOT NULL" +
			declare(columns) + ", PRIMARY KEY (tenant, id)) STRICT, WITHOUT ROWID" + indexes.String(),
		Begin: func(tx *sqlite.Tx) sqlite.Batch {
			b := batch{tx: tx, next: next, write: write, rows: map[rowKey]rowState{}}
			return sqlite.Batch{Handle: b.handle, Flush: b.flush}
		},
	})
	if err != nil {
		return nil, err
	}
	return &fileTable{model}, nil
}

// batch are the rows that one transaction changes. Each is read and written once,
// however many of the events are about it.
type batch struct {
	tx    *sqlite.Tx
	next  next
	write string
	rows  map[rowKey]rowState
	order []rowKey
}

func (b *batch) handle(ctx context.Context, event store.Event) error {
	key, row, ok, err := b.next(event, func(k rowKey) (rowState, error) {
		if row, changed := b.rows[k]; changed {
			return row, nil
		}
		return readState(ctx, b.tx, k)
	})
	if err != nil || !ok {
		return err
	}
	if _, changed := b.rows[key]; !changed {
		b.order = append(b.order, key)
	}
	b.rows[key] = row
	return nil
}

func (b *batch) flush(ctx context.Context) error {
	for _, key := range b.order {
		row := b.rows[key]
		values := []any{key.tenant, key.id, row.version, []byte(row.state), []byte(row.row)}
		for _, value := range row.values {
			values = append(values, value)
		}
		if _, err := b.tx.ExecContext(ctx, b.write, values...); err != nil {
			return err
		}
	}
	return nil
}

func declare(columns []string) string {
	var text strings.Builder
	for _, column := range columns {
		text.WriteString(", " + column + " TEXT NOT NULL")
	}
	return text.String()
}

// upsert is the statement that writes a row.
func upsert(columns []string) string {
	all := append([]string{"tenant", "id", "version", "state", "data"}, columns...)
	changes := make([]string, 0, len(all))
	for _, column := range all[2:] {
		changes = append(changes, column+" = excluded."+column)
	}
	return "INSERT INTO rows (" + strings.Join(all, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(all)-1) +
		") ON CONFLICT (tenant, id) DO UPDATE SET " + strings.Join(changes, ", ")
}

func readState(ctx context.Context, tx *sqlite.Tx, k rowKey) (rowState, error) {
	var state []byte
	err := tx.QueryRowContext(ctx, "SELECT state FROM rows WHERE tenant = ? AND id = ?", k.tenant, k.id).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return rowState{state: state}, err
}

func (t *fileTable) rows(ctx context.Context, s selection) (list []found, at projection.Checkpoint, err error) {
	query := "SELECT id, version, data FROM rows WHERE tenant = ? AND id > ?"
	values := []any{s.tenant, s.from}
	for _, place := range slices.Sorted(maps.Keys(s.values)) {
		query += fmt.Sprintf(" AND value%d = ?", place)
		values = append(values, s.values[place])
	}
	err = t.View(ctx, func(tx *sql.Tx, checkpoint projection.Checkpoint) error {
		at = checkpoint
		result, err := tx.QueryContext(ctx, query+" ORDER BY id LIMIT ?", append(values, s.limit)...)
		if err != nil {
			return err
		}
		defer result.Close()
		for result.Next() {
			var row found
			if err := result.Scan(&row.ID, &row.Version, (*[]byte)(&row.Data)); err != nil {
				return err
			}
			list = append(list, row)
		}
		return result.Err()
	})
	return list, at, err
}
