package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"example.com/orders/internal/nexus/projection"
	"example.com/orders/internal/nexus/store"
)

// Seal sums up all events up to a position. Whoever keeps one elsewhere, signed or
// printed, can tell later that none of those events was changed, moved or cut off,
// even by somebody who can write the store. The zero value is that of no events. One
// that VerifyOnly made sums up the events of its streams.
type Seal struct {
	Position int64
	Root     store.Hash // of the root before it, and of the hash of the event at Position
}

// Extend is the seal of all events that are stored now, made from that of the
// earlier ones. It reads only what came since.
func (s Seal) Extend(ctx context.Context, events Source) (Seal, error) {
	for event, err := range events.ReadAll(ctx, s.Position, 0) {
		if err != nil {
			return s, fmt.Errorf("sealing the events after position %d: %w", s.Position, err)
		}
		s = s.with(event)
	}
	return s, nil
}

// with is the seal with one event more.
func (s Seal) with(e store.Event) Seal {
	var text [2 * sha256.Size]byte
	copy(text[:], s.Root[:])
	copy(text[sha256.Size:], e.Hash[:])
	return Seal{Position: e.Position, Root: sha256.Sum256(text[:])}
}

// String is the seal as ParseSeal reads it: 1024:5f3a….
func (s Seal) String() string { return projection.Token(s.Position) + ":" + s.Root.String() }

// ParseSeal reads a seal.
func ParseSeal(text string) (Seal, error) {
	number, root, found := strings.Cut(text, ":")
	if !found || len(root) != 2*sha256.Size {
		return Seal{}, fmt.Errorf("%.100q is no seal: a position, a colon and %d hexadecimal digits were expected", text, 2*sha256.Size)
	}
	position, err := projection.ParseToken(number)
	if err != nil {
		return Seal{}, fmt.Errorf("%.100q is no seal: %w", text, err)
	}
	s := Seal{Position: position}
	if _, err := hex.Decode(s.Root[:], []byte(root)); err != nil || s.Root.String() != root {
		return Seal{}, fmt.Errorf("%.100q is no seal: its root is not in lower case hexadecimal digits", text)
	}
	return s, nil
}
