package confluent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// TestAnswers asks the questions of testdata/answers. In each file "ask" holds
// one question a line, a section named by method and path is what the server
// answers to it (a second one of that name to the second request, and so on;
// the last is repeated), and "want" is what came of it: the result, and the
// pauses between attempts. NEXUS_UPDATE=1 rewrites "want".
func TestAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/answers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixture: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, archive)
			want := section(archive, "want")
			if os.Getenv("NEXUS_UPDATE") != "" && got != string(want.Data) {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func section(archive *txtar.Archive, name string) *txtar.File {
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			return &archive.Files[i]
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: name})
	return &archive.Files[len(archive.Files)-1]
}

// play runs one fixture.
func play(t *testing.T, archive *txtar.Archive) string {
	s := &scripted{t: t, answers: map[string][][]byte{}}
	for _, file := range archive.Files {
		if strings.Contains(file.Name, " /") {
			s.answers[file.Name] = append(s.answers[file.Name], file.Data)
		}
	}
	server := httptest.NewServer(s)
	defer server.Close()
	r := open(t, Options{URL: server.URL, Username: "alice", Password: "hunter2"})
	var out strings.Builder
	pausing(r, func(d time.Duration) { fmt.Fprintf(&out, "  pause %s\n", d) })
	for line := range strings.Lines(string(section(archive, "ask").Data)) {
		fmt.Fprint(&out, line)
		question(r, &out, archive, strings.Fields(line))
	}
	return strings.ReplaceAll(out.String(), server.URL, "URL")
}

// scripted answers requests from a fixture.
type scripted struct {
	t       *testing.T
	mutex   sync.Mutex
	answers map[string][][]byte
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := request.Method + " " + request.URL.RequestURI()
	left := s.answers[key]
	if len(left) == 0 {
		s.t.Errorf("unexpected request %s", key)
		return
	}
	if len(left) > 1 {
		s.answers[key] = left[1:]
	}
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(left[0]))), request)
	if err != nil {
		s.t.Errorf("%s: the fixture's answer: %v", key, err)
		return
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		s.t.Errorf("%s: sending: %v", key, err)
	}
}

func open(t testing.TB, o Options) *Registry {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	pausing(r, func(time.Duration) {})
	return r
}

// pausing replaces the clock: pauses are noted and last no time.
func pausing(r *Registry, note func(time.Duration)) {
	var mutex sync.Mutex
	r.now = func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }
	r.sleep = func(ctx context.Context, d time.Duration) error {
		mutex.Lock()
		defer mutex.Unlock()
		note(d)
		return ctx.Err()
	}
}

// question asks one thing and writes down what came of it.
func question(r *Registry, out io.Writer, archive *txtar.Archive, words []string) {
	ctx := context.Background()
	verb, arguments := words[0], append(words[1:], "", "", "")
	switch verb {
	case "subjects":
		subjects, err := r.Subjects(ctx)
		show(out, err, strings.Join(subjects, " "))
	case "versions":
		versions, err := r.Versions(ctx, arguments[0])
		show(out, err, strings.Join(versions, " "))
	case "schema":
		s, err := r.Schema(ctx, arguments[0], arguments[1])
		show(out, err, outline(s)...)
	case "level":
		level, err := r.Compatibility(ctx, arguments[0])
		show(out, err, string(level))
	case "register":
		version, err := r.Register(ctx, given(archive, arguments))
		show(out, err, version)
	case "compatible":
		ok, reasons, err := r.Compatible(ctx, given(archive, arguments))
		show(out, err, append([]string{fmt.Sprint(ok)}, reasons...)...)
	case "set":
		show(out, r.SetCompatibility(ctx, arguments[0], compat.Level(arguments[1])), "done")
	default:
		show(out, fmt.Errorf("unknown question %q", verb))
	}
}

// given is the schema of "register SUBJECT FORMAT [NAME=SUBJECT:VERSION]...",
// its text in the section "text".
func given(archive *txtar.Archive, arguments []string) schema.Schema {
	s := schema.Schema{Subject: arguments[0], Format: schema.Format(arguments[1]), Text: section(archive, "text").Data}
	for _, word := range arguments[2:] {
		if name, target, ok := strings.Cut(word, "="); ok {
			subject, version, _ := strings.Cut(target, ":")
			s.References = append(s.References, schema.Reference{Name: name, Subject: subject, Version: version})
		}
	}
	return s
}

func outline(s schema.Schema) []string {
	lines := []string{fmt.Sprintf("%s version %s %s %s", s.Subject, s.Version, s.Format, s.File), string(s.Text)}
	for _, ref := range s.References {
		lines = append(lines, fmt.Sprintf("reference %s = %s version %s: %s", ref.Name, ref.Subject, ref.Version, ref.Text))
	}
	return lines
}

func show(out io.Writer, err error, lines ...string) {
	if err == nil {
		for _, line := range lines {
			fmt.Fprintf(out, "  %s\n", line)
		}
		return
	}
	code := "error"
	known, isKnown := errors.AsType[*registry.Error](err)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		code = "not-found"
	case isKnown:
		code = known.Code
	}
	fmt.Fprintf(out, "  %s: %v\n", code, err)
	if isKnown {
		for _, hint := range known.Hints {
			fmt.Fprintf(out, "  hint: %s\n", hint)
		}
	}
}
