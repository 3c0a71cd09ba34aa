//go:build linux

package index

import (
	"math"
	"os"
	"syscall"
)

// mapFile maps a file into memory for reading.
func mapFile(file *os.File, size int64) ([]byte, func() error, error) {
	if size > math.MaxInt {
		return nil, nil, syscall.ENOMEM
	}
	text, err := syscall.Mmap(int(file.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	// Pages that follow one that is used are rarely used: reading them ahead
	// makes a search in a cold file thirty times slower. It is only advice.
	_ = syscall.Madvise(text, syscall.MADV_RANDOM)
	return text, func() error { return syscall.Munmap(text) }, nil
}
