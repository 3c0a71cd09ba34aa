package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/store"
)

// Command changes something. It is sent as POST with a JSON body to Path.
type Command struct {
	Name    string // that programs know it by, in OpenAPI
	Summary string // what it does, in a line
	Path    string // as /accounts/{id}/open
	// Body is the JSON Schema of the body, for OpenAPI. The schemas and policies of
	// the events decide what is accepted.
	Body   json.RawMessage
	Handle func(context.Context, Request) (Done, error)
}

// Done is what a command achieved: where the last of its events is. Position is
// what to send as ?after= to see it in a query.
type Done struct {
	Stream   string `json:"stream"`
	Version  int64  `json:"version"`
	Position int64  `json:"position"`
}

// Query reads something. It is sent as GET to Path.
type Query struct {
	Name     string
	Summary  string
	Path     string
	Params   []Param         // that it takes beside those of Temporal and Fresh
	Temporal bool            // takes ?at= or ?version=
	Fresh    bool            // takes ?after=, ?timeout= and ?ontimeout=
	Result   json.RawMessage // the JSON Schema of the answer, for OpenAPI
	Handle   func(context.Context, Request) (Answer, error)
}

// Param is a parameter of a query string. Schema is nil for a string.
type Param struct {
	Name    string
	Summary string
	Schema  json.RawMessage
}

// Answer is what a query found.
type Answer struct {
	Value    any   // as JSON
	Version  int64 // of the stream it was read from; 0 is none
	Position int64 // up to which it contains all events; 0 is not known
	// Stale says that it does not contain what ?after= asked for, and that the
	// caller chose such an answer over an error.
	Stale bool
}

// Request is what a caller asks. It is checked: names in Path and Params are those
// of the description.
type Request struct {
	Caller Caller
	Path   map[string]string // the variables of the path
	Params map[string]string // the parameters that were sent

	// Of a command.

	Body          json.RawMessage // well-formed JSON
	Expected      store.Expected  // of If-Match: "3", or If-None-Match: *; else store.Any
	CommandID     string          // of Idempotency-Key
	CorrelationID string          // of Nexus-Correlation-Id
	CausationID   string          // of Nexus-Causation-Id

	// Of a query that is Temporal: at most one is set.

	At      time.Time // the moment whose state is asked for
	Version int64     // the version of the stream

	// Of a query that is Fresh.

	After   int64         // the position that the answer has to contain
	Timeout time.Duration // how long to wait for it
	StaleOK bool          // answer with what there is when the time is over
}

// Wait is how a projection is to be waited for, for a query that is Fresh.
func (r Request) Wait() projection.Wait {
	w := projection.Wait{Timeout: r.Timeout}
	if r.Timeout == 0 {
		w.Timeout = -1 // not at all
	}
	if r.StaleOK {
		w.OnTimeout = projection.Stale
	}
	return w
}

// maxTimeout is as long as a caller may make a query wait.
const maxTimeout = 10 * time.Second

var (
	temporalParams = []Param{
		{Name: "at", Summary: "the moment whose state is asked for, as 2006-01-02T15:04:05Z", Schema: json.RawMessage(`{"type":"string","format":"date-time"}`)},
		{Name: "version", Summary: "the version of the stream whose state is asked for", Schema: json.RawMessage(`{"type":"integer","minimum":1}`)},
	}
	freshParams = []Param{
		{Name: "after", Summary: "the Nexus-Position of a command that the answer has to contain", Schema: json.RawMessage(`{"type":"integer","minimum":0}`)},
		{Name: "timeout", Summary: "how long to wait for it, as 50ms, which is the default, up to 10s", Schema: json.RawMessage(`{"type":"string"}`)},
		{Name: "ontimeout", Summary: "what to do when the time is over: error, or answer with what is stale", Schema: json.RawMessage(`{"enum":["error","stale"],"default":"error"}`)},
	}
)

// params are all parameters that a query takes.
func (q Query) params() []Param {
	params := slices.Clone(q.Params)
	if q.Temporal {
		params = append(params, temporalParams...)
	}
	if q.Fresh {
		params = append(params, freshParams...)
	}
	return params
}

var (
	pathForm = regexp.MustCompile(`^(/([\pL\pM\pN._~-]+|\{[A-Za-z_][A-Za-z0-9_]*\}))+$`)
	variable = regexp.MustCompile(`\{(\w+)\}`)
)

// variables are the names in a path.
func variables(path string) []string {
	var names []string
	for _, match := range variable.FindAllStringSubmatch(path, -1) {
		names = append(names, match[1])
	}
	return names
}

// reserved are the paths that the server answers itself.
var reserved = []string{"/ui", "/healthz", "/readyz", "/openapi.json"}

// described says what is wrong with a name and a path, or nothing.
func described(name, path string, handles bool) string {
	switch {
	case name == "":
		return "it has no name"
	case !handles:
		return "it has no Handle"
	case !pathForm.MatchString(path):
		return fmt.Sprintf("the path %q is not of the form /word/{variable}", path)
	}
	for _, own := range reserved {
		if path == own || strings.HasPrefix(path, own+"/") {
			return fmt.Sprintf("the path %q is used by the server itself", path)
		}
	}
	names := variables(path)
	slices.Sort(names)
	if len(slices.Compact(names)) != len(variables(path)) {
		return fmt.Sprintf("the path %q has a variable twice", path)
	}
	return ""
}

// fault says what is wrong with the parameters of a query, or nothing.
func (q Query) fault() string {
	seen := map[string]bool{}
	for _, param := range q.params() {
		if param.Name == "" || seen[param.Name] {
			return fmt.Sprintf("the parameter %q has no name, or is there twice", param.Name)
		}
		seen[param.Name] = true
	}
	return ""
}

// schemas says which of them is not JSON, or nothing.
func schemas(all ...json.RawMessage) string {
	for _, schema := range all {
		if schema != nil && !json.Valid(schema) {
			return fmt.Sprintf("the schema %.100q is not JSON", schema)
		}
	}
	return ""
}
