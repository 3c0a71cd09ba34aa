package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nexus-blueprint/nexus/skeleton/app"
)

// TestProgram goes the way of a new user: the first start, a command with the key
// that was made, a second key, the log, and the check of the chain.
func TestProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	d := boxesApp(t)
	code, ann, _ := run(t, d, "key", "ann", "-data", dir, "-tenant", "north")
	if code != 0 || !strings.HasPrefix(ann, "ann.") {
		t.Fatalf("key ended with %d and printed %q", code, ann)
	}
	if err := os.Remove(filepath.Join(dir, "keys.json")); err != nil {
		t.Fatal(err)
	}
	first := start(t, d, dir, nil)
	token := readFile(t, filepath.Join(dir, "dev.key"))
	if status := first.post(t, token, "/box/"+box1+"/open-box", `{"label": "attic"}`); status != http.StatusOK {
		t.Fatalf("the first command is answered %d", status)
	}
	if code, _, log := run(t, d, "-addr", "127.0.0.1:0", "-data", dir); code != 3 || !strings.Contains(log, "another process of the app has it") {
		t.Errorf("a second app on the folder ended with %d: %s", code, log)
	}
	if code, _, log := run(t, d, "-addr", strings.TrimPrefix(first.url, "http://"), "-data", t.TempDir()); code != 3 || !strings.Contains(log, "hint: another program has the address") {
		t.Errorf("a second app on the address ended with %d: %s", code, log)
	}
	if code, out, log := run(t, d, "export", "-data", dir); code != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("export while the app runs ended with %d: %s%s", code, out, log)
	}
	if code := first.stop(); code != 0 {
		t.Fatalf("the app ended with %d: %s", code, first.log)
	}
	if secret := strings.SplitN(token, ".", 2)[1]; strings.Contains(first.log.String(), secret) {
		t.Error("the log holds the secret of the key")
	}

	code, _, log := run(t, d, "key", "eve", "-expires", "2020-01-01", "-data", dir)
	if keys := readFile(t, filepath.Join(dir, "keys.json")); code != 0 || !strings.Contains(keys, `"expires": "2020-01-01T00:00:00Z"`) {
		t.Errorf("a key that expires ended with %d: %s%s", code, keys, log)
	}
	code, bob, log := run(t, d, "key", "bob", "-data", dir)
	if code != 0 {
		t.Fatalf("key ended with %d: %s", code, log)
	}
	second := start(t, d, dir, nil)
	if status := second.post(t, strings.TrimSpace(bob), "/box/"+box1+"/fill-box", `{"item": "a lamp"}`); status != http.StatusOK {
		t.Errorf("the command of a second key is answered %d", status)
	}
	if code := second.stop(); code != 0 {
		t.Fatalf("the app ended with %d: %s", code, second.log)
	}
	file := filepath.Join(t.TempDir(), "log.ndjson")
	if code, _, log := run(t, d, "export", "-data", dir, "-o", file); code != 0 || len(strings.Split(readFile(t, file), "\n")) != 4 {
		t.Errorf("export ended with %d: %s: %s", code, log, readFile(t, file))
	}
	code, out, _ := run(t, d, "verify", "-data", dir)
	if code != 0 || !strings.HasPrefix(out, "4 events in 1 stream, 0 faults\nseal 4:") {
		t.Errorf("verify ended with %d: %s", code, out)
	}
	_, seal, _ := strings.Cut(strings.TrimSpace(out), "seal ")
	if code, out, _ := run(t, d, "verify", "-data", dir, "-seal", seal); code != 0 {
		t.Errorf("verify with its own seal ended with %d: %s", code, out)
	}
	if code, out, _ := run(t, d, "verify", "-data", dir, "-seal", strings.Replace(seal, "4:", "5:", 1)); code != 1 {
		t.Errorf("verify with another seal ended with %d: %s", code, out)
	}
}

func TestExportIsNative(t *testing.T) {
	b := filled(t, app.Options{})
	var out bytes.Buffer
	if err := b.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"specversion": "1.0", "source": "/boxes", "type": "BoxOpened", "subject": "box-" + box1, "tenant": "north", "actor": "ann",
		"sequence": "00000000000000000001", "schemaversion": "1.0.0", "causationid": "first", "correlationid": "first", "position": "1", "routepath": "standard",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if len(got["hash"].(string)) != 64 || got["data"].(map[string]any)["label"] != "attic" {
		t.Errorf("the hash or the data are not those of the event: %s", line)
	}
}

// changed is the app with one file more or other.
func changed(t *testing.T, name, text string) app.Definition {
	d := boxesApp(t)
	files := fstest.MapFS{}
	for other, file := range d.Files.(fstest.MapFS) {
		files[other] = file
	}
	files[name] = &fstest.MapFile{Data: []byte(text)}
	d.Files = files
	return d
}

func TestProgramSaysWhatIsWrong(t *testing.T) {
	good := boxesApp(t)
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "keys.json"), []byte(`{"keys": [{"id": "x"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "events.db"), bytes.Repeat([]byte("no database"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	isFile := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(isFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := []string{"-addr", "127.0.0.1:0", "-data"}
	for _, test := range []struct {
		name string
		d    app.Definition
		args []string
		code int
		want string
	}{
		{"an unknown command", good, []string{"sreve"}, 2, `there is no command "sreve"`},
		{"an unknown flag", good, []string{"export", "-x"}, 2, "-x"},
		{"an argument too many", good, []string{"export", "now"}, 2, `unexpected argument "now"`},
		{"a key without a name", good, []string{"key"}, 2, "name the key"},
		{"a key whose name is none", good, []string{"key", "a b", "-data", damaged}, 2, `"a b"`},
		{"a key of a tenant that is none", good, []string{"key", "x", "-tenant", "../north", "-data", damaged}, 2, "tenant"},
		{"a key that expires some day", good, []string{"key", "x", "-expires", "some day"}, 2, "expires"},
		{"a key that is there", good, []string{"key", "x", "-data", damaged}, 3, "keys.json: reading keys: key 1"},
		{"a seal that is none", good, []string{"verify", "-seal", "x"}, 2, "-seal"},
		{"a data folder that is not there", good, []string{"verify", "-data", filepath.Join(damaged, "none")}, 3, "name the folder"},
		{"a data folder that is a file", good, append(fresh, isFile), 3, "making the data folder"},
		{"keys that cannot be read", good, append(fresh, damaged), 3, "keys.json: reading keys: key 1"},
		{"keys that can be mended", good, append(fresh, damaged), 3, "correct the file, or remove it and make keys anew with go run . key NAME"},
		{"events that are damaged", good, append(fresh, broken), 3, "the file is damaged"},
		{"an address without a port", good, []string{"-addr", "nowhere"}, 2, "-addr nowhere"},
		{"an address with two ports", good, []string{"-addr", "127.0.0.1:80:81"}, 2, "-addr 127.0.0.1:80:81"},
		{"a port that is none", good, []string{"-addr", "127.0.0.1:99999"}, 2, "such as 127.0.0.1:8080"},
		{"a port that nobody knows", good, []string{"-addr", "127.0.0.1:sometime"}, 2, "such as 127.0.0.1:8080"},
		{"an address of another machine", good, []string{"-addr", "192.0.2.1:8080"}, 3, "this machine does not have the address"},
		{"a stale lock", changed(t, "catalog/events/BoxOpened/schema.json", `{}`), append(fresh, t.TempDir()), 3, "catalog.lock.json is stale"},
		{"a policy that does not compile", changed(t, "policy/forbidden.rego", strings.Replace(boxRule, "input.record.type", "input.record.typo", 1)), append(fresh, t.TempDir()), 3, "policy/forbidden.rego:"},
		{"upcasters that are none", changed(t, "upcasters.json", `[{"type": 1}]`), append(fresh, t.TempDir()), 3, "upcasters.json: /0"},
		{"weights that are none", changed(t, "policy/weights.json", `{"scorer": "dice"}`), append(fresh, t.TempDir()), 3, "policy/weights.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, _, log := run(t, test.d, test.args...)
			if code != test.code || !strings.Contains(log, test.want) {
				t.Errorf("it ended with %d, want %d and %q: %s", code, test.code, test.want, log)
			}
		})
	}
}

func TestPrograms(t *testing.T) {
	d := boxesApp(t)
	code, out, _ := run(t, d, "-help")
	for _, want := range []string{"usage: boxes", "serve", "key", "export", "verify", "openapi", "load", "-addr", "-data"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("the help ended with %d, without %q: %s", code, want, out)
		}
	}
	for _, command := range []string{"serve", "key", "export", "verify", "openapi", "load"} {
		for _, asked := range []string{"-h", "--help"} {
			if code, out, log := run(t, d, command, asked); code != 0 || !strings.Contains(out, "usage: boxes") || log != "" {
				t.Errorf("%s %s ended with %d: %s, and as an error %s", command, asked, code, out, log)
			}
		}
		if code, out, log := run(t, d, command, "-bogus"); code != 2 || out != "" || !strings.Contains(log, "-bogus") || !strings.Contains(log, "usage: boxes "+command) {
			t.Errorf("%s -bogus ended with %d: %s, and as an error %s", command, code, out, log)
		}
	}
	code, out, log := run(t, d, "openapi")
	var document struct {
		Paths map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(out), &document); code != 0 || err != nil {
		t.Fatalf("openapi ended with %d (%v): %s", code, err, log)
	}
	for path, method := range map[string]string{"/box/{id}/open-box": "post", "/box/{id}": "get", "/box/{id}/why": "get", "/models/boxes": "get", "/events/{event}/why": "get", "/streams/{stream}/events": "get", "/audit/verify": "get"} {
		if document.Paths[path][method] == nil {
			t.Errorf("%s %s is not described", method, path)
		}
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if code, _, log := run(t, boxesApp(t), "-addr", "127.0.0.1:0", "-data", dir); code != 3 || !strings.Contains(log, dir) {
		t.Errorf("it ended with %d: %s", code, log)
	}
}
