package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/cmd"
	"github.com/nexus-blueprint/nexus/scaffold"
)

// asProgram makes the test binary nexus itself, for the shells of the tests below.
const asProgram = "NEXUS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cmd.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// sessions finds the blocks of a page that a user types one after the other into a
// shell, beginning in an empty folder:
//
//	```console app
//	$ nexus new …
//	output
//	$ cd …
//	$ go run .
//	```
//
// All blocks of a page are one session. An answer in JSON that is too long for a
// line is shown wrapped.
var sessions = regexp.MustCompile("(?s)```console app\n(.*?)```\n")

// Whatever a page shows of making an app and asking it, happens: the app is made,
// built, started and asked. Ids, times and hashes may be others. NEXUS_UPDATE=1
// rewrites the pages.
func TestDocumentationShowsRealApps(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it compiles an app with its database")
	}
	for _, program := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the pages are sessions with sh and curl: %v", err)
		}
	}
	for _, page := range []string{"README.md", "docs/new.md"} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			s := newSession(t)
			shown := 0
			got := sessions.ReplaceAllStringFunc(string(text), func(block string) string {
				shown++
				return "```console app\n" + s.replay(sessions.FindStringSubmatch(block)[1]) + "```\n"
			})
			if shown == 0 {
				t.Error("the page shows no session: has the form of the blocks changed?")
			}
			if os.Getenv("NEXUS_UPDATE") != "" {
				if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("%s shows something else than happens (-page +happened); run make update:\n%s", page, diff)
			}
		})
	}
}

// A session is a shell in an empty folder, and the app that it has started.
type session struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
	app string // the program, once it is built
	url string // of the app that runs
}

// pageURL is where an app answers unless it is told otherwise.
const pageURL = "http://127.0.0.1:8080"

// shellNames make the shell call what is tested: nexus is this program, and go run
// the app that was built. curl draws no progress when its output is no terminal.
const shellNames = `
nexus() { %s=1 "$NEXUS_TEST" "$@"; }
go() { shift 2; "$APP_TEST" "$@"; }
curl() { command curl -s "$@"; }
`

func newSession(t *testing.T) *session {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, app: filepath.Join(t.TempDir(), "app")}
	shell := exec.CommandContext(context.WithoutCancel(t.Context()), "sh") // ends in Cleanup, behind the context
	shell.Dir = t.TempDir()
	shell.Env = append(os.Environ(), "COLUMNS=100", "NO_COLOR=1", "NEXUS_TEST="+self, "APP_TEST="+s.app)
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stderr = shell.Stdout
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	s.in, s.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		in.Close()
		if err := shell.Wait(); err != nil {
			t.Errorf("the shell of the session: %v", err)
		}
	})
	fmt.Fprintf(s.in, shellNames, asProgram)
	return s
}

// step finds a command of a session, which may go on behind \ at the end of a line,
// and what it prints.
var step = regexp.MustCompile(`(?m)^\$ ((?:.*\\\n)*.*)\n((?:[^$\n].*\n|\n)*)`)

// replay runs the commands of a block, and returns the block with what they print.
func (s *session) replay(block string) string {
	return step.ReplaceAllStringFunc(block, func(text string) string {
		parts := step.FindStringSubmatch(text)
		output := s.run(parts[1])
		if sameAnswer(parts[2], output) {
			output = parts[2]
		}
		return "$ " + parts[1] + "\n" + output
	})
}

// starts finds the command that starts the app.
var starts = regexp.MustCompile(`^go run \.\s*(#.*)?$`)

// run runs a command and returns what it prints, as a page shows it.
func (s *session) run(command string) string {
	s.t.Helper()
	if starts.MatchString(command) {
		s.start(strings.TrimSpace(s.shell("pwd")))
		return ""
	}
	if s.url != "" {
		command = strings.ReplaceAll(command, pageURL, s.url)
	}
	output := s.shell(command)
	if s.url != "" {
		output = strings.ReplaceAll(output, s.url, pageURL)
	}
	return wrapAnswer(output)
}

// shell hands a command to the shell and reads up to the end of its output.
func (s *session) shell(command string) string {
	s.t.Helper()
	fmt.Fprintf(s.in, "{ %s\n} </dev/null\nprintf '\\001%%s\\n' $?\n", command)
	output, err := s.out.ReadString(1)
	if err != nil {
		s.t.Fatalf("%s: the shell ended: %v\n%s", command, err, output)
	}
	output = strings.TrimSuffix(output, "\x01")
	if code, err := s.out.ReadString('\n'); err != nil || code != "0\n" {
		output += "exit " + code
	}
	return output
}

// start builds the app in a folder and runs it until the test ends.
func (s *session) start(dir string) {
	s.t.Helper()
	goOffline(s.t, dir, "build", "-trimpath", "-o", s.app, ".")
	app := exec.CommandContext(context.WithoutCancel(s.t.Context()), s.app, "-addr", "127.0.0.1:0")
	app.Dir = dir
	log, err := app.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := app.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	for s.url == "" && lines.Scan() {
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			s.url = line.URL
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }() // so that it never waits for a reader
	s.t.Cleanup(func() {
		_ = app.Process.Signal(os.Interrupt) // it may have ended
		_ = app.Wait()
	})
	if s.url == "" {
		s.t.Fatalf("the app in %s does not say where it serves", dir)
	}
}

// anew are what is another one each time, or with each core: ids, the beginnings of
// ids, hashes, times, and how many files an app has.
var anew = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}…|[0-9a-f]{64}|\([0-9a-f]{12}\)|` +
	`[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?|[0-9]+ (files|of the core)`)

// sameAnswer reports whether two outputs differ in nothing but what is made anew each
// time, and how JSON is wrapped.
func sameAnswer(a, b string) bool {
	plain := func(text string) string {
		var short bytes.Buffer
		if json.Compact(&short, []byte(text)) == nil {
			text = short.String()
		}
		return strings.Join(strings.Fields(anew.ReplaceAllString(text, "…")), " ") // a shorter time moves columns
	}
	return plain(a) == plain(b)
}

// pageWidth is how long a line of JSON may be.
const pageWidth = 100

// wrapAnswer breaks an answer that is one long line of JSON.
func wrapAnswer(output string) string {
	line := strings.TrimSuffix(output, "\n")
	if len(line) <= pageWidth || !json.Valid([]byte(line)) {
		return output
	}
	return wrapJSON([]byte(line), "", 0) + "\n"
}

// wrapJSON breaks a value into its members, and these if they are too long behind
// what stands before them in their line.
func wrapJSON(text []byte, indent string, before int) string {
	if before+len(text) <= pageWidth || text[0] != '{' && text[0] != '[' {
		return string(text)
	}
	members := json.NewDecoder(bytes.NewReader(text))
	open, _ := members.Token() // the text is valid
	var lines []string
	for members.More() {
		name := ""
		if open == json.Delim('{') {
			key, _ := members.Token()
			name = fmt.Sprintf("%q: ", key)
		}
		var value json.RawMessage
		_ = members.Decode(&value)
		below := indent + "  "
		lines = append(lines, below+name+wrapJSON(value, below, len(below)+len(name)+1))
	}
	return fmt.Sprintf("%c\n%s\n%s%c", text[0], strings.Join(lines, ",\n"), indent, text[len(text)-1])
}

// specs finds the domain.yaml files of a page.
var specs = regexp.MustCompile("(?s)```yaml\n(version: 1\nname: .*?)```\n")

// Apps can be made of the specs that the page shows.
func TestDocumentedSpecs(t *testing.T) {
	text, err := os.ReadFile("docs/new.md")
	if err != nil {
		t.Fatal(err)
	}
	found := specs.FindAllSubmatch(text, -1)
	if len(found) == 0 {
		t.Error("docs/new.md shows no domain.yaml: has the form of the blocks changed?")
	}
	for _, block := range found {
		spec, err := scaffold.ReadSpec("docs/new.md", block[1])
		if err == nil {
			_, err = scaffold.New(t.Context(), spec, scaffold.NewOptions{Version: exampleVersion, Text: block[1]})
		}
		if err != nil {
			t.Errorf("%v:\n%s", err, block[1])
		}
	}
}

// What is wrapped is still the same, and fits.
func TestWrapJSON(t *testing.T) {
	long := strings.Repeat("x", 40)
	text := fmt.Sprintf(`{"a":[{"b":"%s","c":"%s"},{"d":"%s"}],"e":1}`, long, long, long)
	want := fmt.Sprintf("{\n  \"a\": [\n    {\"b\":%q,\"c\":%q},\n    {\"d\":%q}\n  ],\n  \"e\": 1\n}\n", long, long, long)
	got := wrapAnswer(text + "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrapped (-want +got):\n%s", diff)
	}
	if !sameAnswer(text, got) {
		t.Error("the wrapped text is not the same answer")
	}
	if sameAnswer(`{"id":"01a20942-0c4b-73a6-aab2-389a48791162","n":1}`, `{"id":"01a20942-0c4b-73a6-aab2-389a48791163","n":2}`) {
		t.Error("answers that differ in more than an id are taken for the same")
	}
}
