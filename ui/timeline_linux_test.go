package ui

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestStartAsksNothing: a program that links this package says nothing to its
// terminal before main. The terminal is one that never answers.
func TestStartAsksNothing(t *testing.T) {
	if os.Getenv("NEXUS_TEST_START") != "" {
		fmt.Printf("TERM=%s\n", os.Getenv("TERM"))
		return
	}
	terminal, program := openTerminal(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestStartAsksNothing$")
	cmd.Env = append(os.Environ(), "NEXUS_TEST_START=1", "TERM=xterm-256color", "CI=")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err := cmd.Run()
	program.Close()
	said, _ := io.ReadAll(terminal) // ends in an error once nobody has the other side
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if strings.Contains(string(said), "\x1b") || !strings.HasPrefix(string(said), "TERM=xterm-256color\r\n") {
		t.Errorf("the program said %q", said)
	}
}

// openTerminal opens both sides of a pseudo terminal.
func openTerminal(t *testing.T) (terminal, program *os.File) {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { terminal.Close() })
	var number, locked uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &locked} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, terminal.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Skipf("no pseudo terminal: %v", errno)
		}
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	return terminal, program
}
