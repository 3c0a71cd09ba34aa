package cmd

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/nexus-blueprint/nexus/document"
)

// fetch reads a document that a schema refers to from a host that --allow-remote
// names. It follows no redirect: the host that was allowed is the one that answers.
func fetch(uri string) ([]byte, error) {
	client := http.Client{
		Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return fmt.Errorf("the server redirects, which is not followed")
		},
	}
	response, err := client.Get(uri)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", uri, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching %s: the server answered %s", uri, response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, document.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", uri, err)
	}
	return text, nil
}
