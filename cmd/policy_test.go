package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// The same input gives the same bytes, however many processors share the work.
func TestPolicyCheckIsDeterministic(t *testing.T) {
	const runs = 20
	log := filepath.Join(t.TempDir(), "log.ndjson")
	text := `{"specversion":"1.0","id":"1","source":"/a","type":"OrderPlaced","data":{"note":"4111 1111 1111 1111"}}` + "\n" +
		`{"specversion":"1.0","id":"2","source":"/b","type":"Unheard","data":{}}` + "\n"
	if err := os.WriteFile(log, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var first []byte
	for i := range shortened(runs) {
		processors := []int{1, 2, 8}[i%3]
		runtime.GOMAXPROCS(processors)
		got := checkPolicies(t, log)
		if i == 0 {
			first = got
		}
		if !bytes.Equal(first, got) {
			t.Fatalf("run %d with %d processors printed other bytes than the first", i, processors)
		}
	}
}

// checkPolicies runs the check with all packs and returns what it prints, and its
// report in two other formats.
func checkPolicies(t *testing.T, log string) []byte {
	t.Helper()
	dir := t.TempDir()
	var out, errs bytes.Buffer
	a := newApp(nil, &out, &errs)
	a.env = func(string) string { return "" }
	args := []string{
		"policy", "check", filepath.Join("..", "examples", "shop", "catalog"), "--log", log, "--as-of", "2026-01-31",
		"--report", "json=" + filepath.Join(dir, "json"), "--report", "sarif=" + filepath.Join(dir, "sarif"),
	}
	for _, pack := range packNames(a) {
		args = append(args, "--pack", pack)
	}
	if code := a.run(t.Context(), args); code != exitFindings {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for _, name := range []string{"json", "sarif"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	return out.Bytes()
}
