package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nexus-blueprint/nexus/document"
)

// refusal is a mismatch that a reader came upon in a datum, and where.
type refusal struct {
	mismatch
	pointer string // into the datum
}

// reading reads encoded data with a writer's schema and resolves them against a
// reader's, as the specification tells a reader to. It goes on after a mismatch,
// so that every one that the datum holds is found.
type reading struct {
	data     []byte
	resolver *resolver
	refusals []refusal
}

// read reads one datum. The error says that the bytes are none of the writer's.
func read(data []byte, writer, reader *node, r *resolver) ([]refusal, error) {
	in := &reading{data: data, resolver: r}
	if err := in.value(writer, reader, ""); err != nil {
		return nil, err
	}
	if len(in.data) > 0 {
		return nil, fmt.Errorf("%d bytes are left over", len(in.data))
	}
	return in.refusals, nil
}

var (
	errShort = errors.New("the bytes end too early")
	errLong  = errors.New("a block holds more items than any datum that is built")
)

func (in *reading) refuse(why why, writer, reader *node, item, at string) {
	in.refusals = append(in.refusals, refusal{mismatch{why, writer, reader, item}, at})
}

// value reads a value of w for a reader's r; nil skips it.
func (in *reading) value(w, r *node, at string) error {
	if w.kind == unionKind {
		i, err := in.long()
		if err != nil {
			return err
		}
		if i < 0 || int(i) >= len(w.branches) {
			return fmt.Errorf("the union has no branch %d", i)
		}
		return in.branch(w.branches[i].node, w, r, at)
	}
	if r != nil && r.kind == unionKind {
		return in.branch(w, w, r, at)
	}
	if r != nil && w.kind != r.kind {
		if !promotes(w.kind, r.kind) {
			in.refuse(kindDiffers, w, r, "", at)
		}
		r = nil
	}
	if r != nil {
		in.own(w, r, at)
	}
	switch w.kind {
	case recordKind:
		return in.record(w, r, at)
	case enumKind:
		return in.symbol(w, r, at)
	case arrayKind, mapKind:
		return in.blocks(w, r, at)
	}
	return in.scalar(w)
}

// own refuses what two schemas of one kind disagree on whatever the value is.
func (in *reading) own(w, r *node, at string) {
	if w.kind.named() && !namesMatch(w, r) {
		in.refuse(nameDiffers, w, r, "", at)
	}
	if w.kind == fixedKind && w.size != r.size {
		in.refuse(sizeDiffers, w, r, "", at)
	}
	if !in.resolver.sameDecimal(w, r) {
		in.refuse(decimalDiffers, w, r, "", at)
	}
}

// branch reads a value of w, itself or a branch of from, for a reader's schema.
func (in *reading) branch(w, from, r *node, at string) error {
	switch {
	case r == nil:
		return in.value(w, nil, at)
	case r.kind != unionKind && in.resolver.resolves(w, r):
		return in.value(w, r, at)
	}
	if r.kind == unionKind && in.resolver.resolves(w, r) {
		return in.value(w, in.resolver.branch(w, r), at)
	}
	if same := closest(w, r); same != nil {
		return in.value(w, same, at)
	}
	in.refuse(branchMissing, from, r, w.label(), at)
	return in.value(w, nil, at)
}

func (in *reading) record(w, r *node, at string) error {
	targets := make([]*node, len(w.fields))
	if r != nil {
		for _, f := range r.fields {
			source, ambiguous := sourceOf(f, w)
			switch {
			case ambiguous:
				in.refuse(fieldAmbiguous, w, r, f.name, at)
			case source != nil:
				targets[source.index] = f.typ.node
			case !f.hasDefault:
				in.refuse(fieldMissing, w, r, f.name, at)
			}
		}
	}
	for i, f := range w.fields {
		if err := in.value(f.typ.node, targets[i], document.Join(at, f.name)); err != nil {
			return err
		}
	}
	return nil
}

func (in *reading) symbol(w, r *node, at string) error {
	i, err := in.long()
	if err != nil {
		return err
	}
	if i < 0 || int(i) >= len(w.symbols) {
		return fmt.Errorf("the enum %s has no symbol %d", w.name, i)
	}
	if symbol := w.symbols[i]; r != nil && !r.hasSymbol[symbol] && r.fallback == "" {
		in.refuse(symbolMissing, w, r, symbol, at)
	}
	return nil
}

// blocks reads the blocks of an array or a map, up to the empty one.
func (in *reading) blocks(w, r *node, at string) error {
	var target *node
	if r != nil {
		target = r.items.node
	}
	for item := 0; ; {
		count, err := in.long()
		if err == nil && count < 0 { // its size in bytes follows
			count = -count
			_, err = in.long()
		}
		if err == nil && count > maxDatum {
			err = errLong
		}
		if err != nil || count == 0 {
			return err
		}
		for range count {
			key := strconv.Itoa(item)
			if w.kind == mapKind {
				text, err := in.bytes()
				if err != nil {
					return err
				}
				key = string(text)
			}
			if err := in.value(w.items.node, target, document.Join(at, key)); err != nil {
				return err
			}
			item++
		}
	}
}

// scalar passes over a value that holds no other.
func (in *reading) scalar(w *node) error {
	switch w.kind {
	case booleanKind:
		return in.skip(1)
	case intKind, longKind:
		_, err := in.long()
		return err
	case floatKind:
		return in.skip(4)
	case doubleKind:
		return in.skip(8)
	case bytesKind, stringKind:
		_, err := in.bytes()
		return err
	case fixedKind:
		return in.skip(w.size)
	}
	return nil
}

func (in *reading) skip(n int) error {
	if n > len(in.data) {
		return errShort
	}
	in.data = in.data[n:]
	return nil
}

// long reads a zig-zag variable-length integer.
func (in *reading) long() (int64, error) {
	value, n := binary.Varint(in.data)
	if n <= 0 {
		return 0, errShort
	}
	return value, in.skip(n)
}

func (in *reading) bytes() ([]byte, error) {
	n, err := in.long()
	if err != nil {
		return nil, err
	}
	if n < 0 || n > int64(len(in.data)) {
		return nil, errShort
	}
	text := slices.Clone(in.data[:n])
	return text, in.skip(int(n))
}
