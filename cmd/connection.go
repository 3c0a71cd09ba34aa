package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/registry/confluent"
)

// field is one key of a record in nexus.yaml.
type field struct {
	key    string
	title  string
	number bool               // a number is as good as a text
	check  func(string) error // why a text is wrong; nil when any text is right
}

// connectionFields are the keys of an entry below registries. There is none for
// a secret: nexus.yaml is read by everybody who reads the repository.
var connectionFields = []field{
	{key: "endpoint_url", title: "the registry's URL; for AWS Glue only that of an emulator", check: checkURL},
	{key: "region", title: "the AWS region of a Glue registry"},
	{key: "ca_file", title: "certificates to trust besides the system's, in PEM"},
	{key: "cert_file", title: "the client's own certificate, in PEM"},
	{key: "key_file", title: "the key of cert_file, in PEM"},
	{key: "timeout", title: "how long one request may take, such as 10s", check: checkTimeout},
	{key: "concurrency", title: "how many requests are made at the same time, 16 at most", number: true, check: checkConcurrency},
}

// secretsHint says where secrets belong.
const secretsHint = "credentials come from the environment, never from a file or a flag: " +
	confluent.EnvUser + " and " + confluent.EnvPassword + ", or " + confluent.EnvToken + "; for Glue, the AWS SDK's own chain"

func fieldKeys(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return errors.New("must be a URL such as https://registry.example.com:8081")
	case u.User != nil:
		return errors.New("holds credentials, which belong into the environment")
	}
	return nil
}

func checkTimeout(text string) error {
	if d, err := time.ParseDuration(text); err != nil || d <= 0 {
		return errors.New("must be a duration such as 10s")
	}
	return nil
}

func checkConcurrency(text string) error {
	if n, err := strconv.Atoi(text); err != nil || n < 1 || n > confluent.MaxConcurrency {
		return fmt.Errorf("must be a number from 1 to %d", confluent.MaxConcurrency)
	}
	return nil
}

// connection is how to reach one registry.
type connection struct {
	endpointURL, region       string
	caFile, certFile, keyFile string
	timeout                   time.Duration
	concurrency               int
}

// connection reads the entry of a name below registries, and the flag that
// overrides its address. Without an entry all is left to the defaults.
func (o *options) connection(name string) (connection, error) {
	rows := o.config.table("registries")
	get := func(key string) string {
		if i := slices.IndexFunc(rows, func(r row) bool { return r.name == name+"."+key }); i >= 0 {
			return rows[i].text
		}
		return ""
	}
	file := func(key string) string {
		path := filepath.FromSlash(get(key))
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(o.config.dir, path)
	}
	endpoint, err := o.get("endpoint-url")
	if err != nil {
		return connection{}, err
	}
	if text := endpoint.text(); text != "" {
		if err := checkURL(text); err != nil {
			return connection{}, usagef("%s %w", endpoint.origin, err)
		}
	}
	// Both were checked when the file was read.
	timeout, _ := time.ParseDuration(get("timeout"))
	concurrency, _ := strconv.Atoi(get("concurrency"))
	return connection{
		endpointURL: cmp.Or(endpoint.text(), get("endpoint_url")), region: get("region"),
		caFile: file("ca_file"), certFile: file("cert_file"), keyFile: file("key_file"),
		timeout: timeout, concurrency: concurrency,
	}, nil
}

// registryNames lists the entries below registries.
func (o *options) registryNames() []string {
	var names []string
	for _, r := range o.config.table("registries") {
		if name := r.name[:strings.LastIndex(r.name, ".")]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// nameOf is the entry that a reference to a registry means: its own name, or the
// one whose address it is.
func (o *options) nameOf(ref string) string {
	for _, r := range o.config.table("registries") {
		name, ok := strings.CutSuffix(r.name, ".endpoint_url")
		if ok && strings.TrimRight(r.text, "/") == strings.TrimRight(ref, "/") {
			return name
		}
	}
	return ref
}

// withoutUser strikes the credentials out of a text that may hold a URL.
func withoutUser(text string) string {
	before, rest, isURL := strings.Cut(text, "://")
	host, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(host, "@")
	if !isURL || at < 0 {
		return text
	}
	return before + "://***" + rest[at:]
}
