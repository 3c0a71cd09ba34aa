//go:build integration

package confluent

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/registrytest"
	"github.com/nexus-blueprint/nexus/schema"
)

// These tests talk to a real registry, Apicurio's, which
// scripts/servers/confluent.sh installs and starts.

const script = "../../scripts/servers/confluent.sh"

func TestRealRegistry(t *testing.T) {
	url, _ := registrytest.Start(t, script)
	r, err := Open(Options{URL: url, Concurrency: MaxConcurrency})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	t.Run("empty", func(t *testing.T) { realEmpty(t, r) })
	for _, history := range histories {
		t.Run(string(history.format), func(t *testing.T) { realHistory(t, r, history) })
	}
	t.Run("references", func(t *testing.T) { realReferences(t, r) })
	t.Run("invalid", func(t *testing.T) { realInvalid(t, r) })
	t.Run("wrong URL", func(t *testing.T) {
		wrong := open(t, Options{URL: strings.TrimSuffix(url, "/apis/ccompat/v7")})
		_, err := wrong.Schema(context.Background(), "orders", "")
		mustFail(t, err, registry.CodeBroken, "404")
	})
	t.Run("thousands", func(t *testing.T) { realThousands(t, r) })
}

func realEmpty(t *testing.T, r *Registry) {
	ctx := context.Background()
	subjects, err := r.Subjects(ctx)
	if err != nil || len(subjects) != 0 {
		t.Fatalf("subjects %v, %v", subjects, err)
	}
	_, versions := r.Versions(ctx, "nobody")
	_, latest := r.Schema(ctx, "nobody", "")
	_, _, compatible := r.Compatible(ctx, schema.Schema{Subject: "nobody", Format: schema.Avro, Text: []byte(`"int"`)})
	for _, err := range []error{versions, latest, compatible} {
		if !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("an unknown subject gave %v", err)
		}
	}
	if level, err := r.Compatibility(ctx, "nobody"); err != nil || level != compat.None {
		t.Errorf("level of an unknown subject %q, %v, want the server's global NONE", level, err)
	}
}

// A history is a subject's first version, one that may follow under BACKWARD,
// and one that may not.
type history struct {
	format                 schema.Format
	first, next, unwelcome string
}

var histories = []history{
	{
		schema.Avro,
		`{"type":"record","name":"Order","namespace":"com.example","fields":[{"name":"id","type":"string"}]}`,
		`{"type":"record","name":"Order","namespace":"com.example","fields":[{"name":"id","type":"string"},{"name":"note","type":"string","default":""}]}`,
		`{"type":"record","name":"Order","namespace":"com.example","fields":[{"name":"id","type":"string"},{"name":"total","type":"long"}]}`,
	},
	{
		schema.JSON,
		"{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"type\": \"object\",\n  \"properties\": {\"id\": {\"type\": \"string\"}},\n  \"additionalProperties\": false\n}\n",
		`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"string"},"note":{"type":"string"}},"additionalProperties":false}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"},"note":{"type":"string"}},"additionalProperties":false}`,
	},
	{
		schema.Protobuf,
		"syntax = \"proto3\";\npackage shop;\n\n// What was ordered.\nmessage Order {\n  string id = 1;\n}\n",
		"syntax = \"proto3\";\npackage shop;\n\nmessage Order {\n  string id = 1;\n  string note = 2;\n}\n",
		"syntax = \"proto3\";\npackage shop;\n\nmessage Order {\n  int64 id = 1;\n  string note = 2;\n}\n",
	},
}

// realHistory registers, evolves, reads, asks and is refused.
func realHistory(t *testing.T, r *Registry, h history) {
	ctx := context.Background()
	subject := "history/" + string(h.format) + " %-value"
	s := func(text string) schema.Schema {
		return schema.Schema{Subject: subject, Format: h.format, Text: []byte(text)}
	}
	register := func(text, want string) {
		t.Helper()
		if version, err := r.Register(ctx, s(text)); err != nil || version != want {
			t.Fatalf("Register gave version %q, %v, want %s", version, err, want)
		}
	}
	register(h.first, "1")
	register(h.first, "1") // again: nothing is added
	if err := r.SetCompatibility(ctx, subject, compat.Backward); err != nil {
		t.Fatal(err)
	}
	if level, err := r.Compatibility(ctx, subject); err != nil || level != compat.Backward {
		t.Errorf("level %q, %v", level, err)
	}
	if ok, reasons, err := r.Compatible(ctx, s(h.next)); err != nil || !ok {
		t.Errorf("Compatible gave %v %v, %v for a change that is", ok, reasons, err)
	}
	register(h.next, "2")
	if ok, reasons, err := r.Compatible(ctx, s(h.unwelcome)); err != nil || ok || len(reasons) == 0 {
		t.Errorf("Compatible gave %v %v, %v for a change that is not", ok, reasons, err)
	}
	_, err := r.Register(ctx, s(h.unwelcome))
	mustFail(t, err, registry.CodeConflict, "409 Conflict")

	read, err := registry.History(ctx, r, subject, true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, version := range read {
		if version.Format != h.format {
			t.Errorf("version %s is %s", version.Version, version.Format)
		}
		got = append(got, version.Version, string(version.Text))
	}
	if diff := cmp.Diff([]string{"1", h.first, "2", h.next}, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if latest, err := r.Schema(ctx, subject, ""); err != nil || latest.Version != "2" {
		t.Errorf("the latest version is %q, %v", latest.Version, err)
	}
	if _, err := r.Schema(ctx, subject, "3"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("version 3 gave %v", err)
	}
}

func realReferences(t *testing.T, r *Registry) {
	ctx := context.Background()
	ref := func(name, subject string) []schema.Reference {
		return []schema.Reference{{Name: name, Subject: subject, Version: "1"}}
	}
	for _, s := range []schema.Schema{
		{Subject: "ref-currency", Format: schema.Protobuf, Text: []byte("syntax = \"proto3\";\npackage shop;\nenum Currency { NONE = 0; EUR = 1; }\n")},
		{Subject: "ref-money", Format: schema.Protobuf, Text: []byte("syntax = \"proto3\";\npackage shop;\nimport \"currency.proto\";\nmessage Money { int64 amount = 1; Currency currency = 2; }\n"), References: ref("currency.proto", "ref-currency")},
		{Subject: "ref-order", Format: schema.Protobuf, Text: []byte("syntax = \"proto3\";\npackage shop;\nimport \"money.proto\";\nmessage Order { Money total = 1; }\n"), References: ref("money.proto", "ref-money")},
		{Subject: "ref-avro-money", Format: schema.Avro, Text: []byte(`{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"amount","type":"long"}]}`)},
		{Subject: "ref-avro-order", Format: schema.Avro, Text: []byte(`{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"shop.Money"}]}`), References: ref("shop.Money", "ref-avro-money")},
		{Subject: "ref-json-money", Format: schema.JSON, Text: []byte(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"integer"}`)},
		{Subject: "ref-json-order", Format: schema.JSON, Text: []byte(`{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"total":{"$ref":"money.json"}}}`), References: ref("money.json", "ref-json-money")},
	} {
		if version, err := r.Register(ctx, s); err != nil || version != "1" {
			t.Fatalf("registering %s gave version %q, %v", s.Subject, version, err)
		}
	}
	for subject, want := range map[string][]string{
		"ref-order":      {"currency.proto", "money.proto"},
		"ref-avro-order": {"shop.Money"},
		"ref-json-order": {"money.json"},
	} {
		s, err := r.Schema(ctx, subject, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, reference := range s.References {
			got = append(got, reference.Name)
			if len(reference.Text) == 0 || reference.Version != "1" {
				t.Errorf("%s: reference %+v", subject, reference)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("references of %s (-want +got):\n%s", subject, diff)
		}
	}
}

func realInvalid(t *testing.T, r *Registry) {
	ctx := context.Background()
	_, err := r.Register(ctx, schema.Schema{Subject: "invalid", Format: schema.Avro, Text: []byte(`{"type":"rec`)})
	mustFail(t, err, registry.CodeInvalid, "422")
	_, err = r.Register(ctx, schema.Schema{
		Subject: "invalid", Format: schema.Protobuf, Text: []byte("syntax = \"proto3\";\nimport \"x.proto\";\nmessage M { X x = 1; }\n"),
		References: []schema.Reference{{Name: "x.proto", Subject: "missing", Version: "1"}},
	})
	mustFail(t, err, registry.CodeInvalid, "422")
}

// counting notes how many requests are on their way.
type counting struct {
	base         http.RoundTripper
	active, most atomic.Int64
	total        atomic.Int64
}

func (c *counting) RoundTrip(request *http.Request) (*http.Response, error) {
	now := c.active.Add(1)
	c.total.Add(1)
	for {
		most := c.most.Load()
		if now <= most || c.most.CompareAndSwap(most, now) {
			break
		}
	}
	response, err := c.base.RoundTrip(request)
	if err != nil {
		c.active.Add(-1)
		return nil, err
	}
	response.Body = &countedBody{ReadCloser: response.Body, done: sync.OnceFunc(func() { c.active.Add(-1) })}
	return response, nil
}

type countedBody struct {
	io.ReadCloser
	done func()
}

func (b *countedBody) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}

// realThousands registers 5,000 subjects and pulls them all, more callers at
// once than there may be requests.
func realThousands(t *testing.T, r *Registry) {
	const thousands, callers = 5000, 64
	ctx := context.Background()
	each := func(work func(i int) error) {
		var next atomic.Int64
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				for i := int(next.Add(1)) - 1; i < thousands; i = int(next.Add(1)) - 1 {
					if err := work(i); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wait.Wait()
	}
	each(func(i int) error {
		_, err := r.Register(ctx, schema.Schema{
			Subject: fmt.Sprintf("many-%04d", i), Format: schema.Avro,
			Text: fmt.Appendf(nil, `{"type":"record","name":"R%d","fields":[{"name":"id","type":"string"}]}`, i),
		})
		return err
	})

	counter := &counting{base: r.base}
	r.base = counter
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	subjects, err := r.Subjects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	subjects = slices.DeleteFunc(subjects, func(s string) bool { return !strings.HasPrefix(s, "many-") })
	if len(subjects) != thousands {
		t.Fatalf("%d subjects, want %d", len(subjects), thousands)
	}
	each(func(i int) error {
		s, err := r.Schema(ctx, subjects[i], "")
		if want := fmt.Sprintf("R%d", i); err == nil && !strings.Contains(string(s.Text), `"`+want+`"`) {
			return fmt.Errorf("%s holds %s, want %s", subjects[i], s.Text, want)
		}
		return err
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d requests, at most %d at one time; %d KiB more on the heap", counter.total.Load(), counter.most.Load(), (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
	if most := counter.most.Load(); most != MaxConcurrency {
		t.Errorf("%d requests at one time, want all of the %d that may be", most, MaxConcurrency)
	}
}

// TestRealTLS has a registry with a certificate of an authority of its own, and
// kills it while it is asked.
func TestRealTLS(t *testing.T) {
	a := newAuthority(t)
	der, key := a.sign(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}})
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ca := a.write("ca.pem", "CERTIFICATE", a.leaf.Raw)
	url, process := registrytest.Start(t, script,
		"QUARKUS_HTTP_SSL_CERTIFICATE_FILES="+filepath.ToSlash(a.write("server.pem", "CERTIFICATE", der)),
		"QUARKUS_HTTP_SSL_CERTIFICATE_KEY_FILES="+filepath.ToSlash(a.write("server.key", "PRIVATE KEY", private)),
	)
	if !strings.HasPrefix(url, "https://") {
		t.Fatalf("the server does not speak TLS: %s", url)
	}
	_, err = open(t, Options{URL: url}).Subjects(context.Background())
	mustFail(t, err, registry.CodeUnreachable, "signed by an authority that is not trusted")

	r := open(t, Options{URL: url, CAFile: ca})
	if _, err := r.Register(context.Background(), schema.Schema{Subject: "orders", Format: schema.Avro, Text: []byte(`"string"`)}); err != nil {
		t.Fatal(err)
	}
	killed(t, r, process)
}

// killed asks until the server is gone, which it is soon after the first answer.
func killed(t *testing.T, r *Registry, process *os.Process) {
	answered := make(chan struct{})
	first := sync.OnceFunc(func() { close(answered) })
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				if _, err := r.Schema(context.Background(), "orders", ""); err != nil {
					mustFail(t, err, registry.CodeUnreachable, "reading the latest version of \"orders\" at "+r.URL())
					return
				}
				first()
			}
		})
	}
	<-answered
	if err := process.Kill(); err != nil {
		t.Error(err)
	}
	wait.Wait()
}
