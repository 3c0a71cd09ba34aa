package confluent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/registry"
)

// subjectServer lists subjects in pages of at most most, in one piece when most
// is 0, and never more than cut when that is not 0.
func subjectServer(t testing.TB, all []string, most, cut int) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if cut > 0 {
			writeJSON(t, w, all[:min(cut, len(all))])
			return
		}
		offset, _ := strconv.Atoi(request.URL.Query().Get("offset"))
		limit, _ := strconv.Atoi(request.URL.Query().Get("limit"))
		if most == 0 {
			offset, limit = 0, len(all)
		} else {
			limit = min(limit, most)
		}
		start := min(offset, len(all))
		writeJSON(t, w, all[start:min(start+limit, len(all))])
	}))
}

func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("s%05d", i)
	}
	return list
}

// TestPages lists the same subjects whatever the server makes of pages.
func TestPages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := names(rapid.IntRange(0, 2500).Draw(rt, "subjects"))
		most := rapid.SampledFrom([]int{0, 300, 1000, 20000}).Draw(rt, "page")
		server := subjectServer(t, all, most, 0)
		defer server.Close()
		r := open(t, Options{URL: server.URL})
		got, err := r.Subjects(context.Background())
		if most == 0 && len(all) == cutAt {
			if err == nil {
				rt.Fatalf("%d subjects without pages count as complete", len(all))
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(all, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("subjects (-want +got):\n%s", diff)
		}
	})
}

// TestCutList has a server without pages that cuts its list without a word. Only
// the length at which such servers cut by default is suspicious.
func TestCutList(t *testing.T) {
	server := subjectServer(t, names(2500), 0, cutAt)
	_, err := open(t, Options{URL: server.URL}).Subjects(context.Background())
	mustFail(t, err, registry.CodeBroken, fmt.Sprintf("ends after exactly %d subjects", cutAt))
	server.Close()
	server = subjectServer(t, names(5*cutAt), 0, 0)
	defer server.Close()
	if got, err := open(t, Options{URL: server.URL}).Subjects(context.Background()); err != nil || len(got) != 5*cutAt {
		t.Errorf("%d subjects, %v", len(got), err)
	}
}

// TestConcurrency counts how many requests a server sees at one time. Each
// waits until as many are there as may be, or all are.
func TestConcurrency(t *testing.T) {
	const total = 64
	for _, test := range []struct{ asked, want int }{{0, DefaultConcurrency}, {3, 3}, {500, MaxConcurrency}} {
		var mutex sync.Mutex
		active, most := 0, 0
		full := sync.NewCond(&mutex)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			mutex.Lock()
			active++
			most = max(most, active)
			full.Broadcast()
			for most < test.want {
				full.Wait()
			}
			active--
			mutex.Unlock()
			writeJSON(t, w, []int{1})
		}))
		r := open(t, Options{URL: server.URL, Concurrency: test.asked})
		var wait sync.WaitGroup
		for i := range total {
			wait.Go(func() {
				if _, err := r.Versions(context.Background(), fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		server.Close()
		if most != test.want {
			t.Errorf("concurrency %d: %d requests at one time, want %d", test.asked, most, test.want)
		}
	}
}

// TestAskedOnce counts requests for the global level and for a document that
// many refer to.
func TestAskedOnce(t *testing.T) {
	var global, money atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		switch {
		case request.URL.Path == "/config":
			global.Add(1)
			writeJSON(t, w, map[string]any{"compatibilityLevel": "FULL"})
		case strings.HasPrefix(request.URL.Path, "/config/"):
			w.WriteHeader(http.StatusNotFound)
			writeJSON(t, w, map[string]any{"error_code": 40408, "message": "not configured"})
		case request.URL.Path == "/subjects/money/versions/1":
			money.Add(1)
			writeJSON(t, w, map[string]any{"version": 1, "schema": `"int"`})
		default:
			writeJSON(t, w, map[string]any{"version": 1, "schema": `"int"`, "references": []any{map[string]any{"name": "money", "subject": "money", "version": 1}}})
		}
	}))
	t.Cleanup(server.Close)
	r := open(t, Options{URL: server.URL})
	for i := range 10 {
		if _, err := r.Compatibility(context.Background(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		s, err := r.Schema(context.Background(), fmt.Sprint(i), "")
		if err != nil || len(s.References) != 1 {
			t.Fatalf("schema %v, %v", s, err)
		}
	}
	if global.Load() != 1 || money.Load() != 1 {
		t.Errorf("the global level was asked for %d times, the reference %d times, want once each", global.Load(), money.Load())
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-7": 0, "7.5": 0, "soon": 0, "99999999999": time.Duration(1<<30) * time.Second,
		"Sat, 31 Jan 2026 12:01:00 GMT": time.Minute, "Sat, 31 Jan 2026 11:00:00 GMT": 0,
	} {
		f := failure{header: http.Header{"Retry-After": {text}}}
		if got := f.retryAfter(now); got != want {
			t.Errorf("Retry-After %q is %s, want %s", text, got, want)
		}
	}
}

// FuzzRefusal gives any answer to every question: nothing panics, no secret
// comes out, nothing a terminal obeys does, and only a registry's own 404 says
// that something is missing.
func FuzzRefusal(f *testing.F) {
	f.Add(404, `{"error_code":40401,"message":"Subject not found"}`, "")
	f.Add(404, `<html>`, "")
	f.Add(200, `["a"]`, "3")
	f.Add(200, `{"version":1,"schema":"\"int\"","references":[{"name":"b","subject":"b","version":1}],"is_compatible":true,"id":1}`, "")
	f.Add(429, `{"error_code":42901,"message":"\u001b[31mhunter2-s3cret"}`, "Sat, 31 Jan 2026 12:01:00 GMT")
	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		if status < 100 || status > 999 {
			return
		}
		r := open(t, Options{URL: "http://registry", Username: "alice", Password: "hunter2-s3cret"})
		r.base = transportFunc(func(request *http.Request) (*http.Response, error) {
			recorder := httptest.NewRecorder()
			recorder.WriteHeader(status)
			_, _ = recorder.WriteString(body) // a recorder takes everything
			response := recorder.Result()
			response.Header.Set("Retry-After", retryAfter)
			response.Request = request
			return response, nil
		})
		for _, text := range everything(r) {
			if strings.Contains(text, "hunter2-s3cret") || !utf8.ValidString(text) || strings.ContainsRune(text, '\x1b') {
				t.Errorf("printed %q", text)
			}
		}
		_, err := r.Versions(context.Background(), "a")
		if errors.Is(err, registry.ErrNotFound) && status != http.StatusNotFound {
			t.Errorf("status %d says that the subject is missing", status)
		}
		if _, err := r.Subjects(context.Background()); err == nil && status/100 != 2 {
			t.Errorf("status %d is a list of subjects", status)
		}
	})
}

// TestOrderOfVersions sorts any list of numbers as numbers.
func TestOrderOfVersions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		numbers := rapid.SliceOf(rapid.IntRange(1, 1<<31-1)).Draw(rt, "versions")
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(t, w, numbers) }))
		defer server.Close()
		got, err := open(t, Options{URL: server.URL}).Versions(context.Background(), "a")
		if err != nil {
			rt.Fatal(err)
		}
		var parsed []int
		for _, version := range got {
			n, err := strconv.Atoi(version)
			if err != nil {
				rt.Fatal(err)
			}
			parsed = append(parsed, n)
		}
		if !slices.IsSorted(parsed) || len(parsed) != len(numbers) {
			rt.Fatalf("%v listed as %v", numbers, got)
		}
	})
}
