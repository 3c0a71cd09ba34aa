package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// Who has stepped through a stream on the terminal has seen the answer: the report
// that is left behind says nothing more, unless something could not be read.
func TestInteractiveLeavesNoReport(t *testing.T) {
	const whole = `{"specversion":"1.0","id":"e1","source":"/s","type":"Placed","subject":"a-1","sequence":"1","data":{"n":1}}` + "\n"
	for _, test := range []struct {
		name, log string
		code      int
		left      string
	}{
		{"whole", whole, exitClean, ""},
		{"broken", whole + "{\"specversion\"\n", exitUnchecked, "log.ndjson:2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			if err := os.WriteFile(filepath.Join(dir, "log.ndjson"), []byte(test.log), 0o644); err != nil {
				t.Fatal(err)
			}
			terminal, program := openTerminal(t)
			if _, err := terminal.WriteString("q"); err != nil {
				t.Fatal(err)
			}
			const end = "END OF THE TEST"
			said := make(chan string)
			go func() {
				var text []byte
				for chunk := make([]byte, 4096); !strings.Contains(string(text), end); {
					n, err := terminal.Read(chunk)
					if text = append(text, chunk[:n]...); err != nil {
						break
					}
				}
				before, _, _ := strings.Cut(string(text), end)
				said <- before
			}()
			a := newApp(program, program, program)
			a.env = func(name string) string { return map[string]string{"TERM": "xterm"}[name] }
			code := a.run(t.Context(), []string{"replay", "log.ndjson", "--stream", "a-1", "-i", "--report", "json=report.json"})
			// The program's side stays open: the library asks for its size in the
			// background, and nothing tells when it has done so.
			if _, err := program.WriteString(end); err != nil {
				t.Fatal(err)
			}
			_, left, stepped := strings.Cut(<-said, "\x1b[?1049l")
			if code != test.code || !stepped {
				t.Fatalf("exit code %d, want %d; stepped through: %t", code, test.code, stepped)
			}
			if strings.Contains(left, "subjects checked") || strings.Contains(left, "Placed") || !strings.Contains(left, test.left) || test.left == "" && strings.Contains(left, "replayed") {
				t.Errorf("left on the terminal: %q", left)
			}
			if text, err := os.ReadFile("report.json"); err != nil || !strings.Contains(string(text), `"id": "e1"`) {
				t.Errorf("the report is %s, %v", text, err)
			}
		})
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
