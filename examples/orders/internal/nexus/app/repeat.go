package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"example.com/orders/internal/nexus/journal"
	"example.com/orders/internal/nexus/store"
)

// fingerprint names a command and its body. It is stored with the events of a
// command that had an id, so that the id of one is not taken for that of another.
type fingerprint string

func fingerprintOf(command string, body []byte) fingerprint {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%d %s %s", len(command), command, body) // a hash never fails
	return fingerprint(hex.EncodeToString(sum.Sum(nil)[:16]))
}

// marked is the metadata of an event whose command had an id.
type marked struct {
	Command fingerprint `json:"command"`
}

func (f fingerprint) metadata() json.RawMessage {
	text, err := json.Marshal(marked{f})
	if err != nil { // a string is always JSON
		panic(err)
	}
	return text
}

// reusedError is a command with the id of another one, which was handled.
type reusedError struct{ command string }

func (e *reusedError) Error() string {
	return fmt.Sprintf("%s has an id with which another command was handled: give each command an id of its own", e.command)
}

// repeated is the receipt of a command that was handled before, if it was this one:
// to answer another one with it would be to say that it was done.
func (a *App) repeated(ctx context.Context, c call, receipt journal.Receipt) (journal.Receipt, error) {
	for event, err := range a.store.Read(ctx, c.stream(), store.ReadOptions{From: receipt.Version, UntilVersion: receipt.Version}) {
		if err != nil {
			return journal.Receipt{}, err
		}
		if len(event.Metadata) == 0 {
			break // an older core stored none
		}
		var first marked
		if err := json.Unmarshal(event.Metadata, &first); err != nil {
			return journal.Receipt{}, fmt.Errorf("reading the metadata of event %s: %w", event.ID, err)
		}
		if first.Command != c.fingerprint {
			return journal.Receipt{}, &reusedError{c.command}
		}
	}
	return receipt, nil
}
