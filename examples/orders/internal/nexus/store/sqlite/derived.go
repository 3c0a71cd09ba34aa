package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"time"
)

// derivedID marks a file as made from events, so that it may be made again.
const derivedID = 0x6e785632 // "nxV2"

// Derived is a database of what was made from events and can be made again from
// them: snapshots, read models, indexes. Its files are apart from the events', so
// that writing it never holds up an append.
//
// It is not synced at each commit. A power cut may take the last commits, whole
// ones from the end, and whoever keeps in it how far it has come goes on from there.
type Derived struct {
	Write *sql.DB // one connection: whoever wants to write waits for his turn
	Read  *sql.DB // any number of connections, which can not write
	path  string
}

// OpenDerived opens the database at path, and makes it with the statements of
// tables if there is none. One that was made with other statements is removed and
// made anew, empty.
func OpenDerived(ctx context.Context, path, tables string) (*Derived, error) {
	d, err := openDerived(ctx, path, tables)
	if errors.Is(err, errOtherTables) {
		if err = RemoveDerived(path); err == nil {
			d, err = openDerived(ctx, path, tables)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s, which is made from events and may be removed: %w", path, explain(err))
	}
	return d, nil
}

var errOtherTables = errors.New("its tables were made by another version of the program")

func openDerived(ctx context.Context, path, tables string) (_ *Derived, err error) {
	address, err := newAddress(path, defaultBusyTimeout, nil)
	if err != nil {
		return nil, err
	}
	address.parameters.Set("_synchronous", "NORMAL")
	address.parameters.Set("_txlock", "immediate")
	d := &Derived{path: path}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	makePrivate(path)
	if d.Write, err = sql.Open("sqlite", address.writing()); err != nil {
		return nil, err
	}
	d.Write.SetMaxOpenConns(1)
	if err := makeTables(ctx, d.Write, tables); err != nil {
		return nil, err
	}
	if d.Read, err = sql.Open("sqlite", address.reading()); err != nil {
		return nil, err
	}
	d.Read.SetMaxIdleConns(8)
	d.Read.SetConnMaxIdleTime(time.Minute)
	return d, nil
}

// makeTables makes the tables in an empty file, or sees that they are as wanted.
func makeTables(ctx context.Context, db *sql.DB, tables string) error {
	transaction, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = transaction.Rollback() }() // nothing after a commit
	var application, version, count int64
	row := transaction.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&application, &version, &count); err != nil {
		return err
	}
	want := int64(crc32.ChecksumIEEE([]byte(tables)) >> 1)
	switch {
	case application != derivedID && count > 0:
		return errors.New("the file is a database of something else: name another file")
	case count > 0 && version != want:
		return errOtherTables
	case count > 0:
		return nil
	}
	statements := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s", derivedID, want, tables)
	if _, err := transaction.ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	return transaction.Commit()
}

// Sync returns when all that was committed is on the disk.
func (d *Derived) Sync(ctx context.Context) error {
	var busy, logged, moved int
	if err := d.Write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(FULL)").Scan(&busy, &logged, &moved); err != nil {
		return fmt.Errorf("syncing %s: %w", d.path, explain(err))
	}
	if busy != 0 {
		return fmt.Errorf("syncing %s: %w", d.path, ErrLocked)
	}
	return nil
}

// Close closes the file. Queries that have begun are waited for.
func (d *Derived) Close() error {
	var errs []error
	for _, db := range []*sql.DB{d.Read, d.Write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// RemoveDerived removes the files of a Derived that is closed.
func RemoveDerived(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
