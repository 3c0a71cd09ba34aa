package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A person at a terminal who gives no flag is asked; the answers make the app.
func TestNewAsksAPerson(t *testing.T) {
	dir := t.TempDir()
	terminal, program := openTerminal(t)
	go func() { // what is printed has to be read, or the terminal fills up
		for chunk := make([]byte, 4096); ; {
			if _, err := terminal.Read(chunk); err != nil {
				return
			}
		}
	}()
	if _, err := terminal.WriteString("Lamp\nInstallLamp:LampInstalled{room:string}\n\n\n"); err != nil {
		t.Fatal(err)
	}
	a := newApp(program, program, program)
	a.dir, a.env = dir, func(string) string { return "" }
	if code := a.run(t.Context(), []string{"new", "lamps"}); code != exitClean {
		t.Fatalf("exit code %d", code)
	}
	spec, err := os.ReadFile(filepath.Join(dir, "lamps", "domain.yaml"))
	if err != nil || !strings.Contains(string(spec), "InstallLamp: {event: LampInstalled, creates: true}") {
		t.Errorf("domain.yaml is\n%s(%v)", spec, err)
	}
	if err := program.Close(); err != nil {
		t.Error(err)
	}
}

// With a flag nobody is asked, whoever is watching.
func TestNewWithAFlagNeverAsks(t *testing.T) {
	_, program := openTerminal(t)
	a := newApp(program, program, program)
	a.dir, a.env = t.TempDir(), func(string) string { return "" }
	if code := a.run(t.Context(), []string{"new", "lamps", "--dry-run"}); code != exitUsage {
		t.Errorf("exit code %d, want %d", code, exitUsage)
	}
	if err := program.Close(); err != nil {
		t.Error(err)
	}
}
