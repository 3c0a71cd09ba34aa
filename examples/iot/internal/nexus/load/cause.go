package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// StatusError is an answer with a status that is not 2xx.
type StatusError struct {
	Status int
	Code   string // of the problem (RFC 9457) in the answer, if it has one
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("answered with %d", e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	if e.Code != "" {
		text += ", " + e.Code
	}
	return text
}

// Cause names an error for a report: by what went wrong, without what it happened
// to. An app that stops under load is one cause, not one for each call, although
// each error has an address of its own.
func Cause(err error) string {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	if status, ok := errors.AsType[*StatusError](err); ok {
		return status.Error()
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return name.Err // such as: no such host
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number.Error() // such as: connection refused
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before the answer"
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		return request.Err.Error()
	}
	return err.Error()
}
