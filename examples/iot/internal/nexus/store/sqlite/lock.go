package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Lock holds the file at path, which has no other use, until it is released or the
// process ends, however that ends: it is a lock of the operating system. If another
// holds the file for longer than patience, the error is ErrLocked.
func Lock(ctx context.Context, path string, patience time.Duration) (release func() error, err error) {
	address, err := newAddress(path, patience, nil)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	makePrivate(path)
	db, err := sql.Open("sqlite", address.with("mode", "rwc"))
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // which has the lock
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, explain(err)), db.Close())
	}
	return db.Close, nil
}

// making is held while a file is made. Whoever closes a file takes away the locks
// that others in the process have on it, so nobody may have one yet.
var making sync.Mutex

// makePrivate makes an empty file that only its owner may read, if there is none;
// SQLite gives its companions the same mode. What goes wrong here goes wrong again
// when SQLite opens the file, which says it better.
func makePrivate(path string) {
	making.Lock()
	defer making.Unlock()
	if file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		_ = file.Close() // nothing was written
	}
}
