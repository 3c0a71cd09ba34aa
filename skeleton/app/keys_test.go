package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestFirstKey: whoever else may use the machine cannot read the token, also where a
// file of its name was left lying about, and a start that was cut short between the
// token and the key leaves no key that nobody has.
func TestFirstKey(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "dev.key")
	if err := os.WriteFile(name, []byte("dev.old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := start(t, boxesApp(t), dir, nil)
	token := readFile(t, name)
	if status := a.post(t, token, "/box/"+box1+"/open-box", `{"label": "attic"}`); status != http.StatusOK {
		t.Errorf("a command with the token is answered %d", status)
	}
	for _, file := range []string{"dev.key", "keys.json"} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, want 0600", file, info.Mode())
		}
	}
	blocked := t.TempDir() // where no token can be written
	if err := os.MkdirAll(filepath.Join(blocked, "dev.key", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if code, _, log := run(t, boxesApp(t), "-addr", "127.0.0.1:0", "-data", blocked); code != 3 || !strings.Contains(log, "dev.key") {
		t.Errorf("it ended with %d: %s", code, log)
	}
	if _, err := os.Stat(filepath.Join(blocked, "keys.json")); err == nil {
		t.Error("there is a key whose token nobody has")
	}
}
