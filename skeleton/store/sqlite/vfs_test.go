package sqlite

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A disk stands between SQLite and the operating system. It sees each write and
// sync of one database and of its log, and can fail them, so that tests need no
// power cut and no full disk. What is nil does nothing; a result code that is not
// 0 is given to SQLite instead of going on. Names are main and wal.
type disk struct {
	open   func(name string, flags int32) int32 // may change the flags
	write  func(name string) int32
	sync   func(name string) int32
	synced func(name string)
}

// use makes path live on the disk, by parameters for open.
func (d *disk) use(t *testing.T, path string) url.Values {
	t.Helper()
	registerOnce.Do(register)
	mu.Lock()
	defer mu.Unlock()
	disks[path] = d
	return url.Values{"vfs": {"observed"}}
}

// SQLite calls functions, not methods, so all disks share these. The VFS is a
// copy of the default one with another xOpen; that gives each file the methods it
// would have, but for three.
var (
	registerOnce sync.Once
	defaultOpen  openFunc

	mu      sync.Mutex
	disks   = map[string]*disk{}
	files   = map[uintptr]file{}
	methods = map[uintptr]*sqlite3.Tsqlite3_io_methods{} // by those they were copied from
)

type file struct {
	disk  *disk
	name  string
	write writeFunc
	sync  syncFunc
	close closeFunc
}

type (
	openFunc  func(tls *libc.TLS, vfs, path, file uintptr, flags int32, out uintptr) int32
	writeFunc func(tls *libc.TLS, file, buffer uintptr, n int32, offset int64) int32
	syncFunc  func(tls *libc.TLS, file uintptr, flags int32) int32
	closeFunc func(tls *libc.TLS, file uintptr) int32
)

// pointer is a function, or a structure, as SQLite points to it; pointee is the reverse.
func pointer[T any](f T) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }
func pointee[T any](p uintptr) T { return *(*T)(unsafe.Pointer(&p)) }

// foreign is a string in the memory of SQLite, outside of Go's.
func foreign(text string) uintptr {
	p, err := libc.CString(text)
	if err != nil {
		panic(err)
	}
	return p
}

// duplicate is a copy of a structure in the memory of SQLite.
func duplicate[T any](original *T) *T {
	copied := pointee[*T](foreign(strings.Repeat(" ", int(unsafe.Sizeof(*original)))))
	*copied = *original
	return copied
}

func register() {
	tls := libc.NewTLS()
	observed := duplicate(pointee[*sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0)))
	defaultOpen = pointee[openFunc](observed.FxOpen)
	name := foreign("observed")
	observed.FzName, observed.FxOpen, observed.FpNext = name, pointer(openFunc(xOpen)), 0
	if rc := sqlite3.Xsqlite3_vfs_register(tls, pointer(observed), 0); rc != 0 {
		panic(rc)
	}
}

func xOpen(tls *libc.TLS, vfs, path, handle uintptr, flags int32, out uintptr) int32 {
	name := "main"
	database := ""
	if path != 0 {
		var isLog bool
		if database, isLog = strings.CutSuffix(libc.GoString(path), "-wal"); isLog {
			name = "wal"
		}
	}
	mu.Lock()
	d := disks[database]
	mu.Unlock()
	if d != nil && d.open != nil {
		flags = d.open(name, flags)
	}
	rc := defaultOpen(tls, vfs, path, handle, flags, out)
	if rc == 0 && d != nil {
		observe(d, name, handle)
	}
	return rc
}

func observe(d *disk, name string, handle uintptr) {
	mu.Lock()
	defer mu.Unlock()
	opened := pointee[*sqlite3.Tsqlite3_file](handle)
	original := pointee[*sqlite3.Tsqlite3_io_methods](opened.FpMethods)
	changed := methods[opened.FpMethods]
	if changed == nil {
		changed = duplicate(original)
		changed.FxWrite, changed.FxSync, changed.FxClose = pointer(writeFunc(xWrite)), pointer(syncFunc(xSync)), pointer(closeFunc(xClose))
		methods[opened.FpMethods] = changed
	}
	files[handle] = file{disk: d, name: name, write: pointee[writeFunc](original.FxWrite),
		sync: pointee[syncFunc](original.FxSync), close: pointee[closeFunc](original.FxClose)}
	opened.FpMethods = pointer(changed)
}

func fileOf(handle uintptr) file {
	mu.Lock()
	defer mu.Unlock()
	return files[handle]
}

func xWrite(tls *libc.TLS, handle, buffer uintptr, n int32, offset int64) int32 {
	f := fileOf(handle)
	if f.disk.write != nil {
		if rc := f.disk.write(f.name); rc != 0 {
			return rc
		}
	}
	return f.write(tls, handle, buffer, n, offset)
}

func xSync(tls *libc.TLS, handle uintptr, flags int32) int32 {
	f := fileOf(handle)
	if f.disk.sync != nil {
		if rc := f.disk.sync(f.name); rc != 0 {
			return rc
		}
	}
	rc := f.sync(tls, handle, flags)
	if rc == 0 && f.disk.synced != nil {
		f.disk.synced(f.name)
	}
	return rc
}

func xClose(tls *libc.TLS, handle uintptr) int32 {
	f := fileOf(handle)
	mu.Lock()
	delete(files, handle)
	mu.Unlock()
	return f.close(tls, handle)
}
