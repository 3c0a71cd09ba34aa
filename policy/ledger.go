package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// LedgerVersion is the version of a ledger's lines. A later version adds keys;
// the chain is verified over whatever keys a line has.
const LedgerVersion = 1

// LedgerEntry is one line of a ledger: one run of the checks.
//
// A ledger is a text file of one JSON object a line. Every line holds the hash of
// the line before it, so that no line can be altered, removed, moved or put in
// between without breaking the chain. Its own hash is SHA-256 over its canonical
// JSON without the key hash: keys sorted, no spaces, UTF-8. Any tool can check it:
//
//	tail -n 1 ledger.ndjson | jq -jcS 'del(.hash)' | sha256sum
//
// A chain alone has two limits. Lines cut off at its end leave a shorter chain
// that is whole, and whoever may write the file can compute every hash anew. Both
// show when the hash of the last line was kept elsewhere: see LedgerOptions.Head.
type LedgerEntry struct {
	Version       int            `json:"v"`
	Sequence      int            `json:"seq"` // 1 for the first line
	AsOf          string         `json:"as_of"`
	Tool          string         `json:"tool_version"`
	Outcome       report.Outcome `json:"outcome"`
	Commit        string         `json:"catalog_commit"`
	CatalogDigest string         `json:"catalog_digest"`
	Packs         []LedgerPack   `json:"packs"`
	Events        int            `json:"events"`
	Counts        Counts         `json:"counts"`
	Evidence      string         `json:"evidence_digest"` // of the bundle's SHA256SUMS
	Previous      string         `json:"prev"`            // hash of the line before, zeros in the first
	Hash          string         `json:"hash"`
}

// LedgerPack is a pack that a run judged by.
type LedgerPack struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

// noHash stands before the first line.
var noHash = strings.Repeat("0", 2*sha256.Size)

// LedgerEntry is the line that a ledger gets for a bundle of this evidence.
func (e Evidence) LedgerEntry(b *Bundle) LedgerEntry {
	scores := e.Result.Scores(e.Report.Findings)
	entry := LedgerEntry{
		AsOf:          e.Report.AsOf,
		Tool:          e.Report.Tool.Version,
		Outcome:       e.Report.Outcome(),
		Commit:        e.Commit,
		CatalogDigest: e.Result.Catalog.Digest,
		Packs:         []LedgerPack{},
		Events:        scores.Total.Events,
		Counts:        scores.Total.Counts(),
		Evidence:      b.Digest,
	}
	for _, p := range e.Result.Packs {
		entry.Packs = append(entry.Packs, LedgerPack{Name: p.Name, Version: p.Version, Digest: p.Digest})
	}
	return entry
}

// AppendLedger adds a line to the ledger in a file, which it creates when it is
// missing, and returns the line as written: Hash is the new head of the chain.
// Version, Sequence, Previous and Hash of entry are filled in.
//
// A broken chain is never continued. The new text is written beside the file and
// renamed over it, so a reader sees the ledger before or after the run and never
// in between; of two runs at once, one is refused.
func AppendLedger(name string, entry LedgerEntry) (LedgerEntry, error) {
	next, err := os.OpenFile(name+".next", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return entry, fmt.Errorf("appending to the ledger %s: another run is appending to it; remove %s.next if none is", name, name)
	}
	if err != nil {
		return entry, fmt.Errorf("appending to the ledger %s: %w", name, err)
	}
	entry, err = entry.appendTo(name, next)
	if err != nil { // after the rename, a file of that name is another run's
		next.Close()
		os.Remove(next.Name())
	}
	return entry, err
}

// appendTo chains an entry to the ledger in a file, by way of next.
func (e LedgerEntry) appendTo(name string, next *os.File) (LedgerEntry, error) {
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return e, fmt.Errorf("appending to the ledger: %w", err)
	}
	e, line, err := e.after(name, text)
	if err == nil {
		err = replaceLedger(next, name, append(text, line...))
	}
	return e, err
}

// after chains an entry to the text of a ledger and returns it with its line.
func (e LedgerEntry) after(name string, text []byte) (LedgerEntry, []byte, error) {
	e.Version, e.Sequence, e.Previous, e.Hash = LedgerVersion, 1, noHash, ""
	if len(text) > 0 {
		chain := readChain(name, text)
		if chain.fault != nil {
			return e, nil, fmt.Errorf("appending to the ledger: %s; a broken chain is not continued: keep the file as evidence and start another", chain.fault)
		}
		e.Sequence, e.Previous = len(chain.links)+1, chain.head()
	}
	line, err := e.seal()
	return e, line, err
}

// seal sets the entry's hash and returns its line.
func (e *LedgerEntry) seal() ([]byte, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing a line of the ledger: %w", err)
	}
	object, err := decodeObject(text)
	if err != nil {
		return nil, fmt.Errorf("writing a line of the ledger: %w", err)
	}
	e.Hash = hashOf(object)
	object["hash"] = e.Hash
	return append(canonicalJSON(object), '\n'), nil
}

// replaceLedger puts text into next and next in the place of the ledger.
func replaceLedger(next *os.File, name string, text []byte) error {
	if old, err := os.Stat(name); err == nil {
		if err := next.Chmod(old.Mode().Perm()); err != nil {
			return fmt.Errorf("appending to the ledger %s: %w", name, err)
		}
	}
	_, err := next.Write(text)
	if err := errors.Join(err, next.Sync(), next.Close()); err != nil {
		return fmt.Errorf("appending to the ledger %s: %w", name, err)
	}
	if err := os.Rename(next.Name(), name); err != nil {
		return fmt.Errorf("appending to the ledger: %w", err)
	}
	return nil
}

// hashOf is the hash of a line's object; a key hash in it does not count.
func hashOf(object map[string]any) string {
	hash, had := object["hash"]
	delete(object, "hash")
	sum := sumOf(canonicalJSON(object))
	if had {
		object["hash"] = hash
	}
	return sum
}

// sumOf is the SHA-256 of a text in hexadecimal.
func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// decodeObject reads one JSON object; numbers keep their text.
func decodeObject(text []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return nil, err
	}
	return object, nil
}

// canonicalJSON writes what decodeObject reads: keys sorted, no spaces, and
// neither HTML nor anything else escaped that need not be.
func canonicalJSON(object map[string]any) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(object); err != nil {
		panic(err) // what came out of JSON goes into it
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
