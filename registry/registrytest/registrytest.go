// Package registrytest starts real schema registries for the tests that talk to
// them, which have the build tag integration.
package registrytest

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// Start runs a script of scripts/servers until the test ends, with environment
// beside the test's own. It returns the server's address and its process, which
// the test may kill.
func Start(t testing.TB, script string, environment ...string) (url string, server *os.Process) {
	t.Helper()
	command := exec.Command(script)
	command.Env = append(os.Environ(), environment...)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatalf("starting %s: %v", script, err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatalf("starting %s: %v", script, err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("starting %s: %v", script, err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()  // that stops it
		_ = command.Wait() // a server that the test killed has no good status
	})
	lines := bufio.NewScanner(stdout)
	var found []string
	for len(found) < 2 && lines.Scan() {
		found = append(found, lines.Text())
	}
	if len(found) < 2 {
		t.Fatalf("%s ended before its server answered; what it wrote to standard error says why (%v)", script, lines.Err())
	}
	pid, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatalf("reading the process id that %s prints: %v", script, err)
	}
	server, err = os.FindProcess(pid)
	if err != nil {
		t.Fatalf("finding the server of %s: %v", script, err)
	}
	return found[0], server
}
