package confluent

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
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
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// mustFail checks an error's code and that its message holds a text.
func mustFail(t *testing.T, err error, code, message string) {
	t.Helper()
	known, ok := errors.AsType[*registry.Error](err)
	switch {
	case !ok:
		t.Errorf("error %v is no *registry.Error", err)
	case errors.Is(err, registry.ErrNotFound):
		t.Errorf("error %v counts as not found", err)
	case known.Code != code:
		t.Errorf("error %v has code %s, want %s", err, known.Code, code)
	case !strings.Contains(known.Message, message):
		t.Errorf("error %q does not say %q", known.Message, message)
	case len(known.Hints) == 0:
		t.Errorf("error %q comes without a hint", known.Message)
	}
}

// rawServer gives each connection to a function that closes it.
func rawServer(t *testing.T, serve func(net.Conn)) (url string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int64)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = c.Read(make([]byte, 4096)) // the request; what it says does not matter
				serve(c)
			}()
		}
	}()
	return "http://" + listener.Addr().String(), connections
}

func TestBrokenConnections(t *testing.T) {
	tests := map[string]func(net.Conn){
		"closed before the answer": func(net.Conn) {},
		"closed within the headers": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: app")
		},
		"half closed within the answer": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[\"a\"")
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
		},
		"reset": func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) },
	}
	for name, serve := range tests {
		t.Run(name, func(t *testing.T) {
			url, connections := rawServer(t, serve)
			r := open(t, Options{URL: url})
			_, err := r.Subjects(context.Background())
			mustFail(t, err, registry.CodeUnreachable, "listing subjects at "+url+": the connection broke before the answer was complete, after 5 attempts")
			if n := connections.Load(); n < 5 {
				t.Errorf("%d connections, want one an attempt", n)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = open(t, Options{URL: url}).Schema(context.Background(), "orders-value", "")
	mustFail(t, err, registry.CodeUnreachable, "connection refused")
}

func TestUnknownHost(t *testing.T) {
	r := open(t, Options{URL: "http://registry.invalid:8081"})
	r.base = transportFunc(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Name: "registry.invalid", Server: "192.0.2.7:53", IsNotFound: true}}
	})
	_, err := r.Subjects(context.Background())
	mustFail(t, err, registry.CodeUnreachable, "the host registry.invalid is not found")
	if strings.Contains(err.Error(), "192.0.2.7") {
		t.Errorf("%q names the name server, which differs between machines", err)
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// silent answers nothing until the client gives up.
func silent(_ http.ResponseWriter, request *http.Request) { <-request.Context().Done() }

func TestSlowServer(t *testing.T) {
	started := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		started <- struct{}{}
		silent(w, request)
	}))
	t.Cleanup(server.Close)

	r := open(t, Options{URL: server.URL, Timeout: 10 * time.Millisecond})
	_, err := r.Subjects(context.Background())
	mustFail(t, err, registry.CodeUnreachable, "no answer within 10ms")

	r = open(t, Options{URL: server.URL})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = r.Versions(ctx, "orders-value")
	mustFail(t, err, registry.CodeUnreachable, "no answer in time")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v hides the deadline", err)
	}

	for len(started) > 0 {
		<-started
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		<-started
		stop()
	}()
	_, err = r.Schema(ctx, "orders-value", "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled question gave %v", err)
	}
	if _, ok := errors.AsType[*registry.Error](err); ok {
		t.Errorf("%v blames the registry for a ^C", err)
	}
}

// TestSlowAnswer has a server that sends its headers and then nothing.
func TestSlowAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		silent(w, request)
	}))
	t.Cleanup(server.Close)
	_, err := open(t, Options{URL: server.URL, Timeout: 10 * time.Millisecond}).Subjects(context.Background())
	mustFail(t, err, registry.CodeUnreachable, "no answer within 10ms")
}

// TestCancelledPause ends while it waits for a busy server.
func TestCancelledPause(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	t.Cleanup(server.Close)
	r := open(t, Options{URL: server.URL})
	ctx, cancel := context.WithCancel(context.Background())
	r.sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return sleep(ctx, time.Hour)
	}
	if _, err := r.Subjects(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a pause that was cancelled gave %v", err)
	}
}

func TestAnswerTooLarge(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		block := []byte(strings.Repeat(" ", 1<<20))
		for range maxAnswer>>20 + 1 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	_, err := open(t, Options{URL: server.URL}).Subjects(context.Background())
	mustFail(t, err, registry.CodeBroken, "the answer is larger than 32 MiB")
}

func TestTooManyReferences(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var n int
		_, _ = fmt.Sscanf(request.URL.Path, "/subjects/s%d/", &n) // s0 for the first
		writeJSON(t, w, map[string]any{
			"version": 1, "schema": `"string"`,
			"references": []any{map[string]any{"name": fmt.Sprintf("s%d", n+1), "subject": fmt.Sprintf("s%d", n+1), "version": 1}},
		})
	}))
	t.Cleanup(server.Close)
	_, err := open(t, Options{URL: server.URL}).Schema(context.Background(), "s0", "")
	known, ok := errors.AsType[*registry.Error](err)
	if !ok || known.Code != registry.CodeReference || !strings.Contains(known.Message, "more than 1000 schemas") {
		t.Errorf("a schema that refers on and on gave %v", err)
	}
}

func writeJSON(t testing.TB, w io.Writer, v any) {
	t.Helper()
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Errorf("writing an answer: %v", err)
	}
}

// authority issues certificates for a test.
type authority struct {
	t      *testing.T
	leaf   *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, key := a.sign(template)
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.leaf, a.key = leaf, key
	return a
}

// sign fills a template in and signs it, with its own key for the authority.
func (a *authority) sign(template *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	a.serial++
	template.SerialNumber = big.NewInt(a.serial)
	template.NotBefore = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := a.leaf, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return der, key
}

func (a *authority) pair(template *x509.Certificate) tls.Certificate {
	der, key := a.sign(template)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// write puts PEM into a new file.
func (a *authority) write(name, kind string, der []byte) string {
	a.t.Helper()
	file := filepath.Join(a.t.TempDir(), name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return file
}

// client writes a certificate for a client and its key.
func (a *authority) client() (cert, key string) {
	der, private := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write("client.pem", "CERTIFICATE", der), a.write("client.key", "PRIVATE KEY", text)
}

func tlsServer(t *testing.T, settings *tls.Config) string {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(t, w, []int{1}) }))
	server.TLS = settings
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // failed handshakes are the point
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func TestCertificates(t *testing.T) {
	a := newAuthority(t)
	ca := a.write("ca.pem", "CERTIFICATE", a.leaf.Raw)
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	good := a.pair(&x509.Certificate{IPAddresses: loopback})
	expired := a.pair(&x509.Certificate{IPAddresses: loopback, NotAfter: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)})
	elsewhere := a.pair(&x509.Certificate{DNSNames: []string{"registry.example.com"}})
	clients := x509.NewCertPool()
	clients.AddCert(a.leaf)
	cert, key := a.client()
	// In TLS 1.3 a client learns of a refused certificate only as it reads, and
	// may find the connection reset instead.
	mutual := &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MaxVersion: tls.VersionTLS12}

	tests := []struct {
		name    string
		server  *tls.Config
		options Options
		want    string // "" for success
	}{
		{"custom authority", &tls.Config{Certificates: []tls.Certificate{good}}, Options{CAFile: ca}, ""},
		{"unknown authority", &tls.Config{Certificates: []tls.Certificate{good}}, Options{}, "its certificate is signed by an authority that is not trusted"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{expired}}, Options{CAFile: ca}, "its certificate has expired or is not valid yet"},
		{"another host", &tls.Config{Certificates: []tls.Certificate{elsewhere}}, Options{CAFile: ca}, "its certificate is for another host than 127.0.0.1"},
		{"client certificate", mutual, Options{CAFile: ca, CertFile: cert, KeyFile: key}, ""},
		{"no client certificate", mutual, Options{CAFile: ca}, "the server ends the handshake"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.options.URL = tlsServer(t, test.server)
			_, err := open(t, test.options).Versions(context.Background(), "orders-value")
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			mustFail(t, err, registry.CodeUnreachable, test.want)
		})
	}
}

func TestPlainServerBehindHTTPS(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(silent))
	t.Cleanup(server.Close)
	_, err := open(t, Options{URL: "https" + strings.TrimPrefix(server.URL, "http")}).Subjects(context.Background())
	mustFail(t, err, registry.CodeUnreachable, "the server does not speak TLS")
}

func TestOptions(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"no URL", Options{}, "names no http or https server"},
		{"no scheme", Options{URL: "registry:8081"}, "names no http or https server"},
		{"no host", Options{URL: "http://:8081"}, "names no http or https server"},
		{"another scheme", Options{URL: "ftp://registry"}, "names no http or https server"},
		{"query", Options{URL: "http://registry?key=s3cret"}, "ends in a query or fragment"},
		{"userinfo", Options{URL: "http://alice:s3cret@registry"}, "credentials do not belong in the URL of registry"},
		{"malformed with userinfo", Options{URL: "http://alice:s3cret@registry:port"}, "the URL is malformed"},
		{"token and user", Options{URL: "http://registry", Token: "s3cret", Username: "alice"}, "a token and a user"},
		{"no password", Options{URL: "http://registry", Username: "alice"}, "a user and no password"},
		{"no user", Options{URL: "http://registry", Password: "s3cret"}, "a password and no user"},
		{"colon", Options{URL: "http://registry", Username: "a:b", Password: "s3cret"}, "cannot hold a colon"},
		{"line break", Options{URL: "http://registry", Token: "s3cret\n"}, "hold a line break"},
		{"missing authority", Options{URL: "http://registry", CAFile: missing}, "reading the certificate authority"},
		{"empty authority", Options{URL: "http://registry", CAFile: empty}, "no certificate in PEM"},
		{"certificate without key", Options{URL: "http://registry", CertFile: empty}, "both a certificate file and a key file"},
		{"bad certificate", Options{URL: "http://registry", CertFile: empty, KeyFile: missing}, "reading the client certificate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(test.options)
			known, ok := errors.AsType[*registry.Error](err)
			if !ok || known.Code != registry.CodeOptions || !strings.Contains(known.Message, test.want) {
				t.Fatalf("Open gave %v, want %q", err, test.want)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, known, known.Hints); strings.Contains(text, "s3cret") {
				t.Errorf("a secret is printed: %s", text)
			}
		})
	}
}

// TestSecrets has a server that repeats what it was sent, in every answer that
// is shown, and prints everything that the package gives out.
func TestSecrets(t *testing.T) {
	credentials := map[string]map[string]string{
		"basic":  {EnvUser: "alice", EnvPassword: "hunter2 + s3cret/%"},
		"bearer": {EnvToken: "eyJhbGciOi.s3cret.token"},
	}
	for name, environment := range credentials {
		t.Run(name, func(t *testing.T) {
			o := Options{}.WithEnvironment(func(name string) string { return environment[name] })
			var sent atomic.Value
			status := new(atomic.Int64)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				sent.Store(request.Header.Get("Authorization"))
				w.Header().Set("Location", "http://alice:"+environment[EnvPassword]+"@elsewhere/"+environment[EnvToken])
				w.WriteHeader(int(status.Load()))
				echo := request.Header.Get("Authorization") + environment[EnvPassword] + environment[EnvToken]
				split := strings.ReplaceAll(echo, "s3cret", "s3c\x00ret")
				writeJSON(t, w, map[string]any{
					"error_code": 1, "message": echo + split, "schemaType": echo, "version": 1, "schema": "x",
					"compatibilityLevel": echo, "is_compatible": false, "messages": []string{echo}, "reason": split,
				})
			}))
			t.Cleanup(server.Close)
			o.URL = server.URL
			r := open(t, o)
			printed := []string{fmt.Sprintf("%v %+v %#v %s %q", r, r, r, r, r), fmt.Sprintf("%v %+v %#v %s %x", o, o, o, o.Password, o.Token)}
			if text, err := json.Marshal(o); err == nil {
				printed = append(printed, string(text))
			}
			for _, code := range []int64{200, 302, 400, 401, 403, 404, 409, 422, 429, 500} {
				status.Store(code)
				printed = append(printed, everything(r)...)
			}
			if authorization, _ := sent.Load().(string); authorization == "" {
				t.Fatal("no credentials were sent")
			} else if _, value, _ := strings.Cut(authorization, " "); value != "" {
				mustNotHold(t, printed, value)
			}
			for _, name := range []string{EnvPassword, EnvToken} {
				if environment[name] != "" {
					mustNotHold(t, printed, environment[name])
				}
			}
		})
	}
}

// everything asks every question and prints every outcome.
func everything(r *Registry) []string {
	ctx := context.Background()
	_, subjects := r.Subjects(ctx)
	_, versions := r.Versions(ctx, "a")
	_, latest := r.Schema(ctx, "a", "")
	_, level := r.Compatibility(ctx, "a")
	_, register := r.Register(ctx, schema.Schema{Subject: "a", Format: schema.Avro, Text: []byte(`"int"`)})
	_, reasons, compatible := r.Compatible(ctx, schema.Schema{Subject: "a", Format: schema.Avro, Text: []byte(`"int"`)})
	set := r.SetCompatibility(ctx, "a", "FULL")
	printed := reasons
	for _, err := range []error{subjects, versions, latest, level, register, compatible, set} {
		printed = append(printed, fmt.Sprint(err))
		if known, ok := errors.AsType[*registry.Error](err); ok {
			printed = append(printed, fmt.Sprintf("%+v", *known))
		}
	}
	return printed
}

func mustNotHold(t *testing.T, printed []string, secret string) {
	t.Helper()
	for _, text := range printed {
		if strings.Contains(text, secret) {
			t.Errorf("%q is printed: %s", secret, text)
		}
	}
}
