package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// keys are those that were given, those of the data folder, or, at the first start,
// one that is made.
func (a *App) keys() (*serve.Keys, error) {
	switch {
	case a.options.Keys != nil:
		return a.options.Keys, nil
	case a.options.Dir == "":
		key, _, err := serve.NewKey("nobody", "nobody", "nobody")
		if err != nil {
			return nil, err
		}
		return serve.NewKeys(key)
	}
	keys, err := readKeys(a.path(keysFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	key, token, err := serve.NewKey("dev", "dev", "dev")
	if err != nil {
		return nil, err
	}
	// The token first: if the app ends in between, there is no key that nobody has.
	if err := replaceFile(a.path(devKeyFile), []byte(token+"\n")); err != nil {
		return nil, err
	}
	if err := addKey(a.options.Dir, key); err != nil {
		return nil, err
	}
	a.options.Log.Info("made a key, since there was none", "tenant", "dev", "token_in", a.path(devKeyFile))
	return readKeys(a.path(keysFile))
}

func readKeys(name string) (*serve.Keys, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	keys, err := serve.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return keys, nil
}

// addKey adds a key to those of the data folder.
func addKey(dir string, key serve.Key) error {
	name := filepath.Join(dir, keysFile)
	var known []serve.Key
	text, err := os.ReadFile(name)
	switch {
	case err == nil:
		if known, err = listKeys(name, text); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("reading the keys: %w", err)
	}
	all := append(known, key)
	if _, err := serve.NewKeys(all...); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var file bytes.Buffer
	if err := serve.WriteKeys(&file, all...); err != nil {
		return err
	}
	return replaceFile(name, file.Bytes())
}

// listKeys are the keys of a file.
func listKeys(name string, text []byte) ([]serve.Key, error) {
	if _, err := serve.ParseKeys(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var file struct {
		Keys []serve.Key `json:"keys"`
	}
	err := json.Unmarshal(text, &file)
	return file.Keys, err
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
