// Package lock holds the form of catalog.lock.json: what a running app reads of its
// catalog, so that neither a catalog's pages nor their reader are part of the app.
// The app and the tool that writes the lock share this package.
package lock

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"example.com/iot/internal/nexus/gate"
)

// File is the name of the lock among the files of an app, and CatalogDir that of the
// folder that it was compiled from.
const (
	File       = "catalog.lock.json"
	CatalogDir = "catalog"
)

// Version is the version of the form of the lock.
const Version = 1

// The kinds of a message.
const (
	EventKind   = "event"
	CommandKind = "command"
)

// Lock is what a running app reads of its catalog. `nexus catalog compile` writes
// it, with the code by which `nexus policy check` reads catalogs.
type Lock struct {
	Version  int            `json:"version"`
	Digest   string         `json:"digest"`   // of the catalog; see Digest
	Messages []Message      `json:"messages"` // sorted by id
	Catalog  map[string]any `json:"catalog"`  // data.catalog, as policies see it
}

// Message is an event or a command of the catalog.
type Message struct {
	ID       string           `json:"id"`
	Kind     string           `json:"kind"`
	Versions []MessageVersion `json:"versions"` // oldest first; the last is the current one
	Facts    map[string]any   `json:"facts"`    // input.event, as policies see it
	// Example is the file of a body that the current schema accepts, or nil.
	Example *string `json:"example"`
}

// MessageVersion is a version of a message.
type MessageVersion struct {
	Version string `json:"version"`
	Schema  string `json:"schema"` // its file: catalog/…
}

// Parse reads a lock. Numbers of facts are json.Number.
func Parse(text []byte) (Lock, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	var lock Lock
	if err := decoder.Decode(&lock); err != nil {
		return Lock{}, fmt.Errorf("reading %s: %w: write it anew with `nexus catalog compile`", File, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Lock{}, fmt.Errorf("reading %s: something follows its end: write it anew with `nexus catalog compile`", File)
	}
	if lock.Version != Version {
		return Lock{}, fmt.Errorf("reading %s: it has the form %d, and this app reads %d: write it anew with the `nexus catalog compile` that the app was made with", File, lock.Version, Version)
	}
	return lock, nil
}

// Digest names what a catalog folder holds: the SHA-256 of the sorted paths of its
// files and of their bytes, each after its length as eight bytes, the highest first.
// Files and folders whose name begins with a dot or an underscore do not count: the
// go command embeds none of them with the folder that they lie in.
func Digest(catalog fs.FS) (string, error) {
	sum := sha256.New()
	add := func(part []byte) {
		_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // a hash never fails
		_, _ = sum.Write(part)
	}
	var names []string
	err := fs.WalkDir(catalog, ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := name != "." && strings.ContainsAny(path.Base(name)[:1], "._")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir():
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("digest of the catalog: %w", err)
	}
	slices.Sort(names) // WalkDir goes by folder, which is another order
	for _, name := range names {
		text, err := fs.ReadFile(catalog, name)
		if err != nil {
			return "", fmt.Errorf("digest of the catalog: %w", err)
		}
		add([]byte(name))
		add(text)
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// Read reads the lock of an app and holds it against the catalog beside it.
func Read(files fs.FS) (Lock, error) {
	text, err := fs.ReadFile(files, File)
	if err != nil {
		return Lock{}, fmt.Errorf("reading the catalog: %w: write %s with `nexus catalog compile`", err, File)
	}
	lock, err := Parse(text)
	if err != nil {
		return Lock{}, err
	}
	catalog, err := fs.Sub(files, CatalogDir)
	if err != nil {
		return Lock{}, fmt.Errorf("reading the catalog: %w", err)
	}
	digest, err := Digest(catalog)
	if err != nil {
		return Lock{}, err
	}
	if digest != lock.Digest {
		return Lock{}, fmt.Errorf("%s is stale: %s/ was changed since it was compiled (%.19s…, now %.19s…): run `nexus catalog compile` and build again", File, CatalogDir, lock.Digest, digest)
	}
	return lock, nil
}

// Message finds a message by kind and id.
func (l Lock) Message(kind, id string) (Message, bool) {
	for _, m := range l.Messages {
		if m.Kind == kind && m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// Current is the file of the schema of a message's current version, or empty.
func (m Message) Current() string {
	if len(m.Versions) == 0 {
		return ""
	}
	return m.Versions[len(m.Versions)-1].Schema
}

// Schemas compiles the schemas of all messages of a kind.
func (l Lock) Schemas(files fs.FS, kind string) (*gate.Schemas, error) {
	var list []gate.SchemaFile
	for _, m := range l.Messages {
		if m.Kind != kind {
			continue
		}
		for _, v := range m.Versions {
			list = append(list, gate.SchemaFile{Type: m.ID, Version: v.Version, File: v.Schema})
		}
	}
	schemas, err := gate.CompileSchemas(files, list)
	if err != nil {
		return nil, fmt.Errorf("compiling the schemas of %ss: %w", kind, err)
	}
	return schemas, nil
}

// Facts are what the catalog declares of each type of events.
func (l Lock) Facts() map[string]map[string]any {
	facts := map[string]map[string]any{}
	for _, m := range l.Messages {
		if m.Kind == EventKind {
			facts[m.ID] = m.Facts
		}
	}
	return facts
}
