package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// applicationID marks a file as an event store of this package.
const applicationID = 0x6e785631 // "nxV1"

// migrations make the tables. A file's user_version is how many of them it has
// had; one that was released is never changed, another follows it.
var migrations = []string{
	`CREATE TABLE events (
		position       INTEGER PRIMARY KEY, -- in the order of commits, without gaps
		stream         TEXT NOT NULL,
		version        INTEGER NOT NULL,
		id             TEXT NOT NULL,
		type           TEXT NOT NULL,
		schema_version TEXT NOT NULL,
		time           INTEGER NOT NULL, -- nanoseconds since 1970
		recorded       INTEGER NOT NULL,
		correlation_id TEXT NOT NULL,
		causation_id   TEXT NOT NULL,
		actor          TEXT NOT NULL,
		tenant         TEXT NOT NULL,
		data           TEXT, -- JSON
		metadata       TEXT,
		decision       TEXT,
		hash           BLOB NOT NULL,
		prev_hash      BLOB NOT NULL
	) STRICT;
	CREATE UNIQUE INDEX events_by_version ON events (stream, version);
	CREATE UNIQUE INDEX events_by_id ON events (id);

	CREATE TABLE outbox (
		delivery   INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
		position   INTEGER NOT NULL REFERENCES events,
		channel    TEXT NOT NULL,
		attempts   INTEGER NOT NULL DEFAULT 0,
		due        INTEGER NOT NULL DEFAULT 0, -- nanoseconds since 1970; 0 is at once
		last_error TEXT NOT NULL DEFAULT '',
		dead       INTEGER NOT NULL DEFAULT 0
	) STRICT;
	CREATE INDEX outbox_by_channel ON outbox (dead, channel, delivery);`,
}

// migrate applies those of the steps that the file has not had, or nothing.
func migrate(ctx context.Context, conn *sql.Conn, steps []string) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := migrateWithin(ctx, conn, steps)
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, undone := conn.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, undone)
	}
	return nil
}

func migrateWithin(ctx context.Context, conn *sql.Conn, steps []string) error {
	var application, version, tables int
	row := conn.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return err
	}
	switch {
	case application != applicationID && tables > 0:
		return errors.New("the file is a database of something else: name another file")
	case version > len(steps):
		return fmt.Errorf("the file has version %d and this program knows versions up to %d: use the newer program that wrote it", version, len(steps))
	}
	for i, step := range steps[version:] {
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("bringing the tables to version %d: %w", version+i+1, err)
		}
	}
	// This is written even if nothing changes, so that a file that can not be
	// written is found out now and not at the first append.
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps)))
	return err
}
