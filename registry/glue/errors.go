package glue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/nexus-blueprint/nexus/registry"
)

var (
	errNoCredentials = errors.New("no AWS credentials are configured")
	// errExists marks the error of creating what somebody else has just created.
	errExists = errors.New("already exists")
)

// credentialsError says that the SDK's chain led to no credentials.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

func optionsError(message string, hints ...string) error {
	return &registry.Error{Code: registry.CodeOptions, Message: message, Hints: hints}
}

func isNotFound(err error) bool { return errors.Is(err, registry.ErrNotFound) }

// The error codes of AWS that say which credentials or permissions are wanted.
// Where AWS's own list (Common Errors in the Glue Web API Reference) names no
// code, the status does: 401 or 403.
var refusals = []string{
	"AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
	"InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"NotAuthorized", "OptInRequired", "RequestExpired", "SignatureDoesNotMatch", "UnauthorizedException", "UnrecognizedClientException",
}

// failed explains an error of the SDK. A missing entity is ErrNotFound, a
// cancelled context stays what it is, all else is a *registry.Error. The SDK's
// error is not passed on: its text may repeat what the server said.
func (r *Registry) failed(doing string, err error) error {
	var said smithy.APIError
	var garbled *smithy.DeserializationError
	var credentials *credentialsError
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return r.problem(registry.CodeUnreachable, doing, "no answer in time"+tries(err), context.DeadlineExceeded, networkHints...)
	case errors.As(err, &credentials):
		return r.problem(registry.CodeRefused, doing, "finding AWS credentials: "+credentials.Error(), nil, credentialHints...)
	case errors.As(err, &said):
		return r.answered(doing, said.ErrorCode(), said.ErrorMessage(), err)
	case errors.As(err, &garbled) && statusOf(err) != http.StatusOK:
		return r.answered(doing, "", "", err)
	case errors.As(err, &garbled) && !isCutOff(err):
		return r.broken(doing, garbled.Err.Error())
	}
	hints := networkHints
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		hints = []string{"name the certificates to trust in AWS_CA_BUNDLE", offline}
	}
	return r.problem(registry.CodeUnreachable, doing, cause(err)+tries(err), nil, hints...)
}

// answered explains an error answer: Glue's own, or that of whatever stands in
// its place, which has neither code nor message.
func (r *Registry) answered(doing, code, message string, err error) error {
	status := statusOf(err)
	why := code
	if code == "" || code == unknownCode {
		why = fmt.Sprintf("HTTP status %d", status)
	}
	if message != "" && message != code {
		why += ": " + message
	}
	throttled := retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool() || status == http.StatusTooManyRequests
	switch {
	case code == "EntityNotFoundException":
		return fmt.Errorf("%s: %w", doing, registry.ErrNotFound)
	case code == "AlreadyExistsException":
		return r.problem(registry.CodeConflict, doing, why, errExists)
	case code == "ConcurrentModificationException":
		return r.problem(registry.CodeUnreachable, doing, why, nil, "somebody else changes the schema at this moment: try again")
	case code == "ResourceNumberLimitExceededException":
		return r.problem(registry.CodeInvalid, doing, why, nil, "ask AWS for a higher quota, or delete schema versions that nobody reads")
	case throttled:
		return r.problem(registry.CodeUnreachable, doing, why+tries(err), nil, "try again later, or let each request be tried more often: AWS_MAX_ATTEMPTS=10", offline)
	case slices.Contains(refusals, code) || status == http.StatusUnauthorized || status == http.StatusForbidden:
		return r.problem(registry.CodeRefused, doing, why, nil, permissionHints...)
	case status >= http.StatusInternalServerError:
		return r.problem(registry.CodeUnreachable, doing, why+tries(err), nil, networkHints...)
	case code == "" || code == unknownCode:
		return r.broken(doing, why)
	}
	return r.problem(registry.CodeInvalid, doing, why, nil)
}

// unknownCode is the SDK's code for an error answer that names none.
const unknownCode = "UnknownError"

const offline = "compare offline with a folder that nexus schema pull wrote: --against dir:DIR"

var (
	networkHints    = []string{"check the network, the region and the endpoint URL", offline}
	credentialHints = []string{
		"set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with: aws sso login",
	}
	permissionHints = []string{
		"see who you are with: aws sts get-caller-identity",
		"reading needs glue:GetRegistry, ListSchemas, ListSchemaVersions, GetSchema and GetSchemaVersion",
		"pushing also needs glue:CreateSchema, RegisterSchemaVersion, GetSchemaByDefinition and UpdateSchema",
	}
)

// problem is an error about a request, in one line and without credentials.
func (r *Registry) problem(code, doing, why string, wrapped error, hints ...string) error {
	return &registry.Error{Code: code, Message: doing + ": " + oneLine(r.purse.redact(why)), Hints: hints, Err: wrapped}
}

// broken says that an answer cannot be Glue's, or cannot be understood.
func (r *Registry) broken(doing, why string) error {
	return r.problem(registry.CodeBroken, doing, "unexpected answer: "+why, nil, "check the endpoint URL, and whether a proxy answers in its place")
}

// tries tells how often a request was made, when that was more than once.
func tries(err error) string {
	if last, ok := errors.AsType[*retry.MaxAttemptsError](err); ok && last.Attempt > 1 {
		return fmt.Sprintf(" (%d attempts)", last.Attempt)
	}
	return ""
}

// isCutOff reports whether the connection ended before the answer did.
func isCutOff(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

// cause is the innermost reason why a request could not be made.
func cause(err error) string {
	var sending *url.Error
	var garbled *smithy.DeserializationError
	var operation *smithy.OperationError
	switch {
	case errors.As(err, &sending):
		return sending.Err.Error() // without the URL, which the message names already
	case errors.As(err, &garbled):
		return garbled.Err.Error()
	case errors.As(err, &operation):
		return operation.Err.Error()
	}
	return err.Error()
}

// statusOf is the HTTP status of an error answer, 0 when there was no answer.
func statusOf(err error) int {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// oneLine keeps foreign text to one line of a readable length.
func oneLine(text string) string {
	const most = 400
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return text
}
