//go:build integration

package cmd_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nexus-blueprint/nexus/registry/registrytest"
)

// These tests drive the program against real servers, which scripts/servers
// installs and starts.

// shop is a folder of schemas with the program beside it.
type shop struct {
	t    *testing.T
	dir  string
	env  []string
	args []string // of every command
}

func (s *shop) write(files map[string]string) {
	s.t.Helper()
	for name, text := range files {
		full := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run demands an exit code, and what the output holds.
func (s *shop) run(want int, args string, holds ...string) string {
	s.t.Helper()
	command := nexus(s.t, append(strings.Fields(args), s.args...)...)
	command.Dir, command.Env = s.dir, append(append(os.Environ(), "COLUMNS=250"), s.env...)
	out, err := command.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		s.t.Fatal(err)
	} else if code := command.ProcessState.ExitCode(); code != want {
		s.t.Fatalf("nexus %s: exit code %d (%v), want %d\n%s", args, code, exit, want, out)
	}
	for _, text := range holds {
		if !strings.Contains(string(out), text) {
			s.t.Errorf("nexus %s does not say %q:\n%s", args, text, out)
		}
	}
	return string(out)
}

var (
	firstSchemas = map[string]string{
		"schemas/Placed.avsc":          `{"type": "record", "name": "Placed", "namespace": "shop", "fields": [{"name": "id", "type": "string"}]}`,
		"schemas/Shipped.proto":        "syntax = \"proto3\";\npackage shop;\nmessage Shipped { string id = 1; }\n",
		"schemas/Refunded.schema.json": `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"], "additionalProperties": false}`,
	}
	nextSchemas = map[string]string{
		"schemas/Placed.avsc":          `{"type": "record", "name": "Placed", "namespace": "shop", "fields": [{"name": "id", "type": "string"}, {"name": "note", "type": "string", "default": ""}]}`,
		"schemas/Shipped.proto":        "syntax = \"proto3\";\npackage shop;\nmessage Shipped { string id = 1; string note = 2; }\n",
		"schemas/Refunded.schema.json": `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string", "default": ""}}, "required": ["id"], "additionalProperties": false}`,
	}
	brokenSchemas = map[string]string{
		"schemas/Placed.avsc":          `{"type": "record", "name": "Placed", "namespace": "shop", "fields": [{"name": "id", "type": "long"}]}`,
		"schemas/Shipped.proto":        "syntax = \"proto3\";\npackage shop;\nmessage Shipped { int64 id = 1; string note = 2; }\n",
		"schemas/Refunded.schema.json": `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "additionalProperties": false}`,
	}
)

// story is the life of three subjects: registered, evolved, pulled, and refused.
func (s *shop) story(to string) {
	s.write(firstSchemas)
	s.run(0, "schema push schemas --dry-run --to "+to, "3 would be registered")
	s.run(0, "schema push schemas --set-level BACKWARD --to "+to, "3 registered")
	s.run(0, "schema push schemas --to "+to, "nothing to register")
	s.write(nextSchemas)
	s.run(0, "schema check schemas --against "+to, "3 compatible", "level BACKWARD: registry")
	s.run(0, "schema push schemas --to "+to, "3 registered")
	s.run(0, "schema list "+to, "BACKWARD")
	s.run(0, "schema pull "+to+" released", "6 versions taken")
	s.run(0, "schema pull "+to+" released", "0 versions taken, 6 there already")
	s.write(brokenSchemas)
	s.run(1, "schema check schemas --against "+to, "3 breaking")
	s.run(1, "schema push schemas --to "+to, "3 not registered")
	if list := s.run(0, "schema list "+to); strings.Count(list, "1, 2") != 3 || strings.Contains(list, "3\n") {
		s.t.Errorf("a refused push has changed the registry:\n%s", list)
	}
}

// offline judges by the copy as by the registry, which is gone by now.
func (s *shop) offline() {
	args := s.args
	s.args = nil
	defer func() { s.args = args }()
	s.run(1, "schema check schemas --against dir:released", "3 breaking", "is a copy of", "level BACKWARD: registry")
}

func TestConfluentStory(t *testing.T) {
	address, process := registrytest.Start(t, "../scripts/servers/confluent.sh")
	s := &shop{t: t, dir: t.TempDir()}
	to := "confluent:" + address
	s.story(to)

	// References go first, and come back with what they name.
	s.write(map[string]string{
		"more/Line.avsc":   `{"type": "record", "name": "Line", "namespace": "shop", "fields": [{"name": "total", "type": "shop.Money"}]}`,
		"more/Money.avsc":  `{"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "amount", "type": "long"}]}`,
		"more/money.proto": "syntax = \"proto3\";\npackage shop;\nmessage Money { int64 amount = 1; }\n",
		"more/Bill.proto":  "syntax = \"proto3\";\npackage shop;\nimport \"money.proto\";\nmessage Bill { Money total = 1; }\n",
	})
	s.run(0, "schema push more --to "+to, "4 registered")
	s.run(0, "schema push more --to "+to, "nothing to register")
	s.run(0, "schema check more --against "+to, "4 compatible")
	s.run(0, "schema pull "+to+" released")
	s.run(0, "schema check more --against dir:released", "4 compatible")

	// What nexus lets pass by a waiver, the registry still refuses.
	s.write(map[string]string{"agreed.yaml": agreed, "refused/Placed.avsc": strings.Replace(nextSchemas["schemas/Placed.avsc"], `"string"}, `, `"long"}, `, 1)})
	s.run(1, "schema push refused --waivers agreed.yaml --to "+to, "registry/push-refused", "409", "1 waived", "1 refused")
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.run(3, "schema check schemas --against "+to)
	s.run(3, "schema push schemas --to "+to)
	s.run(3, "schema pull "+to+" elsewhere")
	s.offline()
}

const agreed = `version: 1
waivers:
  - {rule: avro/type-changed, subject: Placed, pointer: /fields/id/type, owner: t, reason: r, expires: 2099-01-01}
`

func TestGlueStory(t *testing.T) {
	address, process := registrytest.Start(t, "../scripts/servers/glue.sh")
	home := t.TempDir()
	s := &shop{t: t, dir: t.TempDir(), args: []string{"--endpoint-url", address}, env: []string{
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=eu-west-1",
		"AWS_CONFIG_FILE=" + filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "credentials"),
		"AWS_MAX_ATTEMPTS=2",
	}}
	s.story("glue:default-registry")
	// The server judges nothing: nexus is the only guard, and a waiver opens it.
	s.write(map[string]string{"agreed.yaml": agreed, "refused/Placed.avsc": strings.Replace(nextSchemas["schemas/Placed.avsc"], `"string"}, `, `"long"}, `, 1)})
	s.run(0, "schema push refused --waivers agreed.yaml --to glue:default-registry", "1 waived", "1 registered")
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.run(3, "schema check schemas --against glue:default-registry")
	s.run(3, "schema push schemas --to glue:default-registry")
	s.offline()
}

// The server dies between two answers of one run.
func TestServerDiesInMidRun(t *testing.T) {
	address, process := registrytest.Start(t, "../scripts/servers/confluent.sh")
	base, path, _ := strings.Cut(address, "/apis")
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	var left atomic.Int64
	left.Store(1 << 40)
	relay := httputil.NewSingleHostReverseProxy(target)
	relay.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) }
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if left.Add(-1) == 0 {
			_ = process.Kill()
		}
		relay.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	s := &shop{t: t, dir: t.TempDir()}
	s.write(firstSchemas)
	to := "confluent:" + proxy.URL + "/apis" + path
	s.run(0, "schema push schemas --to "+to, "3 registered")
	s.write(nextSchemas)
	left.Store(4)
	out := s.run(3, "schema check schemas --format json --against "+to)
	if !strings.Contains(out, `"outcome": "unchecked"`) {
		t.Errorf("no complete report:\n%s", out)
	}
	s.run(3, "schema push schemas --to "+to)
}
