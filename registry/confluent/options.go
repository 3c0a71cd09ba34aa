package confluent

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/registry"
)

// The environment variables that hold credentials. There is no other way to
// give them: arguments end up in process lists and build logs.
const (
	EnvUser     = "NEXUS_REGISTRY_USER"
	EnvPassword = "NEXUS_REGISTRY_PASSWORD"
	EnvToken    = "NEXUS_REGISTRY_TOKEN"
)

// Limits of what Open takes and requests use.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultConcurrency = 8
	MaxConcurrency     = 16
)

// Options say where a registry is and how to reach it.
type Options struct {
	// URL is the registry's base, such as https://registry.example.com:8081.
	URL string
	// Username and Password are for basic authentication, Token for a bearer
	// token. Only one of the two ways may be used.
	Username string
	Password Secret
	Token    Secret
	// CAFile holds certificates, in PEM, to trust besides the system's. CertFile
	// and KeyFile are the client's own.
	CAFile   string
	CertFile string
	KeyFile  string
	// Timeout bounds each request with its answer. 0 is DefaultTimeout.
	Timeout time.Duration
	// Concurrency bounds the requests on their way at one time. 0 is
	// DefaultConcurrency; more than MaxConcurrency is MaxConcurrency.
	Concurrency int
}

// WithEnvironment adds the credentials that the environment holds.
func (o Options) WithEnvironment(getenv func(string) string) Options {
	o.Username = getenv(EnvUser)
	o.Password = Secret(getenv(EnvPassword))
	o.Token = Secret(getenv(EnvToken))
	return o
}

// Secret is a text that formatting never shows.
type Secret string

// Format writes a placeholder, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(struck)) }

// MarshalText writes a placeholder into JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(struck), nil }

// struck stands where a secret was.
const struck = "***"

func wrong(message string, hints ...string) error {
	return &registry.Error{Code: registry.CodeOptions, Message: "opening the registry: " + message, Hints: hints}
}

// address checks the URL. What is wrong with it is said without quoting it
// whole, since it may hold a password.
func (o Options) address() (string, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return "", wrong("the URL is malformed", "write it like https://registry.example.com:8081")
	case u.User != nil:
		return "", wrong("credentials do not belong in the URL of "+u.Host,
			"set "+EnvUser+" and "+EnvPassword+", or "+EnvToken)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return "", wrong("the URL names no http or https server", "write it like https://registry.example.com:8081")
	case u.RawQuery != "" || u.Fragment != "":
		return "", wrong("the URL of "+u.Host+" ends in a query or fragment", "give only the base, like https://registry.example.com:8081")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// authorization is the header that proves who asks, and the variables that it
// came from.
func (o Options) authorization() (header, from string, err error) {
	switch {
	case o.Token != "" && (o.Username != "" || o.Password != ""):
		return "", "", wrong("there are a token and a user", "set "+EnvToken+", or "+EnvUser+" and "+EnvPassword+", not both")
	case strings.ContainsAny(string(o.Token)+o.Username+string(o.Password), "\r\n"):
		return "", "", wrong("the credentials hold a line break", "look at how "+EnvPassword+" or "+EnvToken+" is set")
	case o.Token != "":
		return "Bearer " + string(o.Token), EnvToken, nil
	case o.Username == "" && o.Password == "":
		return "", "", nil
	case o.Username == "":
		return "", "", wrong("there is a password and no user", "set "+EnvUser)
	case o.Password == "":
		return "", "", wrong("there is a user and no password", "set "+EnvPassword)
	case strings.Contains(o.Username, ":"):
		return "", "", wrong("a user's name cannot hold a colon", "look at "+EnvUser)
	}
	pair := o.Username + ":" + string(o.Password)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)), EnvUser + " and " + EnvPassword, nil
}

// secrets lists what must not be printed, as it is and as it is sent.
func (o Options) secrets(auth string) []string {
	_, sent, _ := strings.Cut(auth, " ")
	var secrets []string
	for _, s := range []string{sent, string(o.Password), string(o.Token), url.QueryEscape(string(o.Password)), url.PathEscape(string(o.Password))} {
		if s != "" {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

func (o Options) concurrency() int {
	if o.Concurrency <= 0 {
		return DefaultConcurrency
	}
	return min(o.Concurrency, MaxConcurrency)
}

// transport keeps as many connections as there may be requests: with Go's two,
// thousands of small requests would each open their own.
func (o Options) transport() (*http.Transport, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pool, err := trust(o.CAFile)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = pool
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, wrong("a client certificate needs both a certificate file and a key file")
	}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, wrong(fmt.Sprintf("reading the client certificate %s with key %s: %v", o.CertFile, o.KeyFile, err))
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        settings,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        o.concurrency(),
		MaxIdleConnsPerHost:    o.concurrency(),
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}, nil
}

// trust is the system's pool of authorities and those of a file.
func trust(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, wrong(fmt.Sprintf("reading the certificate authority: %v", err))
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without a pool trusts only the file
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, wrong("reading the certificate authority "+file+": it holds no certificate in PEM", "such a file has lines -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}
