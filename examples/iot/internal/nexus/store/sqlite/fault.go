package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with a file, for errors.Is. The messages say what to do.
var (
	ErrLocked   = errors.New("another process is writing to it: stop that one, or give each process a file of its own")
	ErrFull     = errors.New("the disk is full: free space and try again")
	ErrReadOnly = errors.New("it may not be written: check the permissions of the file and of its folder")
	ErrNoFile   = errors.New("the file can not be opened or made: check that its folder exists and may be written")
	ErrDamaged  = errors.New("the file is damaged: restore it from a backup, or save what can be read with the .recover command of sqlite3")
	ErrDisk     = errors.New("the disk failed: check it, then start again")
)

// faults are by primary result code.
var faults = map[int]error{
	sqlite3.SQLITE_BUSY:     ErrLocked,
	sqlite3.SQLITE_LOCKED:   ErrLocked,
	sqlite3.SQLITE_FULL:     ErrFull,
	sqlite3.SQLITE_READONLY: ErrReadOnly,
	sqlite3.SQLITE_PERM:     ErrReadOnly,
	sqlite3.SQLITE_CANTOPEN: ErrNoFile,
	sqlite3.SQLITE_CORRUPT:  ErrDamaged,
	sqlite3.SQLITE_NOTADB:   ErrDamaged,
	sqlite3.SQLITE_IOERR:    ErrDisk,
}

// explain adds to an error of SQLite what it means for whoever runs the program.
func explain(err error) error {
	if fault := faults[resultCode(err)]; fault != nil {
		return fmt.Errorf("%w (%w)", fault, err)
	}
	return err
}

// resultCode is the primary result code of SQLite in err; 0 if there is none.
func resultCode(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// lasting reports whether err leaves it uncertain what the disk holds. After a
// sync that failed, the next may succeed although data are lost.
func lasting(err error) bool {
	return errors.Is(err, ErrDisk) || errors.Is(err, ErrDamaged)
}

// isConstraint reports whether err is a unique index that refused a row.
func isConstraint(err error) bool { return resultCode(err) == sqlite3.SQLITE_CONSTRAINT }
