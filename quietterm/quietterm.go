// Package quietterm keeps a library from questioning the terminal when a program
// starts.
//
// Bubble Tea asks the terminal for its background as soon as it is linked, before
// main: every run of the program, even one that only prints its version, writes
// control sequences and waits up to five seconds for an answer that some
// terminals never give. It does not ask a terminal that is called dumb. So this
// package calls it that while packages are initialised, and whoever links Bubble
// Tea calls Restore in an init function of its own.
//
// That this package comes first follows from the order that the language gives
// to initialisation, by import path among the packages whose imports are done:
// this one waits for os only, Bubble Tea also for os/exec, whose path sorts
// behind this one's.
package quietterm

import "os"

var term, named = os.LookupEnv("TERM")

// The only error is for a name that no environment can hold.
func init() { _ = os.Setenv("TERM", "dumb") }

// Restore gives TERM the value it had when the program started.
func Restore() {
	if named {
		_ = os.Setenv("TERM", term)
		return
	}
	_ = os.Unsetenv("TERM")
}
