package journal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/orders/internal/nexus/route"
	"example.com/orders/internal/nexus/store"
)

// A command is what makes an append idempotent.
type command struct{ tenant, stream, id string }

// eventID is the id of the event at a place of what a command appends: a UUID of
// version 8 made of all that names it.
func (c command) eventID(place int) string {
	var text []byte
	for _, part := range []string{"journal event 1", c.tenant, c.stream, c.id} {
		text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(text, uint64(place)))
	return formatUUID([16]byte(sum[:16]), 8)
}

// newID is a UUID of version 7: those that are made later sort later, which keeps
// an index of ids compact.
func newID(now time.Time) string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	var milliseconds [8]byte
	binary.BigEndian.PutUint64(milliseconds[:], uint64(now.UnixMilli()))
	copy(id[:6], milliseconds[2:])
	return formatUUID(id, 7)
}

func formatUUID(id [16]byte, version byte) string {
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// nowhere is a version that no stream reaches.
const nowhere store.Expected = 1 << 62

// Handled reports whether a command was appended to a stream, and what became of
// it. Ask it when the decision refuses a command that has an id: the command may
// be refused for what it did itself. It takes a turn of the store's writer.
func (j *Journal) Handled(ctx context.Context, tenant, stream, commandID string) (Receipt, bool, error) {
	// A store tells that an id is taken, and by which event, when the id is appended
	// once more. Where no stream ever is, nothing else can come of that.
	c := command{tenant, stream, commandID}
	_, err := j.options.Store.Append(ctx, stream, nowhere, []store.Event{{ID: c.eventID(0), Type: "Handled"}})
	if errors.Is(err, store.ErrConflict) {
		return Receipt{}, false, nil
	}
	if taken, ok := errors.AsType[*store.DuplicateIDError](err); ok {
		receipt, err := j.first(ctx, c, taken.Holder.Version)
		return receipt, err == nil, err
	}
	return Receipt{}, false, fmt.Errorf("asking whether command %.100q was handled: %w", commandID, err)
}

// first is the receipt of the events that a command appended at a version.
func (j *Journal) first(ctx context.Context, c command, version int64) (Receipt, error) {
	receipt := Receipt{Repeated: true}
	for event, err := range j.options.Store.Read(ctx, c.stream, store.ReadOptions{From: version}) {
		if err != nil {
			return Receipt{}, fmt.Errorf("reading what command %.100q did: %w", c.id, err)
		}
		if event.ID != c.eventID(len(receipt.IDs)) {
			break
		}
		receipt.IDs = append(receipt.IDs, event.ID)
		receipt.Version, receipt.Position, receipt.CorrelationID = event.Version, event.Position, event.CorrelationID
		if len(event.Decision) == 0 {
			continue
		}
		var decision route.Decision
		if err := json.Unmarshal(event.Decision, &decision); err != nil {
			return Receipt{}, fmt.Errorf("reading what command %.100q did: the route of event %s: %w", c.id, event.ID, err)
		}
		receipt.Decisions = append(receipt.Decisions, decision)
	}
	return receipt, nil
}
