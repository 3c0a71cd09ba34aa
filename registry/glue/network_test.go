package glue

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
)

// These tests use sockets. One attempt each: the SDK pauses before the next.
func once(t *testing.T) {
	signedIn(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
}

// openError opens the registry orders of a server and returns the error.
func openError(t *testing.T, endpoint string) *registry.Error {
	t.Helper()
	_, err := Open(t.Context(), Options{Registry: "orders", Region: "eu-west-1", EndpointURL: endpoint, Timeout: 50 * time.Millisecond})
	e, ok := errors.AsType[*registry.Error](err)
	if !ok {
		t.Fatalf("no *registry.Error but %v", err)
	}
	return e
}

func TestServed(t *testing.T) {
	once(t)
	server := httptest.NewServer(shelf{page: 2, schemas: map[string][]string{"A": {"AVAILABLE"}, "B": nil, "C": nil}})
	defer server.Close()
	r, err := Open(t.Context(), Options{Registry: "orders", Region: "eu-west-1", EndpointURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := r.Subjects(t.Context())
	if diff := cmp.Diff([]string{"A", "B", "C"}, subjects); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if want := "the Glue registry orders at " + server.URL; r.String() != want {
		t.Errorf("the registry is %s, want %s", r, want)
	}
}

func TestRefusedConnection(t *testing.T) {
	once(t)
	server := httptest.NewServer(nil)
	server.Close()
	e := openError(t, server.URL)
	if e.Code != registry.CodeUnreachable || !strings.Contains(e.Message, "opening the Glue registry orders at "+server.URL+": dial tcp") {
		t.Errorf("%s: %s", e.Code, e.Message)
	}
}

func TestSlowServer(t *testing.T) {
	once(t)
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer server.Close()
	defer close(over)
	if e := openError(t, server.URL); e.Code != registry.CodeUnreachable || !strings.HasSuffix(e.Message, ": no answer in time") {
		t.Errorf("%s: %s", e.Code, e.Message)
	}
}

// TestHalfClosed cuts connections before, and in the middle of, an answer.
func TestHalfClosed(t *testing.T) {
	for _, text := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Status\":"} {
		t.Run(fmt.Sprintf("%d bytes", len(text)), func(t *testing.T) {
			once(t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				_, _ = io.Copy(io.Discard, request.Body) // else the request is cut off, not the answer
				connection, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer connection.Close()
				fmt.Fprint(connection, text)
			}))
			defer server.Close()
			if e := openError(t, server.URL); e.Code != registry.CodeUnreachable || !strings.Contains(e.Message, "EOF") {
				t.Errorf("%s: %s", e.Code, e.Message)
			}
		})
	}
}

func TestEndlessAnswer(t *testing.T) {
	once(t)
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		piece := []byte(strings.Repeat(" ", 1<<20))
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	server := httptest.NewServer(endless)
	defer server.Close()
	_, err := Open(t.Context(), Options{Registry: "orders", Region: "eu-west-1", EndpointURL: server.URL})
	// The client hangs up; whether it then sees its limit or the cut is a race.
	if e, ok := errors.AsType[*registry.Error](err); !ok || e.Code != registry.CodeBroken && e.Code != registry.CodeUnreachable {
		t.Errorf("%v", err)
	}
}

func TestCertificates(t *testing.T) {
	tests := []struct {
		name          string
		from, to      time.Time
		trusted       bool
		code, message string
	}{
		{"good", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), true, registry.CodeOptions, "no such registry"},
		{"expired", time.Now().Add(-2 * time.Hour), time.Now().Add(-time.Hour), true, registry.CodeUnreachable, "certificate has expired"},
		{"unknown authority", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), false, registry.CodeUnreachable, "certificate signed by unknown authority"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			once(t)
			certificate, text := certify(t, test.from, test.to)
			if test.trusted {
				bundle := filepath.Join(t.TempDir(), "ca.pem")
				if err := os.WriteFile(bundle, text, 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("AWS_CA_BUNDLE", bundle)
			}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"__type": "EntityNotFoundException"}`)
			}))
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			_, err := Open(t.Context(), Options{Registry: "orders", Region: "eu-west-1", EndpointURL: server.URL})
			e, ok := errors.AsType[*registry.Error](err)
			if !ok || e.Code != test.code || !strings.Contains(e.Message, test.message) {
				t.Fatalf("%v", err)
			}
			if hint := strings.Join(e.Hints, "\n"); strings.Contains(hint, "AWS_CA_BUNDLE") != (test.code == registry.CodeUnreachable) {
				t.Errorf("hints: %s", hint)
			}
		})
	}
}

// certify makes a certificate for the loopback address that signs itself.
func certify(t *testing.T, from, to time.Time) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "glue"}, NotBefore: from, NotAfter: to,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// TestOptions checks what is refused before anything is sent, and that no error
// repeats a password.
func TestOptions(t *testing.T) {
	tests := []struct {
		name    string
		env     map[string]string
		options Options
		want    string
	}{
		{"no region", nil, Options{Registry: "orders"},
			"registry-options: opening the Glue registry orders: no AWS region is set"},
		{"unknown profile", map[string]string{"AWS_PROFILE": "nobody"}, Options{Region: "eu-west-1"},
			"registry-options: reading the AWS configuration: failed to get shared config profile, nobody"},
		{"unknown level", nil, Options{Region: "eu-west-1", Level: "SIDEWAYS"},
			`registry-options: AWS Glue has no mode for the compatibility level "SIDEWAYS"`},
		{"password in the endpoint", nil, Options{Region: "eu-west-1", EndpointURL: "http://me:hunter2@localhost"},
			"registry-options: reading the endpoint URL of AWS Glue: it holds a user name or password"},
		{"password in the environment", map[string]string{"AWS_ENDPOINT_URL_GLUE": "http://me:hunter2@localhost"}, Options{Region: "eu-west-1"},
			"registry-options: reading the endpoint URL of AWS Glue: it holds a user name or password"},
		{"no URL", nil, Options{Region: "eu-west-1", EndpointURL: "http://me:hunter2@local host"},
			"registry-options: reading the endpoint URL of AWS Glue: it is not a URL"},
		{"no host", nil, Options{Region: "eu-west-1", EndpointURL: "localhost:5000"},
			"registry-options: reading the endpoint URL of AWS Glue: it is not an http or https URL"},
		{"token in the endpoint", nil, Options{Region: "eu-west-1", EndpointURL: "http://localhost?token=hunter2"},
			"registry-options: reading the endpoint URL of AWS Glue: it has a query or a fragment"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signedIn(t)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			_, err := Open(t.Context(), test.options)
			got := outcome("", err)
			if first, _, _ := strings.Cut(got, "\n"); first != test.want {
				t.Errorf("got  %s\nwant %s", first, test.want)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("the password is printed: %s", got)
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	nobody(t)
	_, err := open(t.Context(), Options{Registry: "orders", Region: "eu-west-1"}, inProcess{shelf{}})
	e, ok := errors.AsType[*registry.Error](err)
	if !ok || e.Code != registry.CodeRefused || !strings.Contains(e.Message, "opening the Glue registry orders in eu-west-1: finding AWS credentials: ") {
		t.Errorf("%v", err)
	}
}

// TestSecretsAreNeverPrinted has a server send everything it got back, in every
// kind of error, and looks for the credentials in every text of the error and
// of what it wraps.
func TestSecretsAreNeverPrinted(t *testing.T) {
	everything := testKeyID + " " + testSecret + " " + testToken
	answers := []struct {
		status int
		body   string
	}{
		{400, `{"__type": "InvalidInputException", "Message": "` + everything + `"}`},
		{400, `{"__type": "` + everything + `"}`},
		{403, `{"__type": "AccessDeniedException", "Message": "` + everything + `"}`},
		{400, `{"__type": "ThrottlingException", "Message": "` + everything + `"}`},
		{500, `{"__type": "InternalServiceException", "Message": "` + everything + `"}`},
		{200, everything},
		{200, `{"Compatibility": "` + everything + `", "DataFormat": "` + everything + `", "Status": "` + everything + `", "VersionNumber": 1}`},
		{200, `{"Compatibility": "FULL", "DataFormat": "` + everything + `", "Status": "AVAILABLE", "VersionNumber": 1}`},
		{404, "<html>" + everything},
	}
	for _, answer := range answers {
		t.Run(fmt.Sprintf("%d %.30s", answer.status, answer.body), func(t *testing.T) {
			once(t)
			echo := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
			})
			r, err := open(t.Context(), Options{Region: "eu-west-1"}, inProcess{echo})
			if err != nil {
				t.Fatal(err)
			}
			_, subjects := r.Subjects(t.Context())
			_, latest := r.Schema(t.Context(), "A", "")
			_, settings := r.Settings(t.Context(), "A")
			for _, err := range []error{subjects, latest, settings, r.SetCompatibility(t.Context(), "A", compat.Full)} {
				for ; err != nil; err = errors.Unwrap(err) {
					for _, secret := range []string{testKeyID, testSecret, testToken} {
						if text := outcome("", err) + err.Error(); strings.Contains(text, secret) {
							t.Errorf("printed: %s", text)
						}
					}
				}
			}
			if latest == nil || settings == nil {
				t.Error("the answer was taken for good")
			}
		})
	}
}
