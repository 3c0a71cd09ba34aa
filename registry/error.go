package registry

// Error says what could not be done with a registry over the network, why, and
// what to try. Whatever the registry's kind, a caller handles it once. Neither
// its text nor its hints hold a secret.
type Error struct {
	Code    string
	Message string
	Hints   []string
	Err     error // the cause, nil when Message says it all
}

// The codes of an Error. What is simply not there is ErrNotFound instead.
const (
	// CodeOptions: the registry was not asked, because it was named or
	// configured wrongly.
	CodeOptions = "registry-options"
	// CodeUnreachable: no answer, or none but "try again later".
	CodeUnreachable = "registry-unreachable"
	// CodeRefused: the registry wants other credentials or permissions.
	CodeRefused = "registry-refused"
	// CodeConflict: the registry finds the schema incompatible.
	CodeConflict = "registry-conflict"
	// CodeInvalid: the registry finds the schema or the request malformed.
	CodeInvalid = "registry-invalid"
	// CodeReference: a schema refers to one that the registry does not hold.
	CodeReference = "registry-reference"
	// CodeBroken: an answer that no such registry gives, such as a login page.
	CodeBroken = "registry-broken"
)

// Error is the message; the hints are for whoever prints it.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
