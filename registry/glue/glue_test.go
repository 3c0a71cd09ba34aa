package glue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// shelf is a Glue registry in memory: it lists in pages of a given size, and
// holds the statuses of each schema's versions, the first of version 1.
type shelf struct {
	page    int
	schemas map[string][]string
}

func (s shelf) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var in struct {
		NextToken           string
		SchemaId            struct{ SchemaName string }
		SchemaVersionNumber struct{ VersionNumber int }
	}
	if err := json.NewDecoder(request.Body).Decode(&in); err != nil {
		panic(err)
	}
	statuses := s.schemas[in.SchemaId.SchemaName]
	switch operation := operationOf(request); operation {
	case "GetRegistry":
		fmt.Fprint(w, `{"Status": "AVAILABLE"}`)
	case "ListSchemas":
		var items []any
		for name := range s.schemas { // in no order
			items = append(items, map[string]any{"SchemaName": name})
		}
		slices.SortFunc(items, func(a, b any) int { return -strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		s.list(w, in.NextToken, items)
	case "ListSchemaVersions":
		var items []any
		for i, status := range statuses {
			items = append(items, map[string]any{"VersionNumber": i + 1, "Status": status})
		}
		slices.Reverse(items) // Glue lists the newest first
		s.list(w, in.NextToken, items)
	case "GetSchemaVersion":
		number := in.SchemaVersionNumber.VersionNumber
		if number == 0 {
			number = len(statuses)
		}
		if number == 0 || number > len(statuses) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type": "EntityNotFoundException"}`)
			return
		}
		fmt.Fprintf(w, `{"VersionNumber": %d, "Status": %q, "DataFormat": "JSON", "SchemaDefinition": "{}"}`, number, statuses[number-1])
	default:
		panic(operation)
	}
}

func (s shelf) list(w http.ResponseWriter, token string, items []any) {
	start, _ := strconv.Atoi(token)
	end := min(start+s.page, len(items))
	answer := map[string]any{"Schemas": items[start:end]}
	if end < len(items) {
		answer["NextToken"] = strconv.Itoa(end)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func openShelf(t rapid.TB, s shelf) *Registry {
	r, err := open(context.Background(), Options{Registry: "orders", Region: "eu-west-1"}, inProcess{s})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPagesAndStatuses checks that whatever the pages and the statuses are, no
// subject is lost, and what counts is exactly what is AVAILABLE.
func TestPagesAndStatuses(t *testing.T) {
	signedIn(t)
	status := rapid.SampledFrom([]string{"AVAILABLE", "AVAILABLE", "PENDING", "FAILURE", "DELETING"})
	rapid.Check(t, func(t *rapid.T) {
		s := shelf{
			page:    rapid.IntRange(1, 5).Draw(t, "page"),
			schemas: rapid.MapOfN(rapid.StringMatching(`[A-Za-z0-9_$#.\-]{1,4}`), rapid.SliceOfN(status, 0, 12), 0, 12).Draw(t, "schemas"),
		}
		r, ctx := openShelf(t, s), context.Background()
		subjects, err := r.Subjects(ctx)
		if err != nil || !slices.IsSorted(subjects) || len(subjects) != len(s.schemas) {
			t.Fatalf("subjects %v, %v", subjects, err)
		}
		for subject, statuses := range s.schemas {
			checkVersions(t, r, subject, statuses)
		}
	})
}

func checkVersions(t *rapid.T, r *Registry, subject string, statuses []string) {
	ctx := context.Background()
	var want []string
	for i, status := range statuses {
		if status == "AVAILABLE" {
			want = append(want, strconv.Itoa(i+1))
		}
	}
	history, err := registry.History(ctx, r, subject, true)
	latest, latestErr := r.Schema(ctx, subject, "")
	if want == nil {
		if !errors.Is(err, registry.ErrNotFound) || !errors.Is(latestErr, registry.ErrNotFound) {
			t.Fatalf("%s with %v: %v, %v", subject, statuses, err, latestErr)
		}
		return
	}
	var got []string
	for _, s := range history {
		got = append(got, s.Version)
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("history of %s with %v: %v (-want +got):\n%s", subject, statuses, err, diff)
	}
	if latestErr != nil || latest.Version != want[len(want)-1] {
		t.Fatalf("latest of %s with %v: %s, %v", subject, statuses, latest.Version, latestErr)
	}
}

// TestBoundedConcurrency asks for many schemas at once. Every request waits in
// the server until all goroutines are stuck, so the most that are let through
// are there together.
func TestBoundedConcurrency(t *testing.T) {
	tests := []struct{ asked, want int }{{0, 8}, {3, 3}, {16, 16}, {1000, 16}}
	for _, test := range tests {
		t.Run(strconv.Itoa(test.asked), func(t *testing.T) {
			signedIn(t)
			synctest.Test(t, func(t *testing.T) { countRequests(t, test.asked, test.want) })
		})
	}
}

func countRequests(t *testing.T, asked, want int) {
	var mu sync.Mutex
	under, most := 0, 0
	s := shelf{page: 100, schemas: map[string][]string{"OrderPlaced": {"AVAILABLE"}}}
	slow := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		time.Sleep(time.Second) // virtual
		mu.Lock()
		under--
		mu.Unlock()
		s.ServeHTTP(w, request)
	})
	r, err := open(t.Context(), Options{Registry: "orders", Region: "eu-west-1", Concurrency: asked}, inProcess{slow})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			if _, err := r.Schema(t.Context(), "OrderPlaced", ""); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if most != want {
		t.Errorf("%d requests at the same time, want %d", most, want)
	}
}

func TestCancelled(t *testing.T) {
	signedIn(t)
	synctest.Test(t, func(t *testing.T) {
		// Every answer sends the SDK into a pause, in which the user gives up.
		busy := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if operationOf(request) == "GetRegistry" {
				fmt.Fprint(w, `{}`)
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		r, err := open(t.Context(), Options{Registry: "orders", Region: "eu-west-1"}, inProcess{busy})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := r.Subjects(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = r.Subjects(late)
		if e, ok := errors.AsType[*registry.Error](err); !ok || e.Code != registry.CodeUnreachable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("out of time: %v", err)
		}
	})
}

// TestCancelledWhileGlueJudges gives up on a version that stays PENDING.
func TestCancelledWhileGlueJudges(t *testing.T) {
	signedIn(t)
	synctest.Test(t, func(t *testing.T) {
		pending := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			fmt.Fprint(w, `{"Compatibility": "FULL", "DataFormat": "JSON", "SchemaVersionId": "x", "VersionNumber": 2, "Status": "PENDING"}`)
		})
		r, err := open(t.Context(), Options{Region: "eu-west-1"}, inProcess{pending})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		began := time.Now()
		_, err = r.Register(ctx, schema.Schema{Subject: "OrderPlaced", Format: schema.JSON, Text: []byte("{}")})
		if !errors.Is(err, context.Canceled) || time.Since(began) != 10*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestRegisterKeepsNoReferences(t *testing.T) {
	signedIn(t)
	r := openShelf(t, shelf{})
	_, err := r.Register(t.Context(), schema.Schema{Subject: "OrderPlaced", Format: schema.JSON, References: []schema.Reference{{Name: "address.json"}}})
	want := "registry-invalid: registering OrderPlaced in the Glue registry orders in eu-west-1: it refers to address.json, and Glue keeps no references\nhint: put what it refers to into the schema itself\n"
	if diff := cmp.Diff(want, outcome("", err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDefaultRegistry checks that the default registry need not exist to be
// read, and is left to Glue to make when the first schema is created.
func TestDefaultRegistry(t *testing.T) {
	signedIn(t)
	created := false
	handler := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var in map[string]any
		if err := json.NewDecoder(request.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		switch operationOf(request) {
		case "ListSchemas", "GetSchema":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type": "EntityNotFoundException"}`)
		case "CreateSchema":
			if in["RegistryId"] != nil || in["Compatibility"] != "FORWARD_ALL" {
				t.Errorf("CreateSchema %v", in)
			}
			created = true
			fmt.Fprint(w, `{"SchemaVersionId": "x"}`)
		case "GetSchemaVersion":
			fmt.Fprint(w, `{"VersionNumber": 1, "Status": "AVAILABLE"}`)
		default:
			t.Errorf("unexpected request %s", operationOf(request))
		}
	})
	r, err := open(t.Context(), Options{Region: "eu-west-1", Level: compat.ForwardTransitive}, inProcess{handler})
	if err != nil {
		t.Fatal(err)
	}
	if subjects, err := r.Subjects(t.Context()); err != nil || len(subjects) != 0 {
		t.Errorf("subjects %v, %v", subjects, err)
	}
	version, err := r.Register(t.Context(), schema.Schema{Subject: "OrderPlaced", Format: schema.Avro, Text: []byte(`"string"`)})
	if err != nil || version != "1" || !created {
		t.Errorf("version %q, %v", version, err)
	}
}

// FuzzAnswers lets Glue answer anything: nothing may panic or hang, and what is
// returned without an error is usable.
func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"Schemas": [{"SchemaName": "A", "VersionNumber": 1, "Status": "AVAILABLE"}]}`)
	f.Add(200, `{"SchemaDefinition": "{}", "DataFormat": "JSON", "VersionNumber": 1, "Status": "AVAILABLE", "Compatibility": "FULL"}`)
	f.Add(200, `{"Schemas": [], "NextToken": "again"}`)
	f.Add(400, `{"__type": "EntityNotFoundException", "Message": "?"}`)
	f.Add(400, `{"__type": 7}`)
	f.Add(200, `{"VersionNumber": 1e400, "SchemaId": "x", "Status": "PENDING"}`)
	f.Add(503, `<html>`)
	signedIn(f)
	f.Setenv("AWS_MAX_ATTEMPTS", "1")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		})
		synctest.Test(t, func(t *testing.T) { ask(t, inProcess{answer}) })
	})
}

func ask(t *testing.T, network inProcess) {
	ctx := t.Context()
	r, err := open(ctx, Options{Region: "eu-west-1"}, network)
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := r.Subjects(ctx)
	judge(t, err, !slices.Contains(subjects, ""))
	versions, err := r.Versions(ctx, "A")
	judge(t, err, len(versions) > 0)
	s, err := r.Schema(ctx, "A", "")
	judge(t, err, len(s.Text) > 0 && s.Version != "" && s.Format != "")
	level, err := r.Compatibility(ctx, "A")
	judge(t, err, level == "" || slices.Contains(compat.Levels, level))
	version, err := r.Register(ctx, schema.Schema{Subject: "A", Format: schema.JSON, Text: []byte("{}")})
	judge(t, err, version != "")
	judge(t, r.SetCompatibility(ctx, "A", compat.Full), true)
}

// judge checks that an answer is usable or its error one that a caller knows.
func judge(t *testing.T, err error, usable bool) {
	t.Helper()
	e, known := errors.AsType[*registry.Error](err)
	switch {
	case err == nil && !usable:
		t.Error("an unusable result without an error")
	case err != nil && !known && !errors.Is(err, registry.ErrNotFound):
		t.Errorf("an error of no kind: %T %v", err, err)
	case known && (e.Code == "" || strings.ContainsAny(e.Message, "\n\r")):
		t.Errorf("%s: %q", e.Code, e.Message)
	}
}
