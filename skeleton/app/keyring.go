package app

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// keyring holds the keys of a file as they are at the moment: one that was added or
// revoked counts without a restart.
type keyring struct {
	name string
	now  func() time.Time
	log  *slog.Logger
	keys atomic.Pointer[serve.Keys]

	mu     sync.Mutex // held by whoever looks at the file
	looked time.Time
	seen   os.FileInfo // the file as it was read; nil if it was not there
}

// lookAgain is how long a change of the file may go unseen.
const lookAgain = time.Second

func openKeyring(name string, now func() time.Time, log *slog.Logger) (*keyring, error) {
	k := &keyring{name: name, now: now, log: log, looked: now()}
	k.seen, _ = os.Stat(name) // before it is read: what changes meanwhile is seen next time
	keys, err := readKeys(name)
	if err != nil {
		return nil, err
	}
	k.keys.Store(keys)
	return k, nil
}

// current are the keys of the moment. Nobody waits for who looks at the file.
func (k *keyring) current() *serve.Keys {
	if k.mu.TryLock() {
		defer k.mu.Unlock()
		if now := k.now(); now.Sub(k.looked).Abs() >= lookAgain {
			k.looked = now
			k.look()
		}
	}
	return k.keys.Load()
}

// look reads the file if it is another one than before. Of one that is broken or
// gone nothing can be learnt, so the keys stay as they were.
func (k *keyring) look() {
	info, err := os.Stat(k.name)
	if sameState(info, k.seen) {
		return
	}
	k.seen = info
	var keys *serve.Keys
	if err == nil {
		keys, err = readKeys(k.name)
	}
	switch {
	case errors.Is(err, serve.ErrNoKeys):
		k.keys.Store(&serve.Keys{})
		k.log.Error("all keys are revoked", "reason", err.Error())
	case err != nil:
		k.log.Error("the keys stay as they were", "error", err.Error())
	default:
		k.keys.Store(keys)
		k.log.Info("the keys were read anew", "file", k.name)
	}
}

// sameState reports whether a file is what it was, as far as can be told without
// reading it.
func sameState(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
