package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.com/orders/internal/nexus/serve"
	"example.com/orders/internal/nexus/store/sqlite"
)

// keys are those that were given, or those of the data folder.
func (a *App) keys(ctx context.Context) (func() *serve.Keys, error) {
	switch {
	case a.options.Keys != nil:
		return func() *serve.Keys { return a.options.Keys }, nil
	case a.options.Dir == "":
		return func() *serve.Keys { return &serve.Keys{} }, nil
	}
	if err := a.firstKey(ctx); err != nil {
		return nil, err
	}
	ring, err := openKeyring(a.path(keysFile), a.options.Now, a.options.Log)
	if err != nil {
		return nil, err
	}
	return ring.current, nil
}

// firstKey makes a key at the first start.
func (a *App) firstKey(ctx context.Context) error {
	if _, err := os.Stat(a.path(keysFile)); !errors.Is(err, fs.ErrNotExist) {
		return nil // or an error, which reading it meets again
	}
	key, token, err := serve.NewKey("dev", "dev", "dev")
	if err != nil {
		return err
	}
	// The token first: if the app ends in between, there is no key that nobody has.
	if err := replaceFile(a.path(devKeyFile), []byte(token+"\n")); err != nil {
		return err
	}
	if err := addKey(ctx, a.options.Dir, key); err != nil {
		return err
	}
	a.options.Log.Info("made a key, since there was none", "tenant", "dev", "token_in", a.path(devKeyFile))
	return nil
}

// readKeys reads the keys of a data folder. What is wrong with them, whoever runs
// the app can mend.
func readKeys(name string) (*serve.Keys, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	keys, err := serve.ParseKeys(text)
	command := "go run . key NAME -data " + filepath.Dir(name)
	switch {
	case err == nil:
		return keys, nil
	case errors.Is(err, serve.ErrNoKeys), blank(text):
		return nil, fmt.Errorf("%s: %w: make one with %s", name, err, command)
	}
	return nil, fmt.Errorf("%s: %w: correct the file, or remove it and make keys anew with %s", name, err, command)
}

// blank reports whether a file says nothing.
func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// The lock of who changes keys. It is not that of the app, which may run meanwhile.
const (
	keysLock     = "keys.lock"
	keysPatience = 10 * time.Second
)

// addKey adds a key to those of the data folder. Of those who do at the same moment,
// one waits for the other.
func addKey(ctx context.Context, dir string, key serve.Key) (err error) {
	release, err := sqlite.Lock(ctx, filepath.Join(dir, keysLock), keysPatience)
	if err != nil {
		return fmt.Errorf("adding a key: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	name := filepath.Join(dir, keysFile)
	known, err := listKeys(name)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(known, func(k serve.Key) bool { return k.ID == key.ID }) {
		return fmt.Errorf("%s has a key %s already: choose another name, or remove that key from the file first", name, key.ID)
	}
	var file bytes.Buffer
	if err := serve.WriteKeys(&file, append(known, key)...); err != nil {
		return err
	}
	return replaceFile(name, file.Bytes())
}

// listKeys are the keys of a file, which may have none, or not be there.
func listKeys(name string) ([]serve.Key, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && blank(text) {
		return nil, nil
	}
	if _, err := readKeys(name); err != nil && !errors.Is(err, serve.ErrNoKeys) {
		return nil, err
	}
	return serve.ListKeys(text)
}

// replaceFile writes a file that only its owner may read, whole or not at all.
func replaceFile(name string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // has mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
