package index

import (
	"encoding/binary"
	"errors"
)

// errMalformed says that a part of an index does not follow the layout.
var errMalformed = errors.New("the index is damaged: its content does not follow the layout")

// A cursor reads numbers and texts one after the other. Behind the end of its
// text, or where no number is, it turns broken and reads zeros.
type cursor struct {
	text   []byte
	broken bool
}

func (c *cursor) uint() uint64 {
	if len(c.text) > 0 && c.text[0] < 0x80 {
		n := uint64(c.text[0])
		c.text = c.text[1:]
		return n
	}
	return c.long()
}

// long is a number of several bytes. It stands apart so that the compiler puts the
// short ones, most of all, where they are read.
func (c *cursor) long() uint64 {
	if len(c.text) > 1 && c.text[1] < 0x80 {
		n := uint64(c.text[0]&0x7f) | uint64(c.text[1])<<7
		c.text = c.text[2:]
		return n
	}
	n, size := binary.Uvarint(c.text)
	if size <= 0 {
		c.text, c.broken = nil, true
		return 0
	}
	c.text = c.text[size:]
	return n
}

func (c *cursor) int() int64 { return unzigzag(c.uint()) }

// count is a number that must lie below a limit.
func (c *cursor) count(limit uint64) int {
	n := c.uint()
	if n >= limit {
		c.broken = true
		return 0
	}
	return int(n)
}

func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.text) {
		c.text, c.broken = nil, true
		return nil
	}
	b := c.text[:n:n]
	c.text = c.text[n:]
	return b
}

// string is a text behind its length.
func (c *cursor) string() string { return string(c.bytes(c.length())) }

// err is errMalformed once the cursor is broken.
func (c *cursor) err() error {
	if c.broken {
		return errMalformed
	}
	return nil
}

func appendUint(dst []byte, n uint64) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	return binary.AppendUvarint(dst, n)
}

func appendInt(dst []byte, n int64) []byte { return appendUint(dst, zigzag(n)) }

func appendString(dst []byte, s string) []byte {
	return append(appendUint(dst, uint64(len(s))), s...)
}

// zigzag maps small numbers of either sign to small numbers.
func zigzag(n int64) uint64 { return uint64(n)<<1 ^ uint64(n>>63) }

func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }
