package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/orders/internal/nexus/projection"
	"example.com/orders/internal/nexus/store"
)

func bad(code, format string, values ...any) *Problem {
	return &Problem{Status: http.StatusBadRequest, Code: code, Detail: fmt.Sprintf(format, values...)}
}

// command reads a request to a path as a command.
func command(r *http.Request, path string) (Request, error) {
	request, err := common(r, path, nil)
	if err != nil {
		return Request{}, err
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return Request{}, &Problem{Status: http.StatusUnsupportedMediaType, Code: "not-json", Detail: "send the command as Content-Type: application/json"}
	}
	if request.Expected, err = expected(r.Header); err != nil {
		return Request{}, err
	}
	for _, id := range []struct {
		header string
		into   *string
	}{{"Idempotency-Key", &request.CommandID}, {"Nexus-Correlation-Id", &request.CorrelationID}, {"Nexus-Causation-Id", &request.CausationID}} {
		if *id.into, err = identifier(r.Header, id.header); err != nil {
			return Request{}, err
		}
	}
	if request.Body, err = io.ReadAll(r.Body); err != nil {
		return Request{}, unread(err)
	}
	if !json.Valid(request.Body) {
		return Request{}, bad("malformed-body", "the body is not JSON")
	}
	return request, nil
}

// unread is a body that could not be read: too large, or not sent in time.
func unread(err error) error {
	if _, ok := err.(*http.MaxBytesError); ok {
		return err
	}
	return bad("unread-body", "the body was not sent whole")
}

// query reads a request as a query.
func query(r *http.Request, q Query) (Request, error) {
	request, err := common(r, q.Path, q.params())
	if err != nil {
		return Request{}, err
	}
	if q.Temporal {
		if err := request.temporal(); err != nil {
			return Request{}, err
		}
	}
	if q.Fresh {
		if err := request.fresh(); err != nil {
			return Request{}, err
		}
	}
	return request, nil
}

// common reads what commands and queries have in common.
func common(r *http.Request, path string, known []Param) (Request, error) {
	request := Request{Caller: CallerOf(r.Context()), Expected: store.Any, Path: map[string]string{}}
	for _, name := range variables(path) {
		value := r.PathValue(name)
		if !printable(value) {
			return Request{}, notFound()
		}
		request.Path[name] = value
	}
	var err error
	request.Params, err = params(r.URL.RawQuery, known)
	return request, err
}

// params reads a query string strictly: each parameter is known and there once.
func params(raw string, known []Param) (map[string]string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, bad("malformed-query", "the query string cannot be read")
	}
	read := map[string]string{}
	names := make([]string, 0, len(known))
	for _, param := range known {
		names = append(names, param.Name)
		sent, ok := values[param.Name]
		switch {
		case len(sent) > 1:
			return nil, bad("repeated-parameter", "the parameter %s is there %d times", param.Name, len(sent))
		case ok && !printable(sent[0]):
			return nil, bad("malformed-query", "the parameter %s has characters that are not text", param.Name)
		case ok:
			read[param.Name] = sent[0]
		}
		delete(values, param.Name)
	}
	if len(values) > 0 {
		takes := "it takes none"
		if len(names) > 0 {
			takes = "it takes " + strings.Join(names, ", ")
		}
		return nil, bad("unknown-parameter", "a parameter is not known here: %s", takes)
	}
	return read, nil
}

// printable reports whether a text is UTF-8 without control characters.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' })
}

func (r *Request) temporal() error {
	at, version := r.Params["at"], r.Params["version"]
	var err error
	if at != "" && version != "" {
		return bad("two-points", "ask for a moment or for a version, not for both")
	}
	if _, sent := r.Params["at"]; sent {
		if r.At, err = time.Parse(time.RFC3339Nano, at); err != nil || r.At.Year() < 1678 || r.At.Year() > 2261 {
			return bad("malformed-at", "at is not a moment as 2006-01-02T15:04:05Z: a + in it is written %%2B")
		}
		r.At = r.At.UTC()
	}
	if _, sent := r.Params["version"]; sent {
		if r.Version, err = number(version); err != nil || r.Version < 1 {
			return bad("malformed-version", "version is not a whole number from 1 on")
		}
	}
	return nil
}

func (r *Request) fresh() error {
	var err error
	if after, sent := r.Params["after"]; sent {
		if r.After, err = number(after); err != nil {
			return bad("malformed-after", "after is not a position: send the Nexus-Position of a command")
		}
	}
	r.Timeout = projection.DefaultTimeout
	if timeout, sent := r.Params["timeout"]; sent {
		if r.Timeout, err = time.ParseDuration(timeout); err != nil || r.Timeout < 0 || r.Timeout > maxTimeout {
			return bad("malformed-timeout", "timeout is not a duration from 0s to %v, as 50ms", maxTimeout)
		}
	}
	switch choice, sent := r.Params["ontimeout"]; {
	case choice == "stale":
		r.StaleOK = true
	case sent && choice != "error":
		return bad("malformed-ontimeout", "ontimeout is error or stale")
	}
	return nil
}

// number reads digits only: no sign, no spaces.
func number(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}

var etag = regexp.MustCompile(`^"([0-9]{1,18})"$`)

// expected reads which version of its stream a command was decided upon.
func expected(h http.Header) (store.Expected, error) {
	match, none := h.Values("If-Match"), h.Values("If-None-Match")
	switch {
	case len(match)+len(none) == 0:
		return store.Any, nil
	case len(match) == 0 && len(none) == 1 && none[0] == "*":
		return store.NoStream, nil
	case len(match) == 1 && len(none) == 0:
		if found := etag.FindStringSubmatch(match[0]); found != nil {
			version, err := number(found[1])
			return store.Exact(version), err
		}
	}
	return 0, bad("malformed-precondition", `send If-Match: "3" for version 3 of the stream, or If-None-Match: * for a stream that is not there yet`)
}

const maxIdentifier = 200

// identifier reads a header that is an id.
func identifier(h http.Header, name string) (string, error) {
	values := h.Values(name)
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || values[0] == "" || len(values[0]) > maxIdentifier || !printable(values[0]) {
		return "", bad("malformed-header", "%s is not one text of 1 to %d bytes", name, maxIdentifier)
	}
	return values[0], nil
}
