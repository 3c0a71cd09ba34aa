package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/confluent"
	"github.com/nexus-blueprint/nexus/registry/glue"
	"github.com/nexus-blueprint/nexus/report"
)

// openConfluent opens the registry at a URL, or the one of that name in
// nexus.yaml. It sends nothing yet.
func openConfluent(_ context.Context, o *options, ref string, _ registry.Layout) (*source, error) {
	isURL := strings.Contains(ref, "://")
	name := ref
	if isURL {
		name = o.nameOf(ref)
	}
	c, err := o.connection(name)
	if err != nil {
		return nil, err
	}
	address := c.endpointURL
	if isURL {
		address = cmp.Or(address, ref)
	}
	if address == "" {
		return nil, usagef("opening confluent:%s: it is no URL, and registries in nexus.yaml gives it no endpoint_url", ref).
			hint("write the URL, such as --against confluent:https://registry.example.com:8081").
			guessName(ref, o.registryNames())
	}
	r, err := confluent.Open(confluent.Options{
		URL: address, CAFile: c.caFile, CertFile: c.certFile, KeyFile: c.keyFile,
		Timeout: c.timeout, Concurrency: c.concurrency,
	}.WithEnvironment(o.app.env))
	if err != nil {
		return nil, sourceFailure("opening the baseline", err)
	}
	return &source{Registry: r, ref: "confluent:" + ref, resolved: r.URL(), remote: true, ask: r.Compatible}, nil
}

// openGlue opens a registry in AWS Glue, and asks whether it is there.
func openGlue(ctx context.Context, o *options, ref string, _ registry.Layout) (*source, error) {
	c, err := o.connection(ref)
	if err != nil {
		return nil, err
	}
	r, err := glue.Open(ctx, glue.Options{
		Registry: ref, Region: c.region, EndpointURL: c.endpointURL, Timeout: c.timeout, Concurrency: c.concurrency,
	})
	if err != nil {
		return nil, sourceFailure("opening the baseline glue:"+ref, err)
	}
	return &source{
		Registry: r, ref: "glue:" + ref, resolved: r.String(), remote: true,
		mute: "AWS Glue has no request that judges a schema without registering it",
	}, nil
}

// guessName adds the name that was probably meant, if any is near.
func (e *exitError) guessName(name string, known []string) *exitError {
	if near := report.Nearest(name, known); near != "" {
		return e.hint("did you mean %q?", near)
	}
	return e
}

// sourceFailure is an error of a place that keeps schemas. What a registry over
// the network says about itself needs no further words: it names what was being
// done, where, and what to try. One that was named or configured wrongly is a
// mistake of the user.
func sourceFailure(doing string, err error) *exitError {
	known, ok := errors.AsType[*registry.Error](err)
	switch {
	case !ok:
		return unchecked(fmt.Errorf("%s: %w", doing, err))
	case known.Code == registry.CodeOptions:
		return usage(known, known.Hints...)
	}
	failure := unchecked(known, known.Hints...)
	failure.problem = known.Code
	return failure
}

// registryProblem is sourceFailure for one subject of many.
func registryProblem(subject string, err *registry.Error) report.Problem {
	return report.Problem{Code: cmp.Or(err.Code, "unreadable"), Message: err.Message, Hints: err.Hints, Subject: &subject}
}

// isUnreachable reports whether a registry gives no answer, so that asking it
// for the next subject would only take time.
func isUnreachable(err error) bool {
	known, ok := errors.AsType[*registry.Error](err)
	return ok && known.Code == registry.CodeUnreachable
}
