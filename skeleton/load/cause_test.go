package load_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/load"
)

func TestCauseLeavesOutWhatItHappenedTo(t *testing.T) {
	of := func(err error) error {
		return &url.Error{Op: "Post", URL: "http://127.0.0.1:8080/box/7/open-box", Err: err}
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{of(&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 8080}, Err: syscall.ECONNREFUSED}), "connection refused"},
		{of(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}), "connection reset by peer"},
		{of(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "box-7.example"}}), "no such host"},
		{of(&net.DNSError{Err: "i/o timeout", Name: "box-7.example", IsTimeout: true}), "timeout"},
		{of(context.DeadlineExceeded), "timeout"},
		{fmt.Errorf("appending to box-7: %w", context.DeadlineExceeded), "timeout"},
		{of(io.EOF), "the connection was closed before the answer"},
		{fmt.Errorf("reading an answer: %w", io.ErrUnexpectedEOF), "the connection was closed before the answer"},
		{of(errors.New("http: server gave HTTP response to HTTPS client")), "http: server gave HTTP response to HTTPS client"},
		{fmt.Errorf("writing to box-7: %w", syscall.ENOSPC), "no space left on device"},
		{&load.StatusError{Status: 409, Code: "conflict"}, "answered with 409 Conflict, conflict"},
		{&load.StatusError{Status: 799}, "answered with 799"},
		{errors.New("the third"), "the third"},
	} {
		if got := load.Cause(test.err); got != test.want {
			t.Errorf("%v is because of %q, want %q", test.err, got, test.want)
		}
	}
}

// Calls to a system that does not answer differ in all but what went wrong.
func TestCallsFailForOneReason(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	now := time.Unix(0, 0)
	send := load.HTTP(load.Client(1), func(ctx context.Context, call load.Call) (*http.Request, error) {
		now = now.Add(time.Second)
		return http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/box/%d", server.URL, call.Number), http.NoBody)
	})
	report, err := load.Run(t.Context(), load.Options{Writers: 1, Duration: 20 * time.Second, Now: func() time.Time { return now }, Do: send})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]load.Count{{Name: "connection refused", Count: 20}}, report.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestAnswersAreToldApartByTheirCode(t *testing.T) {
	for _, test := range []struct{ kind, body, want string }{
		{"application/problem+json", `{"status":409,"code":"refused","detail":"box 7 is open"}`, "answered with 409 Conflict, refused"},
		{"application/problem+json; charset=utf-8", `{"code":"refused"}`, "answered with 409 Conflict, refused"},
		{"application/problem+json", `{"status":409}`, "answered with 409 Conflict"},
		{"application/problem+json", `{"code":`, "answered with 409 Conflict"},
		{"application/problem+json", `{"code":"` + strings.Repeat("x", 1<<20) + `"}`, "answered with 409 Conflict"},
		{"application/problem+json", `{"code":"` + strings.Repeat("x", 1<<10) + `"}`, "answered with 409 Conflict"},
		{"application/json", `{"code":"refused"}`, "answered with 409 Conflict"},
		{"text/plain", `box 7 is open`, "answered with 409 Conflict"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", test.kind)
			w.WriteHeader(http.StatusConflict)
			io.WriteString(w, test.body)
		}))
		send := load.HTTP(load.Client(1), func(ctx context.Context, _ load.Call) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodPost, server.URL, http.NoBody)
		})
		if got := send(t.Context(), load.Call{}).Err; got == nil || got.Error() != test.want {
			t.Errorf("%s %.40s: %v, want %s", test.kind, test.body, got, test.want)
		}
		server.Close()
	}
}

// A report has few lines about errors, and they add up.
func TestReportSumsTheRarestErrors(t *testing.T) {
	for kinds, want := range map[int]string{
		10: "error       1 × kind 9\n",
		11: "error       3 × of 2 further kinds\n",
		20: "error       66 × of 11 further kinds\n",
	} {
		var r load.Report
		for i := range kinds {
			r.Errors = append(r.Errors, load.Count{Name: fmt.Sprintf("kind %d", i), Count: kinds - i})
		}
		var got bytes.Buffer
		if err := r.Write(&got); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(got.String(), "error  "); lines != 10 || !strings.HasSuffix(got.String(), want) {
			t.Errorf("%d kinds are %d lines, want 10 and at the end %q:\n%s", kinds, lines, want, got.String())
		}
	}
}
