package glue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// TestStories plays the stories of testdata/stories. A story holds
//
//   - do: what is asked of the package, one call a line;
//   - request OPERATION and answer STATUS, in turn: what Glue is asked then, and
//     what it says. Two answers with nothing in between are a retry;
//   - definition: the text that register registers;
//   - want: what came of each call.
//
// Time is virtual: a story that waits a minute takes none.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			signedIn(t)
			synctest.Test(t, func(t *testing.T) { play(t, file, archive) })
		})
	}
}

func play(t *testing.T, file string, archive *txtar.Archive) {
	s := &story{t: t}
	s.read(archive)
	got := s.run()
	if len(s.exchanges) > 0 {
		t.Errorf("%d requests were not made, first %s", len(s.exchanges), s.exchanges[0].operation)
	}
	if os.Getenv("NEXUS_UPDATE") != "" {
		for i := range archive.Files {
			if archive.Files[i].Name == "want" {
				archive.Files[i].Data = []byte(got)
			}
		}
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(s.want, got); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
}

type exchange struct {
	operation string
	request   string
	status    int
	answer    string
}

type story struct {
	t          *testing.T
	calls      []string
	definition string
	want       string

	mu        sync.Mutex
	exchanges []exchange
}

func (s *story) read(archive *txtar.Archive) {
	var last exchange
	for _, file := range archive.Files {
		text := strings.TrimSpace(string(file.Data))
		kind, rest, _ := strings.Cut(file.Name, " ")
		switch kind {
		case "do":
			s.calls = strings.Split(text, "\n")
		case "definition":
			s.definition = text
		case "want":
			s.want = string(file.Data)
		case "request":
			last = exchange{operation: rest, request: text}
		case "answer":
			status, err := strconv.Atoi(rest)
			if err != nil || last.operation == "" {
				s.t.Fatalf("answer %q does not follow a request, or has no status", rest)
			}
			last.status, last.answer = status, text
			s.exchanges = append(s.exchanges, last)
		default:
			s.t.Fatalf("unknown part %q", file.Name)
		}
	}
}

// ServeHTTP plays Glue: the next exchange must be the one that is asked for.
func (s *story) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	operation := operationOf(request)
	if operation == "GetRegistry" && (len(s.exchanges) == 0 || s.exchanges[0].operation != operation) {
		fmt.Fprint(w, `{"RegistryName": "orders", "Status": "AVAILABLE"}`)
		return
	}
	if len(s.exchanges) == 0 || s.exchanges[0].operation != operation {
		s.t.Errorf("unexpected request %s", operation)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	next := s.exchanges[0]
	s.exchanges = s.exchanges[1:]
	s.check(request, next)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if strings.HasPrefix(next.answer, "<") {
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(next.status)
	fmt.Fprint(w, next.answer)
}

func (s *story) check(request *http.Request, want exchange) {
	if got := request.Header.Get("Content-Type"); got != "application/x-amz-json-1.1" {
		s.t.Errorf("%s has the content type %q", want.operation, got)
	}
	if !strings.HasPrefix(request.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		s.t.Errorf("%s is not signed", want.operation)
	}
	var got, wanted any
	if err := json.NewDecoder(request.Body).Decode(&got); err != nil {
		s.t.Errorf("%s: %v", want.operation, err)
	}
	if err := json.Unmarshal([]byte(want.request), &wanted); err != nil {
		s.t.Fatalf("request %s: %v", want.operation, err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		s.t.Errorf("request %s (-want +got):\n%s", want.operation, diff)
	}
}

// run makes the calls and writes down what they return.
func (s *story) run() string {
	ctx := s.t.Context()
	var b strings.Builder
	r, err := open(ctx, Options{Registry: "orders", Region: "eu-west-1"}, inProcess{s})
	if err != nil {
		return outcome("", err)
	}
	for _, line := range s.calls {
		b.WriteString(s.call(ctx, r, strings.Fields(line)))
	}
	return b.String()
}

func (s *story) call(ctx context.Context, r *Registry, words []string) string {
	subject, argument := append(words, "", "")[1], append(words, "", "")[2]
	switch words[0] {
	case "open":
		return outcome("opened", nil)
	case "subjects":
		subjects, err := r.Subjects(ctx)
		return outcome(strings.Join(subjects, " "), err)
	case "versions":
		versions, err := r.Versions(ctx, subject)
		return outcome(strings.Join(versions, " "), err)
	case "schema":
		got, err := r.Schema(ctx, subject, argument)
		return outcome(fmt.Sprintf("%s version %s, %s, %s: %s", got.Subject, got.Version, got.Format, got.File, got.Text), err)
	case "compatibility":
		level, err := r.Compatibility(ctx, subject)
		return outcome(fmt.Sprintf("%q", level), err)
	case "settings":
		settings, err := r.Settings(ctx, subject)
		return outcome(fmt.Sprintf("%+v", settings), err)
	case "register":
		version, err := r.Register(ctx, schema.Schema{Subject: subject, Format: schema.Format(argument), Text: []byte(s.definition)})
		return outcome("version "+version, err)
	case "level":
		return outcome("set", r.SetCompatibility(ctx, subject, compat.Level(argument)))
	}
	s.t.Fatalf("unknown call %q", words)
	return ""
}

// outcome writes a result or an error with everything that a user would see.
func outcome(text string, err error) string {
	if err == nil {
		return text + "\n"
	}
	if e, ok := errors.AsType[*registry.Error](err); ok {
		text = e.Code + ": " + e.Message + "\n"
		for _, hint := range e.Hints {
			text += "hint: " + hint + "\n"
		}
		return text
	}
	if isNotFound(err) {
		return "ErrNotFound: " + err.Error() + "\n"
	}
	return fmt.Sprintf("%T: %v\n", err, err)
}

func operationOf(request *http.Request) string {
	return strings.TrimPrefix(request.Header.Get("X-Amz-Target"), "AWSGlue.")
}

// inProcess is a network of one server, without sockets.
type inProcess struct{ http.Handler }

func (n inProcess) Do(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	n.ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

// The credentials of the tests. Every error is checked not to show them.
const (
	testKeyID  = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testToken  = "FwoGZXIvYXdzEXAMPLETOKEN"
)

// signedIn gives the SDK credentials and keeps it from looking anywhere else.
func signedIn(t testing.TB) {
	nobody(t)
	t.Setenv("AWS_ACCESS_KEY_ID", testKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", testSecret)
	t.Setenv("AWS_SESSION_TOKEN", testToken)
}

// nobody empties the environment of all that the SDK reads.
func nobody(t testing.TB) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			t.Setenv(name, "")
		}
	}
	empty := t.TempDir()
	t.Setenv("HOME", empty)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(empty, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(empty, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}
