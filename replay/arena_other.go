//go:build !linux

package replay

// adviseHuge does nothing: only Linux takes the hint.
func adviseHuge([]byte) {}
