//go:build !slow

package sqlite_test

// crashes is how often TestCrash kills a process.
const crashes = 3
