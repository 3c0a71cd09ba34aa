package index

import (
	"encoding/binary"
	"math/bits"
)

// hash is a 64-bit hash of an id that is the same on every machine. It finds
// ids fast and protects against nothing: who looks an id up compares it.
func hash(id []byte) uint64 {
	const k0, k1, k2 = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb
	h := uint64(len(id))*k0 ^ k2
	rest := id
	for ; len(rest) > 16; rest = rest[16:] {
		a, b := words(rest[:16])
		h = fold(a^h^k0, b^k1)
	}
	if len(id) > 16 {
		rest = id[len(id)-16:] // what was read twice does no harm
	}
	a, b := words(rest)
	return fold(fold(a^h^k1, b^k2)^k0, k1^h)
}

// words are the first and the last eight bytes of a text of at most 16; they
// overlap when it has fewer.
func words(text []byte) (first, last uint64) {
	if n := len(text); n >= 8 {
		return binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	}
	for _, c := range text {
		first = first<<8 | uint64(c)
	}
	return first, 0
}

// fold mixes two words: the halves of their product, xored.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
