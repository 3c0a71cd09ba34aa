package confluent

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"unicode"

	"github.com/nexus-blueprint/nexus/registry"
)

// refusal is the body of an answer that is not 2xx. The codes are in Confluent's
// Schema Registry API reference, "Errors": three digits of HTTP status, and two
// that tell its reasons apart.
type refusal struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

// fail makes the error for one question. Every message names what was being
// done and where.
func (r *Registry) fail(code, doing, why string, hints ...string) *registry.Error {
	return &registry.Error{Code: code, Message: fmt.Sprintf("%s at %s: %s", doing, r.url, why), Hints: hints}
}

func (r *Registry) broken(doing, why string) error {
	return r.fail(registry.CodeBroken, doing, why, "is it a schema registry, of a version that this interface fits, and not a proxy in front of it?")
}

func (r *Registry) notJSON(doing string, answer []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(answer), []byte("<")) {
		return r.fail(registry.CodeBroken, doing, "the answer is an HTML page", r.addressHints()...)
	}
	return r.fail(registry.CodeBroken, doing, "the answer is not JSON", r.addressHints()...)
}

func (r *Registry) addressHints() []string {
	return []string{
		"is the URL the registry's own, and not that of its web pages, a login or a proxy?",
		"Apicurio answers at URL/apis/ccompat/v7",
	}
}

func (r *Registry) cutList(doing string, count int) error {
	return r.fail(registry.CodeBroken, doing, fmt.Sprintf("the list has no pages and ends after exactly %d subjects, where servers cut it", count),
		"Apicurio lists more when registry.ccompat.max-subjects (apicurio.ccompat.max-subjects from version 3 on) is raised")
}

// ended is for a context that is over. It is not the registry's fault, so it is
// no *registry.Error, except when time ran out.
func (r *Registry) ended(doing string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		e := r.fail(registry.CodeUnreachable, doing, "no answer in time", offlineHints...)
		e.Err = err
		return e
	}
	return fmt.Errorf("%s at %s: %w", doing, r.url, err)
}

// known finds this package's error in what srclient returns, or makes one of
// srclient's own complaint about the answer's form. nil stays nil.
func (r *Registry) known(doing string, err error) error {
	if err == nil {
		return nil
	}
	// http.Client wraps what the transport returns in an error that repeats the URL.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	if _, ok := errors.AsType[*registry.Error](err); ok {
		return err
	}
	e := r.broken(doing, "the answer has not the form of a schema registry's").(*registry.Error)
	e.Err = err
	return e
}

func notFound(err error) bool { return errors.Is(err, registry.ErrNotFound) }

// explain turns the last failure of a question into its error.
func (r *Registry) explain(doing string, f *failure) error {
	if f.status == 0 {
		return r.explainSilence(doing, f)
	}
	var body refusal
	_ = json.Unmarshal(f.body, &body) // a page in HTML has neither code nor message
	why := f.describe(r.clean(body.Message))
	switch {
	case f.status == http.StatusNotFound && body.Code/100 == http.StatusNotFound:
		return fmt.Errorf("%s at %s: %w", doing, r.url, registry.ErrNotFound)
	case f.status == http.StatusNotFound:
		return r.fail(registry.CodeBroken, doing, why+", which is not how a registry says that a subject is missing", r.addressHints()...)
	case f.status == http.StatusUnauthorized || f.status == http.StatusProxyAuthRequired:
		return r.fail(registry.CodeRefused, doing, why, r.credentialHint())
	case f.status == http.StatusForbidden:
		return r.fail(registry.CodeRefused, doing, why, "ask for permission to read and, for push, to write the subject", r.credentialHint())
	case f.status == http.StatusConflict:
		return r.fail(registry.CodeConflict, doing, why, "nexus schema check --against confluent:"+r.url+" shows what breaks, and a document that proves it")
	case f.status == http.StatusUnprocessableEntity || f.status == http.StatusRequestEntityTooLarge:
		return r.fail(registry.CodeInvalid, doing, why, "look at the schema, and at what it refers to, which must be registered first")
	case f.status/100 == 3:
		return r.fail(registry.CodeBroken, doing, why+redirect(f.header), "give the URL that it redirects to; credentials are not sent along")
	case f.status == http.StatusTooManyRequests || f.status >= 500:
		return r.fail(registry.CodeUnreachable, doing, why+r.patience(f), "try again later")
	}
	return r.fail(registry.CodeBroken, doing, why, r.addressHints()...)
}

// credentialHint says what to do about credentials without repeating them.
func (r *Registry) credentialHint() string {
	if r.auth != "" {
		return "the credentials of " + r.user + " were sent: are they right, and for this registry?"
	}
	return "no credentials were sent: set " + EnvUser + " and " + EnvPassword + ", or " + EnvToken
}

// describe is the status and what the server says about it.
func (f *failure) describe(message string) string {
	status := fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))
	switch {
	case message != "":
		return status + ": " + message
	case bytes.HasPrefix(bytes.TrimSpace(f.body), []byte("<")):
		return status + " with an HTML page"
	}
	return status
}

// redirect is the host that an answer points to. The rest of the location may
// hold a session.
func redirect(h http.Header) string {
	target, err := url.Parse(h.Get("Location"))
	if err != nil || target.Host == "" {
		return ""
	}
	return fmt.Sprintf(" to %s://%s", target.Scheme, target.Host)
}

// patience says how often it was tried, or why no more than once.
func (r *Registry) patience(f *failure) string {
	if wanted := f.retryAfter(r.now()); wanted > maxPause {
		return fmt.Sprintf(", and it asks to wait %s", wanted)
	}
	if f.attempts > 1 {
		return fmt.Sprintf(", after %d attempts", f.attempts)
	}
	return ""
}

// explainSilence is explain for a request that was not answered. The system's
// own text is left out where it names ports and name servers, which differ from
// run to run.
func (r *Registry) explainSilence(doing string, f *failure) error {
	why, hints := r.cause(f.err)
	code := registry.CodeUnreachable
	if errors.Is(f.err, errTooLarge) {
		code = registry.CodeBroken
	}
	e := r.fail(code, doing, why+r.patience(f), hints...)
	e.Err = f.err
	return e
}

var offlineHints = []string{"is the registry running, and the URL right?", "nexus schema pull keeps a copy for work without it"}

// cause says why there was no answer, and what to try.
func (r *Registry) cause(err error) (why string, hints []string) {
	if why, hints = certificateCause(err); why != "" {
		return why, hints
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("the host %s is not found", dns.Name), []string{"is the name right, and known on this machine?"}
	}
	switch {
	case errors.Is(err, errSlow):
		return fmt.Sprintf("no answer within %s", r.timeout), offlineHints
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", offlineHints
	case brokenConnection(err):
		return "the connection broke before the answer was complete", offlineHints
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		err = operation.Err
	}
	return r.clean(err.Error()), offlineHints
}

// certificateCause explains a failed handshake, or nothing.
func certificateCause(err error) (why string, hints []string) {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not speak TLS", []string{"write http:// if that is intended"}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by an authority that is not trusted", []string{"name the authority's certificate as the registry's CA file"}
	}
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another host than " + host.Host, []string{"use the name that the certificate holds"}
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "its certificate has expired or is not valid yet", []string{"renew the certificate, and look at this machine's clock"}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not valid", nil
	}
	// crypto/tls has no type for an alert of the other side, only this mark.
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" {
		return "the server ends the handshake: " + alert.Err.Error(), []string{"does it want a client certificate?"}
	}
	return "", nil
}

// brokenConnection reports whether a connection that existed was lost.
func brokenConnection(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// maxMessage bounds how much of a server's text is shown. Reasons for an
// incompatible schema come as one long line.
const maxMessage = 2000

// clean makes a server's text fit to print: without the secrets it may echo,
// without what a terminal would obey, on one line and not endless.
func (r *Registry) clean(text string) string {
	text = r.strike(text)
	text = strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return ' '
		}
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, text)
	// Once more: a character that is gone now may have split a secret.
	text = strings.TrimSpace(r.strike(text))
	if short := []rune(text); len(short) > maxMessage {
		return string(short[:maxMessage]) + "..."
	}
	return text
}

func (r *Registry) strike(text string) string {
	for _, secret := range r.secrets {
		text = strings.ReplaceAll(text, secret, struck)
	}
	return text
}
