package glue

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/glue"
)

// maxAnswer bounds the bytes of one answer. A definition has at most 170,000
// characters (Glue Web API Reference, RegisterSchemaVersion), a page of a list
// at most 100 entries.
const maxAnswer = 8 << 20

// bounded is an HTTP client that reads no more than maxAnswer of an answer.
type bounded struct{ api.HTTPClient }

// Do makes the request and bounds its answer.
func (b bounded) Do(request *http.Request) (*http.Response, error) {
	response, err := b.HTTPClient.Do(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, wire{response.Body}, maxAnswer)
	}
	return response, err
}

// wire is the body of an answer whose connection may be cut. Whether the client
// sees the cut or its own closing of the dead connection depends on which comes
// first; both mean that the rest of the answer is missing.
type wire struct{ io.ReadCloser }

// Read reads from the connection.
func (w wire) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if errors.Is(err, net.ErrClosed) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// purse hands out the chain's credentials and remembers them, so that an answer
// that repeats them can be printed without them.
type purse struct {
	source aws.CredentialsProvider
	last   atomic.Pointer[aws.Credentials]
}

// Retrieve returns the credentials of the SDK's chain.
func (p *purse) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if p.source == nil {
		return aws.Credentials{}, &credentialsError{errNoCredentials}
	}
	credentials, err := p.source.Retrieve(ctx)
	if err != nil {
		return credentials, &credentialsError{err}
	}
	p.last.Store(&credentials)
	return credentials, nil
}

// redact blanks the credentials in a text that came from elsewhere.
func (p *purse) redact(text string) string {
	credentials := p.last.Load()
	if credentials == nil {
		return text
	}
	for _, secret := range []string{credentials.SecretAccessKey, credentials.SessionToken, credentials.AccessKeyID} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}

// place tells where requests go, whoever set it. It never repeats a URL that
// holds a password.
func place(client api.Options) (string, error) {
	if client.BaseEndpoint == nil || *client.BaseEndpoint == "" {
		return "in " + client.Region, nil
	}
	const doing = "reading the endpoint URL of AWS Glue: "
	endpoint, err := url.Parse(*client.BaseEndpoint)
	switch {
	case err != nil:
		return "", optionsError(doing+"it is not a URL", "write it as http://HOST:PORT or https://HOST")
	case endpoint.User != nil:
		return "", optionsError(doing+"it holds a user name or password", "leave them out: requests are signed with the AWS credentials of the environment")
	case endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https":
		return "", optionsError(doing+"it is not an http or https URL", "write it as http://HOST:PORT or https://HOST")
	case endpoint.RawQuery != "" || endpoint.Fragment != "":
		return "", optionsError(doing+"it has a query or a fragment", "leave out what follows ? or #")
	}
	return "at " + endpoint.String(), nil
}
