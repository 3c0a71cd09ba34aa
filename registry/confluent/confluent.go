// Package confluent is a schema registry that speaks Confluent's REST interface,
// seen as a registry.Registry: Confluent's own, Apicurio's at
// /apis/ccompat/v7, Karapace, Redpanda. Reading is Registry, adding versions is
// registry.Writer, and Compatible asks the registry for its own verdict.
//
// # What srclient does and what it does not
//
// Single subjects, versions and levels are asked for through riferrei/srclient.
// It knows no context, keeps no status code of an answer that is not JSON, reads
// answers of any size, never tries again, and rewrites schemas as it sends them.
// So each call makes an srclient whose transport is this package's: that one
// carries the context, the credentials, the limits, the retries and the errors.
// What srclient has no call for goes through the same transport directly: the
// pages of the subject list, the reasons behind a verdict, and sending a schema
// byte for byte.
//
// # What fails closed
//
// A 404 means "not there" only with a registry's own error code. Without one it
// comes from a wrong URL or a proxy, and taking it for a new subject would turn
// every gate green. The same holds for a reference that leads nowhere, for a
// login page with status 200, and for a list of subjects that the server cut.
//
// # Credentials
//
// They come from the environment, never from the URL, are sent to the named host
// only (no redirect is followed), and are struck out of every text that the
// server answers.
package confluent

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/riferrei/srclient"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// Registry is a schema registry behind a URL. It is safe for concurrent use and
// never has more requests on their way than Options.Concurrency.
type Registry struct {
	url     string // without userinfo and trailing slash
	auth    string // the Authorization header, "" for none
	secrets []string
	user    string // how the credentials were given, for hints

	base    http.RoundTripper
	timeout time.Duration
	slots   chan struct{}
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error

	global     sync.Mutex // guards level
	level      compat.Level
	references documents
}

var (
	_ registry.Registry = (*Registry)(nil)
	_ registry.Writer   = (*Registry)(nil)
)

// Open prepares access to the registry at o.URL. It sends nothing: a registry
// that cannot be reached is reported by the first question. Errors are
// *registry.Error, with registry.CodeOptions.
func Open(o Options) (*Registry, error) {
	address, err := o.address()
	if err != nil {
		return nil, err
	}
	auth, user, err := o.authorization()
	if err != nil {
		return nil, err
	}
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return &Registry{
		url: address, auth: auth, user: user, secrets: o.secrets(auth),
		base: transport, timeout: timeout, slots: make(chan struct{}, o.concurrency()),
		now: time.Now, sleep: sleep,
	}, nil
}

// URL is where the registry is, as reports show it.
func (r *Registry) URL() string { return r.url }

// Format writes the URL, whatever the verb: the fields hold credentials.
func (r *Registry) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.url)) }

// Close drops idle connections.
func (r *Registry) Close() error {
	if t, ok := r.base.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// client is an srclient that works within ctx. Making one costs a few empty
// maps; its caches are off since it does not outlive the call.
func (r *Registry) client(ctx context.Context, doing string) *srclient.SchemaRegistryClient {
	c := srclient.NewSchemaRegistryClient(r.url, srclient.WithClient(&http.Client{Transport: call{ctx: ctx, registry: r, doing: doing}}))
	c.CachingEnabled(false)
	return c
}

const (
	// pageSize is how many subjects are asked for at once.
	pageSize = 1000
	// cutAt is the number of subjects after which Apicurio's list ends unless it
	// is configured otherwise. That server knows no pages and does not say that
	// it cut the list.
	cutAt = 1000
)

// Subjects lists the subjects, page by page where the server has pages. From
// version 7.9 on Confluent's may be set to answer no more than so many at once
// (subject.search.max.limit), so a short page is not taken for the last.
func (r *Registry) Subjects(ctx context.Context) ([]string, error) {
	const doing = "listing subjects"
	seen := map[string]bool{}
	for {
		var page []string
		path := fmt.Sprintf("/subjects?offset=%d&limit=%d", len(seen), pageSize)
		if err := r.ask(ctx, doing, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		before := len(seen)
		for _, subject := range page {
			seen[subject] = true
		}
		repeated := before > 0 && len(page) > 0 && len(seen) == before
		if (repeated || len(page) > pageSize) && len(seen) == cutAt {
			return nil, r.cutList(doing, len(seen))
		}
		if len(seen) == before || len(page) > pageSize {
			break
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// Versions lists a subject's versions in the order of their numbers.
func (r *Registry) Versions(ctx context.Context, subject string) ([]string, error) {
	doing := fmt.Sprintf("listing the versions of %q", subject)
	if err := named(doing, subject); err != nil {
		return nil, err
	}
	numbers, err := r.client(ctx, doing).GetSchemaVersions(subject)
	if err != nil {
		return nil, r.known(doing, err)
	}
	slices.Sort(numbers)
	versions := make([]string, len(numbers))
	for i, n := range numbers {
		versions[i] = strconv.Itoa(n)
	}
	return versions, nil
}

// Schema returns one version of a subject, the latest when version is empty,
// with all that it refers to. File is the path below the URL at which the
// registry shows that version.
func (r *Registry) Schema(ctx context.Context, subject, version string) (schema.Schema, error) {
	doing := fmt.Sprintf("reading %q version %s", subject, version)
	if version == "" {
		doing = fmt.Sprintf("reading the latest version of %q", subject)
	}
	d, err := r.document(ctx, doing, subject, version)
	if err != nil {
		return schema.Schema{}, err
	}
	references, err := r.resolve(ctx, doing, d)
	if err != nil {
		return schema.Schema{}, err
	}
	return schema.Schema{
		Subject: subject, Version: d.version, Format: d.format,
		File: place(subject, d.version), Revision: d.version,
		Text: d.text, References: references,
	}, nil
}

// place is the path of a version below the registry's URL.
func place(subject, version string) string {
	return "subjects/" + url.PathEscape(subject) + "/versions/" + version
}

// document is one version as the registry keeps it.
type document struct {
	version    string
	format     schema.Format
	text       []byte
	references []srclient.Reference
}

// document reads one version without what it refers to.
func (r *Registry) document(ctx context.Context, doing, subject, version string) (document, error) {
	if err := named(doing, subject); err != nil {
		return document{}, err
	}
	s, err := r.version(ctx, doing, subject, version)
	if err != nil {
		return document{}, err
	}
	if s.Version() < 1 || s.Schema() == "" || version != "" && strconv.Itoa(s.Version()) != version {
		return document{}, r.broken(doing, "the answer is not the version that was asked for")
	}
	d := document{version: strconv.Itoa(s.Version()), text: []byte(s.Schema()), references: s.References()}
	d.format, err = r.format(doing, s.SchemaType(), d.text)
	return d, err
}

func (r *Registry) version(ctx context.Context, doing, subject, version string) (*srclient.Schema, error) {
	client := r.client(ctx, doing)
	var s *srclient.Schema
	var err error
	if version == "" {
		s, err = client.GetLatestSchema(subject)
	} else if n, parseErr := strconv.Atoi(version); parseErr != nil || n < 1 || strconv.Itoa(n) != version {
		return nil, fmt.Errorf("%s: versions are numbers from 1 on: %w", doing, registry.ErrNotFound)
	} else {
		s, err = client.GetSchemaByVersion(subject, n)
	}
	return s, r.known(doing, err)
}

// format reads a schema's type, which is left out for Avro, and refuses a text
// that is not of that type at all: it would be blamed on the schema's author.
func (r *Registry) format(doing string, named *srclient.SchemaType, text []byte) (schema.Format, error) {
	kind := srclient.Avro
	if named != nil && *named != "" {
		kind = *named
	}
	isJSON := json.Valid(text)
	switch {
	case kind == srclient.Avro && isJSON:
		return schema.Avro, nil
	case kind == srclient.Json && isJSON:
		return schema.JSON, nil
	case kind == srclient.Protobuf && !isJSON:
		return schema.Protobuf, nil
	case kind == srclient.Avro || kind == srclient.Json || kind == srclient.Protobuf:
		return "", r.broken(doing, fmt.Sprintf("the answer says %s, and the text is something else", string(kind)))
	}
	return "", r.broken(doing, fmt.Sprintf("the answer is in the format %q, want AVRO, JSON or PROTOBUF", r.clean(string(kind))))
}

// Compatibility is the level that the registry demands for a subject: the
// subject's own, else the global one.
func (r *Registry) Compatibility(ctx context.Context, subject string) (compat.Level, error) {
	doing := fmt.Sprintf("reading the compatibility level of %q", subject)
	if err := named(doing, subject); err != nil {
		return "", err
	}
	// A server that does not know defaultToGlobal, or the subject, answers 404.
	level, err := r.client(ctx, doing).GetCompatibilityLevel(subject, true)
	if err != nil && !notFound(err) {
		return "", r.known(doing, err)
	}
	if err == nil && *level != "" {
		return r.parseLevel(doing, *level)
	}
	return r.globalLevel(ctx)
}

// globalLevel asks once. Whoever waits for another's answer waits no longer
// than that request may take.
func (r *Registry) globalLevel(ctx context.Context) (compat.Level, error) {
	const doing = "reading the global compatibility level"
	r.global.Lock()
	defer r.global.Unlock()
	if r.level != "" {
		return r.level, nil
	}
	answer, err := r.client(ctx, doing).GetGlobalCompatibilityLevel()
	if err != nil {
		return "", r.known(doing, err)
	}
	r.level, err = r.parseLevel(doing, *answer)
	return r.level, err
}

func (r *Registry) parseLevel(doing string, answer srclient.CompatibilityLevel) (compat.Level, error) {
	level, err := compat.ParseLevel(string(answer))
	if err != nil {
		return "", r.broken(doing, r.clean(err.Error()))
	}
	return level, nil
}

// named refuses subjects whose path would name something else.
func named(doing, subject string) error {
	switch subject {
	case "", ".", "..":
		return &registry.Error{Code: registry.CodeOptions, Message: doing + ": that is no name of a subject"}
	}
	return nil
}
