package replay

import "syscall"

// adviseHuge asks for large pages: the values of many streams lie far apart, so
// that with small ones nearly every fold would miss the processor's table of
// pages. It is a hint, and nothing depends on it.
func adviseHuge(block []byte) {
	_ = syscall.Madvise(block, syscall.MADV_HUGEPAGE)
}
