package cmd_test

import (
	"cmp"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// shelf is what a fake registry holds: the file that a script gives it.
type shelf struct {
	Level    string // of all subjects
	Subjects map[string][]version
	// Refuses gives the registry's reasons against a new version of a subject.
	Refuses map[string][]string
	User    string // who may ask, as user:password; empty is anybody
	Mood    string // html, busy, or down-after:SUBJECT
	CA      string // the file to write its certificate to; empty is no TLS
}

type version struct {
	Schema     string           `json:"schema"`
	SchemaType string           `json:"schemaType"`
	References []map[string]any `json:"references"`
}

// confluentServer starts a fake of Confluent's interface and puts its URL into
// an environment variable: confluent REGISTRY shelf.json. What it is asked is
// written to shelf.json.log.
func confluentServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: confluent VARIABLE SHELF")
	}
	var s shelf
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &s))
	f := &fakeRegistry{shelf: s, log: ts.MkAbs(args[1] + ".log")}
	server := httptest.NewUnstartedServer(f)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a handshake that fails is meant to
	ts.Defer(server.Close)
	if s.CA == "" {
		server.Start()
	} else {
		server.StartTLS()
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs(s.CA), text, 0o644))
	}
	ts.Setenv(args[0], server.URL)
}

// fakeRegistry answers as Confluent's registry does.
type fakeRegistry struct {
	shelf shelf
	log   string

	mu     sync.Mutex
	down   bool
	levels map[string]string // that were set
}

func (f *fakeRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(r)
	if mood, subject, _ := strings.Cut(f.shelf.Mood, ":"); mood == "down-after" && strings.Contains(r.URL.Path, "/"+subject+"/") {
		f.down = true
	}
	user, password, _ := r.BasicAuth()
	switch {
	case f.down, f.shelf.Mood == "busy":
		w.Header().Set("Retry-After", "3600") // longer than anybody waits
		refuse(w, http.StatusServiceUnavailable, 50301, "no leader")
	case f.shelf.Mood == "html":
		fmt.Fprint(w, "<html><body>please sign in</body></html>")
	case f.shelf.User != "" && user+":"+password != f.shelf.User:
		// A careless server, which says what it was sent.
		refuse(w, http.StatusUnauthorized, 40101, "who is "+user+" with "+password+"?")
	default:
		f.answer(w, r)
	}
}

// note writes down what was asked.
func (f *fakeRegistry) note(r *http.Request) {
	file, err := os.OpenFile(f.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	fmt.Fprintln(file, r.Method, r.URL.Path)
}

func (f *fakeRegistry) answer(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for i, segment := range path {
		path[i], _ = url.PathUnescape(segment)
	}
	switch {
	case f.write(w, r, path):
	case len(path) == 2 && f.levels[path[1]] != "":
		reply(w, map[string]string{"compatibilityLevel": f.levels[path[1]]})
	case path[0] == "config":
		reply(w, map[string]string{"compatibilityLevel": f.shelf.Level})
	case path[0] == "compatibility":
		reasons := f.shelf.Refuses[path[2]]
		reply(w, map[string]any{"is_compatible": len(reasons) == 0, "messages": reasons})
	case len(path) == 1:
		f.subjects(w, r)
	case len(path) == 3:
		reply(w, sequence(len(f.shelf.Subjects[path[1]])))
	case len(path) == 4:
		f.version(w, path[1], path[3])
	default:
		refuse(w, http.StatusNotFound, 40401, "no such subject")
	}
}

func (f *fakeRegistry) subjects(w http.ResponseWriter, r *http.Request) {
	names := []string{}
	if r.URL.Query().Get("offset") == "0" {
		for name := range f.shelf.Subjects {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	reply(w, names)
}

func (f *fakeRegistry) version(w http.ResponseWriter, subject, wanted string) {
	versions := f.shelf.Subjects[subject]
	for i, v := range versions {
		number := i + 1
		if fmt.Sprint(number) == wanted || wanted == "latest" && number == len(versions) {
			reply(w, map[string]any{
				"subject": subject, "version": number, "id": number,
				"schema": v.Schema, "schemaType": v.SchemaType, "references": v.References,
			})
			return
		}
	}
	refuse(w, http.StatusNotFound, 40402, "no such version")
}

func sequence(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i + 1
	}
	return numbers
}

func reply(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	w.WriteHeader(status)
	reply(w, map[string]any{"error_code": code, "message": message})
}

// glueServer is confluentServer for AWS Glue: glue VARIABLE SHELF.
func glueServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: glue VARIABLE SHELF")
	}
	var s shelf
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &s))
	server := httptest.NewServer(fakeGlue{s})
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
	ts.Setenv("AWS_REGION", "eu-west-1")
	ts.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	ts.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	ts.Setenv("AWS_CONFIG_FILE", ts.MkAbs("none"))
	ts.Setenv("AWS_SHARED_CREDENTIALS_FILE", ts.MkAbs("none"))
}

// fakeGlue answers the requests that read, as AWS Glue does. The level is one of
// Glue's own words.
type fakeGlue struct{ shelf shelf }

func (f fakeGlue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SchemaId            struct{ SchemaName string }
		SchemaVersionNumber struct{ VersionNumber int }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		panic(err)
	}
	versions := f.shelf.Subjects[in.SchemaId.SchemaName]
	switch operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSGlue."); operation {
	case "GetRegistry":
		reply(w, map[string]any{"Status": "AVAILABLE"})
	case "ListSchemas":
		var list []map[string]any
		for _, name := range slices.Sorted(maps.Keys(f.shelf.Subjects)) {
			list = append(list, map[string]any{"SchemaName": name, "SchemaStatus": "AVAILABLE"})
		}
		reply(w, map[string]any{"Schemas": list})
	case "ListSchemaVersions":
		var list []map[string]any
		for i := range versions {
			list = append(list, map[string]any{"VersionNumber": i + 1, "Status": "AVAILABLE"})
		}
		reply(w, map[string]any{"Schemas": list})
	case "GetSchema":
		reply(w, map[string]any{"Compatibility": f.shelf.Level, "DataFormat": versions[0].SchemaType})
	case "GetSchemaVersion":
		number := cmp.Or(in.SchemaVersionNumber.VersionNumber, len(versions))
		reply(w, map[string]any{
			"VersionNumber": number, "Status": "AVAILABLE",
			"DataFormat": versions[number-1].SchemaType, "SchemaDefinition": versions[number-1].Schema,
		})
	default:
		panic(operation)
	}
}
